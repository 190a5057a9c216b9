"""Both networks on one picture, from ONNX files: the independent reference of the Rust family `ego-crop-hands`.

A picture is searched by the finder, each place it names is looked at twice by the crop network (the second time where the first
saw the joints), as a right hand and, mirrored, as a left one where the finder is not sure. Pixels count from the middle of the first one.
"""
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import cv2
import numpy as np
import onnxruntime

from .compose import WELL_PLACED
from .network import CROP_STRIDE, FINDER_STRIDE, MEAN, STD, Z_UNIT_PX
from .pool import CROP, FINDER

PLACES = 6  # most places of a picture that are looked at
PLACE_SCORE = 0.15  # lowest finder score of a place
SURE = 4.0  # a side whose score is this many times the other's is not questioned
SAME_HAND = 0.35  # mean joint distance in hand sizes under which two results show the same hand


def session(path: str) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def sample(rgb: np.ndarray, centre, scale: float, size: tuple[int, int]) -> np.ndarray:
    """[1, 3, h, w] of the window of this centre; `scale` picture pixels to one tensor pixel. Shrunk by averaging k x k samples."""
    w, h = size
    k = int(min(4, max(1, np.ceil(scale / 1.5))))
    step = scale / k
    m = np.array([[step, 0, centre[0] - (w * k - 1) / 2 * step], [0, step, centre[1] - (h * k - 1) / 2 * step]])
    fine = cv2.warpAffine(rgb, m, (w * k, h * k), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_CONSTANT)
    mean = fine.reshape(h, k, w, k, 3).mean((1, 3))
    return ((mean / 255 - MEAN) / STD).astype(np.float32).transpose(2, 0, 1)[None]


def find(finder, rgb: np.ndarray) -> list[dict]:
    """Places of hands, best first: centre and box side in pixels, scores of a left and a right hand."""
    height, width = rgb.shape[:2]
    scale = max(width / FINDER[0], height / FINDER[1])
    middle = ((width - 1) / 2, (height - 1) / 2)
    m = finder.run(["map"], {"picture": sample(rgb, middle, scale, FINDER)})[0][0]
    score = sigmoid(m[:2])
    best = score.max(0)
    peak = (best >= cv2.dilate(best, np.ones((3, 3)))) & (best >= PLACE_SCORE)
    places = []
    for y, x in sorted(zip(*np.nonzero(peak)), key=lambda c: -best[c]):
        at = (np.array([x + m[2, y, x], y + m[3, y, x]]) + 0.5) * FINDER_STRIDE - 0.5
        centre = (at - (np.array(FINDER) - 1) / 2) * scale + middle
        side = 32 * np.exp(np.clip(m[4, y, x], -2, 3)) * scale
        if all(np.linalg.norm(centre - p["centre"]) > 0.35 * min(side, p["side"]) for p in places):
            places.append(dict(centre=centre, side=float(side), score=score[:, y, x]))
        if len(places) == PLACES:
            break
    return places


def look(crop, rgb: np.ndarray, centre, side: float, left: bool) -> dict:
    """What the crop network says about the window of this side. Joints [21, 3]: pixels, and z in pixels behind the wrist."""
    scale = side / CROP
    x = sample(rgb, centre, scale, (CROP, CROP))
    if left:
        x = np.ascontiguousarray(x[..., ::-1])
    heat, depth, scores = (o[0] for o in crop.run(["heat", "depth", "scores"], {"picture": x}))
    joints, peaks = np.zeros((21, 3)), np.zeros(21)
    cells = heat.shape[-1]
    for j in range(21):
        py, px = divmod(int(heat[j].argmax()), cells)
        ys, xs = slice(max(py - 2, 0), py + 3), slice(max(px - 2, 0), px + 3)
        weight = np.maximum(heat[j, ys, xs], 0) + 1e-9
        yy, xx = np.mgrid[ys.start:min(ys.stop, cells), xs.start:min(xs.stop, cells)]
        total = weight.sum()
        cell = np.array([(weight * xx).sum(), (weight * yy).sum()]) / total
        uv = (cell + 0.5) * CROP_STRIDE - 0.5
        if left:
            uv[0] = CROP - 1 - uv[0]
        joints[j, :2] = (uv - (CROP - 1) / 2) * scale + centre
        joints[j, 2] = (weight * depth[j, ys, xs]).sum() / total * Z_UNIT_PX * scale
        peaks[j] = heat[j, py, px]
    there, size, right, placed = scores
    return dict(
        joints=joints, peaks=peaks, left=left, there=float(sigmoid(there)), own_side=float(sigmoid(right)), placed=float(sigmoid(placed)),
        size=float(25 * np.exp(size) * scale),
    )


def confidence(seen: dict) -> float:
    """That there is a hand of this side in the window: presence x side x height of the heat maps."""
    return seen["there"] * seen["own_side"] * float(np.clip(seen["peaks"].mean() / 0.6, 0, 1))


def box(joints: np.ndarray):
    low, high = joints[:, :2].min(0), joints[:, :2].max(0)
    return (low + high) / 2, float((high - low).max())


def refine(crop, rgb, centre, box_side, left, looks=2) -> dict:
    for _ in range(looks):
        seen = look(crop, rgb, centre, max(box_side / WELL_PLACED, 24.0), left)
        centre, box_side = box(seen["joints"])
    seen["confidence"] = confidence(seen)
    return seen


def distance(a: dict, b: dict) -> float:
    gap = np.linalg.norm(a["joints"][:, :2] - b["joints"][:, :2], axis=1).mean()
    return gap / max(box(a["joints"])[1], box(b["joints"])[1], 1e-6)


def detect(finder, crop, rgb: np.ndarray, lowest: float = 0.3, one_a_side: bool = True) -> list[dict]:
    """Hands of a picture, surest first: at most one a side, or all."""
    seen = []
    for place in find(finder, rgb):
        left, right = place["score"]
        for is_left in (True, False):
            if (left if is_left else right) * SURE < (right if is_left else left):
                continue
            hand = refine(crop, rgb, place["centre"], place["side"], is_left)
            hand["place"] = place
            seen.append(hand)
    kept = []
    for hand in sorted(seen, key=lambda s: -s["confidence"]):
        taken = one_a_side and any(k["left"] == hand["left"] for k in kept)
        if hand["confidence"] >= lowest and not taken and all(distance(hand, k) > SAME_HAND for k in kept):
            kept.append(hand)
    return kept
