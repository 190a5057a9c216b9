"""Processor time of networks with the same input, in turn on one thread: the same random numbers for all, medians.

    python -m speed A.onnx B.onnx ... [--runs 60]
"""

import argparse
import pathlib
import statistics
import time

import numpy as np

import onnx_file


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", type=pathlib.Path, nargs="+")
    parser.add_argument("--runs", type=int, default=60)
    args = parser.parse_args()
    sessions = [onnx_file.session(path) for path in args.models]
    wanted = sessions[0].get_inputs()[0]
    picture = np.random.default_rng(1).random([n if isinstance(n, int) else 1 for n in wanted.shape], np.float32)
    times = [[] for _ in sessions]
    for _ in range(args.runs):
        for session, spent in zip(sessions, times):
            before = time.process_time()
            session.run(None, {session.get_inputs()[0].name: picture})
            spent.append(1e3 * (time.process_time() - before))
    first = statistics.median(times[0])
    for path, spent in zip(args.models, times):
        middle = statistics.median(spent)
        print(f"{path.name}: {middle:.2f} ms, x {middle / first:.2f}")


if __name__ == "__main__":
    main()
