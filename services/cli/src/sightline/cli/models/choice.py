"""The pack of an installation: chosen once, because vectors of two packs cannot be compared."""

import json
import os
import tomllib
from datetime import UTC, datetime
from pathlib import Path

from sightline.chassis.errors import FailedPrecondition

INSTALLATION = "installation.toml"


def chosen_pack(state_dir: Path) -> str | None:
    """Name of the pack that this installation uses; None where none was chosen yet.

    Raises:
        FailedPrecondition: INSTALLATION_INVALID.
    """
    path = state_dir / INSTALLATION
    try:
        name = tomllib.loads(path.read_text(encoding="utf-8")).get("pack")
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise FailedPrecondition("INSTALLATION_INVALID", f"{path} cannot be read: {error}; correct it") from error
    if name is not None and not isinstance(name, str):
        raise FailedPrecondition("INSTALLATION_INVALID", f"{path}: pack is the name of a pack in quotes; correct it")
    return name


def choose_pack(state_dir: Path, name: str, why: str) -> bool:
    """Write the choice down, with its reason; False, and nothing written, where one was made before.

    Raises:
        FailedPrecondition: INSTALLATION_INVALID.
    """
    if chosen_pack(state_dir) is not None:
        return False
    path = state_dir / INSTALLATION
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    said = why.replace("\n", " ")
    lines = f"# Because {said}; chosen at {datetime.now(UTC).isoformat(timespec='seconds')}, never changed by itself.\n"
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    # First, because after a table's heading it would belong to that table.
    draft.write_text(f"{lines}pack = {json.dumps(name)}\n{before}", encoding="utf-8")
    draft.replace(path)
    return True
