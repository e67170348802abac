"""How large our images have become: `python -m supply.sizes [VERSION]`; ends with 1 where one is larger than it may be.

Sizes are docker's, uncompressed and with the base, whose part differs: deploy/README.md names both.
"""

from __future__ import annotations

import shutil
import subprocess
import sys

LIMITS = {"notify": 200, "gateway": 200, "match": 350, "cli": 350, "detect": 700, "embed": 700, "ingest": 750}
"""In MB, by image."""


def size(image: str) -> float:
    """In MB. Raises CalledProcessError where there is no such image."""
    command = ["docker", "image", "inspect", "--format", "{{.Size}}", image]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout) / 1e6


def main(version: str) -> None:
    """Says all of them."""
    if shutil.which("docker") is None:
        sys.exit("There is no docker on PATH, which knows how large images are.")
    try:
        sizes = {name: size(f"sightline-{name}:{version}") for name in LIMITS}
    except subprocess.CalledProcessError as error:
        sys.exit(f"docker does not show {error.cmd[-1]}; `make images` builds it. It said: {error.stderr.strip()}")
    for name, found in sizes.items():
        sys.stdout.write(f"{name:8} {found:5.0f} MB of {LIMITS[name]}\n")
    if large := [name for name, found in sizes.items() if found > LIMITS[name]]:
        sys.exit(f"Larger than they may be: {', '.join(large)}. `docker history` says which layer.")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "dev")
