#!/usr/bin/env bash
# The whole chain on 720p clips of the synthetic camera: batch against the same models in Python, then what each preset costs, and live
# on two processors. Prints JSON lines.
#
# Makes a virtual environment with the same ONNX Runtime as the program's (once).
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
data=${EGO_DATA_DIR:-${XDG_DATA_HOME:-$HOME/.local/share}/egostream}
ego=${CARGO_TARGET_DIR:-$root/target}/release/ego
python=$data/bench-python/bin/python
reps=${1:-5}

if ! "$python" -c 'import cv2, onnxruntime' 2>/dev/null; then
    library=$(find "$data/lib" -name 'libonnxruntime.so.*' -printf '%f\n' | sort -V | tail -n 1)
    python3 -m venv --clear "$data/bench-python"
    "$python" -m pip install --quiet "onnxruntime==${library#libonnxruntime.so.}" opencv-python-headless
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
two=()
# As many processors as the figures are for.
if command -v taskset >/dev/null && (($(nproc) > 2)); then
    two=(taskset -c 0,1)
fi
"$ego" synth --out "$work/set" --layout video --size 1280x720 --split test --clips 3 >/dev/null 2>&1
# Twelve seconds: the clips one after the other, for the live run and as a file beside which the start-up is short. One segment over all
# of them, else the muxer takes the second clip and those after it for frames of one moment, and they are played in a burst.
gst-launch-1.0 -q concat name=c ! identity single-segment=true ! x264enc speed-preset=superfast ! mp4mux ! filesink location="$work/live.mp4" \
    $(find "$work/set" -name '*.mp4' | sort | sed 's/.*/filesrc location=& ! decodebin ! videoconvert ! video\/x-raw,format=I420 ! c./') 2>/dev/null
for clip in "$work"/set/*.mp4 "$work/live.mp4"; do
    for hands in ego-hands mediapipe-hands; do
        "${two[@]}" "$python" "$root/tests/bench/chain.py" --ego "$ego" --models "$data/models" --reps "$reps" --hands "$hands" "$clip"
    done
done
clip=$(find "$work/set" -name '*.mp4' | sort | head -n 1)
for preset in batch hands-only; do
    "${two[@]}" "$ego" bench "$clip" --config "$preset" --json 2>/dev/null
done
"${two[@]}" "$ego" bench "$work/live.mp4" --live --config live-cpu --json 2>/dev/null
