#!/usr/bin/env python3
"""Speed against the peer's Python package on the same clips, in turn, in one run, with the same full models and two hands asked for.

    throughput.py --tracker BENCH_BINARY --ego EGO_BINARY [--reps 5] CLIP...

tracker  the same RGB frames, decoded beforehand, through mp.solutions.hands and through our tracker (hands bench, mode frames)
program  a Python script that decodes with OpenCV, tracks and writes JSON lines, against `ego run`; whole processes
Time is wall and processor time (all threads). Ratios are medians of the repetitions' ratios. Prints JSON lines.
"""
import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time

import cv2
import mediapipe as mp
import numpy as np

PROGRAM = """
import json, sys, cv2, mediapipe as mp
cap, out = cv2.VideoCapture(sys.argv[1]), open(sys.argv[2], "w")
with mp.solutions.hands.Hands(model_complexity=1, max_num_hands=2) as hands:
    n = 0
    while True:
        ok, bgr = cap.read()
        if not ok:
            break
        r = hands.process(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB))
        found = [{"label": c.classification[0].label, "landmarks": [[p.x, p.y, p.z] for p in l.landmark]}
                 for l, c in zip(r.multi_hand_landmarks or [], r.multi_handedness or [])]
        out.write(json.dumps({"frame": n, "hands": found}) + "\\n")
        n += 1
"""


def frames(path):
    cap, out = cv2.VideoCapture(path), []
    while True:
        ok, bgr = cap.read()
        if not ok:
            return out
        out.append(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB))


def children():
    u = resource.getrusage(resource.RUSAGE_CHILDREN)
    return u.ru_utime + u.ru_stime


def process(command):
    start, cpu = time.perf_counter(), children()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start, children() - cpu


def ratio(theirs, ours):
    t, o = np.array(theirs), np.array(ours)
    return {"peer_ms": np.median(t, 0).round(2).tolist(), "ours_ms": np.median(o, 0).round(2).tolist(),
            "fps_ratio": round(float(np.median(t[:, 0] / o[:, 0])), 2), "cpu_ratio": round(float(np.median(o[:, 1] / t[:, 1])), 3)}


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--tracker", required=True)
    ap.add_argument("--ego", required=True)
    ap.add_argument("--reps", type=int, default=5)
    ap.add_argument("clips", nargs="+")
    a = ap.parse_args()
    for clip in a.clips:
        name, rgb = os.path.basename(clip), frames(clip)
        n, (h, w) = len(rgb), rgb[0].shape[:2]
        with tempfile.TemporaryDirectory() as tmp:
            raw = os.path.join(tmp, "frames.rgb")
            with open(raw, "wb") as f:
                for x in rgb:
                    f.write(x.tobytes())
            theirs, ours = [], []
            for _ in range(a.reps):
                with mp.solutions.hands.Hands(model_complexity=1, max_num_hands=2) as hands:
                    hands.process(rgb[0])
                    start, cpu = time.perf_counter(), time.process_time()
                    for x in rgb:
                        hands.process(x)
                    theirs.append(((time.perf_counter() - start) / n * 1e3, (time.process_time() - cpu) / n * 1e3))
                line = json.loads(subprocess.run([a.tracker, "frames", raw, f"{w}x{h}"], check=True, capture_output=True, text=True).stdout)
                ours.append((line["wall_ms"], line["cpu_ms"]))
            print(json.dumps({"bench": "peer.throughput", "what": "tracker", "clip": name, "size": f"{w}x{h}", "wall_and_cpu": ratio(theirs, ours)}), flush=True)
            theirs, ours = [], []
            for i in range(a.reps):
                theirs.append([v / n * 1e3 for v in process([sys.executable, "-c", PROGRAM, clip, os.path.join(tmp, "peer.jsonl")])])
                ours.append([v / n * 1e3 for v in process([a.ego, "run", clip, "--out", os.path.join(tmp, f"ego{i}"), "--config", "hands-only"])])
            print(json.dumps({"bench": "peer.throughput", "what": "program", "clip": name, "size": f"{w}x{h}", "wall_and_cpu": ratio(theirs, ours)}), flush=True)


if __name__ == "__main__":
    main()
