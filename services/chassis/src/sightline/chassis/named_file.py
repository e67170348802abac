"""Files that a variable may name: Compose and Kubernetes set it in any case, and leave it empty where there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, FilePath

# Types, not validators of each class: of two with the same name, one inherited, the other takes its place.
_EmptyIsNone = BeforeValidator(lambda given: given or None)

NamedFile = Annotated[FilePath | None, _EmptyIsNone]
"""A file that has to be there, or None."""

NamedPath = Annotated[Path | None, _EmptyIsNone]
"""A file that may come later, or None."""
