#!/usr/bin/env bash
# Makes sure that uv is there and prints its path: the one on PATH, else one installed from PyPI into .make/uv.
set -euo pipefail
cd "$(dirname "$0")/../.."

if command -v uv >/dev/null 2>&1; then
  command -v uv
  exit 0
fi
if [ ! -x .make/uv/bin/uv ]; then
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "inferfleet: Python 3.11 or newer is needed; python3 here is $(python3 --version 2>&1)." >&2
    exit 1
  }
  python3 -m venv .make/uv >&2 || {
    echo "inferfleet: python3 -m venv failed. On Debian and Ubuntu: apt-get install python3-venv" >&2
    exit 1
  }
  .make/uv/bin/pip install --quiet --disable-pip-version-check 'uv>=0.9' >&2
fi
echo "$PWD/.make/uv/bin/uv"
