#!/bin/sh
# Makes base images for deploy/Dockerfile out of Debian packages, where no container registry can be reached:
#   NAME           Debian bookworm with Python, for BASE
#   NAME-builder   the same with pip and strip, for BUILDER
#
#   sudo deploy/make-base-image.sh [NAME]    (default: sightline-base:bookworm)
#
# MIRROR names the Debian mirror. CA_BUNDLE names a file of certificates that replaces the builder's own, for
# networks that inspect TLS; it does not get into BASE, so into no image that is shipped.
set -eu

NAME=${1:-sightline-base:bookworm}
MIRROR=${MIRROR:-http://deb.debian.org/debian}
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

import() { # ROOT IMAGE [CHANGE…]
    root=$1 image=$2
    shift 2
    # As Debian's own slim images: no manuals and no translations; licences stay.
    find "$root"/usr/share/doc ! -type d ! -name copyright -delete
    rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/* "$root"/usr/share/man/* \
        "$root"/usr/share/info/* "$root"/usr/share/groff/* "$root"/usr/share/lintian/* "$root"/usr/share/locale/*
    tar -C "$root" -c . | docker import "$@" - "$image"
}

debootstrap --variant=minbase --include=python3,ca-certificates bookworm "$WORK/base" "$MIRROR"
cp -a "$WORK/base" "$WORK/builder"
# No recommended packages: pip would bring a compiler.
cp /etc/resolv.conf "$WORK/builder/etc/resolv.conf"
chroot "$WORK/builder" apt-get update
chroot "$WORK/builder" apt-get install -y --no-install-recommends python3-pip binutils
if [ -n "${CA_BUNDLE:-}" ]; then cp "$CA_BUNDLE" "$WORK/builder/etc/ssl/certs/ca-certificates.crt"; fi

import "$WORK/base" "$NAME" --change 'ENV LANG=C.UTF-8'
import "$WORK/builder" "$NAME-builder" --change 'ENV LANG=C.UTF-8 SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt'
