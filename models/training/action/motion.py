"""Makes the motion that the action network is trained and tested on.

In: the program `ego`. Out: DIR/{single,stream}-{train,val,test}/*.npz as `ego synth --poses-only` writes them.
`single`: one action a clip, as H2O cuts them. `stream`: three to six actions with idle moments between, as a camera sees them.
What is there already is kept, so the command resumes.

    python -m action.motion DIR [--ego PATH] [--singles N] [--streams N]
"""

import argparse
import pathlib
import random
import shutil
import subprocess

from action.classes import ACTIONS

CLIPS_A_PROMPT = 3
SEEDS = {"train": 11, "val": 12, "test": 13}
# Shares of the three casts, of the number of training clips.
SHARES = {"train": 1.0, "val": 0.05, "test": 0.1}
BETWEEN = ["", "", "idle", "long idle", "hand leaves", "left hand leaves", "right hand leaves"]
PACES = ["", "", "", "slowly", "quickly", "hesitantly"]


def prompt(rng: random.Random) -> str:
    """Some actions in words; the object of one is often that of the next, as when milk is opened, poured and closed."""
    words, noun = [rng.choice(PACES)], None
    for _ in range(rng.randint(3, 6)):
        same = [a for a in ACTIONS if a.split()[-1] == noun]
        action = rng.choice(same if same and rng.random() < 0.5 else ACTIONS)
        noun = action.split()[-1]
        words += [action, rng.choice(BETWEEN)]
    return ", ".join(w for w in words if w)


def synth(ego: str, folder: pathlib.Path, split: str, seed: int, clips: int, words: str = "") -> None:
    command = [ego, "synth", "--poses-only", "--jobs", "1", "--out", str(folder), "--split", split, "--seed", str(seed), "--clips", str(clips)]
    subprocess.run(command + (["--prompt", words] if words else []), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dir", type=pathlib.Path)
    parser.add_argument("--ego", default=shutil.which("ego") or "ego")
    parser.add_argument("--singles", type=int, default=7200, help="training clips of one action; 720 are made for the test at least")
    parser.add_argument("--streams", type=int, default=1500, help="training clips of several actions")
    args = parser.parse_args()
    for split, seed in SEEDS.items():
        singles = max(int(args.singles * SHARES[split]), 720 if split == "test" else 36)
        synth(args.ego, args.dir / f"single-{split}", split, seed, singles)
        for k in range(max(1, int(args.streams * SHARES[split]) // CLIPS_A_PROMPT)):
            # A series of clips has one prompt, so each prompt has a folder.
            words = prompt(random.Random(f"{split} {k}"))
            synth(args.ego, args.dir / f"stream-{split}" / f"{k:04d}", split, seed + 100 * k, CLIPS_A_PROMPT, words)
        print(f"{split}: {singles} single clips, {len(list((args.dir / f'stream-{split}').glob('*/*.npz')))} streams", flush=True)


if __name__ == "__main__":
    main()
