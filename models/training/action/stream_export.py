"""Exports the run that is best on the validation cast to models/zoo/ego-action-stream.onnx, with the golden pair of the Rust tests.

Best: segment F1@50 from imitated estimates, or with `--chain` from what the elements found.

    python -m action.stream_export MOTION RUN.pt [RUN.pt ...] [--chain ROWS.f32 ...]
"""

import argparse
import pathlib

import numpy as np
import torch

import onnx_file
from action import frames, stream, stream_evaluate

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILE, MANIFEST = ROOT / "zoo/ego-action-stream.onnx", ROOT / "zoo/ego-action-stream.toml"
GOLDEN = ROOT / "tests/fixtures/ego-action-stream.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("motion", type=pathlib.Path)
    parser.add_argument("runs", type=pathlib.Path, nargs="+")
    parser.add_argument("--chain", type=pathlib.Path, nargs="*", default=[], help="files of chain_rows of the validation cast")
    args = parser.parse_args()
    torch.set_num_threads(1)
    motion = frames.load(args.motion / "stream-val")
    data = stream_evaluate.seen(args.chain) if args.chain else stream_evaluate.streams(motion, 1.0)
    scores = {run: stream_evaluate.measure(stream_evaluate.load(run)[0], data, stream_evaluate.Rules()) for run in args.runs}
    best = max(args.runs, key=lambda run: scores[run]["F1@50"])
    model, kept = stream_evaluate.load(best, last=True)
    ends = np.linspace(300, len(motion.action) - 1, 32).astype(int)
    x = stream.rows(motion, stream.instants(motion, ends, stream.WINDOW))
    # A stream that has just begun.
    x[1, :60] = 0
    error = onnx_file.export(model, x, FILE, "rows", ("logits",))
    if MANIFEST.exists():
        onnx_file.stamp(MANIFEST, FILE)
    pair = np.round(x[:1], 4)
    with torch.no_grad():
        onnx_file.golden(GOLDEN, pair, model(torch.from_numpy(pair)).numpy())
    print(f"{best.name}: {kept['sequences']} sequences of {stream.SEQUENCE * stream.STEP_S:.1f} s in {kept['wall_s']:.0f} s ({kept['cpu_s']:.0f} s of processor time)")
    print(f"validation cast: {scores[best]}")
    print(f"{FILE.name}: {FILE.stat().st_size} bytes, ONNX Runtime against PyTorch {error:.1e}")


if __name__ == "__main__":
    main()
