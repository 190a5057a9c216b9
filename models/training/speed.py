"""Processor time of networks with the same input, in turn on one thread, medians. From the command line with random numbers as input.

    python -m speed A.onnx B.onnx ... [--runs 60]
"""

import argparse
import pathlib
import statistics
import time

import numpy as np
import onnxruntime

import onnx_file


def milliseconds(sessions: list[onnxruntime.InferenceSession], tensors: list[np.ndarray]) -> list[float]:
    """Median milliseconds of processor time that each network takes for one of the tensors."""
    spent: list[list[float]] = [[] for _ in sessions]
    name = sessions[0].get_inputs()[0].name
    for number, x in enumerate(tensors):
        # Whichever comes later finds the picture in the cache.
        for which in np.roll(np.arange(len(sessions)), number):
            begin = time.process_time()
            sessions[which].run(None, {name: x})
            spent[which].append(time.process_time() - begin)
    return [1e3 * statistics.median(s) for s in spent]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", type=pathlib.Path, nargs="+")
    parser.add_argument("--runs", type=int, default=60)
    args = parser.parse_args()
    sessions = [onnx_file.session(path) for path in args.models]
    shape = [n if isinstance(n, int) else 1 for n in sessions[0].get_inputs()[0].shape]
    times = milliseconds(sessions, [np.random.default_rng(1).random(shape, np.float32)] * args.runs)
    for path, taken in zip(args.models, times):
        print(f"{path.name}: {taken:.2f} ms, x {taken / times[0]:.2f}")


if __name__ == "__main__":
    main()
