#!/usr/bin/env bash
# Processor time of egobody with one person and with six in a picture of 1280x720, with one thread and with two.
#
# The six are one person six times, cut out of MediaPipe's sample `full_body_pose.jpg` in $EGO_SHARED.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
ego=${CARGO_TARGET_DIR:-$root/target}/release/ego
picture=${EGO_SHARED:?is the folder with the recordings}/data/mediapipe-samples-hands/full_body_pose.jpg
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# clip NAME X,Y...: 150 frames with the person at these places.
clip() {
    local name=$1 places=() sources=() n=0 at
    shift
    for at in "$@"; do
        places+=("sink_$n::xpos=${at%,*}" "sink_$n::ypos=${at#*,}")
        n=$((n + 1))
        sources+=(filesrc location="$picture" ! jpegdec ! videocrop left=150 right=110 top=10 bottom=30 ! videoconvert ! videoscale
            ! video/x-raw,width=420,height=360 ! imagefreeze num-buffers=150 ! video/x-raw,framerate=30/1 ! queue ! c.)
    done
    gst-launch-1.0 -q compositor name=c background=black "${places[@]}" ! video/x-raw,width=1280,height=720 ! videoconvert \
        ! x264enc speed-preset=veryfast ! mp4mux ! filesink location="$work/$name.mp4" "${sources[@]}" 2>/dev/null
}

clip one 430,180
clip six 0,0 430,0 860,0 0,360 430,360 860,360
for name in one six; do
    "$ego" run "$work/$name.mp4" --out "$work/results" --set stages=body >/dev/null 2>&1
    echo "$name: frames by the number of people that were found"
    grep '"ego.frame/1"' "$work/results/$name.jsonl" | awk '{ print gsub(/"layout"/, "") }' | sort -n | uniq -c
    for threads in 1 2; do
        "$ego" bench "$work/$name.mp4" --rounds 2 --set stages=body --set body.threads=$threads --json 2>/dev/null
    done
done
