"""Measures the exported detector on frames of the unseen cast: average precision, hits and false alarms, time.

Pictures are letterboxed as `egoobjects` feeds them; boxes that hide their object are neither hits nor misses. Class-aware
suppression at IoU 0.6. Thresholds are chosen on the validation cast and reported on the test cast.

    python -m objects.evaluate MODEL.onnx POOL/val POOL/test
"""

import argparse
import pathlib
import time

import numpy as np

import onnx_file
from action.classes import OBJECTS
from scene import augment
from scene.network import MEAN, STD
from scene.rows import Rows

NMS_IOU, LEAST_SCORE, MOST = 0.6, 0.01, 60


def iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.maximum(high - low, 0).prod(-1)
    area = lambda x: np.maximum(x[:, 2:] - x[:, :2], 0).prod(-1)
    return shared / np.maximum(area(a)[:, None] + area(b)[None] - shared, 1e-6)


def detections(output: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Class, score and box (left, top, right, bottom) of a [1,12,N] output, best first, after suppression."""
    rows = output[0].T
    kind, score = rows[:, 4:].argmax(1), rows[:, 4:].max(1)
    order = np.argsort(-score)
    order = order[score[order] > LEAST_SCORE]
    box = np.concatenate([rows[:, :2] - rows[:, 2:4] / 2, rows[:, :2] + rows[:, 2:4] / 2], 1)
    kept: list[int] = []
    for i in order:
        same = [j for j in kept if kind[j] == kind[i]]
        if not same or iou(box[i : i + 1], box[same]).max() < NMS_IOU:
            kept.append(i)
        if len(kept) == MOST:
            break
    return kind[kept], score[kept], box[kept]


def matched(run, rows: Rows) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Detections (class, score, highest IoU threshold 0.50, 0.55 .. 0.95 that they meet, 0 false, -1 spared), true boxes (class, held, its score when found at 0.5)."""
    found, wanted, seconds = [], [], []
    height, width = run.get_inputs()[0].shape[2:]
    for i in range(len(rows)):
        picture, boxes, *_ = augment.letterboxed(rows, i, (width, height))
        x = (picture.transpose(2, 0, 1)[None].astype(np.float32) - MEAN) / STD
        begin = time.process_time()
        output = run.run(None, {"images": x})[0]
        seconds.append(time.process_time() - begin)
        kind, score, box = detections(output)
        held = {int(b[0]): b[6] > 0 for b in rows.boxes[i] if b[0] > 0}
        truth = [(int(b[0]) - 1, b[1:5], b[5] > 0) for b in boxes if b[0] > 0]
        free = np.ones(len(truth), bool)
        hit = np.zeros(len(truth))
        for k, s, d in zip(kind, score, box):
            overlaps = np.array([iou(d[None], t[1][None])[0, 0] if t[0] == k and f else 0 for t, f in zip(truth, free)]) if truth else np.zeros(0)
            best = overlaps.argmax() if len(overlaps) else -1
            if best >= 0 and overlaps[best] >= 0.5:
                free[best] = False
                if truth[best][2]:
                    found.append((k, s, -1))
                else:
                    found.append((k, s, overlaps[best]))
                    hit[best] = s
            else:
                spared = any(t[2] and iou(d[None], t[1][None])[0, 0] > 0.3 for t in truth)
                found.append((k, s, -1 if spared else 0))
        wanted += [(t[0], held.get(t[0] + 1, False), h) for t, h in zip(truth, hit) if not t[2]]
    return np.array(found), np.array(wanted), np.array(seconds)


def average_precision(found: np.ndarray, count: int, threshold: float) -> float:
    """Area under precision over recall, 101 points, as COCO does."""
    rows = found[found[:, 2] >= 0]
    rows = rows[np.argsort(-rows[:, 1])]
    right = rows[:, 2] >= threshold
    recall, precision = np.cumsum(right) / count, np.cumsum(right) / np.arange(1, len(right) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    at = np.searchsorted(recall, np.linspace(0, 1, 101))
    return float(np.mean([precision[a] if a < len(precision) else 0 for a in at]))


def at_score(found: np.ndarray, wanted: np.ndarray, score: float) -> tuple[float, float, float]:
    """Precision, recall, F1 at IoU 0.5."""
    rows = found[(found[:, 1] >= score) & (found[:, 2] >= 0)]
    hits = (rows[:, 2] >= 0.5).sum()
    p, r = hits / max(len(rows), 1), hits / len(wanted)
    return p, r, 2 * p * r / max(p + r, 1e-9)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("val", type=pathlib.Path)
    parser.add_argument("test", type=pathlib.Path)
    args = parser.parse_args()
    run = onnx_file.session(args.model)
    found, wanted, _ = matched(run, Rows(args.val))
    threshold = max(np.arange(0.1, 0.8, 0.02), key=lambda s: at_score(found, wanted, s)[2])
    rows = Rows(args.test)
    found, wanted, seconds = matched(run, rows)
    ious = np.arange(0.5, 0.96, 0.05)
    table = {name: [average_precision(found[found[:, 0] == k], (wanted[:, 0] == k).sum(), t) for t in ious] for k, name in enumerate(OBJECTS)}
    for name, values in table.items():
        print(f"{name}: AP50 {100 * values[0]:.1f}, AP50-95 {100 * np.mean(values):.1f}")
    means = np.mean(list(table.values()), 0)
    precision, recall, f1 = at_score(found, wanted, threshold)
    in_hand = wanted[:, 1] > 0
    print(f"all, {len(wanted)} boxes in {len(rows)} frames of the test cast: mAP50 {100 * means[0]:.1f}, mAP50-95 {100 * means.mean():.1f}")
    print(f"at score {threshold:.2f} (best F1 of the validation cast): precision {100 * precision:.1f} %, recall {100 * recall:.1f} %, F1 {100 * f1:.1f} %; "
          f"recall of held objects {100 * (wanted[in_hand, 2] >= threshold).mean():.1f} %")
    print(f"{1e3 * np.median(seconds):.1f} ms of processor time a picture (median), one thread")


if __name__ == "__main__":
    main()
