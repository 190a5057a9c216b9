"""Scores on real pictures: `evaluate.py FINDER.onnx CROP.onnx DATA [--lowest 0.5] [--overlays FOLDER] [--step N]`.

For sets with joints: hands found on the right side (mean joint error under half a hand box), share of joints within 0.1, 0.2 and
0.3 of the box's larger side (a missed hand counts all its joints as wrong; the thumb's first joint, which the labels lack, is left
out), the same with the true box given, error of the relative depth; and results that match no labelled hand.
"""
import argparse
import os
import time

import cv2
import numpy as np

from .compose import WELL_PLACED
from .detect import detect, find, look, session
from .real_frames import frames, pixels

JOINTS = [j for j in range(21) if j != 1]
BONES = [(0, 1), (1, 2), (2, 3), (3, 4), (0, 5), (5, 6), (6, 7), (7, 8), (0, 9), (9, 10), (10, 11), (11, 12), (0, 13), (13, 14), (14, 15), (15, 16), (0, 17), (17, 18), (18, 19), (19, 20)]


def errors(joints, truth_px):
    side = (truth_px.max(0) - truth_px.min(0)).max()
    return np.linalg.norm(joints[:, :2] - truth_px, axis=1)[JOINTS] / side


def draw(picture, hands, truth, places):
    picture = picture[..., ::-1].copy()
    for p in places:
        x, y, s = *p["centre"], p["side"] / 2
        cv2.rectangle(picture, (int(x - s), int(y - s)), (int(x + s), int(y + s)), (200, 200, 0), 1)
    for hand in hands:
        colour = (255, 80, 0) if hand["left"] else (0, 0, 255)
        xy = hand["joints"][:, :2].round().astype(int)
        for a, b in BONES:
            cv2.line(picture, tuple(map(int, xy[a])), tuple(map(int, xy[b])), colour, 2, cv2.LINE_AA)
        cv2.putText(picture, f"{hand['confidence']:.2f}", tuple(map(int, xy[0])), 0, 0.7, (255, 255, 255), 2)
    for px in truth:
        for x, y in px:
            cv2.circle(picture, (int(x), int(y)), 3, (0, 255, 0), -1)
    return cv2.resize(picture, (640, round(640 * picture.shape[0] / picture.shape[1])), interpolation=cv2.INTER_AREA)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("finder"), p.add_argument("crop"), p.add_argument("data")
    p.add_argument("--lowest", type=float, default=0.5)
    p.add_argument("--overlays")
    p.add_argument("--step", type=int, default=24)
    a = p.parse_args()
    finder, crop = session(a.finder), session(a.crop)
    sets = {}
    for name, frame, picture, labelled in frames(a.data, a.step):
        r = sets.setdefault(name, dict(frames=0, cpu=0.0, hands=0, found=0, near=0, error=[], boxed=[], boxed_side=0, z=[], z0=[], false=[], true=[], shown=[]))
        began = time.process_time()
        hands = detect(finder, crop, picture, lowest=0.0)
        r["cpu"] += time.process_time() - began
        r["frames"] += 1
        kept = [h for h in hands if h["confidence"] >= a.lowest]
        k, truth = labelled if labelled else (None, {})
        truth_px = {h: pixels(k, j) for h, j in truth.items()}
        places = find(finder, picture)
        for h, px in truth_px.items():
            r["hands"] += 1
            own = [v for v in kept if v["left"] == (h == 0)]
            e = errors(own[0]["joints"], px) if own else np.full(len(JOINTS), 9.0)
            r["found"] += e.mean() < 0.5
            r["error"].append(e)
            middle, side = (px.min(0) + px.max(0)) / 2, (px.max(0) - px.min(0)).max()
            r["near"] += any(np.linalg.norm(p["centre"] - middle) < 0.3 * side and 0.6 < p["side"] / side < 1.7 for p in places)
            boxed = look(crop, picture, middle, side / WELL_PLACED, h == 0)
            other = look(crop, picture, middle, side / WELL_PLACED, h != 0)
            r["boxed"].append(errors(boxed["joints"], px))
            r["boxed_side"] += boxed["own_side"] > other["own_side"]
            ray = truth[h].mean(0) / np.linalg.norm(truth[h].mean(0))
            z = (truth[h] - truth[h][0]) @ ray
            metres = boxed["joints"][:, 2] * truth[h][0, 2] / k[0]
            r["z"].append(np.abs(metres - z)[JOINTS].mean())
            r["z0"].append(np.abs(z - z.mean())[JOINTS].mean())
        for hand in hands:
            match = any((h == 0) == hand["left"] and errors(hand["joints"], px).mean() < 0.5 for h, px in truth_px.items())
            r["true" if match else "false"].append(hand["confidence"])
        if a.overlays:
            r["shown"].append(draw(picture, kept, truth_px.values(), places))
    for name, r in sets.items():
        false = np.array(r["false"])
        line = f"{name}: {r['frames']} frames, {1e3 * r['cpu'] / r['frames']:.0f} ms CPU a frame; results that match no labelled hand {int((false >= a.lowest).sum())} (surest {false.max() if len(false) else 0:.2f})"
        if r["hands"]:
            pck = lambda e: "/".join(f"{100 * (np.array(e) < t).mean():.0f}" for t in (0.1, 0.2, 0.3))
            line += f"\n  {r['found']} of {r['hands']} hands found on their side, {r['near']} by the finder; PCK@.1/.2/.3 {pck(r['error'])}; weakest {min(r['true'] or [0]):.2f}"
            line += f"\n  true box: PCK {pck(r['boxed'])}, side right {r['boxed_side']}; relative depth {1e3 * np.mean(r['z']):.0f} mm (flat hand at its mean {1e3 * np.mean(r['z0']):.0f})"
        print(line, flush=True)
        if a.overlays:
            os.makedirs(a.overlays, exist_ok=True)
            shown = r["shown"][:: max(1, len(r["shown"]) // 9)][:9]
            blank = np.zeros_like(shown[0])
            shown = [cv2.resize(s, blank.shape[1::-1]) for s in shown] + [blank] * (-len(shown) % 3)
            cv2.imwrite(os.path.join(a.overlays, name + ".jpg"), np.concatenate([np.concatenate(shown[i:i + 3], 1) for i in range(0, len(shown), 3)]))


if __name__ == "__main__":
    main()
