"""Colours and surface patterns as rows for the rasteriser: kind, frequency, strength, second colour (3), gloss, its sharpness,
offset of the pattern (3), bumps. Kinds: 0 noise, 1 stripes, 2 checks, 3 blots, 4 grain."""

import numpy as np

# From lightest to darkest, sRGB.
SKIN = np.array([[0.96, 0.80, 0.72], [0.93, 0.74, 0.63], [0.86, 0.65, 0.52], [0.78, 0.56, 0.42], [0.66, 0.45, 0.32], [0.50, 0.33, 0.23], [0.36, 0.23, 0.16], [0.25, 0.16, 0.12]])


def colour(r: np.random.Generator) -> np.ndarray:
    """A surface's colour; mostly weakly saturated, as in real rooms."""
    c, k = r.uniform(0, 1, 3), r.uniform(0.05, 1)
    if r.random() < 0.6:
        c = c.mean() + (c - c.mean()) * r.uniform(0, 0.4)
    return np.clip(c * (0.25 + 0.9 * k), 0.01, 1)


def skin_row(r) -> list[float]:
    o = r.uniform(-50, 50, 3)
    return [0, r.uniform(6, 25), r.uniform(0.05, 0.3), *(r.uniform(0.25, 0.7) * np.array([1, 0.6, 0.5])), r.uniform(0.02, 0.22), r.uniform(6, 35), *o, r.uniform(0, 0.25)]


def cloth_row(r, strength: float | None = None) -> list[float]:
    o, second = r.uniform(-50, 50, 3), colour(r)
    kind, frequency = r.choice([0, 0, 0, 1, 2, 3]), r.uniform(2, 25)
    return [kind, frequency, r.uniform(0.05, 0.8) if strength is None else strength, *second, r.uniform(0, 0.05), 8, *o, r.uniform(0.1, 0.7)]


def table_row(r) -> list[float]:
    o, second = r.uniform(-50, 50, 3), colour(r)
    return [r.choice([0, 0, 1, 2, 3, 4]), np.exp(r.uniform(np.log(0.3), np.log(8))), r.uniform(0.05, 0.7), *second, r.uniform(0, 0.2), r.uniform(4, 60), *o, r.choice([0, 0, 0.2])]


def thing_row(r) -> list[float]:
    o, second = r.uniform(-50, 50, 3), colour(r)
    return [r.choice([0, 0, 1, 2, 3, 4]), np.exp(r.uniform(np.log(0.8), np.log(12))), r.uniform(0, 0.9), *second, r.uniform(0, 0.6), r.uniform(4, 60), *o, r.choice([0, 0, 0.15])]
