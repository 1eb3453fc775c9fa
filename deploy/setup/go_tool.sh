#!/usr/bin/env bash
# Builds a tool of Prometheus that the tests use, from the Go module proxy, and prints where it is: alertmanager, promtool
# or prometheus. Version and hash are pinned here; all that it is built of is pinned by its own go.sum, which that hash covers.
# It is kept in the user's cache, where every checkout of the same version shares it. Ends with 3 when there is no Go.
set -euo pipefail

name=${1:-}
case "$name" in
  alertmanager)
    module=github.com/prometheus/alertmanager version=v0.35.0 needs=1.26.0
    sum=h1:nbXMjr+P2JaoFd7aHNDxKifEwTPN+TWxM0gNPonuH5w=
    ;;
  promtool | prometheus)
    module=github.com/prometheus/prometheus version=v0.316.0 needs=1.26.7
    sum=h1:f1GRFerhTMKQma+awCoC9T820ecWeGSdF+xAlMHzZzM=
    ;;
  *)
    echo "usage: deploy/setup/go_tool.sh alertmanager | promtool | prometheus" >&2
    exit 2
    ;;
esac

cache=${INFERFLEET_CACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/inferfleet}
tool="$cache/$name-$version"
if [ -x "$tool" ]; then
  echo "$tool"
  exit 0
fi

# GOTOOLCHAIN: another Go would be fetched without a word.
export GOTOOLCHAIN=local GOFLAGS= GOWORK=off
found=$(go env GOVERSION 2>/dev/null || true)
if [ "$(printf '%s\n' "$needs" "${found#go}" | sort -V | head -n 1)" != "$needs" ]; then
  echo "$name $version is built with Go $needs or newer, and here is ${found:-no Go}." \
    "Install it (https://go.dev/doc/install), then: deploy/setup/go_tool.sh $name" >&2
  exit 3
fi

mkdir -p "$cache"
exec 9>"$tool.lock"
flock 9
if [ ! -x "$tool" ]; then
  echo "inferfleet: building $name $version, some minutes" >&2
  work=$(mktemp -d "$cache/$name.XXXXXX")
  trap 'chmod -R u+w "$work" && rm -rf "$work"' EXIT
  # Not below a module: the download must not depend on the folder that this is called from.
  cd "$work"
  go mod download -json "$module@$version" >download.json
  found=$(sed -n 's/^\t"Sum": "\(.*\)",\{0,1\}$/\1/p' download.json)
  if [ "$found" != "$sum" ]; then
    echo "inferfleet: $module $version has the hash ${found:-of nothing}, and $sum is pinned: it is not built" >&2
    exit 1
  fi
  cp -R "$(sed -n 's/^\t"Dir": "\(.*\)",\{0,1\}$/\1/p' download.json)" source
  chmod -R u+w source
  cd source
  # The module lacks the pages that the release builds with npm, and does not compile without the folder.
  if [ "$name" = alertmanager ]; then
    for page in elm mantine; do
      mkdir -p "ui/app/dist/$page"
      echo "The API is here, the pages are not: deploy/setup/go_tool.sh" >"ui/app/dist/$page/index.html"
    done
  fi
  # Service discovery of a dozen clouds is half of Prometheus, and the tests have one collector.
  go build -trimpath -tags remove_all_sd -o "$work/$name" \
    -ldflags "-s -w -X github.com/prometheus/common/version.Version=${version#v}" "./cmd/$name"
  mv "$work/$name" "$tool"
fi
echo "$tool"
