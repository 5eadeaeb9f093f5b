# shellcheck shell=bash
# Sourced by the commands in tools/, which set root: installs what is missing, and says so first.

# Compiles through ccache where that is installed: its folder on Debian has a link for each compiler. What was compiled with
# a precompiled header is kept, too.
[ ! -d /usr/lib/ccache ] || export PATH="/usr/lib/ccache:$PATH"
export CCACHE_SLOPPINESS=${CCACHE_SLOPPINESS:-pch_defines,time_macros}

# need PACKAGE COMMAND...: PACKAGE (a Debian name) is missing unless COMMAND succeeds.
missing=()
need() {
  local package=$1
  shift
  "$@" > /dev/null 2>&1 || missing+=("$package")
}

need_build_tools() {
  need g++ command -v "${CXX:-g++}"
  need meson command -v meson
  need ninja-build command -v ninja
  need pkg-config command -v pkg-config
  need libssl-dev pkg-config --exists 'openssl >= 3.0'
}

# Installs what was missing, or prints the command that does and stops.
install_missing() {
  [ ${#missing[@]} -gt 0 ] || return 0
  local install="apt-get install -y --no-install-recommends ${missing[*]}"
  local command="apt-get update && $install"
  local as_root=
  if [ "$(id -u)" -ne 0 ]; then
    as_root=sudo
    command="sudo apt-get update && sudo $install"
  fi
  local stop="cannot install them here. Please run:  $command"

  echo "Missing packages: ${missing[*]}"
  if ! command -v apt-get > /dev/null; then
    echo "This is neither Debian nor Ubuntu; please install the packages above by the names they have here." >&2
    exit 1
  fi
  if [ -n "$as_root" ] && ! sudo -n true 2> /dev/null && ! { [ -t 0 ] && command -v sudo > /dev/null; }; then
    echo "No rights: $stop" >&2
    exit 1
  fi
  echo "Installing them with:  $command"
  if ! { $as_root apt-get -q update &&
    $as_root env DEBIAN_FRONTEND=noninteractive $install; }; then
    echo "The installation failed: $stop" >&2
    exit 1
  fi
  missing=()
}

# configure BUILD [OPTION...]: a new build directory, or the same one again with these options.
configure() {
  local build=$1
  shift
  if [ -d "$build/meson-private" ]; then
    meson setup --reconfigure "$build" "$root" "$@" || meson setup --wipe "$build" "$root" "$@"
  else
    meson setup "$build" "$root" "$@"
  fi
}
