"""The packs that can be pulled, as `models.toml` lists them."""

import tomllib
from functools import cache
from importlib import resources
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from sightline.chassis.errors import NotFound
from sightline.chassis.pack import ModelFile, Pack
from sightline.cli.models.sources import Source

UNKNOWN = "unknown"


def _plain(name: str) -> str:
    if not name or "/" in name or "\\" in name or name.startswith("."):
        message = f"{name!r} is no plain file name"
        raise ValueError(message)
    return name


def _known(sha256: str) -> str | None:
    return None if sha256 == UNKNOWN else sha256


FileName = Annotated[str, AfterValidator(_plain)]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PublishedArchive(_Entry):
    """A zip archive; it is believed for its members' hashes, whatever its own."""

    name: FileName
    urls: tuple[str, ...] = Field(min_length=1)


class PublishedFile(_Entry):
    """An ONNX file, by itself or in an archive.

    Attributes:
        sha256: None where it cannot be known without the file.
    """

    part: Literal["detector", "embedder"]
    path: FileName
    size: int | None = None
    sha256: Annotated[str, Field(pattern=f"^([0-9a-f]{{64}}|{UNKNOWN})$"), AfterValidator(_known)]
    urls: tuple[str, ...] = ()
    archive: str | None = None


class PublishedPack(_Entry):
    """One pack: what its files are, and where they come from (`sources` of the starter pack, else `files`)."""

    name: str
    version: str
    fit_for: str
    licence: str
    commercial_use: bool
    needs_acceptance: bool = False
    facts: tuple[str, ...]
    detector: dict[str, Any]
    embedder: dict[str, Any]
    sources: tuple[Source, ...] = ()
    archives: tuple[PublishedArchive, ...] = ()
    files: tuple[PublishedFile, ...] = ()

    @model_validator(mode="after")
    def _has_a_place_for_every_file(self) -> "PublishedPack":
        archives = {archive.name for archive in self.archives}
        for file in self.files:
            if bool(file.urls) == (file.archive in archives):
                message = f"{file.path} needs addresses or a listed archive"
                raise ValueError(message)
        return self

    def members(self, archive: PublishedArchive) -> tuple[PublishedFile, ...]:
        """The files that are taken out of an archive."""
        return tuple(file for file in self.files if file.archive == archive.name)

    def described(self, detector: list[ModelFile], embedder: list[ModelFile], converter: str = "0") -> Pack:
        """The manifest of this pack with these files."""
        settings = self.model_dump(include={"name", "version", "fit_for", "licence", "commercial_use", "facts"})
        return Pack.model_validate(
            settings
            | {
                "detector": self.detector | {"files": detector},
                "embedder": self.embedder | {"files": embedder, "converter": converter},
            }
        )


@cache
def published_packs() -> tuple[PublishedPack, ...]:
    """Every pack of the list, the first one first."""
    text = resources.files("sightline.cli.models").joinpath("models.toml").read_text(encoding="utf-8")
    return tuple(PublishedPack.model_validate(entry) for entry in tomllib.loads(text)["packs"])


def published_pack(name: str) -> PublishedPack:
    """One pack by its name.

    Raises:
        NotFound: UNKNOWN_PACK.
    """
    for pack in published_packs():
        if pack.name == name:
            return pack
    names = ", ".join(pack.name for pack in published_packs())
    message = f"there is no {name!r} to pull, only {names}; for files of your own use `sightline models import`"
    raise NotFound("UNKNOWN_PACK", message)
