"""Figures with their uncertainty."""

import math
from collections.abc import Sequence

import numpy as np


def wilson(right: int, count: int, z: float = 1.96) -> tuple[float, float]:
    """95 % interval of a share, percent (Wilson 1927)."""
    p = right / count
    middle, half = p + z * z / (2 * count), z * math.sqrt(p * (1 - p) / count + z * z / (4 * count * count))
    return tuple(100 * (middle + s * half) / (1 + z * z / count) for s in (-1, 1))


def mean_and_deviation(values: Sequence[float]) -> str:
    """Mean over runs, and the sample deviation when there is more than one."""
    v = np.asarray(values, float)
    return f"{v.mean():.2f}" + (f" +- {v.std(ddof=1):.2f} of {len(v)} runs" if len(v) > 1 else "")
