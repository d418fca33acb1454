#!/bin/sh
# Prints the path of an interpreter of the version named in .python-version.
# Where there is none, says how to get one and exits with 1.
set -u
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
wanted=$(cat "$root/.python-version")

# Prints where the interpreter "$1" really is, when it starts and has the wanted
# version. Starting it is necessary: pyenv leaves a shim named python3.12 in PATH
# that only prints an error while another version is selected.
accept() {
    "$1" -I -c 'import sys
if "%d.%d" % sys.version_info[:2] != sys.argv[1]:
    sys.exit(1)
print(getattr(sys, "_base_executable", sys.executable))' "$wanted" 2>/dev/null
}

for candidate in \
    "python$wanted" \
    python3 \
    "${PYENV_ROOT:-${HOME:-/root}/.pyenv}/versions/$wanted"*/bin/python3 \
    "${HOME:-/root}/.local/share/uv/python/cpython-$wanted"*/bin/python3; do
    if accept "$candidate"; then
        exit 0
    fi
done

if [ "${POTOK_PYTHON_DOWNLOADS:-0}" = 1 ]; then
    if ! command -v uv >/dev/null 2>&1; then
        echo "POTOK_PYTHON_DOWNLOADS=1 needs uv in PATH: python3 -m pip install --user uv" >&2
        exit 1
    fi
    echo "Python $wanted: uv downloads it, about 35 MB" >&2
    if uv python install --quiet "$wanted" && accept "$(uv python find "$wanted")"; then
        exit 0
    fi
    echo "uv could not install Python $wanted: see its message above." >&2
    exit 1
fi

cat >&2 <<END
Python $wanted was not found: neither in PATH nor under pyenv or uv. Any one of these brings it:
  Ubuntu 24.04   sudo apt-get install python$wanted python$wanted-venv
  pyenv          pyenv install $wanted
  uv             POTOK_PYTHON_DOWNLOADS=1 make run
END
exit 1
