"""What the elements miss and mistake in streams of the synthetic camera, from files of `chain_rows`.

    python -m action.chain_errors ROWS.f32 ...
"""

import argparse
import pathlib

import numpy as np

from action import frames

# A found hand whose wrist is farther than this from the true one of its side, in widths and heights of the picture, is not that hand.
ELSEWHERE = 0.5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", type=pathlib.Path, nargs="+")
    args = parser.parse_args()
    found, true = frames.of_chain(args.rows), frames.of_chain(args.rows, true=True)
    here, there = (np.abs(m.hands).sum((2, 3)) > 0 for m in (found, true))
    both = here & there
    away = np.linalg.norm(found.hands[both][:, 0, :2] - true.hands[both][:, 0, :2], axis=-1)
    ratio = found.hands[both][:, 0, 2] / true.hands[both][:, 0, 2]
    seen, real = (m.boxes[..., 2] > m.boxes[..., 0] for m in (found, true))
    about = true.chosen > 0
    code = true.chosen[about].astype(int)
    print(f"{len(about)} frames; shares in %")
    print(f"hands in the picture that are found: {100 * both.sum() / there.sum():.1f}; found ones that are elsewhere: {100 * (away > ELSEWHERE).mean():.1f}; "
          f"where there is none: {100 * (here & ~there).sum() / here.sum():.1f}")
    print(f"distance of the wrist over the true one: median {np.median(ratio):.2f}, a tenth below {np.quantile(ratio, 0.1):.2f}, a tenth above {np.quantile(ratio, 0.9):.2f}")
    print(f"objects that are found: {100 * (seen & real).sum() / real.sum():.1f}; boxes of none: {100 * (seen & ~real).sum() / seen.sum():.1f}")
    print(f"the object that the frame is about: found in {100 * seen[about, code - 1].mean():.1f}, chosen in {100 * (found.chosen[about] == code).mean():.1f}")


if __name__ == "__main__":
    main()
