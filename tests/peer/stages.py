#!/usr/bin/env python3
"""What the executable specification (hand_tracker.py) says stage by stage for some pictures: input for `cargo bench -p ego-models
--bench hands -- stages`, and (with pictures of our own) the fixture of models/tests/stages.rs.

    stages.py --models DIR --out stages.json PICTURE...

For each picture: palm regions of the whole picture; for each region the landmarks seen in it and the next region. Regions are
[centre x, centre y, side, angle] in pixels and radians; landmarks are 21 x [x, y, z] in pixels; world landmarks are in metres.
"""
import argparse
import json
import os

import cv2
import numpy as np

import hand_tracker as ht


def region(rect, size):
    return [rect[0] * size[0], rect[1] * size[1], rect[2] * size[0], rect[4]]


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--models", required=True)
    ap.add_argument("--out", required=True)
    ap.add_argument("pictures", nargs="+")
    a = ap.parse_args()
    tracker = ht.HandTracker(a.models, static=True)
    out = []
    for path in a.pictures:
        rgb = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)
        size = (rgb.shape[1], rgb.shape[0])
        hands = []
        for rect in tracker.detect_palms(rgb):
            h = tracker.landmarks(rgb, rect)
            seen = None
            if h:
                seen = {"presence": h["presence"], "left": h["score"] if h["label"] == "Left" else 1 - h["score"],
                        "image": (h["landmarks"] * (size[0], size[1], size[0])).tolist(), "world": h["world"].tolist(),
                        "next": region(ht.roi_from_landmarks(h["landmarks"], size), size)}
            hands.append({"region": region(rect, size), "seen": seen})
        out.append({"picture": os.path.basename(path), "width": size[0], "height": size[1], "hands": hands})
    rounded = json.loads(json.dumps(out), parse_float=lambda s: round(float(s), 5))
    with open(a.out, "w") as f:
        json.dump(rounded, f)
        f.write("\n")
    print(f"{len(out)} pictures, {sum(len(p['hands']) for p in out)} regions, {sum(bool(h['seen']) for p in out for h in p['hands'])} hands")


if __name__ == "__main__":
    main()
