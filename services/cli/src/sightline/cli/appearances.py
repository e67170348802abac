"""Pictures that show one appearance of somebody: one by itself, or those of a track, of which the best ones count."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.chassis.fusion import fused
from sightline.chassis.shot_choice import ShotChoice
from sightline.cli.labelled import Labelled
from sightline.cli.template_cache import TemplateCache

Vector = NDArray[np.float32]


@dataclass(frozen=True)
class Shot:
    """A picture with a template; quality 0..1."""

    quality: float
    vector: Vector


@dataclass(frozen=True)
class Appearance:
    """One appearance of one person; without shots no face was found in any picture of it."""

    person: str
    labels: Mapping[str, str]
    shots: Sequence[Shot]

    @property
    def best(self) -> Shot:
        """The shot of the highest quality, the first one of several."""
        return max(self.shots, key=lambda shot: shot.quality)

    @property
    def fused(self) -> Vector:
        """One template of all shots, by the code with which match fuses those of a camera's track."""
        return fused((shot.quality, shot.vector) for shot in self.shots)


def appearances_of(
    pictures: Sequence[Labelled], cache: TemplateCache, named: Callable[[Labelled], str]
) -> list[Appearance]:
    """Put pictures together, in the order of the first ones.

    Args:
        pictures: those of a track in its order in time.
        cache: their templates.
        named: gives the name of the person's appearance, "" for a picture by itself.
    """
    vectors, qualities = cache.vectors(), cache.qualities()
    groups: dict[tuple[str, str], list[Labelled]] = {}
    for picture in pictures:
        groups.setdefault((picture.person, named(picture) or f"picture {picture.key}"), []).append(picture)
    found = []
    for (person, _), theirs in groups.items():
        shots = [Shot(qualities.get(each.key, 1.0), vectors[each.key]) for each in theirs if each.key in vectors]
        chosen = sent_shots(shots) if theirs[0].track else shots
        found.append(Appearance(person, theirs[0].labels, chosen))
    return found


def sent_shots(shots: Sequence[Shot]) -> list[Shot]:
    """Give those of a track's shots that ingest would send: the first good one, clearly better ones, else the best."""
    choice, kept_back = ShotChoice(), []
    sent = []
    for shot in shots:
        if choice.take(shot.quality):
            sent.append(shot)
        elif choice.keep_back(shot.quality):
            kept_back = [shot]
    return sent or kept_back or list(shots[:1])
