"""Writes everything that egometa.py reads as text, floats as their bits: compared with what Rust attached.

    print_hands.py FOLDER_OF_EGOMETA PIPELINE    for each buffer that reaches the appsink named "out"
    print_hands.py FOLDER_OF_EGOMETA --rows      for each 520-byte row of standard input; needs no GStreamer
"""

import struct
import sys

sys.path.insert(0, sys.argv[1])
import egometa


def bits(values):
    if hasattr(values, "tolist"):
        assert values.dtype == "float32" and values.shape in ((21, 2), (21, 3), (21,)), values.shape
        values = values.tolist()
    flat = [number for value in values for number in (value if isinstance(value, (tuple, list)) else [value])]
    return "".join(" %08x" % struct.unpack("<I", struct.pack("<f", number))[0] for number in flat)


def row(hand):
    camera_m = " -" if hand.camera_m is None else bits(hand.camera_m)
    return "%s %d%s%s%s%s" % (
        hand.side,
        hand.track,
        bits([hand.score, hand.presence]),
        bits(hand.image_norm),
        camera_m,
        bits(hand.joint_score),
    )


if sys.argv[2] == "--rows":
    print("numpy" if egometa.numpy is not None else "no numpy")
    data = sys.stdin.buffer.read()
    for hand in egometa.parse_hands("hand21-v1", len(data) // 520, 520, data):
        print(row(hand))
    sys.exit()

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
from gi.repository import Gst, GstApp

Gst.init(None)
pipeline = Gst.parse_launch(sys.argv[2])
sink = pipeline.get_by_name("out")
pipeline.set_state(Gst.State.PLAYING)
while True:
    sample = sink.try_pull_sample(30 * Gst.SECOND)
    if sample is None:
        break
    try:
        hands = egometa.hands(sample.get_buffer())
    except egometa.MetaError as error:
        print("error:", error)
        continue
    if hands is None:
        print("absent")
        continue
    print(
        hands.version, hands.source, hands.model, hands.frame, hands.pts, hands.age_ns, hands.infer_ns,
        "%dx%d" % (hands.ref_width, hands.ref_height),
    )
    print(hands.depth_source, hands.scale_kind, hands.intrinsics_source, *("%g" % number for number in hands.intrinsics))
    for hand in hands.rows:
        print(row(hand))
pipeline.set_state(Gst.State.NULL)
