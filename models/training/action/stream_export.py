"""Exports the run that is best on the validation cast to models/zoo/ego-action-stream.onnx, with the golden pair of the Rust tests.

Best: segment F1@50 from imitated estimates, or with `--chain` from what the elements found, with the settings of live-cpu. With `--mean`
the mean of the weights of all runs and of the network they went on from competes with them (Wortsman et al., "Model soups", ICML 2022).

    python -m action.stream_export MOTION RUN.pt [RUN.pt ...] [--mean MODEL.onnx] [--chain ROWS.f32 ...]
"""

import argparse
import pathlib

import numpy as np
import torch

import onnx_file
from action import frames, stream, stream_evaluate, stream_network

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILE, MANIFEST = ROOT / "zoo/ego-action-stream.onnx", ROOT / "zoo/ego-action-stream.toml"
GOLDEN = ROOT / "tests/fixtures/ego-action-stream.json"
RULES = stream_evaluate.Rules(enter=0.75, duration=0.15)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("motion", type=pathlib.Path)
    parser.add_argument("runs", type=pathlib.Path, nargs="+")
    parser.add_argument("--mean", type=pathlib.Path, help="the network that the runs went on from")
    parser.add_argument("--chain", type=pathlib.Path, nargs="*", default=[], help="files of chain_rows of the validation cast")
    args = parser.parse_args()
    torch.set_num_threads(1)
    motion = frames.load(args.motion / "stream-val")
    data = stream_evaluate.seen(args.chain) if args.chain else stream_evaluate.streams(motion, 1.0)
    kept = {run.name: torch.load(run, weights_only=True) for run in args.runs}
    weights = {name: run["model"] for name, run in kept.items()}
    if args.mean:
        every = [*weights.values(), stream_network.weights(args.mean)]
        weights["their mean"] = {name: sum(one[name].float() for one in every) / len(every) for name in every[0]}

    def network(name: str, last: bool) -> stream_network.StreamTransformer:
        model = stream_network.StreamTransformer(last)
        model.load_state_dict(weights[name])
        return model.eval()

    scores = {name: stream_evaluate.measure(network(name, False), data, RULES) for name in weights}
    best = max(scores, key=lambda name: scores[name]["F1@50"])
    model = network(best, True)
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
    for name, run in kept.items():
        print(f"{name}: {run['sequences']} sequences of {stream.SEQUENCE * stream.STEP_S:.1f} s in {run['wall_s']:.0f} s ({run['cpu_s']:.0f} s of processor time)")
    for name, score in scores.items():
        print(f"{name}, validation cast: F1@50 {score['F1@50']:.3f}, {score['false in idle a minute']:.2f} false labels a minute of idle, told after {score['delay, median s']:.1f} s")
    print(f"shipped: {best}")
    print(f"{FILE.name}: {FILE.stat().st_size} bytes, ONNX Runtime against PyTorch {error:.1e}")


if __name__ == "__main__":
    main()
