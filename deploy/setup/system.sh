#!/usr/bin/env bash
# Chromium (the browser tests, the demo) and Alertmanager (alerts) come from the distribution, not from a test
# tool's own download. As root on Debian or Ubuntu they are installed; otherwise this says what is missing.
set -euo pipefail

missing=()
command -v chromium >/dev/null 2>&1 || [ -n "${INFERFLEET_CHROMIUM:-}" ] || missing+=(chromium)
command -v prometheus-alertmanager >/dev/null 2>&1 || [ -n "${INFERFLEET_ALERTMANAGER:-}" ] || missing+=(prometheus-alertmanager)
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
  export DEBIAN_FRONTEND=noninteractive
  # The package would start a service on the standard port; the demo and the tests start their own.
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod +x /usr/sbin/policy-rc.d
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  fi
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}" fonts-liberation >/dev/null
else
  echo "inferfleet: missing: ${missing[*]}" >&2
  echo "  Debian and Ubuntu: sudo apt-get install ${missing[*]}" >&2
  echo "  elsewhere: point INFERFLEET_CHROMIUM and INFERFLEET_ALERTMANAGER at the two programs." >&2
  exit 1
fi
