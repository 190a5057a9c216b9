"""Finger poses: bends [5, 3] and spreads [5] in degrees, from ten families that are mixed in pairs. Finger 0 is the thumb."""

import numpy as np

FAMILIES = ["random", "curl", "open", "fist", "point", "pinch", "grasp", "relaxed", "thumb-up", "type"]
SHARES = [0.14, 0.15, 0.12, 0.09, 0.06, 0.11, 0.15, 0.08, 0.04, 0.06]


def family(r: np.random.Generator):
    k = r.choice(FAMILIES, p=SHARES)
    bend, spread = np.zeros((5, 3)), np.zeros(5)
    if k == "random":
        bend[1:, 0] = r.uniform(-15, 85, 4)
        bend[1:, 1] = r.uniform(0, 100, 4)
        bend[1:, 2] = bend[1:, 1] * r.uniform(0.3, 0.8)
    else:
        # All are drawn, whichever is used: a seed then gives the same scene whatever the order of families.
        curl = {
            "curl": r.uniform(0, 1), "open": r.uniform(-0.15, 0.12), "fist": r.uniform(0.85, 1.05), "point": 1.0, "pinch": r.uniform(0.2, 0.7),
            "grasp": r.uniform(0.3, 0.7), "relaxed": r.uniform(0.15, 0.4), "thumb-up": 1.0, "type": r.uniform(0.15, 0.45),
        }[k]  # fmt: skip
        f = curl + r.normal(0, 0.06, 4) + np.linspace(0, r.uniform(-0.1, 0.2), 4)
        knuckles = r.uniform(0.6, 1.2) if k != "fist" else 1
        bend[1:, 0] = 80 * f * (knuckles if k != "type" else 0.4)
        bend[1:, 1] = np.maximum(100 * f / max(knuckles, 0.7), 0)
        bend[1:, 2] = np.maximum(bend[1:, 1] * r.uniform(0.4, 0.75), 0)
        if k == "point":
            bend[1] = r.uniform(-5, 15, 3)
        if k == "point" and r.random() < 0.4:
            bend[2] = r.uniform(-5, 20, 3)
        if k == "pinch":
            bend[1, 0], bend[1, 1], bend[1, 2] = r.uniform(30, 60), r.uniform(30, 60), r.uniform(10, 35)
    spread[1:] = r.normal(0, 4, 4) + r.uniform(-2, 12) * np.array([-1, -0.25, 0.45, 1.1]) * (1 - np.clip(bend[1:, 0] / 90, 0, 1))
    # Thumb: bends of its three joints; spread[0] is opposition.
    bend[0] = [r.uniform(-18, 25), r.uniform(-8, 40), r.uniform(-12, 60)]
    spread[0] = r.uniform(-15, 35)
    if k in ("pinch", "grasp"):
        bend[0] = [r.uniform(0, 28), r.uniform(0, 30), r.uniform(0, 40)]
        spread[0] = r.uniform(15, 45)
    if k == "thumb-up":
        bend[0] = [r.uniform(-25, -5), r.uniform(-10, 5), r.uniform(-20, 5)]
        spread[0] = r.uniform(-25, 0)
    if k == "open":
        bend[0] = [r.uniform(-20, 10), r.uniform(-8, 12), r.uniform(-15, 15)]
        spread[0] = r.uniform(-20, 15)
    if k in ("fist", "point"):
        bend[0] = [r.uniform(0, 30), r.uniform(10, 45), r.uniform(10, 60)]
        spread[0] = r.uniform(5, 40)
    return bend, spread, k


def fingers(r: np.random.Generator):
    """Bends, spreads and the name of the (first) family."""
    bend, spread, k = family(r)
    if r.random() < 0.3:
        other, other_spread, _ = family(r)
        t = r.uniform(0.1, 0.6)
        bend, spread = bend * (1 - t) + other * t, spread * (1 - t) + other_spread * t
    bend[1:, 0] = np.clip(bend[1:, 0], -25, 95)
    bend[1:, 1] = np.clip(bend[1:, 1], -3, 112)
    bend[1:, 2] = np.clip(bend[1:, 2], -5, 80)
    return bend, spread, k
