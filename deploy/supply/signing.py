"""Signatures of our images, by cosign: `python -m supply.signing sign IMAGE…` or `verify IMAGE…`.

A tag can be moved, so what is signed and verified is the digest that its registry has behind it now. By a key (a file
or what else cosign takes), or without one by who somebody is at an identity provider; then `verify` is told whom and
where. What cosign asks goes to whoever runs it: without a key, and by its defaults with one, too, it writes who signed
what into a public log.
"""

from __future__ import annotations

import argparse
import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from supply.images import digest_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_NEEDED = {
    "cosign": "https://docs.sigstore.dev/cosign/system_config/installation/ says how to get it",
    "docker": "its buildx asks registries for digests",
}


def sign_command(image: str, asked: argparse.Namespace) -> list[str]:
    """For an image with its digest. Without a key cosign asks who one is."""
    by = ["--key", asked.key] if asked.key else []
    return ["cosign", "sign", *by, *shlex.split(asked.flags), image]


def verify_command(image: str, asked: argparse.Namespace) -> list[str]:
    """For an image with its digest. Ends the program where nobody is named: anybody's signature is none."""
    if asked.key:
        by = ["--key", asked.key]
    elif asked.identity and asked.issuer:
        by = ["--certificate-identity", asked.identity, "--certificate-oidc-issuer", asked.issuer]
    else:
        sys.exit(
            "Whose signature? Give KEY=cosign.pub, or IDENTITY=… and ISSUER=https://… of who signed without a key."
        )
    return ["cosign", "verify", *by, *shlex.split(asked.flags), image]


COMMANDS = {"sign": sign_command, "verify": verify_command}


def with_digest(image: str) -> str:
    """The name of what its registry has behind a tag now. Ends the program where it has nothing there."""
    try:
        return f"{image.rpartition(':')[0]}@{digest_of(image)}"
    except subprocess.CalledProcessError as error:
        sys.exit(f"The registry has no digest of {image}: push it first. It said: {error.stderr.strip()}")


def _asked(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="supply.signing")
    parser.add_argument("word", choices=sorted(COMMANDS))
    for name in ("--key", "--identity", "--issuer", "--flags"):
        parser.add_argument(name, default="")
    parser.add_argument("images", nargs="+", metavar="REGISTRY/NAME:TAG")
    return parser.parse_args(words)


def main(words: Sequence[str]) -> int:
    """Gives the exit code of the first that fails; each image that is done is named with its digest."""
    asked = _asked(words)
    for program, advice in _NEEDED.items():
        if shutil.which(program) is None:
            sys.exit(f"There is no {program} on PATH: {advice}.")
    for image in map(with_digest, asked.images):
        ended = subprocess.run(COMMANDS[asked.word](image, asked), stdout=subprocess.DEVNULL, check=False)
        if ended.returncode:
            sys.stderr.write(f"cosign does not {asked.word} {image}\n")
            return ended.returncode
        sys.stdout.write(f"{image}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
