"""Errors of the elements on true motion: what `chain_rows` found is set against what was there, and the difference is laid over rows of
another clip. There are hours of true motion and minutes of what elements made of pictures; this way the errors are real ones, in their
own order in time, and the motion is new each time.
"""

import numpy as np

from action.classes import OBJECTS

# Where a row's object number stands: after both hands, before the boxes.
CODE = 126
# Found hands may be smaller or larger than the ones that they stand for by this much; beyond, it is another hand.
NEAREST, FARTHEST = 0.3, 3.0


def _hands(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """N,T,2,21,3 and whether each is there."""
    hands = x[..., :CODE].reshape(*x.shape[:2], 2, 21, 3)
    return hands, np.abs(hands).sum((3, 4)) > 0


def _boxes(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    boxes = x[..., CODE + 1 :].reshape(*x.shape[:2], len(OBJECTS), 4)
    return boxes, boxes[..., 2] > boxes[..., 0]


def _extent(hands: np.ndarray) -> np.ndarray:
    """Largest side of the joints' box, N,T,2."""
    xy = hands[..., :2]
    return (xy.max(3) - xy.min(3)).max(-1)


def counterparts(x: np.ndarray, true: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """For each object of `x` the object of `true` whose errors it gets, N,8: those that frames are about first, then those that are
    there, the rest by chance."""

    def order(rows: np.ndarray) -> np.ndarray:
        there = _boxes(rows)[1].mean(1)
        about = (rows[..., CODE, None] == np.arange(1, len(OBJECTS) + 1)).mean(1)
        return np.argsort(-(4 * about + there + 0.01 * rng.random(there.shape)), 1)

    mine, theirs = order(x), order(true)
    out = np.empty_like(mine)
    np.put_along_axis(out, mine, theirs, 1)
    return out


def transplanted(x: np.ndarray, found: np.ndarray, true: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Rows N,T,159 of true motion with the errors between `found` and `true`, rows of the same shape of some other time."""
    hands, here = _hands(x)
    (seen, got), (real, there) = _hands(found), _hands(true)
    wrist, was = seen[..., :1, 2:], real[..., :1, 2:]
    farther = np.clip(wrist / np.where(was > 0, was, 1), NEAREST, FARTHEST)
    within = (seen[..., 2:] - wrist) - (real[..., 2:] - was)
    size = np.clip(_extent(hands) / np.maximum(_extent(real), 1e-3), 0.5, 2)[..., None, None]
    moved = np.concatenate([hands[..., :2] + size * (seen[..., :2] - real[..., :2]), hands[..., :1, 2:] * farther + (hands[..., 2:] - hands[..., :1, 2:]) + within], -1)
    out = np.where((here & there & got)[..., None, None], moved, hands)
    out[here & there & ~got] = 0
    # A hand where none is, as the elements saw one.
    out = np.where((~here & ~there & got)[..., None, None], seen, out)

    match = counterparts(x, true, rng)
    take = lambda boxes, extra: np.take_along_axis(boxes, match[:, None].reshape(len(x), 1, len(OBJECTS), *[1] * extra), 2)
    boxes, has = _boxes(x)
    (theirs, held), (wanted, stood) = ((take(b, 1), take(t, 0)) for b, t in (_boxes(found), _boxes(true)))
    span = lambda b: np.tile(np.maximum(b[..., 2:] - b[..., :2], 1e-3), 2)
    ratio = np.clip(span(boxes) / span(wanted), 0.3, 3)
    result = np.where((has & stood & held)[..., None], boxes + ratio * (theirs - wanted), boxes)
    result = np.where((~has & ~stood & held)[..., None], theirs, result)
    shown = (has & ~(stood & ~held)) | (~has & ~stood & held)
    result[~shown] = 0

    # Which object the elements took the frame to be about, by its counterpart.
    back = np.argsort(match, 1)
    code, chose, meant = (rows[..., CODE].astype(int) for rows in (x, found, true))
    other = np.take_along_axis(np.concatenate([np.zeros((len(x), 1), int), back + 1], 1), chose, 1)
    code = np.where(chose == meant, code, other)
    visible = np.take_along_axis(shown, np.maximum(code - 1, 0)[..., None], 2)[..., 0]
    code = np.where((code > 0) & visible, code, 0)
    return np.concatenate([out.reshape(*x.shape[:2], CODE), code[..., None], result.reshape(*x.shape[:2], -1)], -1).astype(np.float32)
