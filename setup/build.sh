# shellcheck shell=bash
# The program, the plug-in, and the models that the program itself imports.

target=$(absolute "${CARGO_TARGET_DIR:-$root/target}")

# build PROFILE: `release` or `dev`. Cargo knows what is up to date.
build() {
    local folder=$1
    [[ $1 == dev ]] && folder=debug
    [[ -x $target/$folder/ego ]] || need_space "$target" 3000 "the build"
    check_gstreamer
    say "build: ego and the plug-in ($1)"
    local quiet=()
    # Progress is for people.
    [[ -t 2 ]] || quiet=(--quiet)
    cargo build "${quiet[@]}" --locked --profile "$1" --package ego --package gst-plugin-ego </dev/null ||
        fail "the build failed; the compiler's messages are above (without a network, run \`cargo fetch --locked\` once where there is one)"
    ego=$target/$folder/ego
    plugin=$target/$folder/libgstego.so
}

check_gstreamer() {
    pkg-config --atleast-version=1.22 gstreamer-1.0 2>/dev/null ||
        fail 3 "GStreamer $(pkg-config --modversion gstreamer-1.0 2>/dev/null || echo 'development files') is not new enough or not there, 1.22 is needed: run ./x setup"
}

# A folder with nothing but the plug-in, for GST_PLUGIN_PATH.
place_plugin() {
    local place=$target/plugins
    cmp -s "$plugin" "$place/libgstego.so" && return
    # In two steps, so that a program never loads half a plug-in.
    if ! { mkdir -p "$place" && cp "$plugin" "$place/.libgstego.so" && mv "$place/.libgstego.so" "$place/libgstego.so"; }; then
        fail "the plug-in could not be copied to $place; check the disk"
    fi
}

# Whether every file that a manifest pins and `ego models import mediapipe` makes is there, byte for byte.
models_are_there() {
    local manifest file sha256
    for manifest in "$root"/models/zoo/*.toml; do
        grep -q 'ego models import mediapipe' "$manifest" || continue
        file=$(sed -n 's/^file = "\(.*\)"/\1/p' "$manifest")
        sha256=$(sed -n 's/^sha256 = "\(.*\)"/\1/p' "$manifest")
        printf '%s  %s\n' "$sha256" "$data/models/$file"
    done | sha256sum --check --status 2>/dev/null
}

# import_models: needs `ego` to be built.
import_models() {
    if models_are_there; then
        say "models: there"
        return
    fi
    need_space "$data" 200 "importing the models"
    local wheel_option=()
    [[ -n ${EGO_MEDIAPIPE_WHEEL:-} ]] && wheel_option=(--wheel "$EGO_MEDIAPIPE_WHEEL")
    say "models: importing the hand and body models from mediapipe $(locked_version mediapipe)"
    EGO_DATA_DIR=$data "$ego" models import mediapipe "${wheel_option[@]}" >/dev/null </dev/null ||
        fail 3 "the models could not be imported; the reason is above"
    models_are_there || fail "the imported models are not the ones that models/zoo describes; this is a defect of this version, please report it"
}
