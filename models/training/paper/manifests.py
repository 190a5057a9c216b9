"""Manifests of the paper's networks, under the names that the preset `paper` asks for."""

import pathlib

import onnx_file
from action.classes import ACTIONS, OBJECTS

RANDOM = "random weights"

# Where the detector's class numbers 8 and 9 are SHARP's: behind the eight objects of H2O.
DETECTOR_LABELS = [*OBJECTS, "left hand", "right hand"]

TENSORS = {
    "dpt-hybrid": """
[input]
names = ["pixel_values"]
layout = "nchw"
size = [384, 384]
channels = "rgb"
resize = "stretch"
mean = [127.5, 127.5, 127.5]
std = [127.5, 127.5, 127.5]

[output.predicted_depth]
shape = [1, 384, 384]
meaning = "inverse depth of any scale, larger is nearer"
""",
    "sharp-hands": """
[input]
names = ["image"]
layout = "nchw"
size = [512, 512]
channels = "rgb"
resize = "stretch"
mean = [123.675, 116.28, 103.53]
std = [58.395, 57.12, 57.375]

[output.heatmaps]
shape = [1, 42, 128, 128]
meaning = "21 heat maps a hand, left hand first, 0..1"

[output.left]
shape = [1, 2]
meaning = "logits: left hand absent, present"

[output.right]
shape = [1, 2]
meaning = "logits: right hand absent, present"

[output.z]
shape = [1, 42]
meaning = "millimetres along the camera's axis"
""",
    "yolov7-h2o": """
[input]
names = ["images"]
layout = "nchw"
size = [640, 640]
channels = "rgb"
resize = "letterbox"
border = "grey"
mean = [0, 0, 0]
std = [255, 255, 255]

[output.output]
shape = [1, 25200, 15]
meaning = "centre and size in input pixels, object score, a score for each class, 0..1"
""",
    "sharp-action": """
[window]
frames = 20
seconds = 3.0

[input]
names = ["frames"]
shape = [1, 20, 135]

[output.logits]
shape = [-1, 36]
meaning = "one logit an action"
""",
}

# Task, family, and the keys that only this task has.
HEADS = {
    "dpt-hybrid": ("depth", "inverse", {}),
    "sharp-hands": ("hands", "effhandegonet3d", {}),
    "yolov7-h2o": ("objects", "yolov7", {"labels": DETECTOR_LABELS}),
    "sharp-action": ("action", "sharp-transformer", {"layout": "2.5d", "scores": "logits", "labels": ACTIONS, "objects": OBJECTS}),
}
NAMES = list(HEADS)


def quoted(value: str | list[str]) -> str:
    return f'"{value}"' if isinstance(value, str) else f"[{', '.join(quoted(v) for v in value)}]"


def write(name: str, folder: pathlib.Path, version: str, licence: str, source: str, command: str, card: dict[str, str]) -> pathlib.Path:
    """Writes NAME.toml beside NAME.onnx, which is there, with the file's hash and size."""
    task, family, more = HEADS[name]
    keys = {"name": name, "version": version, "task": task, "family": family, "file": f"{name}.onnx", "sha256": ""}
    lines = [*(f"{k} = {quoted(v)}" for k, v in keys.items()), "bytes = 0", f"licence = {quoted(licence)}", *(f"{k} = {quoted(v)}" for k, v in more.items())]
    lines += ["", "[origin]", f"source = {quoted(source)}", f"command = {quoted(command)}"]
    said = "".join(f"{k} = {quoted(v)}\n" for k, v in card.items())
    path = folder / f"{name}.toml"
    path.write_text("\n".join(lines) + "\n" + TENSORS[name] + f"\n[card]\n{said}")
    onnx_file.stamp(path, folder / f"{name}.onnx")
    return path


def is_random(name: str, folder: pathlib.Path) -> bool:
    """Whether the folder has no model of this name, or one with random weights: then it may be written over."""
    path = folder / f"{name}.toml"
    return not path.is_file() or f'version = "{RANDOM}"' in path.read_text()
