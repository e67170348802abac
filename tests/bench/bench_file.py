"""What benches measured, in files that several of them share."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def add_facts(path: Path, facts: Mapping[str, object]) -> None:
    """Writes facts to a file of JSON, in the place of those of the same name; what others wrote stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    there = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    path.write_text(json.dumps({**there, **facts}, indent=2) + "\n", encoding="utf-8")
