"""Measures the exported depth network and the range mask that is cut from it.

Mask: inverse depth over its maximum >= t, as SHARP cuts. Shares of the wearer's arm pixels and of all others that are kept, on
frames of the unseen cast and on real frames with true depth (folder in H2O's layout with rgb, depth, arm_mask); the same for a mask
from true depth, which is what an error-free network would give.

    python -m depth.evaluate MODEL.onnx POOL/test [--real DIR/h2o-layout/kitchen/0/cam4]
"""

import argparse
import pathlib
import time

import cv2
import numpy as np

import onnx_file
from scene import augment
from scene.network import MEAN, STD
from scene.rows import LEFT_ARM, RIGHT_ARM, Rows

THRESHOLDS = (0.35, 0.39, 0.43, 0.47, 0.51, 0.55, 0.60)
PAPER = 0.47


def inferred(run, picture: np.ndarray) -> np.ndarray:
    """Inverse depth of an RGB picture of any size, at the network's output size."""
    size = augment.SIZE
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return run.run(None, {"images": (small.transpose(2, 0, 1)[None].astype(np.float32) - MEAN) / STD})[0][0, 0]


def kept(inverse: np.ndarray, arm: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Shares of arm pixels and of others at each threshold."""
    near = inverse / max(inverse.max(), 1e-6)
    return np.array([[(near >= t)[arm].mean() if arm.any() else np.nan, (near >= t)[known & ~arm].mean()] for t in THRESHOLDS])


def errors(inverse: np.ndarray, depth: np.ndarray) -> tuple[float, float]:
    """Mean |d - d*| / d* and share within a factor of 1.25, after the picture's scale (median) is taken out."""
    known = depth > 0
    ratio = (1 / inverse[known]) / depth[known]
    ratio /= np.median(ratio)
    return float(np.abs(ratio - 1).mean()), float((np.maximum(ratio, 1 / ratio) < 1.25).mean())


def show(name: str, tables: list[np.ndarray]) -> None:
    mean = 100 * np.nanmean(tables, 0)
    print(f"{name}: " + ", ".join(f"t {t}: arms {a:.1f} % others {b:.1f} %" for t, (a, b) in zip(THRESHOLDS, mean)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("pool", type=pathlib.Path)
    parser.add_argument("--real", type=pathlib.Path)
    args = parser.parse_args()
    run = onnx_file.session(args.model)
    rows, seconds, quality, network, truth, whole = Rows(args.pool), [], [], [], [], []
    for i in range(len(rows)):
        begin = time.process_time()
        inverse = inferred(run, rows.rgb[i])
        seconds.append(time.process_time() - begin)
        depth, label = rows.depth[i] / 1000.0, rows.label[i]
        inverse = cv2.resize(inverse, depth.shape[::-1], interpolation=cv2.INTER_LINEAR)
        quality.append(errors(inverse, depth))
        arm, known = (label == LEFT_ARM) | (label == RIGHT_ARM), depth > 0
        network.append(kept(inverse, arm, known))
        truth.append(kept(np.where(known, 1 / np.maximum(depth, 1e-3), 0), arm, known))
        if arm.any():
            whole.append(network[-1][THRESHOLDS.index(PAPER), 0] > 0.99)
    relative, within = np.mean(quality, 0)
    print(f"{len(rows)} frames of the unseen cast: relative error {100 * relative:.1f} %, within 1.25 {100 * within:.1f} %, scale aligned by the median")
    show("mask of the network, unseen cast", network)
    show("mask of true depth, unseen cast", truth)
    print(f"frames that keep more than 99 % of their arm pixels at t {PAPER}: {100 * np.mean(whole):.1f} %")
    print(f"{1e3 * np.median(seconds):.1f} ms of processor time a picture (median), one thread")
    if args.real:
        network, truth, quality = [], [], []
        for path in sorted((args.real / "rgb").glob("*.png")):
            picture = cv2.imread(str(path))[..., ::-1]
            depth = cv2.imread(str(args.real / "depth" / path.name), cv2.IMREAD_UNCHANGED) / 1000.0
            arm = cv2.imread(str(args.real / "arm_mask" / path.name), cv2.IMREAD_UNCHANGED) > 0
            inverse = cv2.resize(inferred(run, np.ascontiguousarray(picture)), depth.shape[::-1], interpolation=cv2.INTER_LINEAR)
            known = depth > 0
            quality.append(errors(inverse, depth))
            network.append(kept(inverse, arm & known, known))
            truth.append(kept(np.where(known, 1 / np.maximum(depth, 1e-3), 0), arm & known, known))
        relative, within = np.mean(quality, 0)
        print(f"{len(quality)} real frames: relative error {100 * relative:.1f} %, within 1.25 {100 * within:.1f} %")
        show("mask of the network, real frames", network)
        show("mask of true depth, real frames", truth)


if __name__ == "__main__":
    main()
