"""Frame vectors: from clips of `ego synth --poses-only` to windows of 20 x 135, with noise that imitates estimated hands and boxes.

A vector, as SHARP's public code orders it: left hand 21 x (u / width, v / height, z in metres), right hand the same, corners of
one object box TL, TR, BL, BR as (x / width, y / height), its code 1..8; whatever is not there is zero.

Which object: the one in a hand; else the one whose box centre is nearest to a hand's mean joint. WINDOW_RULE keeps to one object in a
window, by what its frames choose and by the fingertips (`ego_core::action::vector::window_vectors`), FRAME_RULE chooses anew in each
frame; training sees both.
"""

import dataclasses
import pathlib

import numpy as np

FRAMES, WIDTH = 20, 135
WINDOW_S = 2.0
# The label of a window is what happens this long before its newest frame: that much of what follows helps to name it.
DELAY_S = 0.3
# A window is no example when its label changes nearer than this.
EDGE_S = 0.1


@dataclasses.dataclass
class Motion:
    """Clips one after the other. F frames, C clips."""

    hands: np.ndarray  # F,2,21,3: u / width, v / height, z in metres; 0 for a hand that is not in view
    boxes: np.ndarray  # F,8,4: left, top, right, bottom over width and height, by class; 0 for an object that is not there
    chosen: np.ndarray  # F: code of the object that the frame is about, 0 none
    action: np.ndarray  # F: 0 nothing, 1..36
    start: np.ndarray  # C+1: first frame of each clip, and F
    fps: float


def read_clip(path: pathlib.Path) -> tuple[np.ndarray, ...]:
    d = np.load(path)
    fx, fy, cx, cy, w, h = d["intrinsics"]
    m = d["hands_m"].astype(np.float32)
    z = np.maximum(m[..., 2], 0.02)
    hands = np.stack([(fx * m[..., 0] / z + cx) / w, (fy * m[..., 1] / z + cy) / h, m[..., 2]], -1).astype(np.float32)
    seen = d["hands_seen"] > 0
    hands[~seen] = 0
    frames, classes = len(hands), d["objects_class"]
    boxes = np.zeros((frames, 8, 4), np.float32)
    boxes[:, classes - 1] = d["objects_box_px"] / np.array([w, h, w, h], np.float32)
    there = boxes[:, :, 2] > boxes[:, :, 0]
    # Distances in picture widths; a held object is nearer than any other.
    centre = np.stack([boxes[..., 0] + boxes[..., 2], (boxes[..., 1] + boxes[..., 3]) * h / w], -1) / 2
    mean = hands[..., :2].mean(2) * np.array([1, h / w], np.float32)
    away = np.linalg.norm(centre[:, :, None] - mean[:, None], axis=-1)
    away = np.where(seen[:, None], away, 9.0).min(2)
    held = np.zeros((frames, 8), bool)
    held[:, classes - 1] = d["objects_in_hand"] > 0
    cost = np.where(there, away - 10.0 * held, 1e3)
    best = cost.argmin(1)
    chosen = np.where(cost[np.arange(frames), best] < 1e2, best + 1, 0).astype(np.uint8)
    return hands, boxes, chosen, d["action"], float(d["fps"][0])


def load(folder: pathlib.Path) -> Motion:
    """All clips below a folder; kept as one file beside it for the next time."""
    cache = folder.with_suffix(".packed.npz")
    paths = sorted(folder.rglob("*.npz"))
    if cache.exists():
        d = np.load(cache)
        if int(d["clips"]) == len(paths):
            return Motion(d["hands"], d["boxes"], d["chosen"], d["action"], d["start"], float(d["fps"]))
    clips = [read_clip(p) for p in paths]
    start = np.cumsum([0] + [len(c[0]) for c in clips])
    motion = Motion(*(np.concatenate([c[k] for c in clips]) for k in range(4)), start, clips[0][4])
    np.savez(cache, hands=motion.hands, boxes=motion.boxes, chosen=motion.chosen, action=motion.action, start=start, fps=motion.fps, clips=len(paths))
    return motion


# Numbers of a hand's joints and of the boxes of a frame, and of all that `chain_rows` writes for one.
_HANDS, _ROW = 126, 127 + 4 * 8
_CHAIN_ROW = 2 * _ROW + 2
CHAIN_FPS = 15.0


def of_chain(paths: list[pathlib.Path], true: bool = False, clips: bool = False) -> Motion:
    """What elements found in streams of the synthetic camera, or with `true` what was there: files of
    `cargo run --release -p gst-plugin-ego --example chain_rows`, whole rows only, so that they may still grow.

    Each file is one clip, or with `clips` each recording in it.
    """
    parts = [np.fromfile(path, np.float32) for path in paths]
    parts = [p[: len(p) // _CHAIN_ROW * _CHAIN_ROW].reshape(-1, _CHAIN_ROW) for p in parts]
    cuts = [np.flatnonzero(np.diff(p[:, -1])) + 1 if clips else np.zeros(0, int) for p in parts]
    ends = np.cumsum([0] + [len(p) for p in parts])
    start = np.unique(np.concatenate([ends, *(at + end for at, end in zip(cuts, ends))]))
    whole = np.concatenate(parts)
    row = whole[:, _ROW : 2 * _ROW] if true else whole[:, :_ROW]
    hands, boxes = row[:, :_HANDS].reshape(-1, 2, 21, 3), row[:, _HANDS + 1 :].reshape(-1, 8, 4)
    return Motion(hands, boxes, row[:, _HANDS].astype(np.uint8), whole[:, 2 * _ROW].astype(np.int64), start, CHAIN_FPS)


def segments(motion: Motion) -> np.ndarray:
    """Clip, first frame, last frame and action number of each stretch with one action."""
    rows = []
    for clip, (a, b) in enumerate(zip(motion.start[:-1], motion.start[1:])):
        cuts = np.flatnonzero(np.diff(motion.action[a:b])) + 1
        for s, e in zip([0, *cuts], [*cuts, b - a]):
            if motion.action[a + s] > 0:
                rows.append((clip, a + s, a + e - 1, motion.action[a + s]))
    return np.array(rows)


def asked(motion: Motion) -> np.ndarray:
    """The same of clips of one action, a row a clip: the last of its stretches. What comes before it had to be done first. Of a recording that
    is cut off, as the last one of `chain_rows`, that can be all there is."""
    rows = segments(motion)
    return rows[np.append(rows[1:, 0] != rows[:-1, 0], True)]


def evenly(first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """20 evenly spaced frames from first to last, both included."""
    share = np.linspace(0, 1, FRAMES)
    return (first[:, None] + (last - first)[:, None] * share).astype(int)


def window(motion: Motion, clip: np.ndarray, end: np.ndarray, seconds: np.ndarray | float = WINDOW_S) -> np.ndarray:
    """20 frames of the time before and at `end`; a clip that has just begun repeats its first frame."""
    back = np.asarray(seconds)[..., None] * np.linspace(1, 0, FRAMES) * motion.fps
    return np.maximum(np.round(end[:, None] - back).astype(int), motion.start[clip][:, None])


def window_label(motion: Motion, clip: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Action number of windows that end there, and whether it is clear."""
    low, high = motion.start[clip], motion.start[clip + 1] - 1
    at = lambda s: motion.action[np.clip(np.round(end - s * motion.fps).astype(int), low, high)]
    now = at(DELAY_S)
    return now, (at(DELAY_S + EDGE_S) == now) & (at(DELAY_S - EDGE_S) == now)


# How many times farther away hands may seem than they are, logarithms: the lens is unknown, and so is the size of the hand. The
# second is what remains to be imitated in what elements found.
FARTHER, FARTHER_STILL = (-0.35, 0.75), (-0.3, 0.3)


def farther(x: np.ndarray, rng: np.random.Generator, low: float, high: float) -> np.ndarray:
    """N,T,numbers with both hands first: the same with all distances of a window or sequence at one other scale."""
    x[..., 2:126:3] *= np.exp(rng.uniform(low, high, (len(x), 1, 1))).astype(np.float32)
    return x


WINDOW_RULE, FRAME_RULE = True, False


def vectors(motion: Motion, index: np.ndarray, rule: np.ndarray | bool = WINDOW_RULE, codes: np.ndarray | None = None) -> np.ndarray:
    """Vectors N,20,135 of frames N,20. `codes` replaces the chosen objects."""
    n = len(index)
    hands = motion.hands[index]
    code = (motion.chosen[index] if codes is None else codes).astype(int)
    counts = at_fingertips(hands, motion.boxes[index])
    np.add.at(counts, (np.arange(n)[:, None], code), 1)
    counts[:, 0] = 0
    steady = np.where(counts.sum(1) > 0, counts.argmax(1), 0)
    code = np.where(np.broadcast_to(rule, n)[:, None], steady[:, None], code)
    box = np.take_along_axis(motion.boxes[index], np.maximum(code - 1, 0)[..., None, None], 2)[:, :, 0]
    there = (box[..., 2] > box[..., 0]) & (code > 0)
    box, code = box * there[..., None], code * there
    return assemble(hands, box, code)


# Thumb, index and middle finger: their tips' middle is where a hand grasps. What a grasp in a box counts, and how far from it e^-1 of that.
GRASP, GRASPED, NEAR = [4, 8, 12], 0.9, 0.06


def at_fingertips(hands: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """N,9 how near the grasps of windows are to the objects 1..8, summed over their frames."""
    grasp = hands[..., GRASP, :2].mean(-2)[:, :, :, None]
    seen = (hands != 0).any((3, 4))[..., None] & (boxes[..., 2] > boxes[..., 0])[:, :, None]
    low, high = boxes[:, :, None, :, :2], boxes[:, :, None, :, 2:]
    away = np.linalg.norm(np.maximum(np.maximum(low - grasp, grasp - high), 0), axis=-1)
    near = np.where(seen, GRASPED * np.exp(-((away / NEAR) ** 2)), 0).max(2).sum(1)
    return np.concatenate([np.zeros((len(near), 1)), near], 1)


def assemble(hands: np.ndarray, box: np.ndarray, code: np.ndarray) -> np.ndarray:
    n = len(hands)
    corners = box[..., [0, 1, 2, 1, 0, 3, 2, 3]]
    return np.concatenate([hands.reshape(n, FRAMES, 126), corners, code[..., None]], -1).astype(np.float32)


def bursts(rng: np.random.Generator, n: int, probability: float, longest: int) -> np.ndarray:
    """N,20 stretches of frames, as tracking is lost for a while."""
    hit = rng.random((n, FRAMES)) < probability
    length = rng.integers(1, longest + 1, (n, FRAMES))
    out = np.zeros((n, FRAMES), bool)
    for k in range(longest):
        out[:, k:] |= (hit & (length > k))[:, : FRAMES - k]
    return out


def estimated(x: np.ndarray, rng: np.random.Generator, strength: np.ndarray | float = 1.0) -> np.ndarray:
    """The same windows as networks would see them: jitter, a wrong distance, lost and swapped hands, lost and wrong boxes."""
    n = len(x)
    k = np.broadcast_to(strength, n)[:, None, None, None, None]
    hands = x[..., :126].reshape(n, FRAMES, 2, 21, 3).copy()
    absent = (hands == 0).all((3, 4))
    # Results are older than their picture by up to two of the twenty frames.
    lag = rng.integers(0, 2, n) * (rng.random((n, FRAMES)) < 0.5).T
    hands = hands[np.arange(n)[:, None], np.maximum(np.arange(FRAMES)[None] - lag.T, 0)]
    spread = 0.012 * np.exp(rng.normal(0, 0.5, (n, 1, 1, 1, 1))) * k
    aspect = np.array([1, 16 / 9], np.float32)
    bias = rng.normal(0, 1, (n, 1, 2, 21, 2)) * 0.7
    hands[..., :2] += spread * aspect * (rng.normal(0, 0.7, hands[..., :2].shape) + bias + rng.normal(0, 0.4, (n, FRAMES, 2, 1, 2)))
    root = hands[:, :, :, :1, 2:]
    scale = np.exp(k * (rng.normal(0, 0.10, (n, 1, 1, 1, 1)) + rng.normal(0, 0.03, (n, FRAMES, 2, 1, 1)) + rng.normal(0, 0.05, (n, 1, 2, 1, 1))))
    # Depth within the hand is the least certain of all.
    within = (hands[..., 2:] - root) * (1 - np.minimum(rng.random((n, 1, 1, 1, 1)) * 0.7 * k, 1)) + k * rng.normal(0, 0.010, hands[..., 2:].shape)
    hands[..., 2:] = root * scale + within
    lost = bursts(rng, n * 2, 0.02, 5).reshape(n, 2, FRAMES).transpose(0, 2, 1) & (rng.random((n, 1, 1)) < 0.8 * k[..., 0, 0])
    hands[absent | lost] = 0
    swap = (rng.random((n, FRAMES)) < 0.01 * k[..., 0, 0, 0]) | (bursts(rng, n, 0.02, 8) & (rng.random((n, 1)) < 0.05))
    hands[swap] = hands[swap][:, ::-1]
    corners, code = x[..., 126:134].copy(), x[..., 134].copy()
    box = corners[..., [0, 1, 6, 7]]
    size = np.stack([box[..., 2] - box[..., 0], box[..., 3] - box[..., 1]] * 2, -1)
    k3 = k[..., 0, 0]
    box = box + size * k3 * (rng.normal(0, 0.03, box.shape) + rng.normal(0, 0.04, (n, 1, 4)))
    gone = bursts(rng, n, 0.03, 5) & (rng.random((n, 1)) < 0.8 * k3[..., 0])
    wrong = (rng.random((n, FRAMES)) < 0.02 * k3[..., 0]) | (bursts(rng, n, 0.03, 10) & (rng.random((n, 1)) < 0.08 * k3[..., 0]))
    code = np.where(wrong & (code > 0), rng.integers(1, 9, code.shape), code)
    keep = ~gone & (code > 0)
    return assemble(hands, box * keep[..., None], code * keep)
