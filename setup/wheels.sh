# shellcheck shell=bash
# Python wheels as containers of files: fetched by pip with the hashes of setup/wheels.lock, by explicit platform and Python tags,
# so the machine's own Python version does not matter. None of their Python code is run.

# The lock file's line for a package.
locked() { grep "^$1==" "$root/setup/wheels.lock" || fail "$1 is not in setup/wheels.lock"; }

locked_version() { locked "$1" | sed 's/^[^=]*==\([^ ]*\).*/\1/'; }

# fetch_wheel PACKAGE MACHINE: downloads the wheel into the work folder and sets `wheel` to its path.
wheel=
fetch_wheel() {
    local package=$1 machine=$2 folder output
    has python3 || fail 3 "python3 is missing; install the packages python3 and python3-pip"
    python3 -m pip --version >/dev/null 2>&1 || fail 3 "pip is missing; install the package python3-pip"
    make_work_dir
    folder=$work_dir/$package
    mkdir -p "$folder"
    locked "$package" >"$work_dir/$package.txt" || fail "nothing can be written to $data; check the disk"
    say "$package $(locked_version "$package"): fetching the wheel"
    if ! output=$(python3 -m pip download --quiet --disable-pip-version-check --no-input --no-deps --require-hashes --only-binary :all: \
        --platform "manylinux_2_28_$machine" --python-version 3.12 --implementation cp --abi cp312 \
        --dest "$folder" --requirement "$work_dir/$package.txt" 2>&1 </dev/null); then
        fail 3 "pip could not fetch $package $(locked_version "$package") ($(reason_of "$output")); check the network and the disk, then run this again"
    fi
    wheel=$(find "$folder" -name '*.whl' | head -n 1)
    [[ -n $wheel ]] || fail 3 "pip brought no wheel of $package; run this again, or update pip"
}

# extract WHEEL ENTRY TARGET: takes one file out.
extract() {
    python3 - "$@" <<'PYTHON'
import shutil, sys, zipfile
wheel, entry, target = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive, archive.open(entry) as source, open(target, "wb") as out:
    shutil.copyfileobj(source, out)
PYTHON
}

# ONNX Runtime's shared library, unless one is named by ORT_DYLIB_PATH.
install_onnx_runtime() {
    local version machine library
    if [[ -n ${ORT_DYLIB_PATH:-} ]]; then
        [[ -e $ORT_DYLIB_PATH ]] || fail 3 "ORT_DYLIB_PATH names $ORT_DYLIB_PATH, which is not there; correct it or unset it"
        say "ONNX Runtime: $ORT_DYLIB_PATH (ORT_DYLIB_PATH)"
        return
    fi
    version=$(locked_version onnxruntime)
    library=$data/lib/libonnxruntime.so.$version
    if [[ -s $library ]]; then
        remove_other_libraries "$library"
        say "ONNX Runtime $version: there"
        return
    fi
    machine=$(uname -m)
    [[ $machine == x86_64 || $machine == aarch64 ]] ||
        fail 3 "there is no ONNX Runtime wheel for $machine; build the library and name it in ORT_DYLIB_PATH"
    need_space "$data" 150 "ONNX Runtime"
    fetch_wheel onnxruntime "$machine"
    local output
    output=$(extract "$wheel" "onnxruntime/capi/libonnxruntime.so.$version" "$work_dir/libonnxruntime.so" 2>&1) ||
        fail "ONNX Runtime's library could not be taken out of its wheel ($(reason_of "$output"))"
    make_folder "$data/lib"
    mv "$work_dir/libonnxruntime.so" "$library" || fail "the library could not be put at $library; check the folder's permissions"
    remove_other_libraries "$library"
    say "ONNX Runtime $version: put in place at $library"
}

# The program takes the newest library in its own folder, so only the pinned one may be there.
remove_other_libraries() { find "$data/lib" -name 'libonnxruntime.so*' ! -path "$1" -delete; }

# The mediapipe wheel, kept in the data folder for the tests that read it; sets EGO_MEDIAPIPE_WHEEL.
keep_mediapipe_wheel() {
    if [[ -n ${EGO_MEDIAPIPE_WHEEL:-} ]]; then
        [[ -r $EGO_MEDIAPIPE_WHEEL ]] || fail 3 "EGO_MEDIAPIPE_WHEEL names $EGO_MEDIAPIPE_WHEEL, which cannot be read; correct it or unset it"
        return
    fi
    local kept
    kept=$(find "$data/wheels" -name "mediapipe-$(locked_version mediapipe)-*.whl" 2>/dev/null | head -n 1) || true
    if [[ -z $kept ]]; then
        need_space "$data" 100 "the mediapipe wheel"
        # Only data files are read from it, so the one for x86_64 serves every machine.
        fetch_wheel mediapipe x86_64
        make_folder "$data/wheels"
        kept=$data/wheels/$(basename "$wheel")
        mv "$wheel" "$kept" || fail "the wheel could not be put at $kept; check the folder's permissions"
    fi
    export EGO_MEDIAPIPE_WHEEL=$kept
}
