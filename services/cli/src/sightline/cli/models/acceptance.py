"""Who accepted a pack's licence, and when: a file in the pack's folder, beside a licence that somebody signed."""

import json
import os
import pwd
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from sightline.chassis.errors import FailedPrecondition
from sightline.cli.models.catalogue import PublishedPack

ACCEPTANCE = "licence-acceptance.json"
SIGNED_LICENCE = "MODEL.LICENSE"


@dataclass(frozen=True)
class Acceptance:
    """One person's word.

    Attributes:
        person: name of the account on this machine.
        accepted_at: RFC 3339, UTC.
    """

    pack: str
    licence: str
    person: str
    accepted_at: str

    def write(self, folder: Path) -> None:
        """Record it in a pack's folder."""
        (folder / ACCEPTANCE).write_text(json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n", "utf-8")


def acceptance_of(folder: Path) -> Acceptance | None:
    """The acceptance that lies in a pack's folder."""
    try:
        return Acceptance(**json.loads((folder / ACCEPTANCE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def accept(pack: PublishedPack, folder: Path, *, accepts: bool) -> Acceptance | None:
    """The acceptance that a pack needs: the one in `folder`, or a new one; None where it needs none.

    Raises:
        FailedPrecondition: LICENCE_NOT_ACCEPTED.
    """
    if not pack.needs_acceptance:
        return None
    earlier = acceptance_of(folder)
    if earlier and (earlier.pack, earlier.licence) == (pack.name, pack.licence):
        return earlier
    if not accepts:
        message = f"{pack.name} is under {pack.licence!r}; if you may use it so, say it with --accept-license"
        raise FailedPrecondition("LICENCE_NOT_ACCEPTED", message)
    return Acceptance(pack.name, pack.licence, _person(), datetime.now(UTC).isoformat(timespec="seconds"))


def signed_licence(folder: Path) -> str:
    """The licence that somebody put beside a pack; empty where there is none."""
    path = folder / SIGNED_LICENCE
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def _person() -> str:
    # The account, not LOGNAME, which anybody can set.
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"
