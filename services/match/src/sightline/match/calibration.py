"""Which calibration is in force: the one that was measured with the models of this pack, or none."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from sightline.chassis.calibration import CALIBRATION, read_calibration
from sightline.chassis.calibration_signature import is_unchanged
from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.identity.open_secrets import open_secrets
from sightline.chassis.pack import verify_file
from sightline.chassis.seals import key_id

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from sightline.chassis.calibration import Calibration
    from sightline.chassis.pack import Pack
    from sightline.match.settings import MatchSettings

log = structlog.get_logger()


def calibration_missing() -> FailedPrecondition:
    """What is said of a target while nothing was measured."""
    return FailedPrecondition(
        "CALIBRATION_MISSING",
        "No calibration says which threshold meets a false-alarm target: measure one with `sightline calibrate`, "
        "put it in the pack's folder as calibration.json, and start match again.",
    )


class CalibrationInForce:
    """A calibration, or why there is none; and what to know of who vouches for it."""

    def __init__(
        self,
        calibration: Calibration | None = None,
        missing: FailedPrecondition | None = None,
        concern: FailedPrecondition | None = None,
    ) -> None:
        self.calibration = calibration
        self._missing = missing or calibration_missing()
        self.concern = concern

    @property
    def id(self) -> str:
        """Its id; "none" where there is none."""
        return self.calibration.id if self.calibration else "none"

    @property
    def missing(self) -> FailedPrecondition:
        """Why there is none: CALIBRATION_MISSING, CALIBRATION_MISMATCH or CALIBRATION_ALTERED."""
        return FailedPrecondition(self._missing.reason, self._missing.message)

    def required(self) -> Calibration:
        """The calibration. Raises FailedPrecondition as `missing` says."""
        if self.calibration is None:
            raise self.missing
        return self.calibration


def calibration_in_force(settings: MatchSettings, pack: Pack) -> CalibrationInForce:
    """As `load_calibration`, with what the settings name. Raises also what SecretsFolder does."""
    return load_calibration(settings.calibration_file, pack, open_secrets(settings).seal_public_key())


def load_calibration(configured: str, pack: Pack, own_key: Ed25519PublicKey | None = None) -> CalibrationInForce:
    """The calibration of that file, else of the pack's folder; one altered, or of other models, is not in force.

    Nor is one whose pack has a weight file that was changed: the files are hashed, half a second for the largest packs.

    Args:
        configured: path of a file; "" for `calibration.json` in the pack's folder.
        pack: with whose models it must have been measured.
        own_key: of this installation; what others signed is used, and said.

    Raises:
        FailedPrecondition: CALIBRATION_UNREADABLE or CALIBRATION_INVALID.
    """
    path = Path(configured) if configured else pack.folder / CALIBRATION
    if not configured and not path.exists():
        log.info("calibration", calibration="none")
        return CalibrationInForce()
    calibration = read_calibration(path)
    if (wrong := _wrong(calibration, pack, path)) is not None:
        log.error(wrong.reason.lower(), calibration=calibration.id, path=str(path), pack=pack.name)
        return CalibrationInForce(missing=wrong)
    concern = _concern(calibration, own_key)
    signed_by = calibration.signature.key_id if calibration.signature else "nobody"
    log.info("calibration", calibration=calibration.id, comparisons=calibration.comparisons, signed_by=signed_by)
    return CalibrationInForce(calibration, concern=concern)


def _wrong(calibration: Calibration, pack: Pack, path: Path) -> FailedPrecondition | None:
    """Why it cannot be used."""
    off = "watchlists with a false-alarm target raise no alerts until"
    if not is_unchanged(calibration):
        return FailedPrecondition(
            "CALIBRATION_ALTERED",
            f"{path} is not what was signed: {off} it is put back as it was, or measured by `sightline calibrate`.",
        )
    if not calibration.fits(pack):
        return FailedPrecondition(
            "CALIBRATION_MISMATCH",
            f"{path} was measured with other models than those of the pack '{pack.name}': {off} it is measured with "
            "these, by `sightline calibrate`.",
        )
    if (changed := changed_file(pack)) is not None:
        return FailedPrecondition(
            "CALIBRATION_MISMATCH",
            f"{changed} was changed: not the file of the pack '{pack.name}' with which {path} was measured: {off} it "
            "is put back (`sightline models verify`) and the services are started again.",
        )
    return None


def changed_file(pack: Pack) -> Path | None:
    """A weight file that is there and is not what the manifest says; one that is not there, others need, not match."""
    for file in pack.files:
        try:
            verify_file(pack.path(file), file.sha256)
        except FailedPrecondition as error:
            if error.reason == "MODEL_HASH_MISMATCH":
                return pack.path(file)
    return None


def _concern(calibration: Calibration, own_key: Ed25519PublicKey | None) -> FailedPrecondition | None:
    """What to know of its signature."""
    if calibration.signature is None:
        return FailedPrecondition(
            "CALIBRATION_UNSIGNED", "Nobody signed the calibration: whoever can write its file can change thresholds."
        )
    if own_key is None or calibration.signature.key_id != key_id(own_key):
        return FailedPrecondition(
            "CALIBRATION_SIGNED_ELSEWHERE",
            f"The calibration is signed with the key {calibration.signature.key_id}, which is not this installation's: "
            "ask whoever measured it whether it is theirs.",
        )
    return None
