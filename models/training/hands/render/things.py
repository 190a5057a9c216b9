"""Simple objects, metres, about the origin: boxes, cards, cylinders, bottles, balls, cups. Returns vertices and triangles."""

import numpy as np

SEGMENTS = 20
KINDS = ["box", "cylinder", "ball", "cup", "card"]


def ring_triangles(rings: int, segments: int) -> np.ndarray:
    """Triangles between rings of vertices that follow one another."""
    rows = []
    for q in range(rings - 1):
        for k in range(segments):
            a, b = q * segments + k, q * segments + (k + 1) % segments
            rows += [[a, b, a + segments], [b, b + segments, a + segments]]
    return np.array(rows)


def thing(r: np.random.Generator, kind: str | None = None, size=None) -> tuple[np.ndarray, np.ndarray]:
    """One object; `size` is three edges for a box, (radius, height) for round things."""
    kind = kind or r.choice(KINDS, p=[0.3, 0.3, 0.15, 0.15, 0.1])
    if kind in ("box", "card"):
        edges = size if size is not None else np.exp(r.uniform(np.log(0.02), np.log(0.22), 3))
        if kind == "card":
            edges = np.array([r.uniform(0.06, 0.3), r.uniform(0.05, 0.2), r.uniform(0.002, 0.012)])
        corner = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) * edges / 2
        faces = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
        triangles = [[[4 * k, 4 * k + 1, 4 * k + 2], [4 * k, 4 * k + 2, 4 * k + 3]] for k in range(6)]
        return np.concatenate([corner[list(f)] for f in faces]), np.concatenate(triangles)
    radius, height = size if size is not None else (np.exp(r.uniform(np.log(0.008), np.log(0.06))), np.exp(r.uniform(np.log(0.04), np.log(0.28))))
    low, high = -height / 2, height / 2
    if kind == "ball":
        profile = [(np.sin(t) * radius * 1.2, -np.cos(t) * height / 2) for t in np.linspace(0.05, np.pi - 0.05, 9)]
    elif kind == "cup":
        k = r.uniform(0.65, 1)
        profile = [(0.001, low), (radius * k, low), (radius * k, low), (radius, high), (radius * 0.93, high), (radius * k * 0.9, -height / 2.2)]
    elif r.random() < 0.3:  # a bottle
        profile = [(0.001, low), (radius, low), (radius, low), (radius, height * 0.2), (radius * 0.4, height * 0.35), (radius * 0.4, high), (0.001, high)]
    else:
        profile = [(0.001, low), (radius, low), (radius, low), (radius, high), (radius, high), (0.001, high)]
    a = np.linspace(0, 2 * np.pi, SEGMENTS, endpoint=False)
    rings = [np.stack([x * np.cos(a), np.full(SEGMENTS, y), x * np.sin(a)], 1) for x, y in profile]
    return np.concatenate(rings), ring_triangles(len(profile), SEGMENTS)
