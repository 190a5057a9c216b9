"""Renders a pool of scenes: `python -m hands.fill_pool OUT COUNT [--seed 31] [--facing 0] [--processes 1]`. Goes on where it stopped."""

import argparse
import multiprocessing
import os
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # a threaded BLAS halves the rate of such small products
import numpy as np

from .pool import open_pool
from .render.scene import Generator

# Scenes of one generator: its hands' shapes are drawn once.
BLOCK = 2000


def fill(folder: str, count: int, blocks: list[int], seed: int, facing: float):
    pool = open_pool(folder, count, "r+")
    for block in blocks:
        begin, end = block * BLOCK, min((block + 1) * BLOCK, count)
        if pool["K"][end - 1, 0] > 0:
            continue
        generator, since = Generator(seed * 1000 + block, facing), time.time()
        for i in range(begin, end):
            row = generator.sample()
            for key, rows in pool.items():
                if key != "K":
                    rows[i] = row[key]
            pool["K"][i] = row["K"]  # last: it marks the row as filled
        print(f"{end} of {count} scenes, {(end - begin) / (time.time() - since):.1f} a second", flush=True)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("out"), p.add_argument("count", type=int)
    p.add_argument("--seed", type=int, default=31)
    p.add_argument("--facing", type=float, default=0.0, help="share of scenes with somebody in front of the camera")
    p.add_argument("--processes", type=int, default=1)
    a = p.parse_args()
    os.makedirs(a.out, exist_ok=True)
    number = os.path.join(a.out, "n")
    if not os.path.exists(number):
        open_pool(a.out, a.count, "w+")
        with open(number, "w") as f:
            f.write(str(a.count))
    blocks = np.array_split(np.arange(-(-a.count // BLOCK)), a.processes)
    workers = [multiprocessing.Process(target=fill, args=(a.out, a.count, b.tolist(), a.seed, a.facing)) for b in blocks]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    if any(w.exitcode for w in workers):
        raise SystemExit("a worker failed; run the command again to go on")


if __name__ == "__main__":
    main()
