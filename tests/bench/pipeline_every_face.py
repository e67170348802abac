"""ingest, but for one thing: every face of every frame is sent to be embedded, not the best shots of a track."""

from __future__ import annotations

from sightline.chassis.lifecycle import run_service
from sightline.chassis.shot_choice import ShotChoice
from sightline.ingest.__main__ import serve
from sightline.ingest.settings import IngestSettings


def send_all() -> None:
    """Take every view from here on."""

    def take(choice: ShotChoice, _quality: float) -> bool:
        choice.sent += 1
        return True

    ShotChoice.take = take  # type: ignore[method-assign] # the one thing


if __name__ == "__main__":
    send_all()
    run_service(IngestSettings, serve)
