#!/usr/bin/env python3
"""Writes warp.json: crops of a pseudo-random picture by OpenCV's warpAffine, the known answers of tests/sampling.rs.

    python3 make_warp.py        (numpy 1.26, opencv-python-headless 4.11)
"""
import json
import math
import os

import cv2
import numpy as np

W, H, SIZE = 61, 47, 12


def noise(n):
    """A linear congruential generator, the same as in the test."""
    out, x = [], 12345
    for _ in range(n):
        x = (x * 1664525 + 1013904223) % 2**32
        out.append(x >> 24)
    return np.array(out, np.uint8)


rgb = noise(W * H * 3).reshape(H, W, 3)
cases = []
for border in ("zero", "replicate"):
    for cx, cy, side, angle in [(30.5, 23.5, 61, 0), (30, 20, 17.3, 0.7), (5, 40, 30, -2.1), (58, 3, 25, 3.0), (30, 23, 5, 1.234), (-30, 10, 9, 0.1)]:
        s, h = side / SIZE, SIZE / 2
        c, d = math.cos(angle) * s, math.sin(angle) * s
        m = np.array([[c, -d, cx - c * h + d * h], [d, c, cy - d * h - c * h]])
        mode = cv2.BORDER_CONSTANT if border == "zero" else cv2.BORDER_REPLICATE
        crop = cv2.warpAffine(rgb, m, (SIZE, SIZE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=mode)
        cases.append({"border": border, "region": [cx, cy, side, angle], "rgb": crop.tobytes().hex()})
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "warp.json"), "w") as f:
    json.dump({"width": W, "height": H, "size": SIZE, "cases": cases}, f, indent=0)
    f.write("\n")
