#!/usr/bin/env bash
# Accuracy and speed against the Python package mediapipe, on recordings under $EGO_SHARED. Prints JSON lines.
#
# Makes a virtual environment with the peer (once). The peer's wheels exist for Python 3.9 to 3.12.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
data=${EGO_DATA_DIR:-${XDG_DATA_HOME:-$HOME/.local/share}/egostream}
target=${CARGO_TARGET_DIR:-$root/target}
python=$data/peer/bin/python

if [[ -z ${EGO_SHARED:-} ]]; then
    echo "peer.sh: EGO_SHARED is not set, so there are no recordings to compare on: skipped" >&2
    exit 0
fi
if ! "$python" -c 'import mediapipe, cv2' 2>/dev/null; then
    python3 -m venv --clear "$data/peer"
    "$python" -m pip install --quiet mediapipe==0.10.21 onnxruntime==1.22.1
fi

cd "$root"
cargo bench --quiet --locked -p ego-models --bench hands --no-run
# The newest executable of that name is the one just built.
bench=$(find "$target/release/deps" -maxdepth 1 -name 'hands-*' -type f -executable -printf '%T@ %p\n' | sort -n | tail -n 1 | cut -d' ' -f2)
ego=$target/release/ego
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

clips=$EGO_SHARED/data/mediapipe-samples-hands
reference=$EGO_SHARED/data/mediapipe-reference
aria=$EGO_SHARED/data/aria-gen2-hands/h2o-layout

# Joints on the peer's own clips: whole program, against the peer's recorded output. The peer shows every hand it finds.
for clip in open_palm thumb_up_towards_camera; do
    "$ego" run "$clips/$clip.mp4" --out "$work/$clip" --config hands-only --set hands.bystanders=true --set hands.search=whole >/dev/null 2>&1
    "$python" tests/peer/compare.py --peer "$reference/$clip.jsonl" --ours "$work/$clip/$clip.jsonl"
done

# Stage by stage from the same inputs: pictures, and every 20th frame of the clips.
"$python" - "$clips" "$work" <<'PYTHON'
import glob, os, sys
import cv2
for path in sorted(glob.glob(sys.argv[1] + "/*.mp4") + glob.glob(sys.argv[1] + "/*.png") + glob.glob(sys.argv[1] + "/*.jpg")):
    cap, n = cv2.VideoCapture(path), 0
    while True:
        ok, frame = cap.read()
        if not ok:
            break
        if n % 20 == 0:
            cv2.imwrite(os.path.join(sys.argv[2], f"{os.path.basename(path)}.{n:04d}.png"), frame)
        n += 1
PYTHON
"$python" tests/peer/stages.py --models "$data/models" --out "$work/stages.json" "$work"/*.png 2>/dev/null >&2
"$bench" stages "$work/stages.json" "$work"

# Real head-camera frames with real joints, each frame alone.
"$bench" pictures "$aria"/{rgb,slam}/0/cam4

"$python" tests/peer/throughput.py --tracker "$bench" --ego "$ego" "$clips"/*.mp4 2>/dev/null
