#!/usr/bin/env python3
"""The whole chain over a file: the same models in Python (ONNX Runtime, OpenCV, NumPy) against `ego run`. JSON lines.

    chain.py --ego EGO_BINARY --models MODELS_FOLDER [--hands ego-hands|mediapipe-hands] [--reps 5] [--depth-every 3] CLIP...

Both sides decode the file, find hands and objects in every frame and depth in every third, name the action ten times a second, and write
one JSON line a frame. The program runs its preset `batch` with the models that the Python side has: `ego-action` in the place of
`ego-action-stream`, and with --hands mediapipe-hands MediaPipe's hands in that of our own. Whole processes on the same processors, in turn (A B A B), start-up included on both sides; processor time counts
all threads. The Python side is what a careful user writes: frames are read once, pictures stay uint8 until the tensor, palms are looked
for only while a hand is missing, sessions are made once. ONNX Runtime gets one thread, and as many as there are processors; the faster
of the two is the one compared with.
"""
import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time

# What the preset becomes for a comparison of programs and not of models.
SAME_MODELS = """extends = "batch"

[hands]
model = "{hands}"

[action]
model = "ego-action"
"""

HERE = os.path.dirname(os.path.abspath(__file__))


class Objects:
    """YOLOv8's output [1, 4 + C, N]; letterbox with grey 114."""

    def __init__(self, model, mean, std, threads, min_score=0.25, nms=0.5):
        self.session = session(model, threads)
        self.name, (_, _, self.h, self.w) = self.session.get_inputs()[0].name, self.session.get_inputs()[0].shape
        self.mean, self.std, self.min_score, self.nms = mean, std, min_score, nms

    def process(self, bgr):
        h, w = bgr.shape[:2]
        k = min(self.w / w, self.h / h)
        size = (round(w * k), round(h * k))
        left, top = (self.w - size[0]) // 2, (self.h - size[1]) // 2
        box = cv2.copyMakeBorder(cv2.resize(bgr, size), top, self.h - size[1] - top, left, self.w - size[0] - left,
                                 cv2.BORDER_CONSTANT, value=(114, 114, 114))
        x = cv2.dnn.blobFromImage(box, 1 / self.std, mean=(self.mean,) * 3, swapRB=True)
        out = self.session.run(None, {self.name: x})[0][0]
        score = out[4:].max(0)
        keep = np.flatnonzero(score >= self.min_score)
        if not len(keep):
            return []
        cx, cy, bw, bh = out[:4, keep]
        label, score = out[4:, keep].argmax(0), score[keep]
        rects = np.stack([cx - bw / 2, cy - bh / 2, bw, bh], 1)
        rows = cv2.dnn.NMSBoxesBatched(rects.tolist(), score.tolist(), label.tolist(), self.min_score, self.nms)
        return [(int(label[i]), float(score[i]), [(rects[i][0] - left) / k, (rects[i][1] - top) / k,
                (rects[i][0] + rects[i][2] - left) / k, (rects[i][1] + rects[i][3] - top) / k]) for i in rows]


class Depth:
    """Relative inverse depth of the squeezed picture."""

    def __init__(self, model, mean, std, threads):
        self.session = session(model, threads)
        self.name, (_, _, self.h, self.w) = self.session.get_inputs()[0].name, self.session.get_inputs()[0].shape
        self.mean, self.std = mean, std

    def process(self, bgr):
        x = cv2.dnn.blobFromImage(cv2.resize(bgr, (self.w, self.h)), 1 / self.std, mean=(self.mean,) * 3, swapRB=True)
        depth = self.session.run(None, {self.name: x})[0].squeeze()
        return depth, depth >= 0.47 * depth.max()


class Action:
    """The window of the last two seconds, 20 x 135."""

    def __init__(self, model, threads, seconds=2.0):
        self.session, self.rows, self.seconds = session(model, threads), [], seconds

    def add(self, t, hands, objects, size, f):
        w, h = size
        v = np.zeros(135, np.float32)
        for hand in hands:
            if "px" in hand:
                at, metres = 0 if hand["left"] else 63, 0.1 / hand["size"]
                v[at:at + 63] = np.column_stack([hand["px"] / size, f * metres + hand["z"] * metres]).ravel()
                continue
            # A mirrored picture is assumed by the model.
            at = 63 if hand["label"] == "Left" else 0
            lm, world = hand["landmarks"], hand["world"]
            px = np.linalg.norm((lm[9, :2] - lm[0, :2]) * size)
            z = f * np.linalg.norm(world[9] - world[0]) / max(px, 1.0)
            v[at:at + 63] = np.column_stack([lm[:, 0], lm[:, 1], z + world[:, 2]]).ravel()
        if objects:
            label, _, (x0, y0, x1, y1) = max(objects, key=lambda o: o[1])
            v[126:134] = [x0 / w, y0 / h, x1 / w, y0 / h, x0 / w, y1 / h, x1 / w, y1 / h]
            v[134] = label + 1
        self.rows.append((t, v))
        while self.rows and self.rows[0][0] < t - self.seconds:
            self.rows.pop(0)

    def process(self):
        times = np.array([t for t, _ in self.rows])
        wanted = np.linspace(times[0], times[-1], 20)
        at = np.abs(times[None] - wanted[:, None]).argmin(1)
        x = np.stack([self.rows[i][1] for i in at])[None]
        z = self.session.run(None, {self.session.get_inputs()[0].name: x})[0][0]
        p = np.exp(z - z.max())
        return int(p.argmax()), float(p.max() / p.sum())


def peer(clip, out, models, threads, depth_every, hands_model):
    """The Python side, in a process of its own."""
    global cv2, np, session
    import cv2
    import numpy as np
    sys.path.insert(0, os.path.join(HERE, "../peer"))
    from hand_tracker import HandTracker, session as ort_session
    from own_hands import OwnHands

    session = lambda path, n: ort_session(os.path.join(models, path), n)
    cv2.setNumThreads(threads)
    own = hands_model == "ego-hands"
    hands_of = OwnHands(session, threads=threads) if own else HandTracker(models, threads=threads, palm_every=8, tiles="turn")
    objects_of = Objects("ego-objects.onnx", 115, 64, threads)
    depth_of = Depth("ego-depth.onnx", 115, 64, threads)
    action_of = Action("ego-action.onnx", threads)
    cap, n, said, kept = cv2.VideoCapture(clip), 0, None, 0.0
    fps = cap.get(cv2.CAP_PROP_FPS) or 30
    with open(out, "w") as f:
        while True:
            ok, bgr = cap.read()
            if not ok:
                break
            size = np.array([bgr.shape[1], bgr.shape[0]])
            if n % depth_every == 0:
                _, mask = depth_of.process(bgr)
                kept = float(mask.mean())
            hands = hands_of.process(bgr if own else cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB))
            objects = objects_of.process(bgr)
            action_of.add(n / fps, hands, objects, size, size[0] * 0.73)
            if n % 3 == 0:
                said = action_of.process()
            points = [{"left": h["left"], "px": np.round(h["px"], 2).tolist()} if own else
                      {"label": h["label"], "landmarks": np.round(h["landmarks"], 5).tolist()} for h in hands]
            boxes = [{"class": o[0], "score": round(o[1], 4), "box": np.round(o[2], 2).tolist()} for o in objects]
            f.write(json.dumps({"frame": n, "hands": points, "objects": boxes, "kept": round(kept, 4), "action": said}) + "\n")
            n += 1


def children():
    u = resource.getrusage(resource.RUSAGE_CHILDREN)
    return u.ru_utime + u.ru_stime


def measure(command):
    start, cpu = time.perf_counter(), children()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: status {done.returncode}\n{done.stderr}")
    return time.perf_counter() - start, children() - cpu


def frames_of(path):
    with open(path) as f:
        return sum('"frame":' in line for line in f)


def hands_of(path):
    """Hands in all frames: the more are found, the more there is to do."""
    with open(path) as f:
        return sum(len(json.loads(line).get("hands", [])) for line in f)


def median(values):
    values = sorted(values)
    return values[len(values) // 2]


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--ego")
    ap.add_argument("--models", required=True)
    ap.add_argument("--hands", choices=("ego-hands", "mediapipe-hands"), default="mediapipe-hands")
    ap.add_argument("--config", help="a preset or file in the place of `batch` with the same models")
    ap.add_argument("--reps", type=int, default=5)
    ap.add_argument("--depth-every", type=int, default=3)
    ap.add_argument("--peer", metavar="OUT", help="be the Python side")
    ap.add_argument("--threads", type=int, default=1)
    ap.add_argument("clips", nargs="+")
    a = ap.parse_args()
    if a.peer:
        peer(a.clips[0], a.peer, a.models, a.threads, a.depth_every, a.hands)
        return
    cores = len(os.sched_getaffinity(0))
    for clip in a.clips:
        with tempfile.TemporaryDirectory() as tmp:
            lines = os.path.join(tmp, "peer.jsonl")
            config = a.config or os.path.join(tmp, "same-models.toml")
            if not a.config:
                with open(config, "w") as f:
                    f.write(SAME_MODELS.format(hands=a.hands))
            stem = os.path.splitext(os.path.basename(clip))[0]
            them = {n: [] for n in sorted({1, cores})}
            ours = []
            # The program first: its own models lie in the folder from their first use on.
            for rep in range(a.reps):
                folder = os.path.join(tmp, f"ego{rep}")
                ours.append(measure([a.ego, "run", clip, "--out", folder, "--config", config]))
                for n in them:
                    command = [sys.executable, __file__, "--peer", lines, "--models", a.models, "--threads", str(n), "--depth-every", str(a.depth_every), "--hands", a.hands, clip]
                    them[n].append(measure(command))
            both = [lines, os.path.join(folder, stem + ".jsonl")]
            frames = [frames_of(path) for path in both]
            best = min(them, key=lambda n: median([w for w, _ in them[n]]))
            wall = median([t[0] / o[0] for t, o in zip(them[best], ours)])
            cpu = median([t[1] / o[1] for t, o in zip(them[best], ours)])
            print(json.dumps({
                "bench": "chain.batch", "hands_model": a.hands, "clip": os.path.basename(clip), "cores": cores, "frames": frames,
                "hands": [hands_of(path) for path in both], "python_threads": best,
                "python_fps": round(frames[0] / median([w for w, _ in them[best]]), 1), "ego_fps": round(frames[1] / median([w for w, _ in ours]), 1),
                "python_cpu_ms": round(1e3 * median([c for _, c in them[best]]) / frames[0], 1),
                "ego_cpu_ms": round(1e3 * median([c for _, c in ours]) / frames[1], 1),
                "fps_ratio": round(wall, 2), "cpu_ratio": round(cpu, 2)}), flush=True)


if __name__ == "__main__":
    main()
