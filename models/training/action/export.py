"""Exports the run that is best on the validation cast to models/zoo/ego-action.onnx, with the golden pair of the Rust tests.

Best: on imitated estimates, or with `--chain` on what the elements found in recordings of one action each.

    python -m action.export MOTION RUN.pt [RUN.pt ...] [--chain ROWS.f32 ...]
"""

import argparse
import pathlib

import numpy as np
import torch

import onnx_file
from action import evaluate, frames
from action.classes import NOTHING

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILE, MANIFEST = ROOT / "zoo/ego-action.onnx", ROOT / "zoo/ego-action.toml"
GOLDEN = ROOT / "tests/fixtures/ego-action.json"
# The clip whose left hand is taken away.
GOLDEN_ONE_HANDED = 7


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("motion", type=pathlib.Path)
    parser.add_argument("runs", type=pathlib.Path, nargs="+")
    parser.add_argument("--chain", type=pathlib.Path, nargs="*", default=[], help="files of chain_rows of the validation cast, one action a recording")
    args = parser.parse_args()
    torch.set_num_threads(1)
    truth, label = evaluate.clips(frames.load(args.motion / "single-val"))
    x = frames.estimated(truth, np.random.default_rng(evaluate.NOISE_SEED + 1))
    asked, wanted = evaluate.clips(frames.of_chain(args.chain, clips=True)) if args.chain else (x, label)
    right = {run: (evaluate.logits(evaluate.load(run)[0], asked)[:, :NOTHING].argmax(1) == wanted).mean() for run in args.runs}
    best = max(right, key=right.get)
    model, kept = evaluate.load(best)
    error = onnx_file.export(model, x[:32], FILE, "frames", ("logits",), free_batch=True)
    if MANIFEST.exists():
        onnx_file.stamp(MANIFEST, FILE)
    # A whole clip that is named right, and one without its left hand.
    named = evaluate.logits(model, truth)[:, :NOTHING].argmax(1) == label
    chosen = [int(np.flatnonzero(named)[0]), GOLDEN_ONE_HANDED]
    pair = np.round(truth[chosen], 4)
    pair[1, :, :63] = 0
    onnx_file.golden(GOLDEN, pair, evaluate.logits(model, pair), actions=[int(a) + 1 for a in label[chosen]])
    print(f"{best.name}: {100 * right[best]:.1f} % of validation clips, {kept['windows']} windows in {kept['wall_s']:.0f} s ({kept['cpu_s']:.0f} s of processor time)")
    print(f"{FILE.name}: {FILE.stat().st_size} bytes, ONNX Runtime against PyTorch {error:.1e}")


if __name__ == "__main__":
    main()
