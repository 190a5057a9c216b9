"""Pictures of people and hands without any object: `python -m objects.nothing OUT.npy COUNT --background FILE.npy [--seed 51]`.

[COUNT, 224, 384, 3] uint8, for `scene.train --nothing`: a detector that has seen hands and faces with objects alone takes faces for books.
"""

import argparse
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import cv2
import numpy as np

from hands.render.scene import Generator

SIZE = (384, 224)
# Share with somebody in front of the camera.
FACING = 0.7
# Pictures of one generator: its hands' shapes are drawn once.
BLOCK = 1000


def background(bank: np.ndarray, r: np.random.Generator) -> np.ndarray:
    """Part of a picture of the bank, sometimes out of focus, darker or black."""
    picture = bank[r.integers(len(bank))]
    high, wide = picture.shape[:2]
    w = int(wide * r.uniform(0.4, 1))
    h = min(high, w * SIZE[1] // SIZE[0])
    x, y = r.integers(0, wide - w + 1), r.integers(0, high - h + 1)
    cut = cv2.resize(picture[y : y + h, x : x + w], SIZE, interpolation=cv2.INTER_LINEAR)
    if r.random() < 0.6:
        cut = cv2.GaussianBlur(cut, (0, 0), r.uniform(1, 8))
    return cut * (0 if r.random() < 0.1 else r.uniform(0.3, 1.1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out"), parser.add_argument("count", type=int)
    parser.add_argument("--background", required=True, help="[n, h, w, 3] uint8, as hands.backgrounds makes them")
    parser.add_argument("--seed", type=int, default=51)
    args = parser.parse_args()
    r, bank = np.random.default_rng(args.seed), np.load(args.background, mmap_mode="r")
    out = np.lib.format.open_memmap(args.out, "w+", np.uint8, (args.count, SIZE[1], SIZE[0], 3))
    for i in range(args.count):
        if i % BLOCK == 0:
            generator = Generator(args.seed * 1000 + i // BLOCK, FACING, things=False, frame=SIZE)
        scene, k, *_ = generator.scene()
        drawn = scene.draw(r, k, *SIZE)
        out[i] = drawn["rgb"] + background(bank, r) * (1 - drawn["alpha"][..., None] / 255.0)
    out.flush()


if __name__ == "__main__":
    main()
