#!/bin/sh
# Prints the path of a nats-server that runs on this machine, and fetches one into DEST_DIR where there is none.
# Looks on PATH, in DEST_DIR, then tries Go, the official release and the system's packages (which may be old), in this order.
# Any of them does for one machine (durability `dev`). `strict` needs the version floor of deploy/nats.conf.
#
#   deploy/get-nats-server.sh [DEST_DIR]     (default: bin)
#
# SIGHTLINE_NATS_RELEASES names a mirror of https://github.com/nats-io/nats-server/releases/download.
set -eu

VERSION=2.14.1
# Of nats-server-v2.14.1-linux-<arch>.tar.gz, as nats-io/nats-docker pins them (2.14.x/alpine3.22/Dockerfile).
SHA256_amd64=4638c389af67d4c747f5b3e6a9d363bfe8f6b86de37d7c4ee3a36b283a5c2ce2
SHA256_arm64=0bdd20ad850e66a484dcb126f6ce610079520b56d9e8518d099e0864ab8171a1
RELEASES=${SIGHTLINE_NATS_RELEASES:-https://github.com/nats-io/nats-server/releases/download}
# Packages put daemons where an ordinary user's PATH does not look.
DAEMON_DIRS=${SIGHTLINE_DAEMON_DIRS:-/usr/local/sbin:/usr/sbin:/opt/homebrew/bin:/home/linuxbrew/.linuxbrew/bin}

say() { echo "get-nats-server: $*" >&2; }
has() { command -v "$1" >/dev/null 2>&1; }

# A file of the right name is not enough: it may be a build for another machine.
usable() { [ -x "$1" ] && "$1" --version >/dev/null 2>&1; }

from_path() {
    found=$(PATH="$PATH:$DAEMON_DIRS" command -v nats-server) && usable "$found" && echo "$found"
}

from_dest() { usable "$DEST/nats-server" && echo "$DEST/nats-server"; }

from_go() {
    has go || return 1
    say "building v$VERSION with $(go version)"
    GOBIN="$DEST" go install "github.com/nats-io/nats-server/v2@v$VERSION" >&2 && from_dest
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@" >&2; elif has sudo; then sudo -n "$@" >&2; else return 1; fi
}

# Debian's package starts a broker on the default port when it is installed: unpack it instead, which needs no root.
from_apt() {
    (cd "$WORK" && { apt-get download nats-server || { as_root apt-get update && apt-get download nats-server; }; }) >&2 \
        && dpkg-deb -x "$WORK"/nats-server_*.deb "$WORK/deb" \
        && cp "$WORK"/deb/usr/*bin/nats-server "$DEST/" && from_dest
}

from_packages() {
    if has apt-get && has dpkg-deb; then say "unpacking the apt package"; from_apt
    elif has dnf; then say "dnf install"; as_root dnf install -y nats-server && from_path
    elif has apk; then say "apk add"; as_root apk add nats-server && from_path
    elif has brew; then say "brew install"; brew install nats-server >&2 && from_path
    else return 1; fi
}

download() {
    if has curl; then curl -fsSL --connect-timeout 10 --retry 2 -o "$2" "$1"
    elif has wget; then wget -q --timeout 10 -O "$2" "$1"
    else say "neither curl nor wget is here"; return 1; fi
}

sha256_of() {
    if has sha256sum; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

from_release() {
    case "$(uname -s)-$(uname -m)" in
        Linux-x86_64) arch=amd64 wanted=$SHA256_amd64 ;;
        Linux-aarch64 | Linux-arm64) arch=arm64 wanted=$SHA256_arm64 ;;
        *) say "no pinned release for $(uname -s) $(uname -m)"; return 1 ;;
    esac
    name="nats-server-v$VERSION-linux-$arch"
    say "fetching $RELEASES/v$VERSION/$name.tar.gz"
    download "$RELEASES/v$VERSION/$name.tar.gz" "$WORK/release.tar.gz" || return 1
    got=$(sha256_of "$WORK/release.tar.gz")
    [ "$got" = "$wanted" ] || { say "refused: SHA-256 is $got, pinned is $wanted"; return 1; }
    tar -xzf "$WORK/release.tar.gz" -C "$WORK" && cp "$WORK/$name/nats-server" "$DEST/" && from_dest
}

DEST=${1:-bin}
mkdir -p "$DEST"
DEST=$(cd "$DEST" && pwd)
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

from_path || from_dest || from_go || from_release || from_packages || {
    say "no nats-server could be found or fetched; install one (https://docs.nats.io/running-a-nats-service/introduction/installation) and put it on PATH"
    exit 1
}
