"""Procedural backgrounds: `python -m hands.backgrounds OUT.npy COUNT [--seed 11]` writes [COUNT, 240, 320, 3] uint8.

Rooms, clutter, textures and plain ones; bundles of skin- or wood-coloured sticks are there to be taken for hands.
"""

import argparse

import cv2
import numpy as np

HEIGHT, WIDTH = 240, 320
SKIN = np.array([[0.96, 0.80, 0.72], [0.93, 0.74, 0.63], [0.86, 0.65, 0.52], [0.78, 0.56, 0.42], [0.66, 0.45, 0.32], [0.50, 0.33, 0.23], [0.36, 0.23, 0.16]])


def colour(r: np.random.Generator) -> np.ndarray:
    c, k = r.uniform(0, 1, 3), r.uniform(0.05, 1.1)
    if r.random() < 0.65:
        c = c.mean() + (c - c.mean()) * r.uniform(0, 0.4)
    if r.random() < 0.12:
        c = SKIN[r.integers(7)]
    return np.clip(c * (0.25 + 0.9 * k), 0, 1) * 255


def noise(r, falloff: float | None = None) -> np.ndarray:
    """Octaves of smooth noise, 0..1."""
    out, b = np.zeros((HEIGHT, WIDTH), np.float32), r.uniform(0.35, 0.8) if falloff is None else falloff
    for k in range(1, 7):
        n = 2**k
        grid = r.normal(size=(n * 3 // 4 + 2, n + 2)).astype(np.float32)
        out += cv2.resize(grid, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC) * b**k
    out -= out.min()
    return out / (out.max() + 1e-6)


def texture(r) -> np.ndarray:
    kind = r.choice(["noise", "plain", "stripe", "check", "wood", "dots", "text"])
    a, b = colour(r), colour(r)
    b = a + (b - a) * r.uniform(0.1, 1)
    if kind == "noise":
        t = noise(r)
    elif kind == "plain":
        t = noise(r, 0.3) * r.uniform(0, 0.4)
    else:
        angle, period = r.uniform(0, np.pi), np.exp(r.uniform(np.log(4), np.log(80)))
        y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
        u, v = x * np.cos(angle) + y * np.sin(angle) + r.uniform(0, 99), -x * np.sin(angle) + y * np.cos(angle) + r.uniform(0, 99)
        if kind == "stripe":
            t = ((u / period) % 1 > r.uniform(0.2, 0.8)) * 1.0
        elif kind == "check":
            t = (np.floor(u / period) + np.floor(v / period * r.uniform(0.5, 1))) % 2
        elif kind == "wood":
            t = 0.5 + 0.5 * np.sin(u / period * 6 + 8 * noise(r, 0.4))
        elif kind == "dots":
            t = ((u % period - period / 2) ** 2 + (v % period - period / 2) ** 2 < (period * r.uniform(0.1, 0.45)) ** 2) * 1.0
        else:
            t = (((v / 7) % 1 > 0.5) & (noise(r, 0.95) > 0.5)) * 1.0
    return a + (b - a) * t[..., None]


def bundle(r, im: np.ndarray):
    """Sticks side by side: not a hand."""
    c = SKIN[r.integers(7)] * 255 * r.uniform(0.7, 1.1) if r.random() < 0.6 else colour(r)
    x, y, angle = r.uniform(0, WIDTH), r.uniform(0, HEIGHT), r.uniform(0, 2 * np.pi)
    for _ in range(r.integers(1, 7)):
        length, a = r.uniform(10, 110), angle + r.normal(0, 0.3)
        x, y = x + r.normal(0, 12), y + r.normal(0, 12)
        width = int(r.uniform(2, 16))
        begin, end = (int(x), int(y)), (int(x + length * np.cos(a)), int(y + length * np.sin(a)))
        cv2.line(im, begin, end, [float(v) for v in c * 0.75], width + 2, cv2.LINE_AA)
        cv2.line(im, begin, end, [float(v) for v in c], width, cv2.LINE_AA)


def walls(r, im: np.ndarray) -> np.ndarray:
    """Textured planes in perspective."""
    w, h = WIDTH, HEIGHT
    for _ in range(r.integers(1, 4)):
        t, top = texture(r).astype(np.float32), r.uniform(-0.2, 0.9) * h
        corners = np.float32([[0, 0], [w, 0], [w, h], [0, h]])
        seen = np.float32([
            [r.uniform(-0.3, 0.6) * w, top], [r.uniform(0.4, 1.3) * w, top + r.normal(0, 25)],
            [r.uniform(0.9, 2.2) * w, h * r.uniform(0.9, 1.5)], [r.uniform(-1.2, 0.1) * w, h * r.uniform(0.9, 1.5)],
        ])  # fmt: skip
        m = cv2.getPerspectiveTransform(corners, seen)
        plane, cover = cv2.warpPerspective(t, m, (w, h)), cv2.warpPerspective(np.ones((h, w), np.float32), m, (w, h))[..., None]
        im = im * (1 - cover) + plane * cover * r.uniform(0.5, 1.1)
    return np.ascontiguousarray(im)


def clutter(r, im: np.ndarray, most: int) -> np.ndarray:
    for _ in range(r.integers(3, most)):
        c, size = [float(v) for v in colour(r)], np.exp(r.uniform(np.log(4), np.log(110)))
        x, y, q = r.uniform(0, WIDTH), r.uniform(0, HEIGHT), r.random()
        if q < 0.5:
            angle = r.choice([r.normal(0, 0.15), r.uniform(0, 3.14)])
            quad = (cv2.boxPoints(((x, y), (size, size * r.uniform(0.15, 1.2)), np.degrees(angle))) + r.normal(0, size * 0.06, (4, 2))).astype(np.int32)
            if r.random() < 0.4 and size > 25:
                t, cover = texture(r), np.zeros((HEIGHT, WIDTH), np.float32)
                cv2.fillPoly(cover, [quad], 1, cv2.LINE_AA)
                im = np.ascontiguousarray(im * (1 - cover[..., None]) + t.astype(np.float32) * cover[..., None])
            else:
                cv2.fillPoly(im, [quad], c, cv2.LINE_AA)
            if r.random() < 0.5:
                cv2.polylines(im, [quad], True, [float(v) for v in colour(r)], int(r.integers(1, 4)), cv2.LINE_AA)
        elif q < 0.75:
            axes = (int(size / 2) + 1, int(size * r.uniform(0.1, 0.5)) + 1)
            cv2.ellipse(im, (int(x), int(y)), axes, r.uniform(0, 180), 0, 360, c, -1, cv2.LINE_AA)
        elif q < 0.9:
            cv2.line(im, (int(x), int(y)), (int(x + r.normal(0, 80)), int(y + r.normal(0, 80))), c, int(r.integers(1, 9)), cv2.LINE_AA)
        else:
            bundle(r, im)
    if r.random() < 0.35:
        bundle(r, im)
    return im


def picture(r) -> np.ndarray:
    kind = r.choice(["room", "clutter", "texture", "plain"], p=[0.4, 0.35, 0.15, 0.1])
    if kind == "plain":
        im = np.tile(colour(r), (HEIGHT, WIDTH, 1)) * (1 + np.linspace(-1, 1, HEIGHT)[:, None, None] * r.uniform(-0.4, 0.4))
        im = im * (0 if r.random() < 0.15 else 1)
    else:
        im = texture(r)
    im = np.ascontiguousarray(im, dtype=np.float32)
    if kind == "room":
        im = walls(r, im)
    if kind in ("room", "clutter"):
        im = clutter(r, im, 40 if kind == "clutter" else 18)
    im *= (1 + r.uniform(0, 0.6) * (noise(r, 0.35) - 0.5))[..., None] * r.uniform(0.5, 1.2)
    if r.random() < 0.5:
        im = cv2.GaussianBlur(im, (0, 0), r.uniform(0.4, 3))
    return np.clip(im, 0, 255).astype(np.uint8)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("out"), p.add_argument("count", type=int)
    p.add_argument("--seed", type=int, default=11)
    a = p.parse_args()
    r = np.random.default_rng(a.seed)
    np.save(a.out, np.stack([picture(r) for _ in range(a.count)]))


if __name__ == "__main__":
    main()
