"""Training pictures from pool rows: background, roll, zoom, shift, mirror, camera effects. Batches as dicts of numpy arrays."""
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import cv2
import numpy as np

from .network import Z_UNIT_PX
from .pool import CROP, FINDER, FRAME, filled, open_pool

cv2.setNumThreads(1)
# Share of the window's side that the box around the joints takes when the window sits well.
WELL_PLACED = 0.58
NEGATIVES = 0.12  # share of pictures of backgrounds alone
MISPLACED = 0.25  # share of windows moved and zoomed far off
WRONG_SIDE = 0.12  # share of left hands left as they are


def placement(uv: np.ndarray) -> float:
    """How well a 128-pixel window sits on joints [21, 2]: 1 when their box takes WELL_PLACED of it and is centred."""
    low, high = uv.min(0), uv.max(0)
    share = max((high - low).max() / CROP, 1e-3)
    off = np.linalg.norm((low + high) / 2 - (CROP - 1) / 2) / CROP
    return float(np.exp(-((np.log(share / WELL_PLACED) / 0.35) ** 2) - (off / 0.17) ** 2))


def relative_depth(joints_m: np.ndarray, size_px: float) -> np.ndarray:
    """Joints [21, 3] in camera space -> how far each lies behind the wrist along the ray to the hand's middle, in Z_UNIT_PX window
    pixels; `size_px` is what 10 cm at the wrist cover. The stretch of a plane picture away from its axis is taken out by half."""
    middle = joints_m.mean(0)
    ray = middle / np.linalg.norm(middle)
    scale = size_px / 0.1 / np.sqrt(max(ray[2], 0.2))
    return ((joints_m - joints_m[0]) @ ray) * scale / Z_UNIT_PX


def similarity(zoom: float, angle: float, shift: np.ndarray, w: int, h: int) -> np.ndarray:
    """2x3 matrix that zooms and turns about the middle of a w x h picture, then shifts."""
    c, s = zoom * np.cos(angle), zoom * np.sin(angle)
    return np.array([[c, -s, w / 2 - c * w / 2 + s * h / 2 + shift[0]], [s, c, h / 2 - s * w / 2 - c * h / 2 + shift[1]]])


class Maker:
    """Endless source of training batches from pools (folder, weight) and banks of backgrounds (files of [n, h, w, 3] uint8)."""

    def __init__(self, pools: list[tuple[str, float]], banks: list[str], seed: int):
        self.rng = np.random.default_rng(seed)
        self.pools = [open_pool(folder) for folder, _ in pools]
        self.weights = np.array([w for _, w in pools], float)
        self.banks = [np.load(b, mmap_mode="r") for b in banks]
        self.noise = self.rng.normal(0, 1, 2**21).astype(np.float32)
        self.refresh()

    def refresh(self):
        """Looks up again which rows are filled: pools may be growing."""
        self.rows = [filled(p) for p in self.pools]
        share = self.weights * [len(r) > 0 for r in self.rows]
        self.share = share / share.sum()

    def pick(self):
        k = self.rng.choice(len(self.pools), p=self.share)
        return self.pools[k], int(self.rows[k][self.rng.integers(len(self.rows[k]))])

    def background(self, w: int, h: int, closest: float = 0.35) -> np.ndarray:
        r = self.rng
        bank = self.banks[r.integers(len(self.banks))]
        picture = bank[r.integers(len(bank))]
        full_h, full_w = picture.shape[:2]
        k = r.uniform(closest, 1)
        cut_h, cut_w = int(full_h * k), int(min(full_w, full_h * k * w / h))
        y, x = r.integers(0, full_h - cut_h + 1), r.integers(0, full_w - cut_w + 1)
        cut = cv2.resize(picture[y:y + cut_h, x:x + cut_w], (w, h), interpolation=cv2.INTER_AREA if cut_w > w else cv2.INTER_LINEAR)
        if r.random() < 0.5:
            cut = cut[:, ::-1]
        if r.random() < 0.1:
            cut = cut[::-1]
        return np.clip(cut.astype(np.float32) * r.uniform(0.7, 1.25, 3).astype(np.float32), 0, 255)

    def camera_effects(self, im: np.ndarray, strength: float = 1.0) -> np.ndarray:
        """Float picture 0..255 -> uint8: resolution, focus, movement, exposure, colour, noise, compression."""
        r = self.rng
        h, w = im.shape[:2]
        if r.random() < 0.25:
            f = 1 + r.uniform(0.3, 1.6) * strength
            im = cv2.resize(cv2.resize(im, None, fx=1 / f, fy=1 / f, interpolation=cv2.INTER_AREA), (w, h), interpolation=cv2.INTER_LINEAR)
        if r.random() < 0.35:
            im = cv2.GaussianBlur(im, (0, 0), r.uniform(0.3, 1.1) * strength)
        if r.random() < 0.12:
            n = int(r.integers(3, 8))
            kernel = np.zeros((n, n), np.float32)
            c, a = (n - 1) / 2, r.uniform(0, np.pi)
            dx, dy = c * np.cos(a), c * np.sin(a)
            cv2.line(kernel, (int(round(c - dx)), int(round(c - dy))), (int(round(c + dx)), int(round(c + dy))), 1)
            im = cv2.filter2D(im, -1, kernel / kernel.sum())
        im = im * (1 / 255)
        im = np.clip(im * (r.uniform(0.55, 1.35) * r.uniform(0.88, 1.12, 3)).astype(np.float32) + r.uniform(-0.06, 0.08), 0, 1)
        im = im ** np.float32(np.exp(r.uniform(-0.5, 0.5)))
        if r.random() < 0.35:
            grey = (im @ r.dirichlet([2, 3, 1]).astype(np.float32))[..., None]
            im = np.repeat(grey, 3, 2) if r.random() < 0.85 else im * 0.4 + grey * 0.6
        elif r.random() < 0.3:
            grey = im.mean(2, keepdims=True)
            im = np.clip(grey + (im - grey) * r.uniform(0.5, 1.5), 0, 1)
        if r.random() < 0.3:
            m = im.mean()
            im = np.clip(m + (im - m) * r.uniform(0.5, 1.4), 0, 1)
        if r.random() < 0.6:
            at = r.integers(0, len(self.noise) - im.size)
            n = self.noise[at:at + im.size].reshape(im.shape) * r.uniform(0.004, 0.05)
            im = im + (n if r.random() < 0.5 else n[..., :1])
        im = (np.clip(im, 0, 1) * 255).astype(np.uint8)
        if r.random() < 0.25:
            im = cv2.imdecode(cv2.imencode(".jpg", im, [cv2.IMWRITE_JPEG_QUALITY, int(r.integers(25, 90))])[1], 1)
        return im

    def crop(self) -> dict:
        """One window. presence: 1 hand, 2 hand of the wrong side (joints not scored), 0 none, -1 not scored."""
        r, n = self.rng, CROP
        if r.random() < NEGATIVES:
            im = self.camera_effects(self.background(n, n, 0.12))
            return dict(im=im, uv=np.zeros((21, 2), np.float32), z=np.zeros(21, np.float32), presence=0, size=np.float32(25), right=1.0, placed=0.0)
        pool, i = self.pick()
        alpha = pool["calpha"][i].astype(np.float32)[..., None] * (1 / 255)
        im = pool["crgb"][i].astype(np.float32) + self.background(n, n) * (1 - alpha)
        uv, joints_m = pool["cuv"][i].astype(np.float64), pool["cJ3"][i].astype(np.float64)
        side, presence, size, _ = (float(v) for v in pool["cmeta"][i])
        if presence == 1 and r.random() < MISPLACED:
            zoom, shift = np.exp(r.uniform(-0.9, 0.6)), r.uniform(-42, 42, 2)
        else:
            zoom, shift = np.exp(r.uniform(-0.2, 0.2)), r.normal(0, 5, 2)
        m = similarity(zoom, np.radians(r.normal(0, 15)), shift, n, n)
        mirrored_border = presence != 1 or (zoom > 0.95 and r.random() < 0.5)
        im = cv2.warpAffine(im, m, (n, n), borderMode=cv2.BORDER_REFLECT_101 if mirrored_border else cv2.BORDER_CONSTANT)
        z = relative_depth(joints_m, size) * zoom if presence == 1 else np.zeros(21)
        uv, size = uv @ m[:, :2].T + m[:, 2], size * zoom
        if presence == 1:
            inside = ((uv > -0.5) & (uv < n - 0.5)).all(1).sum()
            presence = 1 if inside >= 12 else -1 if inside else 0
        wrong = r.random() < WRONG_SIDE
        if (side == 0) != wrong:
            im, uv[:, 0] = im[:, ::-1], n - 1 - uv[:, 0]
        placed = placement(uv) if presence == 1 else 0.0
        if wrong and presence == 1:
            presence = 2
        im = self.camera_effects(np.ascontiguousarray(im))
        return dict(im=im, uv=uv.astype(np.float32), z=z.astype(np.float32), presence=int(presence), size=np.float32(size), right=0.0 if wrong else 1.0, placed=placed)

    def frame(self) -> dict:
        """One whole picture. hands [4, 5]: centre x, y, box side, side (0, 1), presence (1, 0, -1); absent ones are zero."""
        r = self.rng
        w, h = FRAME
        if r.random() < NEGATIVES:
            return self.between_bars(self.background(w, h, 0.2), np.zeros((4, 5), np.float32))
        pool, i = self.pick()
        alpha = pool["alpha"][i].astype(np.float32)[..., None] * (1 / 255)
        uv, presence = pool["uv"][i].astype(np.float64), pool["pres"][i].astype(int)
        back = self.background(w, h)
        if r.random() < 0.35:
            shade = np.roll(alpha[..., 0], (int(r.integers(-8, 14)), int(r.integers(-14, 14))), (0, 1))
            back = back * (1 - r.uniform(0.2, 0.7) * cv2.GaussianBlur(shade, (0, 0), r.uniform(1.5, 7))[..., None])
        im = pool["rgb"][i].astype(np.float32) + back * (1 - alpha)
        if r.random() < 0.8:
            zoom, shift = np.exp(r.uniform(-0.35, 0.4)), r.uniform(-0.1, 0.1, 2) * [w, h]
            m = similarity(zoom, np.radians(r.normal(0, 10)), shift, w, h)
            im = cv2.warpAffine(im, m, (w, h), borderMode=cv2.BORDER_CONSTANT, borderValue=(r.uniform(0, 60),) * 3)
            uv = uv @ m[:, :2].T + m[:, 2]
        sides = np.arange(len(uv)) % 2
        if r.random() < 0.5:
            im, uv[..., 0], sides = im[:, ::-1], w - 1 - uv[..., 0], 1 - sides
        if r.random() < 0.12:
            lens = np.zeros((h, w), np.float32)
            centre = (int(w / 2 + r.normal(0, 15)), int(h / 2 + r.normal(0, 15)))
            axes = (int(w * r.uniform(0.42, 0.62)), int(h * r.uniform(0.55, 0.95)))
            cv2.ellipse(lens, centre, axes, r.uniform(-20, 20), 0, 360, 1, -1, cv2.LINE_AA)
            im = im * lens[..., None]
        hands = np.zeros((4, 5), np.float32)
        for k in range(len(uv)):
            if presence[k] == 0:
                continue
            inside = ((uv[k] > -0.5) & (uv[k] < [w - 0.5, h - 0.5])).all(1)
            if not inside.any():
                continue
            seen = np.clip(uv[k], 0, [w - 1, h - 1])
            low, high = seen.min(0), seen.max(0)
            side = (high - low).max()
            hands[k] = [*(low + high) / 2, side, sides[k], 1 if presence[k] == 1 and inside.sum() >= 10 and side > 8 else -1]
        return self.between_bars(im, hands)

    def between_bars(self, im: np.ndarray, hands: np.ndarray) -> dict:
        canvas = np.zeros((FINDER[1], FINDER[0], 3), np.uint8)
        above = int(self.rng.integers(0, FINDER[1] - FRAME[1] + 1))
        canvas[above:above + FRAME[1]] = self.camera_effects(np.ascontiguousarray(im), 0.6)
        hands[:, 1] += above * (hands[:, 4] != 0)
        return dict(im=canvas, hands=hands)

    def batch(self, kind: str, n: int) -> dict[str, np.ndarray]:
        rows = [getattr(self, kind)() for _ in range(n)]
        return {k: np.stack([row[k] for row in rows]) for k in rows[0]}
