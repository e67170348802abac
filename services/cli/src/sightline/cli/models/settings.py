"""Where packs and downloads lie, and the surroundings that say which package index this machine uses."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ModelSettings:
    """Folders and the environment, read once and passed down."""

    state_dir: Path
    cache_dir: Path
    home: Path
    environ: Mapping[str, str]
    mirror: str = ""
    """Address of a folder that has the published files, for sites without the internet."""

    @classmethod
    def read(cls) -> "ModelSettings":
        """From the process's environment: SIGHTLINE_STATE_DIR, SIGHTLINE_MODELS_MIRROR, XDG_CACHE_HOME."""
        home = Path.home()
        return cls(
            state_dir=Path(os.environ.get("SIGHTLINE_STATE_DIR") or ".sightline"),
            cache_dir=Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "sightline",
            home=home,
            environ=dict(os.environ),
            mirror=os.environ.get("SIGHTLINE_MODELS_MIRROR", ""),
        )

    @property
    def packs_dir(self) -> Path:
        """The folder of pack folders."""
        return self.state_dir / "models"

    @property
    def downloads_dir(self) -> Path:
        """Where downloads wait to be continued."""
        return self.cache_dir / "downloads"
