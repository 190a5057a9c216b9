#!/usr/bin/env python3
"""Writes letterbox.json: whole pictures as OpenCV's resize brings them to a network's input, the fixture of tests/sampling.rs.

    python3 make_letterbox.py        (opencv-python-headless 5.0, numpy 2.4)
"""
import json
import os

import cv2
import numpy as np

SIZE = 20


def noise(n):
    out, x = [], 12345
    for _ in range(n):
        x = (x * 1664525 + 1013904223) % 2**32
        out.append(x >> 24)
    return np.array(out, np.uint8)


cases = []
for w, h in [(50, 30), (30, 50), (33, 33), (20, 11), (64, 36)]:
    rgb = noise(w * h * 3).reshape(h, w, 3)
    for resize in ("stretch", "letterbox", "letterbox-corner"):
        if resize == "stretch":
            out = cv2.resize(rgb, (SIZE, SIZE), interpolation=cv2.INTER_LINEAR)
        else:
            r = min(SIZE / w, SIZE / h)
            nw, nh = round(w * r), round(h * r)
            x, y = ((SIZE - nw) // 2, (SIZE - nh) // 2) if resize == "letterbox" else (0, 0)
            out = np.full((SIZE, SIZE, 3), 114, np.uint8)
            out[y : y + nh, x : x + nw] = cv2.resize(rgb, (nw, nh), interpolation=cv2.INTER_LINEAR)
        cases.append({"picture": [w, h], "resize": resize, "rgb": out.tobytes().hex()})
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "letterbox.json"), "w") as f:
    json.dump({"size": SIZE, "cases": cases}, f, indent=0)
    f.write("\n")
