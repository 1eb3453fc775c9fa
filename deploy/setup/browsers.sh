#!/usr/bin/env bash
# Firefox and WebKit, which only `make bench-delivery` and `make bench-killed` need beside Chromium, from the distribution. As root on Debian
# or Ubuntu they are installed; otherwise this says what is missing. They bring no services with them.
set -euo pipefail

missing=()
command -v firefox-esr >/dev/null 2>&1 || [ -n "${INFERFLEET_FIREFOX:-}" ] || missing+=(firefox-esr)
compgen -G "/usr/lib/*/webkit2gtk-*/MiniBrowser" >/dev/null || [ -n "${INFERFLEET_MINIBROWSER:-}" ] || missing+=(webkit2gtk-driver) # brings MiniBrowser
command -v xvfb-run >/dev/null 2>&1 || missing+=(xvfb xauth)
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
else
  echo "inferfleet: missing: ${missing[*]}" >&2
  echo "  Debian and Ubuntu: sudo apt-get install ${missing[*]}" >&2
  echo "  elsewhere: run fewer engines, for example ENGINES=chromium, set before make." >&2
  exit 1
fi
