"""Milliseconds a picture of the paper's stages and of ours, ONNX Runtime on the CPU: processor time of the process, median of runs.

    python -m paper.cost DIR [--threads 1] [--runs 5]
"""

import argparse
import pathlib
import statistics
import time

import numpy as np

import onnx_file
from paper.build import NAMES, build

ZOO = pathlib.Path(__file__).resolve().parents[2] / "zoo"
OURS = ["ego-depth", "ego-objects", "ego-action"]


def milliseconds(path: pathlib.Path, threads: int, runs: int) -> tuple[float, float]:
    """Processor time and wall time of one inference."""
    session = onnx_file.session(path, threads)
    entry = session.get_inputs()[0]
    shape = [d if isinstance(d, int) else 1 for d in entry.shape]
    x = {entry.name: np.random.default_rng(0).normal(0, 1, shape).astype(np.float32)}
    session.run(None, x)
    measured = []
    for _ in range(runs):
        cpu, wall = time.process_time(), time.perf_counter()
        session.run(None, x)
        measured.append((1e3 * (time.process_time() - cpu), 1e3 * (time.perf_counter() - wall)))
    return tuple(statistics.median(m) for m in zip(*measured))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dir", type=pathlib.Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--runs", type=int, default=5)
    args = parser.parse_args()
    args.dir.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        path = args.dir / f"{name}.onnx"
        path = path if path.exists() else build(name, args.dir)
        print("{}: {:.1f} ms of processor time, {:.1f} ms of wall time".format(name, *milliseconds(path, args.threads, args.runs)), flush=True)
    for name in OURS:
        if (ZOO / f"{name}.onnx").exists():
            print("{}: {:.1f} ms of processor time, {:.1f} ms of wall time".format(name, *milliseconds(ZOO / f"{name}.onnx", args.threads, 5 * args.runs)))


if __name__ == "__main__":
    main()
