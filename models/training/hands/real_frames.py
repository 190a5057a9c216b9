"""Real pictures for measuring, never for training: `frames(DATA)` yields (set, name, RGB picture, truth).

Truth: {0 left, 1 right: joints [21, 3], camera space, metres} with K, or None where a set has no joints. DATA is the folder that
`$EGO_SHARED/data` stands for: aria-gen2-hands and aria-gen1-reach in H2O's layout, clips of mediapipe-samples-hands.
"""
import glob
import os

import cv2
import numpy as np

CLIPS = ("laptop_over_shoulder", "open_palm", "thumb_up_towards_camera")
FACE_ALONE = range(0, 22, 2)  # frames of the last clip before its hand comes into view


def h2o(folder: str):
    with open(os.path.join(folder, "cam_intrinsics.txt")) as f:
        k = [float(v) for v in f.read().split()]
    for path in sorted(glob.glob(os.path.join(folder, "rgb", "*.png"))):
        name = os.path.basename(path)[:-4]
        pose, truth = os.path.join(folder, "hand_pose", name + ".txt"), None
        if os.path.exists(pose):
            with open(pose) as f:
                v = np.array([float(x) for x in f.read().split()]).reshape(2, 64)
            truth = {h: v[h, 1:].reshape(21, 3) for h in (0, 1) if v[h, 0] == 1}
        yield name, cv2.imread(path)[..., ::-1].copy(), (k, truth) if truth is not None else None


def frames(data: str, step: int = 8):
    for name, folder in (("aria2-colour", "rgb"), ("aria2-grey", "slam")):
        for row in h2o(os.path.join(data, "aria-gen2-hands/h2o-layout", folder, "0/cam4")):
            yield name, *row
    for row in h2o(os.path.join(data, "aria-gen1-reach/h2o-layout/reach/0/cam4")):
        yield "aria1-reach", *row
    for clip in CLIPS:
        video, n = cv2.VideoCapture(os.path.join(data, "mediapipe-samples-hands", clip + ".mp4")), 0
        while True:
            ok, picture = video.read()
            if not ok:
                break
            if clip == CLIPS[-1] and n in FACE_ALONE:
                yield "face-without-hands", f"{n:06d}", picture[..., ::-1].copy(), None
            elif n % step == 0:
                yield clip, f"{n:06d}", picture[..., ::-1].copy(), None
            n += 1


def pixels(k, joints: np.ndarray) -> np.ndarray:
    return joints[:, :2] / joints[:, 2:] * k[0] + np.array(k[2:4])
