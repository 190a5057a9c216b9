#!/usr/bin/env python3
"""Does a hand tracker that never saw a rendering find our rendered hands, and where our truth says they are?

Runs the MediaPipe graph of hand_tracker.py (independent pictures, no tracking) on frames that
`cargo run --release -p ego-synth --example sheet -- sheet.png 200 640 1 --dump DIR` wrote, and prints one JSON line.

    realism.py DIR --models MODELS [--tracker hand_tracker.py]

A hand counts when it is the wearer's, all 21 joints lie in the picture, at least --clear of them are hidden by nothing but the hand itself and its longer side has
at least --size pixels. It is found when a tracked hand lies within half its size (mean over joints). The error is the mean distance
of the joints divided by the longer side of the joints' box.
"""
import argparse
import collections
import importlib.util
import json
import os

import cv2
import numpy as np


def load(path):
    spec = importlib.util.spec_from_file_location("hand_tracker", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def summary(rows):
    found = [r["error"] for r in rows if r["error"] is not None]
    return {
        "hands": len(rows),
        "found": round(len(found) / len(rows), 3) if rows else None,
        "mean_error": round(float(np.mean(found)), 3) if found else None,
        "right_side": round(float(np.mean([r["side"] for r in rows if r["error"] is not None])), 3) if found else None,
    }


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("dir")
    a.add_argument("--models", required=True, help="folder with palm_detection_full.onnx and hand_landmark_full.onnx")
    a.add_argument("--tracker", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "hand_tracker.py"))
    a.add_argument("--size", type=float, default=80.0)
    a.add_argument("--clear", type=int, default=18)
    a.add_argument("--overlay", help="folder for pictures with truth (red) and tracker (green)")
    args = a.parse_args()
    tracker = load(args.tracker)
    graph = tracker.HandTracker(args.models, complexity=1, max_hands=4, static=True)
    rows, false = [], 0
    for line in open(os.path.join(args.dir, "truth.jsonl")):
        truth = json.loads(line)
        bgr = cv2.imread(os.path.join(args.dir, truth["file"]))
        height, width = bgr.shape[:2]
        hands = graph.process(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB))
        found = [(np.array(h["landmarks"])[:, :2] * [width, height], h["label"]) for h in hands]
        near = set()
        for hand in truth["hands"]:
            if any(p is None for p in hand["px"]):
                continue
            px = np.array(hand["px"])
            size = float((px.max(0) - px.min(0)).max())
            errors = [float(np.linalg.norm(f - px, axis=1).mean()) / size for f, _ in found]
            best = int(np.argmin(errors)) if errors else None
            hit = best is not None and errors[best] < 0.5
            near.update(i for i, e in enumerate(errors) if e < 1.0)
            inside = ((px >= 0) & (px < [width, height])).all()
            if hand["owner"] != "wearer" or not inside or size < args.size or sum(map(int, hand["clear"])) < args.clear:
                continue
            # The graph presumes a mirrored picture: its Left is the wearer's right.
            side = {"Left": "right", "Right": "left"}[found[best][1]] == hand["side"] if hit else None
            rows.append({"error": errors[best] if hit else None, "side": side, "tone": truth["tone"], "glove": truth["glove"],
                         "light": truth["light"], "holds": hand["holds"], "file": truth["file"], "size": size})
        false += len(found) - len(near)
        if args.overlay:
            os.makedirs(args.overlay, exist_ok=True)
            for hand in truth["hands"]:
                for p in hand["px"]:
                    if p:
                        cv2.circle(bgr, (int(p[0]), int(p[1])), 2, (0, 0, 255), -1)
            for f, _ in found:
                for p in f:
                    cv2.circle(bgr, (int(p[0]), int(p[1])), 2, (0, 255, 0), -1)
            cv2.imwrite(os.path.join(args.overlay, truth["file"]), bgr)
    groups = collections.OrderedDict()
    groups["all"] = rows
    for name, low, high in (("light", 0, 1 / 3), ("medium", 1 / 3, 2 / 3), ("dark", 2 / 3, 1.01)):
        groups["tone_" + name] = [r for r in rows if low <= r["tone"] < high]
    groups["glove"] = [r for r in rows if r["glove"]]
    groups["bare"] = [r for r in rows if not r["glove"]]
    groups["dim"] = [r for r in rows if r["light"] < 0.7]
    groups["bright"] = [r for r in rows if r["light"] >= 0.7]
    groups["holding"] = [r for r in rows if r["holds"]]
    groups["free"] = [r for r in rows if not r["holds"]]
    print(json.dumps({"bench": "synth.realism", "false_hands": false, **{k: summary(v) for k, v in groups.items()}}))


if __name__ == "__main__":
    main()
