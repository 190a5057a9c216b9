"""Frames of the synthetic camera, as `cargo run --release -p ego-synth --example rows` writes them (its source says the format)."""

import pathlib

import numpy as np

BOXES, FIELDS = 12, 7
# Boxes that show less of their object than this are neither found nor false.
LEAST_SHOWN = 0.06
SURROUNDINGS, LEFT_ARM, RIGHT_ARM, OBJECT, BYSTANDER = range(5)


class Rows:
    """A folder of rows; it may still be growing."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.width, self.height = map(int, (folder / "size.txt").read_text().split())
        self.open()

    def open(self) -> None:
        w, h = self.width, self.height
        parts = {"rgb.u8": (np.uint8, (h, w, 3)), "depth.u16": (np.uint16, (h // 2, w // 2)), "label.u8": (np.uint8, (h // 2, w // 2)),
                 "boxes.f32": (np.float32, (BOXES, FIELDS))}
        flat = {name: np.memmap(self.folder / name, kind, "r") for name, (kind, _) in parts.items()}
        count = min(len(flat[name]) // int(np.prod(shape)) for name, (_, shape) in parts.items())
        self.rgb, self.depth, self.label, self.boxes = (
            flat[name][: count * int(np.prod(shape))].reshape(count, *shape) for name, (_, shape) in parts.items()
        )

    def __len__(self) -> int:
        return len(self.boxes)
