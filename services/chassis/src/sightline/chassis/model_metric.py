"""Which networks run, as a metric: whoever looks at a system wants their licences, and what they are fit for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from prometheus_client import Gauge

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from sightline.chassis.pack import Pack


def show_model(registry: CollectorRegistry, pack: Pack, part: Literal["detector", "embedder"]) -> None:
    """Puts the network of a pack that this process runs into the registry."""
    info = Gauge(
        "sightline_model_info",
        "1, with a network that runs.",
        ("pack", "part", "licence", "fit_for"),
        registry=registry,
    )
    info.labels(pack.name, part, getattr(pack, part).licence, pack.fit_for).set(1)
