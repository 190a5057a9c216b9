"""Thresholds for the manifests: `python -m hands.thresholds FINDER.onnx CROP.onnx POOL BACKGROUNDS.npy ... [--frames 150]`.

From the test cast: pictures of POOL with their hands, and backgrounds without any. Prints, for a row of confidences, hands found on
their side and false ones, and the confidence of least cost, where a missed hand counts as many false ones as MISSED.
"""

import argparse

import numpy as np

from .detect import detect, session
from .pool import open_pool

# Backgrounds are made to be taken for hands, and a third of the pictures show a face close up: more false ones than in life.
MISSED = 3

def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("finder"), p.add_argument("crop"), p.add_argument("pool"), p.add_argument("background", nargs="+")
    p.add_argument("--frames", type=int, default=150)
    a = p.parse_args()
    finder, crop = session(a.finder), session(a.crop)
    pool = open_pool(a.pool)
    true, false, empty, hands = [], [], [], 0
    for i in np.linspace(0, len(pool["K"]) - 1, a.frames).astype(int):
        # The wearer's hands only: at most one a side is reported.
        labelled = {h: pool["uv"][i][h] for h in (0, 1) if pool["pres"][i][h] == 1}
        unsure = any(v == -1 for v in pool["pres"][i])
        hands += len(labelled)
        for seen in detect(finder, crop, np.ascontiguousarray(pool["rgb"][i]), lowest=0.0):
            uv = labelled.get(0 if seen["left"] else 1)
            hit = uv is not None and np.linalg.norm(seen["joints"][:, :2] - uv, axis=1).mean() < 0.5 * (uv.max(0) - uv.min(0)).max()
            others = [pool["uv"][i][h] for h in range(len(pool["pres"][i])) if pool["pres"][i][h] != 0]
            on_a_hand = any(np.linalg.norm(seen["joints"][:, :2].mean(0) - o.mean(0)) < 0.5 * (o.max(0) - o.min(0)).max() for o in others)
            if hit:
                true.append(seen["confidence"])
            elif not on_a_hand and not unsure:
                false.append(seen["confidence"])
    pictures = 0
    for bank in a.background:
        bank = np.load(bank, mmap_mode="r")
        for i in np.linspace(0, len(bank) - 1, min(a.frames, len(bank))).astype(int):
            pictures += 1
            empty += [s["confidence"] for s in detect(finder, crop, np.ascontiguousarray(bank[i]), lowest=0.0)]
    true, false, empty = (np.array(v) for v in (true, false, empty))
    best, least = 0.0, 1 << 30
    for c in np.arange(0.1, 0.96, 0.05):
        found, wrong, nothing = (true >= c).sum(), (false >= c).sum(), (empty >= c).sum()
        print(f"confidence {c:.2f}: {found} of {hands} hands found, {wrong} false in {a.frames} pictures with hands, {nothing} in {pictures} without")
        cost = MISSED * (hands - found) + wrong + nothing
        if cost < least:
            best, least = c, cost
    print(f"least cost: {best:.2f}")


if __name__ == "__main__":
    main()
