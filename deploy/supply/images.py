"""Images that others make, and their digests: `python -m supply.images check` or `pin`, in the repository's root.

A tag can be moved, a digest cannot. `pin` asks each image's registry (docker buildx) and writes the digests behind the
tags, in deploy's Dockerfiles, docker-compose.yml and k8s/base; `check` ends with 1 where one has none, and `make
images` makes no release of it. Ours need none: they are built from here.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

_NAMED = re.compile(
    r"(?m)^(?P<before>\s*(?:- )?image: |ARG BASE=|ARG GO=)"
    r"(?P<image>(?!sightline-)[^\s@]+)(?P<digest>@sha256:[0-9a-f]{64})?(?=\s*$)"
)


def files(root: Path) -> list[Path]:
    """Where images are named."""
    return [
        root / "deploy" / "Dockerfile",
        root / "deploy" / "camera.Dockerfile",
        root / "docker-compose.yml",
        *sorted((root / "k8s" / "base").glob("*.yaml")),
    ]


def named(root: Path) -> list[tuple[str, str | None]]:
    """Each place's image that others make, and its digest there."""
    found = [match for file in files(root) for match in _NAMED.finditer(file.read_text())]
    return [(match["image"], match["digest"]) for match in found]


def unpinned(root: Path) -> list[str]:
    """Images that are somewhere named without a digest."""
    return sorted({image for image, digest in named(root) if not digest})


def digest_of(image: str) -> str:
    """What its registry says now. Raises CalledProcessError, or ValueError where that is no digest."""
    command = ["docker", "buildx", "imagetools", "inspect", image, "--format", "{{.Manifest.Digest}}"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", told):
        raise ValueError(f"{image}: docker said {told!r}, which is no digest")
    return told


def pin(root: Path) -> None:
    """Writes the present digest behind each tag, or changes nothing and ends the program."""
    if shutil.which("docker") is None:
        sys.exit("There is no docker on PATH: its buildx asks registries for digests. Nothing was changed.")
    try:
        digests = {image: digest_of(image) for image in sorted({image for image, _ in named(root)})}
    except subprocess.CalledProcessError as error:
        sys.exit(f"docker got no digest of {error.cmd[4]}; nothing was changed. It said: {error.stderr.strip()}")
    except ValueError as error:
        sys.exit(f"{error}; nothing was changed.")
    for file in files(root):
        text = file.read_text()
        file.write_text(_NAMED.sub(lambda match: f"{match['before']}{match['image']}@{digests[match['image']]}", text))


def main(word: str, root: Path) -> None:
    """One or the other."""
    if word == "pin":
        pin(root)
    if left := unpinned(root):
        sys.exit(f"Without a digest: {', '.join(left)}. `make pin-images` asks their registries; look at its diff.")


if __name__ == "__main__":
    main(sys.argv[1], Path.cwd())
