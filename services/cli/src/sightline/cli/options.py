"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

StateDirOption = Annotated[
    Path,
    typer.Option(
        envvar="SIGHTLINE_STATE_DIR",
        help="Folder of the local system's keys, stores and logs.",
        resolve_path=True,
    ),
]
SecretsOption = Annotated[
    Path | None,
    typer.Option(envvar="SIGHTLINE_SECRETS_DIR", help="What `sightline init` made. Unset: secrets in --state-dir."),
]
PackOption = Annotated[
    str | None,
    typer.Option(
        envvar="SIGHTLINE_PACK_DIR",
        help="Model pack: a folder, or the name of one that was pulled. Unset: the installation's own.",
    ),
]
DeviceOption = Annotated[str, typer.Option(envvar="SIGHTLINE_DEVICE", help="cpu or cuda.")]
PortBaseOption = Annotated[
    int | None,
    typer.Option(help="First port of a block for this system; 0 finds a free one. Unset: the standard ports."),
]
VideoRootOption = Annotated[
    list[Path] | None,
    typer.Option(help="Folder from which cameras may read files; again for more.", resolve_path=True),
]
CameraNetworkOption = Annotated[
    list[str] | None,
    typer.Option(help="Network in which cameras may be, as 192.168.0.0/24; again for more."),
]
PurposeOption = Annotated[str, typer.Option(help="Why; part of the audit trail.")]
RequiredPurposeOption = Annotated[str, typer.Option("--purpose", help="Why; part of the audit trail.")]
CaseOption = Annotated[str, typer.Option(help="The case it belongs to.")]
