"""Rows of a stream: what the causal stream network reads at ten instants a second, with imitated estimation errors.

A row, as the Rust side writes it (`ego_core::action::vector::frame_row`): left hand 21 x (u / width, v / height, z in metres), right
hand the same, code 1..8 of the object that the frame is about (0 none), then for each of the 8 objects left, top, right, bottom over
width and height. Whatever is not there is zero.

Rows of the elements themselves (`frames.of_chain`) teach what imitated errors do not know: what elements miss and mistake depends on
what happens.
"""

import dataclasses

import numpy as np

from action import frames
from action.classes import NOTHING, OBJECTS
from action.frames import Motion
from action.transplant import transplanted

STEP_S = 0.1
# Rows of one input of the exported network, and of a training sequence.
WINDOW, SEQUENCE = 80, 112
ROW = 127 + 4 * len(OBJECTS)
# A label is what happened this long before its row: that much of what follows helps to name it. A hand is under way to what it will
# touch for about as long.
DELAY_S = 0.7
IGNORE = -100


def rows(motion: Motion, index: np.ndarray) -> np.ndarray:
    """N,T,159 of frames N,T."""
    hands = motion.hands[index].reshape(*index.shape, 126)
    code = motion.chosen[index][..., None].astype(np.float32)
    return np.concatenate([hands, code, motion.boxes[index].reshape(*index.shape, -1)], -1)


def labels(motion: Motion, index: np.ndarray, delay_s: float = DELAY_S) -> np.ndarray:
    """Class of each row: what happened so long before it."""
    action = motion.action[np.maximum(index - round(delay_s * motion.fps), 0)].astype(np.int64)
    return np.where(action > 0, action - 1, NOTHING)


def instants(motion: Motion, end: np.ndarray, count: int, pace: np.ndarray | float = 1.0) -> np.ndarray:
    """Frames N,count, a step of STEP_S at `pace` apart, the last one at `end`; before the first frame of all, that frame."""
    back = np.arange(count - 1, -1, -1) * STEP_S * motion.fps
    return np.maximum(np.round(end[:, None] - back * np.asarray(pace)[..., None]).astype(int), 0)


def bursts(rng: np.random.Generator, shape: tuple[int, ...], probability: np.ndarray | float, longest: int) -> np.ndarray:
    """Stretches of rows along the last axis, as tracking is lost for a while."""
    hit = rng.random(shape) < probability
    length = rng.integers(1, longest + 1, shape)
    out = np.zeros(shape, bool)
    for k in range(longest):
        out[..., k:] |= (hit & (length > k))[..., : shape[-1] - k]
    return out


def estimated(x: np.ndarray, rng: np.random.Generator, strength: np.ndarray | float = 1.0) -> np.ndarray:
    """The same rows as networks would see them: jitter, a wrong distance, late results, lost and swapped hands, lost and wrong boxes."""
    n, t = x.shape[:2]
    k = np.broadcast_to(np.asarray(strength, np.float32), n)[:, None, None, None, None]
    normal = lambda *shape: rng.standard_normal(shape, dtype=np.float32)
    hands = x[..., :126].reshape(n, t, 2, 21, 3).copy()
    late = (rng.random((n, t)) < 0.4) & (rng.random((n, 1)) < 0.6) & (k[:, 0, 0, 0] > 0)
    hands = hands[np.arange(n)[:, None], np.maximum(np.arange(t) - late, 0)]
    absent = (hands == 0).all((3, 4))
    spread = 0.010 * np.exp(0.5 * normal(n, 1, 1, 1, 1)) * k
    # Errors drift: a part stays for seconds, a part is new in each row.
    hands[..., :2] += spread * np.array([1, 16 / 9], np.float32) * (0.6 * normal(n, t, 2, 21, 2) + 0.7 * normal(n, 1, 2, 21, 2) + 0.5 * normal(n, t, 2, 1, 2))
    root = hands[:, :, :, :1, 2:]
    scale = np.exp(k * (0.10 * normal(n, 1, 1, 1, 1) + 0.03 * normal(n, t, 2, 1, 1) + 0.05 * normal(n, 1, 2, 1, 1)))
    within = (hands[..., 2:] - root) * (1 - np.minimum(rng.random((n, 1, 1, 1, 1), np.float32) * 0.7 * k, 1)) + k * 0.010 * normal(n, t, 2, 21, 1)
    hands[..., 2:] = root * scale + within
    lost = bursts(rng, (n, 2, t), 0.02 * k[:, :, 0, 0, 0, None], 6).transpose(0, 2, 1)
    hands[absent | lost] = 0
    swap = bursts(rng, (n, t), 0.004 * k[:, 0, 0, 0, 0, None], 5)
    hands[swap] = hands[swap][:, ::-1]

    boxes = x[..., 127:].reshape(n, t, -1, 4)
    there = boxes[..., 2] > boxes[..., 0]
    size = np.tile(boxes[..., 2:] - boxes[..., :2], 2)
    boxes = boxes + size * k[..., 0] * (0.03 * normal(*boxes.shape) + 0.04 * normal(n, 1, boxes.shape[2], 4))
    gone = bursts(rng, (n, boxes.shape[2], t), 0.03 * k[:, 0, 0, 0, 0, None, None], 8).transpose(0, 2, 1)
    # A detector that knows an object badly loses it for long.
    gone |= rng.random((n, 1, boxes.shape[2])) < 0.06 * k[..., 0, 0]
    there &= ~gone
    boxes[~there] = 0

    code = x[..., 126].astype(int)
    other = rng.integers(0, boxes.shape[2] + 1, (n, t))
    other = np.where(bursts(rng, (n, t), 0.02 * k[:, 0, 0, 0], 8), other, code)
    seen = np.take_along_axis(there, np.maximum(other - 1, 0)[..., None], 2)[..., 0]
    code = np.where((other > 0) & seen, other, 0)
    parts = [hands.reshape(n, t, 126), code[..., None], boxes.reshape(n, t, -1)]
    return np.concatenate(parts, -1).astype(np.float32)


def mirrored(x: np.ndarray) -> np.ndarray:
    """The same rows in a mirror."""
    n, t = x.shape[:2]
    hands = x[..., :126].reshape(n, t, 2, 21, 3)[:, :, ::-1].copy()
    hands[..., 0] = np.where((hands == 0).all(-1), 0, 1 - hands[..., 0])
    boxes = x[..., 127:].reshape(n, t, -1, 4)
    there = (boxes[..., 2] > boxes[..., 0])[..., None]
    boxes = np.where(there, np.stack([1 - boxes[..., 2], boxes[..., 1], 1 - boxes[..., 0], boxes[..., 3]], -1), 0)
    return np.concatenate([hands.reshape(n, t, 126), x[..., 126:127], boxes.reshape(n, t, -1)], -1)


@dataclasses.dataclass
class Seen:
    """What elements found in streams of the training cast, and what was there, frame by frame."""

    found: Motion
    true: Motion


class Sequences:
    """Draws training sequences; they run across clips, as a camera's cuts do. With `chain`, `share` of them are of the elements, and
    `moved` of the imitated errors of the others are errors of the elements."""

    def __init__(self, motion: Motion, seed: int, delay_s: float = DELAY_S, chain: Seen | None = None, share: float = 0.5, moved: float = 0) -> None:
        self.motion, self.rng, self.delay_s, self.chain, self.share, self.moved = motion, np.random.default_rng(seed), delay_s, chain, share, moved

    def imitated(self, n: int) -> tuple[np.ndarray, np.ndarray]:
        rng, motion = self.rng, self.motion
        index = instants(motion, rng.integers(0, len(motion.action), n), SEQUENCE, rng.uniform(0.85, 1.15, n))
        strength = np.where(rng.random(n) < 0.25, 0, rng.uniform(0.2, 1.3, n))
        x = rows(motion, index)
        if self.chain is None:
            return estimated(x, rng, strength), labels(motion, index, self.delay_s)
        real = (strength > 0) & (rng.random(n) < self.moved)
        if real.any():
            at, _ = self.anywhere(int(real.sum()))
            x[real] = transplanted(x[real], rows(self.chain.found, at), rows(self.chain.true, at), rng)
            # What is not in those errors: others like them.
            strength[real] *= 0.4
        x = estimated(x, rng, strength)
        # Who knows everything else knows the lens too.
        guessed = (strength > 0) & ~real
        x[guessed] = frames.farther(x[guessed], rng, *frames.FARTHER)
        x[real] = frames.farther(x[real], rng, *frames.FARTHER_STILL)
        return x, labels(motion, index, self.delay_s)

    def anywhere(self, n: int) -> tuple[np.ndarray, np.ndarray]:
        """Frames N,SEQUENCE of the elements' streams, and which of them were before the stream began (they repeat its first frame)."""
        rng, chain = self.rng, self.chain.found
        end = rng.integers(0, len(chain.action), n)
        first = chain.start[np.searchsorted(chain.start, end, "right") - 1][:, None]
        back = np.arange(SEQUENCE - 1, -1, -1) * STEP_S * chain.fps * rng.uniform(0.85, 1.15, (n, 1))
        index = np.round(end[:, None] - back).astype(int)
        return np.maximum(index, first), index < first

    def seen(self, n: int) -> tuple[np.ndarray, np.ndarray]:
        rng, chain = self.rng, self.chain.found
        index, early = self.anywhere(n)
        x = rows(chain, index)
        x[early] = 0
        action = chain.action[np.maximum(index - round(self.delay_s * chain.fps), index[:, :1])]
        label = np.where(action > 0, action - 1, NOTHING)
        label[early] = IGNORE
        return frames.farther(estimated(x, rng, rng.uniform(0, 0.6, n)), rng, *frames.FARTHER_STILL), label

    def batch(self, n: int) -> tuple[np.ndarray, np.ndarray]:
        rng = self.rng
        of_chain = min(rng.binomial(n, self.share), n - 1) if self.chain is not None else 0
        x, label = self.imitated(n - of_chain)
        if of_chain:
            x, label = (np.concatenate(pair) for pair in zip((x, label), self.seen(of_chain)))
        flip = rng.random(n) < 0.5
        x[flip] = mirrored(x[flip])
        # A stream that begins: nothing is known of the time before.
        begins = np.where(rng.random(n) < 0.4, rng.integers(0, SEQUENCE - 12, n), 0)
        before = np.arange(SEQUENCE) < begins[:, None]
        x[before] = 0
        # The first rows are named by none: what an action is shows in what follows.
        label[np.arange(SEQUENCE) < begins[:, None] + 2 + round(self.delay_s / STEP_S)] = IGNORE
        return x, label
