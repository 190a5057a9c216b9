# SPDX-License-Identifier: MIT OR Apache-2.0
"""Results of the egostream elements on GStreamer buffers, for Python.

One file; needs PyGObject with GStreamer >= 1.20 and nothing of egostream. With NumPy the joints are arrays of shape (21, 2),
(21, 3) and (21,), without it tuples of the same shape.

    hands = egometa.hands(buffer)            # None when the buffer carries none
    for hand in hands.rows:
        x, y = hand.image_norm[8]            # tip of the index finger, divided by the frame's width and height

Camera axes: x right, y down, z forward, metres. Joints: wrist, thumb 1-4, index 5-8, middle 9-12, ring 13-16, little 17-20,
base to tip.
"""

import math
import struct
from dataclasses import dataclass

try:
    import numpy
except ImportError:
    numpy = None

HAND_LAYOUT = "hand21-v1"
HAND_STRIDE = 520
JOINTS = 21
SIDES = ("left", "right", "unknown")
_HEAD = struct.Struct("<Iffi")
_FLOATS = struct.Struct("<126f")
_NO_PTS = 2**64 - 1


class MetaError(ValueError):
    """A result that cannot be read: written by another version of egostream, or damaged."""


@dataclass
class Hand:
    """One hand."""

    side: str  # the wearer's "left" or "right", or "unknown"
    score: float  # confidence of side, 0..1
    presence: float  # confidence that there is a hand, 0..1
    track: int  # stays the same while the hand is followed, from 1
    image_norm: object  # 21 x 2, divided by width and height of the analysed frame
    camera_m: object  # 21 x 3, metres in camera space, or None
    joint_score: object  # 21, 0..1


@dataclass
class Hands:
    """The hands of one frame."""

    version: int
    source: str  # name of the element that made them
    model: str
    frame: int  # running number of the analysed frame in that element
    pts: object  # nanoseconds, or None
    age_ns: int  # from the analysed frame to this buffer; 0: this very frame
    infer_ns: int
    ref_width: int  # size of the analysed frame, pixels
    ref_height: int
    depth_source: str  # "none", "estimated" or "measured"
    scale_kind: object  # "metric", or None
    intrinsics_source: object  # "guess", "property", "file", "exact", or None
    intrinsics: object  # (fx, fy, cx, cy), pixels of the analysed frame, or None
    rows: list  # of Hand


def _shape(values, width):
    if numpy is not None:
        return numpy.array(values, dtype=numpy.float32).reshape(JOINTS, width)
    return tuple(tuple(values[i : i + width]) for i in range(0, JOINTS * width, width))


def parse_hand(row):
    """The hand in the first 520 bytes of `row`."""
    side, score, presence, track = _HEAD.unpack_from(row)
    floats = _FLOATS.unpack_from(row, _HEAD.size)
    xy, xyz, conf = floats[:42], floats[42:105], floats[105:]
    return Hand(
        side=SIDES[side] if side < len(SIDES) else "unknown",
        score=score,
        presence=presence,
        track=track,
        image_norm=_shape(xy, 2),
        camera_m=_shape(xyz, 3) if all(map(math.isfinite, xyz)) else None,
        joint_score=numpy.array(conf, dtype=numpy.float32) if numpy is not None else conf,
    )


def parse_hands(layout, count, stride, data, source=""):
    """The hands of a table. Raises MetaError when the layout is not known or the sizes contradict each other."""
    if layout != HAND_LAYOUT:
        raise MetaError(
            f'EgoHandsMeta of "{source}" has rows of layout "{layout}", this module reads "{HAND_LAYOUT}": '
            "let all egostream plugins and programs be of the same version"
        )
    if count is None or stride is None or data is None or stride < HAND_STRIDE or count * stride > len(data):
        size = None if data is None else len(data)
        raise MetaError(f"EgoHandsMeta is damaged: {count} rows of {stride} bytes in a table of {size} bytes")
    view = memoryview(data)
    return [parse_hand(view[i * stride : i * stride + HAND_STRIDE]) for i in range(count)]


def _hands(structure):
    def get(name, default=None):
        return structure.get_value(name) if structure.has_field(name) else default

    data = get("data")
    source = get("source", "")
    rows = parse_hands(get("layout"), get("count"), get("stride"), None if data is None else data.get_data() or b"", source)
    pts = get("pts", _NO_PTS)
    intrinsics_source = get("intrinsics-source")
    return Hands(
        version=get("version", 0),
        source=source,
        model=get("model", ""),
        frame=get("frame", 0),
        pts=None if pts == _NO_PTS else pts,
        age_ns=get("age", 0),
        infer_ns=get("infer-time", 0),
        ref_width=get("ref-width", 0),
        ref_height=get("ref-height", 0),
        depth_source=get("depth-source", "none"),
        scale_kind=get("scale-kind"),
        intrinsics_source=intrinsics_source,
        intrinsics=None if intrinsics_source is None else tuple(get(name) for name in ("fx", "fy", "cx", "cy")),
        rows=rows,
    )


def hands(buffer):
    """The first hands on a Gst.Buffer, None when there are none. Raises MetaError when they cannot be read."""
    meta = buffer.get_custom_meta("EgoHandsMeta")
    return None if meta is None else _hands(meta.get_structure())
