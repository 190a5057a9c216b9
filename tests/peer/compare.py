#!/usr/bin/env python3
"""Compare the hands of `ego run` (ego.frame/1 lines) with those of the peer (reference.py) over one clip.

    compare.py --peer PEER.jsonl --ours CLIP.jsonl

Hands of a frame are matched so that the sum of their mean distances is least. Hand size = longer side of the peer's box.
The peer's label assumes a mirrored picture, so its "Left" is the wearer's right hand. Prints one JSON line.
"""
import argparse
import itertools
import json

import numpy as np


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--peer", required=True)
    ap.add_argument("--ours", required=True)
    a = ap.parse_args()
    peer = [json.loads(line)["hands"] for line in open(a.peer)]
    frames = [json.loads(line) for line in open(a.ours)]
    ours = [f for f in frames if f["schema"] == "ego.frame/1"]
    if len(peer) != len(ours):
        raise SystemExit(f"{a.ours}: {len(ours)} frames, the peer has {len(peer)}")
    same = count = matched = side = 0
    distance = []
    for theirs, frame in zip(peer, ours):
        mine = frame.get("hands", [])
        same += bool(theirs) == bool(mine)
        count += len(theirs) == len(mine)
        wh = np.array([frame["width"], frame["height"]])
        cost = np.full((len(theirs), len(mine)), np.inf)
        for i, t in enumerate(theirs):
            p = np.array(t["landmarks"])[:, :2] * wh
            for j, m in enumerate(mine):
                cost[i, j] = np.linalg.norm(np.array(m["image_px"]) - p, axis=1).mean() / np.ptp(p, axis=0).max()
        n = min(cost.shape)
        if n == 0:
            continue
        rows = itertools.permutations(range(len(theirs)), n)
        best = min(((sum(cost[i, j] for i, j in zip(r, c)), r, c)
                    for r in rows for c in itertools.combinations(range(len(mine)), n)), key=lambda b: b[0])
        for i, j in zip(best[1], best[2]):
            if cost[i, j] > 0.5:
                continue
            matched += 1
            distance.append(cost[i, j] * 100)
            side += mine[j]["side"] == {"Left": "right", "Right": "left"}[theirs[i]["label"]]
    print(json.dumps({
        "bench": "peer.joints", "clip": ours[0]["stream"], "frames": len(peer),
        "hands_in_the_same_frames_pct": round(100 * same / len(peer), 2), "same_number_of_hands_pct": round(100 * count / len(peer), 2),
        "matched": matched, "distance_pct_of_hand": {"mean": round(float(np.mean(distance)), 3), "median": round(float(np.median(distance)), 3),
                                                     "p95": round(float(np.percentile(distance, 95)), 3)},
        "side_equal_pct": round(100 * side / max(matched, 1), 2)}))


if __name__ == "__main__":
    main()
