#!/usr/bin/env bash
# Makes the clips of recipes.txt again: sample-media/make.sh [EGO]; EGO is the program, by default `ego` on the path.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ego=${1:-ego}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

while IFS='|' read -r name seed split prompt; do
    name=${name// /}
    if [[ -z $name || $name == '#'* ]]; then continue; fi
    seed=${seed// /} split=${split// /}
    "$ego" synth --out "$work/$name" --layout video --seed "$seed" --split "$split" --prompt "$prompt" </dev/null
    mv "$work/$name/$split-00000.mp4" "$here/$name.mp4"
    sed "s/\"stream\":\"$split-00000\"/\"stream\":\"$name\"/" "$work/$name/$split-00000.jsonl" >"$here/$name.truth.jsonl"
done <"$here/recipes.txt"
