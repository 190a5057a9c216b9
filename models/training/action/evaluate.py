"""Measures action networks on the unseen cast: whole clips as the paper cuts them, and windows of streams as a camera sees them.

Hands and boxes are the truth, or the truth with imitated estimation errors (`frames.estimated`). Clips: 20 evenly spaced frames,
the best of the 36 actions. Windows: every 0.2 s of each stream, 37 classes, windows at a label's edge left out.

    python -m action.evaluate MOTION RUN.pt|MODEL.onnx ... [--split test] [--chain ROWS.f32 ...]
"""

import argparse
import pathlib

import numpy as np
import torch

import onnx_file
from action import frames
from action.classes import LABELS, NOTHING
from action.network import ActionTransformer
from action.train import INPUTS
from measure import mean_and_deviation, wilson

NOISE_SEED = 2026
STEP_S = 0.2
MISSING = ["left hand", "right hand", "box", "object code"]


def load(path: pathlib.Path) -> tuple[ActionTransformer, dict]:
    kept = torch.load(path, weights_only=True)
    model = ActionTransformer(len(LABELS))
    model.load_state_dict(kept["model"])
    return model.eval(), kept


class Exported:
    """An ONNX file that is asked like a network."""

    def __init__(self, path: pathlib.Path) -> None:
        self.session = onnx_file.session(path)
        self.input = self.session.get_inputs()[0].name

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([torch.from_numpy(self.session.run(None, {self.input: one[None]})[0]) for one in x.numpy()])


@torch.no_grad()
def logits(model: ActionTransformer | Exported, x: np.ndarray) -> np.ndarray:
    return np.concatenate([model(torch.from_numpy(part).float()).numpy() for part in np.array_split(x, max(1, len(x) // 256))])


def clips(motion: frames.Motion) -> tuple[np.ndarray, np.ndarray]:
    _, first, last, action = frames.asked(motion).T
    return frames.vectors(motion, frames.evenly(first, last)), action - 1


def windows(motion: frames.Motion) -> tuple[np.ndarray, np.ndarray]:
    ends = [np.arange(a, b, int(STEP_S * motion.fps)) for a, b in zip(motion.start[:-1], motion.start[1:])]
    clip = np.repeat(np.arange(len(ends)), [len(e) for e in ends])
    end = np.concatenate(ends)
    action, clear = frames.window_label(motion, clip, end)
    index = frames.window(motion, clip, end)[clear]
    return frames.vectors(motion, index), np.where(action[clear] > 0, action[clear].astype(int) - 1, NOTHING)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("motion", type=pathlib.Path)
    parser.add_argument("runs", type=pathlib.Path, nargs="+")
    parser.add_argument("--split", default="test")
    parser.add_argument("--chain", type=pathlib.Path, nargs="*", default=[], help="files of chain_rows with one action a recording")
    args = parser.parse_args()
    torch.set_num_threads(1)
    models = [Exported(run) if run.suffix == ".onnx" else load(run)[0] for run in args.runs]
    truth, label = clips(frames.load(args.motion / f"single-{args.split}"))
    estimated = frames.estimated(truth, np.random.default_rng(NOISE_SEED))

    def report(name: str, x: np.ndarray) -> None:
        right = [logits(m, x)[:, :NOTHING].argmax(1) == label for m in models]
        best = max(r.sum() for r in right)
        low, high = wilson(best, len(label))
        print(f"{name}: {mean_and_deviation([100 * r.mean() for r in right])} %, best {best} of {len(label)} = {100 * best / len(label):.2f} % [{low:.1f}, {high:.1f}]")

    print(f"clips of the {args.split} cast, top-1 of 36 actions")
    report("true hands and boxes", truth)
    report("imitated estimates", estimated)
    for name, part in zip(MISSING, INPUTS):
        without = estimated.copy()
        without[..., part] = 0
        report(f"imitated estimates without {name}", without)
    if args.chain:
        seen, label = clips(frames.of_chain(args.chain, clips=True))
        print(f"{len(label)} clips as the elements saw them")
        report("hands and boxes that the elements found", seen)
        for name, part in zip(MISSING, INPUTS):
            without = seen.copy()
            without[..., part] = 0
            report(f"the same without {name}", without)
    live, wanted = windows(frames.load(args.motion / f"stream-{args.split}"))
    live = frames.estimated(live, np.random.default_rng(NOISE_SEED))
    found = [logits(m, live).argmax(1) for m in models]
    idle = wanted == NOTHING
    print(f"windows of {frames.WINDOW_S} s of streams, imitated estimates, 37 classes: {len(wanted)} windows, {100 * idle.mean():.0f} % idle")
    for name, values in {
        "right": [(f == wanted).mean() for f in found],
        "right in actions": [(f == wanted)[~idle].mean() for f in found],
        "right in idle": [(f == wanted)[idle].mean() for f in found],
    }.items():
        print(f"{name}: {mean_and_deviation([100 * v for v in values])} %")
    confused = {}
    for f in found:
        for a, b in zip(wanted[f != wanted], f[f != wanted]):
            confused[LABELS[a], LABELS[b]] = confused.get((LABELS[a], LABELS[b]), 0) + 1
    print("most confused windows:", "; ".join(f"{a} as {b} {n}" for (a, b), n in sorted(confused.items(), key=lambda i: -i[1])[:8]))


if __name__ == "__main__":
    main()
