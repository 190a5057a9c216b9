# SPDX-License-Identifier: MIT OR Apache-2.0
"""Results of the egostream elements on GStreamer buffers, for Python.

One file; needs PyGObject with GStreamer >= 1.20 and nothing of egostream. With NumPy the joints are arrays of shape (21, 2),
(21, 3) and (21,), without it tuples of the same shape.

    hands = egometa.hands(buffer)            # None when the buffer carries none
    for hand in hands.rows:
        x, y = hand.image_norm[8]            # tip of the index finger, divided by the frame's width and height

    for object in egometa.objects(buffer): ...     # [] when there are none
    for person in egometa.bodies(buffer): ...
    action = egometa.action(buffer)                # None when there is none
    egometa.features(buffer)                       # {"index.flexion_rad": 0.4, ...}, {} when there are none

Each call reads the first meta of its kind: PyGObject cannot iterate the metas of a buffer. Where several elements attach the same kind,
read the messages of `egojson` instead.

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
    structure = _structure(buffer, "EgoHandsMeta")
    return None if structure is None else _hands(structure)


def _structure(buffer, name):
    meta = buffer.get_custom_meta(name)
    return None if meta is None else meta.get_structure()


@dataclass
class Object:
    """One object."""

    label: str
    class_id: int
    score: float  # 0..1
    track: object  # stays the same while the object is followed, or None
    box_norm: tuple  # left, top, right, bottom, divided by width and height of the analysed frame
    depth_m: object  # distance along the camera's axis, or None
    in_hand: str  # "none", "left", "right" or "both"
    age_ns: int


@dataclass
class Body:
    """One person."""

    layout: str  # "body13" or "body33"
    score: float
    track: int
    image_norm: list  # one (x, y) a joint
    world_m: object  # one (x, y, z) a joint, metres around the hips, or None
    joint_score: tuple
    age_ns: int


@dataclass
class Action:
    """What one classifier says of one subject."""

    head: str  # "slow", "fast" or "gesture"
    subject: str  # "wearer", "left", "right", "body:3"
    top: list  # (label, probability), best first
    unknown: bool
    uncertainty: float
    stable: bool
    window_ns: tuple
    about_ns: int  # the moment that it is about, at most the window's end
    since_ns: object  # or None
    age_ns: int


IN_HAND = ("none", "left", "right", "both")
_OBJECT = struct.Struct("<5fiifI")
_ACTION = struct.Struct("<if")


def _get(structure, name, default=None):
    return structure.get_value(name) if structure.has_field(name) else default


def _rows(structure, name, layout, size):
    """The rows of a table as memory views. Raises MetaError when it cannot be read."""
    found, count, stride = (_get(structure, field) for field in ("layout", "count", "stride"))
    if found != layout:
        raise MetaError(f'{name} has rows of layout "{found}", this module reads "{layout}"')
    data = _get(structure, "data")
    data = b"" if data is None else data.get_data() or b""
    if count is None or stride is None or stride < size or count * stride > len(data):
        raise MetaError(f"{name} is damaged: {count} rows of {stride} bytes in a table of {len(data)} bytes")
    view = memoryview(data)
    return [view[i * stride : i * stride + size] for i in range(count)]


def _label(labels, number):
    return labels[number] if 0 <= number < len(labels) else ""


def objects(buffer):
    """The objects on a Gst.Buffer, best first. Raises MetaError when they cannot be read."""
    structure = _structure(buffer, "EgoDetectionsMeta")
    if structure is None:
        return []
    labels, age = _get(structure, "labels") or [], _get(structure, "age", 0)
    found = []
    for row in _rows(structure, "EgoDetectionsMeta", "det-v1", _OBJECT.size):
        x, y, w, h, score, number, track, depth_m, held = _OBJECT.unpack(row)
        found.append(
            Object(
                label=_label(labels, number),
                class_id=number,
                score=score,
                track=track if track > 0 else None,
                box_norm=(x, y, x + w, y + h),
                depth_m=depth_m if math.isfinite(depth_m) else None,
                in_hand=IN_HAND[held] if held < len(IN_HAND) else "none",
                age_ns=age,
            )
        )
    return found


def bodies(buffer):
    """The people on a Gst.Buffer. Raises MetaError when they cannot be read."""
    structure = _structure(buffer, "EgoBodiesMeta")
    if structure is None:
        return []
    joints = 13 if _get(structure, "layout") == "body13-v1" else 33
    found = []
    for row in _rows(structure, "EgoBodiesMeta", f"body{joints}-v1", 16 + 24 * joints):
        _, score, _, track = _HEAD.unpack_from(row)
        values = struct.unpack_from(f"<{6 * joints}f", row, _HEAD.size)
        xy, xyz, conf = values[: 2 * joints], values[2 * joints : 5 * joints], values[5 * joints :]
        known = all(map(math.isfinite, xyz))
        found.append(
            Body(
                layout=f"body{joints}",
                score=score,
                track=track,
                image_norm=list(zip(xy[::2], xy[1::2])),
                world_m=list(zip(xyz[::3], xyz[1::3], xyz[2::3])) if known else None,
                joint_score=conf,
                age_ns=_get(structure, "age", 0),
            )
        )
    return found


def features(buffer):
    """The features of the first subject on a Gst.Buffer by name; NaN = not known. Raises MetaError when they cannot be read."""
    structure = _structure(buffer, "EgoFeaturesMeta")
    if structure is None:
        return {}
    values = [struct.unpack("<f", row)[0] for row in _rows(structure, "EgoFeaturesMeta", "feature-v1", 4)]
    names = _get(structure, "names")
    names = [] if names is None else bytes(names.get_data() or b"").decode().splitlines()
    if len(names) != len(values):
        raise MetaError(f"EgoFeaturesMeta is damaged: {len(names)} names for {len(values)} values")
    return dict(zip(names, values))


def action(buffer):
    """The first action on a Gst.Buffer, None when there is none. Raises MetaError when it cannot be read."""
    structure = _structure(buffer, "EgoActionMeta")
    if structure is None:
        return None
    labels = _get(structure, "labels") or []
    rows = (_ACTION.unpack(row) for row in _rows(structure, "EgoActionMeta", "action-v1", _ACTION.size))
    return Action(
        head=_get(structure, "head", "slow"),
        subject=_get(structure, "subject", ""),
        top=[(_label(labels, number), prob) for number, prob in rows],
        unknown=_get(structure, "unknown", False),
        uncertainty=_get(structure, "uncertainty", 0.0),
        stable=_get(structure, "stable", False),
        window_ns=(_get(structure, "window-start", 0), _get(structure, "window-end", 0)),
        about_ns=_get(structure, "about", _get(structure, "window-end", 0)),
        since_ns=_get(structure, "since"),
        age_ns=_get(structure, "age", 0),
    )
