"""Pools of rendered pictures: raw memory maps, one row a picture, one file a field.

`crop` rows hold a window of one hand, `frame` rows a whole picture. `alpha` is how much of a pixel is drawn; what is not shows a
background picked at training time. Hands: left and right of the wearer, then of a bystander where the pool has four (file
`hands`). Presence: 1 there, 0 not there, -1 too little to score.
"""
import os

import numpy as np

FRAME = (256, 144)  # width, height
FINDER = (256, 160)  # what the finder sees: the same between black bars, a multiple of its deepest stride
CROP = 128
H = "hands"  # stands for their number
FIELDS = {
    "rgb": ((144, 256, 3), "u1"),
    "alpha": ((144, 256), "u1"),
    "uv": ((H, 21, 2), "f4"),  # joints, pixels
    "J3": ((H, 21, 3), "f4"),  # the same, camera space, metres
    "pres": ((H,), "i1"),
    "size": ((H,), "f4"),  # pixels that 10 cm at the wrist cover
    "K": ((4,), "f4"),  # fx, fy, cx, cy; fx = 0 marks a row that is not filled
    "crgb": ((128, 128, 3), "u1"),
    "calpha": ((128, 128), "u1"),
    "cuv": ((21, 2), "f4"),
    "cJ3": ((21, 3), "f4"),
    "cmeta": ((4,), "f4"),  # side, presence, window pixels that 10 cm at the wrist cover, unused
}


def open_pool(folder: str, rows: int | None = None, mode: str = "r") -> dict[str, np.memmap]:
    if rows is None:
        rows = _number(folder, "n", 0)
    hands = _number(folder, H, 2)
    shape = lambda s: (rows, *[hands if v == H else v for v in s])
    return {k: np.memmap(os.path.join(folder, k), dtype, mode, shape=shape(s)) for k, (s, dtype) in FIELDS.items()}


def _number(folder: str, name: str, otherwise: int) -> int:
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        return otherwise
    with open(path) as f:
        return int(f.read())


def filled(pool: dict[str, np.memmap]) -> np.ndarray:
    """Numbers of the rows that hold a picture; the pool may still be growing."""
    return np.flatnonzero(pool["K"][:, 0] > 0)
