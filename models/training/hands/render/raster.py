"""The rasteriser in C (`raster.c`), compiled once for this machine: a scene's arrays in, picture and coverage out."""

import ctypes
import hashlib
import os
import pathlib
import subprocess
import tempfile

import cv2
import numpy as np

cv2.setNumThreads(1)
ATTRIBUTES = 13  # position, normal, pattern position, colour, occlusion
SOURCE = pathlib.Path(__file__).with_name("raster.c")
SUPER = 2  # samples along each side of a pixel


def _library() -> ctypes.CDLL:
    mark = hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:16]
    built = pathlib.Path(tempfile.gettempdir()) / f"ego-hands-raster-{os.getuid()}-{mark}.so"
    if not built.exists():
        part = built.with_suffix(f".{os.getpid()}")
        subprocess.run(["cc", "-O3", "-march=native", "-ffast-math", "-shared", "-fPIC", str(SOURCE), "-o", str(part), "-lm"], check=True)
        os.replace(part, built)
    return ctypes.CDLL(str(built))


LIBRARY = _library()


def pointer(array: np.ndarray) -> ctypes.c_void_p:
    return array.ctypes.data_as(ctypes.c_void_p)


class Scene:
    """Triangles with materials and labels, and lights, in camera space."""

    def __init__(self):
        self.parts, self.triangles, self.materials_of, self.labels_of, self.materials, self.count = [], [], [], [], [], 0

    def add(self, v, t, rest, colour, occlusion, material_of, materials, label: int):
        a = np.zeros((len(v), ATTRIBUTES), np.float32)
        a[:, :3], a[:, 6:9], a[:, 9:12], a[:, 12] = v, rest, colour, occlusion
        self.parts.append(a)
        self.triangles.append(np.asarray(t, np.int32) + self.count)
        self.materials_of.append(np.asarray(material_of, np.int32) + len(self.materials))
        self.labels_of.append(np.full(len(t), label, np.int32))
        self.materials.extend(materials)
        self.count += len(v)

    def close(self, lights: np.ndarray):
        """Makes the arrays that drawing needs. `lights`: 3 x (direction, colour), sky, ground, up."""
        join = lambda rows, kind: np.ascontiguousarray(np.concatenate(rows), kind)
        self.a, self.t = join(self.parts, np.float32), join(self.triangles, np.int32)
        self.tm, self.tl = join(self.materials_of, np.int32), join(self.labels_of, np.int32)
        self.m, self.lights = np.ascontiguousarray(np.array(self.materials, np.float32)), lights
        LIBRARY.normals(len(self.a), pointer(self.a), len(self.t), pointer(self.t))

    def draw(self, r: np.random.Generator, k, width: int, height: int) -> dict[str, np.ndarray]:
        """rgb [h, w, 3] uint8 on black, alpha [h, w] uint8 and label [h, w] for intrinsics fx, fy, cx, cy."""
        w, h, f = width * SUPER, height * SUPER, np.float32
        near, index = np.empty((h, w), f), np.empty((h, w), np.int32)
        rgb, label = np.zeros((h, w, 3), f), np.zeros((h, w), np.uint8)
        lens = [ctypes.c_float(v) for v in (k[0] * SUPER, k[1] * SUPER, (k[2] + 0.5) * SUPER - 0.5, (k[3] + 0.5) * SUPER - 0.5)]
        LIBRARY.visibility(pointer(self.a), len(self.t), pointer(self.t), *lens, w, h, pointer(near), pointer(index))
        LIBRARY.shade(
            pointer(self.a), pointer(self.t), pointer(self.tm), pointer(self.m), *lens, w, h, pointer(near), pointer(index),
            pointer(self.lights), pointer(rgb), pointer(label), pointer(self.tl),
        )  # fmt: skip
        # Occlusion in screen space: what is behind its surroundings gets darker.
        size = max(3, int(w / 40)) | 1
        behind = np.clip((cv2.blur(near, (size, size)) - near) / (near + 1e-3) * r.uniform(1, 4), 0, 0.55) * (near > 0)
        rgb *= (1 - behind)[..., None]
        drawn = (label > 0).astype(f)
        rgb = cv2.resize(np.clip(rgb, 0, 1.3) * drawn[..., None], (width, height), interpolation=cv2.INTER_AREA)
        alpha = cv2.resize(drawn, (width, height), interpolation=cv2.INTER_AREA)
        return dict(rgb=(np.clip(rgb, 0, 1) * 255).astype(np.uint8), alpha=(alpha * 255).astype(np.uint8), label=label[::SUPER, ::SUPER].copy())
