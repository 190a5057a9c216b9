#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Prints the hands on every frame of a pipeline: how to read egostream's results from Python.

Needs PyGObject with GStreamer (Debian: python3-gi gir1.2-gstreamer-1.0) and egometa.py beside it, nothing else.

    export GST_PLUGIN_PATH=target/release     # the folder of libgstego.so
    python3 elements/examples/read_hands.py 'filesrc location=clip.mp4 ! decodebin ! egohands'

The pipeline must end in raw video; an appsink is put behind it. One line a hand: number of the frame, time, side, track, score,
and the tip of the index finger in pixels and, when known, in metres in camera space. read_hands.c prints the same.
"""

import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "meta" / "python"))
import egometa

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst

INDEX_TIP = 8


def print_hands(number, sample):
    buffer = sample.get_buffer()
    caps = sample.get_caps().get_structure(0)
    width, height = caps.get_value("width"), caps.get_value("height")
    time = "" if buffer.pts == Gst.CLOCK_TIME_NONE else "  %.3f s" % (buffer.pts / Gst.SECOND)

    hands = egometa.hands(buffer)
    if hands is None or not hands.rows:
        print("frame %d%s  no hands" % (number, time))
        return
    for hand in hands.rows:
        x, y = hand.image_norm[INDEX_TIP]
        place = "" if hand.camera_m is None else "  (%.3f, %.3f, %.3f) m" % tuple(hand.camera_m[INDEX_TIP])
        print(
            "frame %d%s  %s #%d  score %.2f  index tip (%.1f, %.1f) px%s"
            % (number, time, hand.side, hand.track, hand.score, x * width, y * height, place)
        )


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: read_hands.py 'PIPELINE THAT ENDS IN RAW VIDEO'")
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    Gst.init(None)
    try:
        # Few buffers in the sink: decoding waits for us instead of filling the memory.
        pipeline = Gst.parse_launch(sys.argv[1] + " ! appsink name=results sync=false max-buffers=4")
    except GLib.Error as error:
        sys.exit("read_hands.py: %s" % error.message)
    results = pipeline.get_by_name("results")
    pipeline.set_state(Gst.State.PLAYING)

    bus = pipeline.get_bus()
    status, number = 0, 0
    while status == 0 and not results.get_property("eos"):
        sample = results.emit("try-pull-sample", Gst.SECOND // 10)
        message = bus.pop_filtered(Gst.MessageType.ERROR)
        try:
            if sample is not None:
                print_hands(number, sample)
                number += 1
            if message is not None:
                raise RuntimeError(message.parse_error()[0].message)
        except (egometa.MetaError, RuntimeError) as error:
            print("read_hands.py: %s" % error, file=sys.stderr)
            status = 1
    pipeline.set_state(Gst.State.NULL)
    sys.exit(status)


main()
