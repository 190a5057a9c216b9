# shellcheck shell=bash
# Messages, folders and small checks that every step uses. Sourced by `x`; expects `root`.

say() { printf '%s\n' "$*" >&2; }

# One sentence with the remedy, then the end. Status 3: something needed is missing.
fail() {
    local status=1
    if [[ $1 =~ ^[0-9]+$ ]]; then
        status=$1
        shift
    fi
    say "x: $*"
    exit "$status"
}

has() { command -v "$1" >/dev/null 2>&1; }

# A path that stays right when the working folder changes.
absolute() { if [[ $1 == /* ]]; then printf '%s' "$1"; else printf '%s/%s' "$PWD" "$1"; fi; }

# The line of a program's output that gives the reason: the first that says ERROR or E:, else the last one.
reason_of() {
    local line
    line=$(grep -v '^ERROR: Exception' <<<"$1" | grep -m 1 -E '^(ERROR|E):' || grep -v '^[[:space:]]*$' <<<"$1" | tail -n 1) || line="no reason given"
    printf '%.300s' "$line"
}

# Where imported models and the library live; the same rule as in the program.
data_dir() {
    if [[ -n ${EGO_DATA_DIR:-} ]]; then
        absolute "$EGO_DATA_DIR"
    elif [[ -n ${XDG_DATA_HOME:-} ]]; then
        printf '%s/egostream' "$XDG_DATA_HOME"
    elif [[ -n ${HOME:-} ]]; then
        printf '%s/.local/share/egostream' "$HOME"
    else
        fail 2 "neither EGO_DATA_DIR nor HOME is set, so there is no folder for models; set EGO_DATA_DIR"
    fi
}

# need_space FOLDER MEGABYTES WHAT: fails when the disk that holds FOLDER has less free.
need_space() {
    local folder=$1 megabytes=$2 what=$3 free
    while [[ ! -d $folder ]]; do folder=$(dirname "$folder"); done
    free=$(($(df -Pk "$folder" | awk 'NR == 2 { print $4 }') / 1024))
    if ((free < megabytes)); then
        fail "$what needs $megabytes MB free at $folder, but there are only $free MB; free some space or point EGO_DATA_DIR and CARGO_TARGET_DIR to another disk"
    fi
}

make_folder() {
    mkdir -p "$1" 2>/dev/null || fail "the folder $1 cannot be made; check its permissions or set EGO_DATA_DIR to a folder you own"
}

# A folder for work in progress, on the same disk as the data folder so that results can be moved in one step. It goes away
# when x ends, however it ends.
work_dir=
make_work_dir() {
    [[ -n $work_dir ]] && return
    make_folder "$data"
    work_dir=$(mktemp -d "$data/.setup.XXXXXX") || fail "no temporary folder can be made in $data; check its permissions"
    trap 'rm -rf "$work_dir"' EXIT
}
