# shellcheck shell=bash
# System packages and the Rust toolchain: checked on every call, installed only when something is missing.

# The oldest Rust that the workspace builds with, from its manifest.
minimum_rust() { sed -n 's/^rust-version = "\(.*\)"/\1/p' "$root/Cargo.toml"; }

check_rust() {
    # rustup installs here; a shell that was open before does not have it in PATH yet.
    if ! has cargo && [[ -x ${CARGO_HOME:-${HOME:-}/.cargo}/bin/cargo ]]; then
        PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
    fi
    has cargo || fail 3 "cargo is missing: install Rust $(minimum_rust) or newer with rustup (https://rustup.rs), then run this again"
    local found
    found=$(cargo --version 2>/dev/null | awk '{ print $2 }')
    [[ -n $found ]] || fail 3 "cargo does not run: \`cargo --version\` says nothing; repair the Rust toolchain with \`rustup default stable\`"
    if [[ $(printf '%s\n' "$(minimum_rust)" "$found" | sort -V | head -n 1) != "$(minimum_rust)" ]]; then
        fail 3 "Rust $found is too old, $(minimum_rust) is needed: run \`rustup update stable\` (the distribution's own cargo does not do)"
    fi
}

listed_packages() { grep -v -e '^#' -e '^[[:space:]]*$' "$root/setup/apt-packages.txt"; }

missing_packages() {
    local installed
    installed=$(dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' 2>/dev/null | sed -n 's/^ii[^a-z0-9]*//p')
    # Names that are listed and not installed.
    listed_packages | grep -v -x -F -e "$installed" || true
}

# Distributions that the list is written for.
known_distribution() {
    [[ -r /etc/os-release ]] || return 1
    local id
    # shellcheck source=/dev/null
    id=$(. /etc/os-release && printf '%s %s' "${ID:-}" "${VERSION_ID:-}")
    [[ $id == "debian 12" || $id == "debian 13" || $id == "ubuntu 24.04" ]]
}

check_packages() {
    if ! has dpkg-query; then
        if has pkg-config && pkg-config --atleast-version=1.22 gstreamer-1.0 gstreamer-video-1.0 && has python3; then
            say "system packages: not a Debian or Ubuntu; GStreamer $(pkg-config --modversion gstreamer-1.0) and Python are there, going on"
            return
        fi
        fail 3 "this distribution is not supported: install GStreamer 1.22 or newer with its development files and plug-ins, pkg-config and python3-pip by hand (see setup/apt-packages.txt), then run this again"
    fi
    local missing
    missing=$(missing_packages | paste -s -d ' ')
    if [[ -z $missing ]]; then
        say "system packages: all there"
        return
    fi
    local command="apt-get install -y --no-install-recommends $missing"
    ((EUID == 0)) || command="sudo $command"
    if [[ $no_install == yes ]]; then
        say "system packages: missing are $missing"
        say "install them with:"
        printf '%s\n' "$command"
        exit 3
    fi
    known_distribution || fail 3 "the list of packages is written for Debian 12 and 13 and Ubuntu 24.04, not for this system; if the names are the same here, run: $command"
    install_packages "$command"
}

install_packages() {
    local command=$1 root_prefix=()
    if ((EUID != 0)); then
        has sudo || fail 3 "system packages are missing and there is no sudo; have an administrator run: ${command#sudo }"
        # Without a terminal nobody can type a password.
        if [[ ! -t 0 ]] && ! sudo -n true 2>/dev/null; then
            fail 3 "system packages are missing and sudo asks for a password; run this first: $command"
        fi
        root_prefix=(sudo)
    fi
    need_space /var/cache/apt 800 "installing system packages"
    local packages
    mapfile -t packages < <(missing_packages)
    say "system packages: installing ${packages[*]}"
    local output apt=("${root_prefix[@]}" env DEBIAN_FRONTEND=noninteractive apt-get)
    if ! output=$({ "${apt[@]}" update && "${apt[@]}" install -y --no-install-recommends "${packages[@]}"; } 2>&1 </dev/null); then
        fail 3 "apt-get could not install the packages ($(reason_of "$output")); check the network and the disk, then run: $command"
    fi
    local left
    left=$(missing_packages | paste -s -d ' ')
    [[ -z $left ]] || fail 3 "apt-get ended well, but these packages are still missing: $left"
}
