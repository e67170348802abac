"""What decides a system's answers: weight files by SHA-256, how they are used, and the releases that run."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sightline.chassis.pack import Pack, load_pack
from sightline.cli.installation import Installation
from sightline.cli.models.choice import chosen_pack
from sightline.cli.models.starter import NAME as STARTER
from sightline.cli.ports import HOST
from sightline.cli.status_look import Place, look_at
from sightline.cli.up import usable_pack

_DECIDING = ("detect", "embed", "match")


@dataclass(frozen=True)
class Makeup:
    """Of one system.

    Attributes:
        pack: its name and version.
        detector_id: which faces are found, and where: source weights and settings.
        detector_sha256: of the weight files as they lie in the pack, by file.
        embedder_id: what makes two templates comparable.
        embedder_sha256: as `detector_sha256`.
        releases: of detect, embed and match, each once; empty while they do not run.
    """

    pack: str
    detector_id: str
    detector_sha256: dict[str, str]
    embedder_id: str
    embedder_sha256: dict[str, str]
    releases: tuple[str, ...] = ()


def makeup_of(pack: Pack, releases: tuple[str, ...] = ()) -> Makeup:
    """Give that of a pack whose files were verified."""
    return Makeup(
        pack=f"{pack.name} {pack.version}",
        detector_id=pack.detector_id,
        detector_sha256={file.path: file.sha256 for file in pack.detector.files},
        embedder_id=pack.embedder_id,
        embedder_sha256={file.path: file.sha256 for file in pack.embedder.files},
        releases=releases,
    )


def makeup_in(state_dir: Path) -> Makeup | None:
    """Give that of the system in a state folder: as it runs, else as it would start; None where there is none.

    Raises:
        FailedPrecondition: its pack is missing, or not what its manifest says.
    """
    installation = Installation(state_dir)
    running = installation.running() is not None
    if not running and not installation.secrets.is_dir():
        return None
    pack = load_pack(pack_in(state_dir))
    return makeup_of(pack, asyncio.run(running_releases(installation)) if running else ())


def pack_in(state_dir: Path, pack: str | None = None) -> Path:
    """Give the folder of the pack that was named; None: of the one that runs there, or would start.

    Raises:
        FailedPrecondition: it is missing, or not what its manifest says.
    """
    installation = Installation(state_dir)
    running = installation.running_pack()
    return usable_pack(installation, pack or (str(running) if running else chosen_pack(state_dir) or STARTER))


async def running_releases(installation: Installation) -> tuple[str, ...]:
    """Ask detect, embed and match of a running system which releases they are."""
    ports = installation.running()
    services = ports.services if ports else {}
    places = {
        name: Place(HOST, services[name].health, services[name].metrics) for name in _DECIDING if name in services
    }
    authority = installation.authority()
    looks = await look_at(places, authority if authority.is_file() else None)
    return tuple(
        sorted({release for look in looks.values() for release in look.labelled("sightline_build_info", "version")})
    )


def differences(one: Makeup, other: Makeup) -> Iterator[str]:
    """Say what is not the same in two systems; releases are compared where both run."""
    for part in ("detector", "embedder"):
        hashes = [sorted(getattr(each, f"{part}_sha256").values()) for each in (one, other)]
        if hashes[0] != hashes[1]:
            yield f"other weight files of the {part}"
        elif getattr(one, f"{part}_id") != getattr(other, f"{part}_id"):
            yield f"the same weight files of the {part}, used otherwise"
    if one.releases and other.releases and one.releases != other.releases:
        yield f"release {' and '.join(one.releases)} here, {' and '.join(other.releases)} there"
