"""Frames of the synthetic camera turned into training pictures: cut, mirrored, lit, blurred, with foreign backgrounds and mosaics.

Out, for an input of W x H pixels: picture u8 H,W,3; boxes 12,6 (class or 0, left, top, right, bottom in input pixels, 1 to ignore);
inverse depth f4 H/2,W/2 (1 / metre, 0 where it is not known); weight of each of its pixels.
"""

import cv2
import numpy as np

from scene.rows import BOXES, LEAST_SHOWN, LEFT_ARM, OBJECT, RIGHT_ARM, SURROUNDINGS, Rows

# Width and height of an input unless another is asked for.
SIZE = (256, 160)
GREY = 114
MOSAIC, FOREIGN, TO_GREY, MIRROR = 0.10, 0.15, 0.12, 0.5
# Share of pictures that show nothing to be found, when there is a bank of such.
NOTHING = 0.2

Size = tuple[int, int]
Sample = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def placed(rows: Rows, i: int, matrix: np.ndarray, size: Size = SIZE) -> Sample:
    """A row through an affine map from its pixels to input pixels."""
    at_half = np.diag([0.5, 0.5, 1.0]) @ np.vstack([matrix, [0, 0, 1]]) @ np.diag([2.0, 2.0, 1.0])
    picture = cv2.warpAffine(rows.rgb[i], matrix, size, flags=cv2.INTER_AREA, borderValue=(GREY,) * 3)
    nearest = lambda a: cv2.warpAffine(a, at_half[:2], (size[0] // 2, size[1] // 2), flags=cv2.INTER_NEAREST, borderValue=0)
    depth, label = nearest(rows.depth[i].astype(np.float32)), nearest(rows.label[i])
    inverse = np.where(depth > 0, 1000.0 / np.maximum(depth, 1), 0).astype(np.float32)
    weight = 1 + 2.0 * ((label == LEFT_ARM) | (label == RIGHT_ARM)) + 1.0 * (label == OBJECT)
    boxes = np.zeros((BOXES, 6), np.float32)
    for row, (kind, x0, y0, x1, y1, shown, _) in zip(boxes, rows.boxes[i]):
        if kind == 0:
            continue
        # Bounds of the turned ellipse in the box: those of the turned corners would be too large for what is in it.
        middle = matrix @ [(x0 + x1) / 2, (y0 + y1) / 2, 1]
        half = np.sqrt((matrix[:, :2] ** 2) @ [((x1 - x0) / 2) ** 2, ((y1 - y0) / 2) ** 2])
        a, b = middle - half, middle + half
        c, d = np.clip(a, 0, size), np.clip(b, 0, size)
        left = np.prod(np.maximum(d - c, 0)) / max(np.prod(b - a), 1)
        if left > 0.15:
            row[:] = kind, *c, *d, left < 0.35 or shown < LEAST_SHOWN
    return picture, boxes, inverse, weight.astype(np.float32) * (depth > 0), label


def draw(rows: Rows, rng: np.random.Generator, size: Size = SIZE) -> Sample:
    w, h = rows.width, rows.height
    zoom = size[0] / w * np.exp(rng.normal(0.05, 0.22))
    stretch = np.exp(rng.normal(0.03, 0.09))
    turn = rng.normal(0, np.radians(7))
    c, s = np.cos(turn) * zoom, np.sin(turn) * zoom
    matrix = np.array([[c, -s, 0], [s * stretch, c * stretch, 0]])
    if rng.random() < MIRROR:
        matrix[:, 0] *= -1
    slack = np.array(size) * 0.18
    matrix[:, 2] = np.array(size) / 2 + rng.uniform(-1, 1, 2) * slack - matrix[:, :2] @ np.array([w / 2, h / 2])
    picture, boxes, inverse, weight, label = placed(rows, int(rng.integers(len(rows))), matrix, size)
    if rng.random() < FOREIGN:
        # Arms and objects before something else, whose distance nobody knows.
        other = cv2.resize(rows.rgb[int(rng.integers(len(rows)))], size, interpolation=cv2.INTER_LINEAR)
        other = cv2.GaussianBlur(other[:: int(rng.choice([-1, 1])), :: int(rng.choice([-1, 1]))], (0, 0), rng.uniform(2, 8))
        other = np.clip(other + rng.normal(0, rng.uniform(2, 25), (size[1] // 4, size[0] // 4, 1)).repeat(4, 0).repeat(4, 1), 0, 255)
        far = cv2.resize((label == SURROUNDINGS).astype(np.float32), size)[..., None]
        picture = (picture * (1 - far) + other * far).astype(np.uint8)
        weight = weight * (label != SURROUNDINGS)
    return picture, boxes, inverse, weight


def mosaic(rows: Rows, rng: np.random.Generator, size: Size = SIZE) -> Sample:
    """Four pictures at half size; how far things are is known no longer."""
    width, height = size
    picture, found = np.full((height, width, 3), GREY, np.uint8), []
    for k in range(4):
        part, boxes, _, _ = draw(rows, rng, size)
        x, y = (k % 2) * width // 2, (k // 2) * height // 2
        picture[y : y + height // 2, x : x + width // 2] = part[::2, ::2]
        boxes[:, 1:5] = boxes[:, 1:5] / 2 + [x, y, x, y]
        found.append(boxes[boxes[:, 0] > 0])
    boxes = np.zeros((BOXES, 6), np.float32)
    found = np.concatenate(found)[:BOXES]
    boxes[: len(found)] = found
    nothing = np.zeros((height // 2, width // 2), np.float32)
    return picture, boxes, nothing, nothing


def lit(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Another light, another camera."""
    if rng.random() < 0.25:
        size = rng.uniform(0.4, 1.6)
        picture = cv2.GaussianBlur(picture, (0, 0), size)
    if rng.random() < 0.1:
        length = int(rng.integers(3, 8))
        kernel = np.zeros((length, length), np.float32)
        kernel[length // 2] = 1 / length
        kernel = kernel if rng.random() < 0.5 else kernel.T
        picture = cv2.filter2D(picture, -1, kernel)
    if rng.random() < TO_GREY:
        picture = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    elif rng.random() < 0.3:
        hsv = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV)
        hsv[..., 0] = (hsv[..., 0].astype(int) + int(rng.integers(-12, 13))) % 180
        hsv[..., 1] = np.clip(hsv[..., 1] * rng.uniform(0.5, 1.4), 0, 255)
        picture = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)
    tone = np.linspace(0, 1, 256) ** np.exp(rng.normal(0, 0.3)) * np.exp(rng.normal(0, 0.2)) + rng.normal(0, 0.05)
    table = np.clip(255 * tone[:, None] * np.exp(rng.normal(0, 0.07, 3)), 0, 255).astype(np.uint8)
    picture = cv2.LUT(picture, table[:, None].transpose(1, 0, 2))
    if rng.random() < 0.5:
        noise = np.empty(picture.shape, np.int16)
        cv2.randn(noise, 0, float(rng.uniform(1, 10)))
        picture = np.clip(picture + noise, 0, 255).astype(np.uint8)
    return picture


def nothing(bank: np.ndarray, rng: np.random.Generator, size: Size = SIZE) -> Sample:
    """A picture of a bank without objects, zoomed, turned and mirrored; how far things are is not known."""
    picture = bank[int(rng.integers(len(bank)))]
    high, wide = picture.shape[:2]
    zoom = max(size[0] / wide, size[1] / high) * np.exp(abs(rng.normal(0, 0.25)))
    matrix = cv2.getRotationMatrix2D((wide / 2, high / 2), rng.normal(0, 7), zoom)
    matrix[:, 2] += np.array(size) / 2 - np.array([wide, high]) / 2 + rng.uniform(-1, 1, 2) * (np.array([wide, high]) * zoom - size) / 2
    picture = cv2.warpAffine(np.ascontiguousarray(picture[:, :: int(rng.choice([-1, 1]))]), matrix, size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REFLECT_101)
    unknown = np.zeros((size[1] // 2, size[0] // 2), np.float32)
    return picture, np.zeros((BOXES, 6), np.float32), unknown, unknown


def batch(rows: Rows, rng: np.random.Generator, n: int, size: Size = SIZE, bank: np.ndarray | None = None) -> list[np.ndarray]:
    """`bank` [m, h, w, 3] holds pictures without objects, which take the place of some."""

    def sample() -> Sample:
        if bank is not None and rng.random() < NOTHING:
            return nothing(bank, rng, size)
        return mosaic(rows, rng, size) if rng.random() < MOSAIC else draw(rows, rng, size)

    samples = [sample() for _ in range(n)]
    pictures, *rest = zip(*samples)
    return [np.stack([lit(p, rng) for p in pictures]), *(np.stack(r) for r in rest)]


def stretched(rows: Rows, i: int) -> Sample:
    """A whole row squeezed to the input's size, as the depth network is fed."""
    return placed(rows, i, np.array([[SIZE[0] / rows.width, 0, 0], [0, SIZE[1] / rows.height, 0]]))


def letterboxed(rows: Rows, i: int, size: Size = SIZE) -> Sample:
    """A whole row within grey bars, as the detector is fed."""
    width, height = size
    k = min(width / rows.width, height / rows.height)
    return placed(rows, i, np.array([[k, 0, (width - k * rows.width) / 2], [0, k, (height - k * rows.height) / 2]]), size)
