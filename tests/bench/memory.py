#!/usr/bin/env python3
"""Memory of `ego run`: peak on a 1080p clip, and growth between 2,000 and 20,000 frames. Prints JSON lines.

    memory.py --ego EGO_BINARY [--frames 20000]

The clips are made with gst-launch-1.0: a moving test pattern, and for the peak a picture of the sample clip when it is given.
"""
import argparse
import json
import os
import subprocess
import tempfile


def make(path, width, height, frames, pattern="ball"):
    subprocess.run(["gst-launch-1.0", "-q", "videotestsrc", f"num-buffers={frames}", f"pattern={pattern}", "!",
                    f"video/x-raw,width={width},height={height},framerate=30/1", "!", "x264enc", "speed-preset=ultrafast", "!", "mp4mux", "!",
                    "filesink", f"location={path}"], check=True)


def peak_mib(command):
    """Largest resident set of the command, MiB."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as p:
        err = p.stderr.read()
        _, status, usage = os.wait4(p.pid, 0)
        p.returncode = os.waitstatus_to_exitcode(status)
    if p.returncode:
        raise SystemExit(f"{command}: status {p.returncode}\n{err.decode()}")
    return usage.ru_maxrss / 1024


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--ego", required=True)
    ap.add_argument("--frames", type=int, default=20000)
    a = ap.parse_args()
    with tempfile.TemporaryDirectory() as tmp:
        def run(name, *extra):
            return peak_mib([a.ego, "run", os.path.join(tmp, name), "--out", os.path.join(tmp, name + ".out"), "--config", "hands-only", *extra])
        make(os.path.join(tmp, "large.mp4"), 1920, 1080, 150)
        print(json.dumps({"bench": "memory.peak", "clip": "1920x1080", "mib": round(run("large.mp4"), 1),
                          "annotated_mib": round(run("large.mp4", "--annotate", "--overwrite"), 1)}), flush=True)
        make(os.path.join(tmp, "short.mp4"), 160, 120, a.frames // 10)
        make(os.path.join(tmp, "long.mp4"), 160, 120, a.frames)
        short, long = run("short.mp4", "--set", "hands.interval=5"), run("long.mp4", "--set", "hands.interval=5")
        print(json.dumps({"bench": "memory.growth", "frames": a.frames, "mib": {"tenth": round(short, 1), "all": round(long, 1)},
                          "growth_mib": round(long - short, 1)}), flush=True)


if __name__ == "__main__":
    main()
