"""What `sightline models pull` does: a pack by its name, or the best one that this machine can have."""

from dataclasses import dataclass
from pathlib import Path

from rich.progress import Progress

from sightline.chassis.errors import SightlineError, Unavailable
from sightline.chassis.pack import Pack
from sightline.cli.models import starter
from sightline.cli.models.catalogue import published_pack
from sightline.cli.models.choice import choose_pack, chosen_pack
from sightline.cli.models.placement import told_disk_errors
from sightline.cli.models.published import pull_published
from sightline.cli.models.settings import ModelSettings

# The best one under a licence that allows every use.
PREFERRED = "opencv"


@dataclass(frozen=True)
class Pulled:
    """A pack that is there, and what to tell about the installation's choice; empty where nothing is to tell."""

    pack: Pack
    said: str = ""


def pull_named(name: str, folder: Path, settings: ModelSettings, progress: Progress, *, accepts: bool) -> Pack:
    """Pull one pack.

    Raises:
        SightlineError: as `pull_starter` and `pull_published`; NotFound UNKNOWN_PACK.
    """
    if name == starter.NAME:
        return starter.pull_starter(folder, settings, progress)
    return pull_published(published_pack(name), folder, settings, progress, accepts=accepts)


def pull_first(name: str, settings: ModelSettings, progress: Progress, *, accepts: bool) -> Pulled:
    """Pull one pack to its usual folder; the first one that is ever pulled becomes the installation's.

    Raises:
        SightlineError: as `pull_named`.
    """
    pack = pull_named(name, settings.packs_dir / name, settings, progress, accepts=accepts)
    return Pulled(pack, _choose(name, "it was the first one to be pulled", settings))


def pull_best(settings: ModelSettings, progress: Progress, *, accepts: bool) -> Pulled:
    """Pull the installation's pack; where none was chosen yet, choose the best one that can be had.

    Raises:
        SightlineError: as `pull_named`.
    """
    if name := chosen_pack(settings.state_dir):
        pack = pull_named(name, settings.packs_dir / name, settings, progress, accepts=accepts)
        return Pulled(pack, f"pack {name}: this installation's, chosen before")
    name, why = PREFERRED, "the best one whose licence allows every use"
    try:
        pack = pull_named(name, settings.packs_dir / name, settings, progress, accepts=accepts)
    except Unavailable as error:
        name, why = starter.NAME, f"{PREFERRED} could not be downloaded: {_first_sentence(error)}"
        pack = pull_named(name, settings.packs_dir / name, settings, progress, accepts=accepts)
    return Pulled(pack, _choose(name, why, settings))


def _choose(name: str, why: str, settings: ModelSettings) -> str:
    with told_disk_errors():
        is_new = choose_pack(settings.state_dir, name, why)
    return f"pack {name}: chosen for this installation, because {why}" if is_new else ""


def _first_sentence(error: SightlineError) -> str:
    return error.message.partition(";")[0]
