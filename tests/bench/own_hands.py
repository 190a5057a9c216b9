"""The hand networks of our own in Python, as a careful user would run them: the peer of `egohands model=ego-hands` for `chain.py`.

The program's rules, but for its memory of places without a hand: hands are followed from frame to frame by one look each, and are lost at
the confidence that they are found with; the finder is asked while a hand is missing, at most every eighth frame while one is in view,
but for eight frames after a loss. Heat maps of all joints are read at once. Slower, and the reference: `models/training/hands/detect.py`.
"""
import numpy as np
import cv2

SIZE, STRIDE, FINDER, FINDER_STRIDE = 128, 4, (256, 160), 8
MEAN, STD, Z_UNIT, WELL_PLACED = 114.75, 63.75, 32.0, 0.58
PLACE, SURE, PLACES = 0.15, 4.0, 6
SMALLEST = 10  # pixels of what the finder sees, of the smallest hand
APART = 0.35  # mean joint distance in hand sizes under which two results are one hand


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class OwnHands:
    def __init__(self, session, finder="ego-hand-finder.onnx", crop="ego-hands.onnx", threads=1, lowest=0.7, every=8):
        self.finder, self.crop = session(finder, threads), session(crop, threads)
        self.lowest, self.every = lowest, every
        self.tracks, self.since, self.eager = [], every, 0
        offsets = np.arange(-2, 3)
        self.near = (offsets[:, None] * (SIZE // STRIDE + 4) + offsets[None]).ravel()

    def look(self, bgr, middle, side, left):
        k = side / SIZE
        sign = -1 if left else 1
        # From window to picture; a left hand's window is mirrored.
        m = np.array([[sign * k, 0, middle[0] - sign * (SIZE - 1) / 2 * k], [0, k, middle[1] - (SIZE - 1) / 2 * k]])
        window = cv2.warpAffine(bgr, m, (SIZE, SIZE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
        x = cv2.dnn.blobFromImage(window, 1 / STD, mean=(MEAN,) * 3, swapRB=True)
        heat, depth, scores = (o[0] for o in self.crop.run(["heat", "depth", "scores"], {"picture": x}))
        cells = heat.shape[-1]
        wide = cells + 4
        padded = np.pad(heat, ((0, 0), (2, 2), (2, 2)))
        peak = heat.reshape(21, -1).argmax(1)
        peaks = heat.reshape(21, -1)[np.arange(21), peak]
        at = ((peak // cells + 2) * wide + peak % cells + 2)[:, None] + self.near
        weight = np.maximum(np.take_along_axis(padded.reshape(21, -1), at, 1), 0) + 1e-9
        total = weight.sum(1)
        cell = np.stack([(weight * (at % wide - 2)).sum(1), (weight * (at // wide - 2)).sum(1)], 1) / total[:, None]
        z = (weight * np.take_along_axis(np.pad(depth, ((0, 0), (2, 2), (2, 2))).reshape(21, -1), at, 1)).sum(1) / total
        uv = (cell + 0.5) * STRIDE - 0.5
        px = uv @ m[:, :2].T + m[:, 2]
        there, size, own, _ = scores
        confidence = sigmoid(there) * sigmoid(own) * min(1.0, float(peaks.mean()) / 0.6)
        low, high = px.min(0), px.max(0)
        return dict(px=px, z=z * Z_UNIT * k, size=25 * np.exp(size) * k, confidence=confidence, left=left, middle=(low + high) / 2,
                    side=max(float((high - low).max()) / WELL_PLACED, 24.0), box=float((high - low).max()))

    def places(self, bgr):
        h, w = bgr.shape[:2]
        k = max(w / FINDER[0], h / FINDER[1])
        size = (round(w / k), round(h / k))
        left, top = (FINDER[0] - size[0]) // 2, (FINDER[1] - size[1]) // 2
        small = cv2.copyMakeBorder(cv2.resize(bgr, size, interpolation=cv2.INTER_AREA), top, FINDER[1] - size[1] - top, left, FINDER[0] - size[0] - left, cv2.BORDER_CONSTANT)
        m = self.finder.run(["map"], {"picture": cv2.dnn.blobFromImage(small, 1 / STD, mean=(MEAN,) * 3, swapRB=True)})[0][0]
        score = sigmoid(m[:2])
        best = score.max(0)
        ys, xs = np.nonzero((best >= cv2.dilate(best, np.ones((3, 3)))) & (best >= PLACE))
        for i in np.argsort(-best[ys, xs])[:PLACES]:
            y, x = ys[i], xs[i]
            at = (np.array([x + m[2, y, x], y + m[3, y, x]]) + 0.5) * FINDER_STRIDE - 0.5
            middle = (at - [left, top]) * k
            yield middle, 32 * float(np.exp(np.clip(m[4, y, x], -2, 3))) * k, score[:, y, x]

    def process(self, bgr):
        followed = [self.look(bgr, t["middle"], t["side"], t["left"]) for t in self.tracks]
        smallest = SMALLEST * max(bgr.shape[1] / FINDER[0], bgr.shape[0] / FINDER[1])
        seen_as_hand = lambda t: t["confidence"] > self.lowest and t["box"] >= smallest
        hands = [t for t in followed if seen_as_hand(t)]
        self.since += 1
        self.eager = self.every if len(hands) < len(followed) else max(self.eager - 1, 0)
        if len(hands) < 2 and (not hands or self.eager or self.since >= self.every):
            self.since = 0
            for middle, side, (as_left, as_right) in self.places(bgr):
                if any(np.linalg.norm(middle - t["middle"]) < 0.35 * t["box"] for t in hands):
                    continue
                for left in (True, False):
                    if (as_left if left else as_right) * SURE < (as_right if left else as_left):
                        continue
                    seen = self.look(bgr, middle, max(side / WELL_PLACED, 24.0), left)
                    seen = self.look(bgr, seen["middle"], seen["side"], left)
                    if seen_as_hand(seen):
                        hands.append(seen)
        kept = []
        for hand in sorted(hands, key=lambda t: -t["confidence"]):
            apart = lambda t: np.linalg.norm(t["px"] - hand["px"], axis=1).mean() / max(t["box"], hand["box"])
            if all(t["left"] != hand["left"] and apart(t) > APART for t in kept):
                kept.append(hand)
        self.tracks = kept
        return kept
