"""Who vouches for a calibration: a changed figure, and another key, are seen."""

from __future__ import annotations

import pytest
from calibrations import TABLE, fake_calibration
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sightline.chassis.calibration import Calibration, read_calibration
from sightline.chassis.calibration_signature import is_unchanged, sign
from sightline.chassis.seals import key_id

KEY = Ed25519PrivateKey.generate()


def test_a_signed_calibration_survives_its_file(tmp_path):
    """Written and read it is unchanged, has the same id as before it was signed, and names its key."""
    signed = sign(fake_calibration(), KEY)
    (tmp_path / "calibration.json").write_text(signed.model_dump_json(indent=2, exclude_none=True))
    read = read_calibration(tmp_path / "calibration.json")
    assert is_unchanged(read)
    assert read.id == fake_calibration().id
    assert read.signature.key_id == key_id(KEY.public_key())


@pytest.mark.parametrize(
    "changes",
    [
        {"identities": 247},
        {"tool": "other"},
        {"table": (*TABLE[:-1], (0.39, 1e-4))},
    ],
)
def test_a_changed_figure_is_seen(changes):
    """However small it is: the signature is of all the rest."""
    signed = sign(fake_calibration(), KEY)
    assert not is_unchanged(Calibration.model_validate(signed.model_dump() | changes))


def test_a_key_cannot_be_named_that_did_not_sign():
    """Another public key, another name of the key, or half a signature: none of them passes."""
    signed, other = sign(fake_calibration(), KEY), sign(fake_calibration(), Ed25519PrivateKey.generate())
    for changes in (
        {"public_key": other.signature.public_key},
        {"key_id": other.signature.key_id},
        {"value": signed.signature.value[:40]},
        {"public_key": "no key"},
    ):
        forged = signed.signature.model_copy(update=changes)
        assert not is_unchanged(signed.model_copy(update={"signature": forged}))


def test_without_a_signature_nothing_can_be_told():
    """One that nobody signed is taken as it is; match says so."""
    assert is_unchanged(fake_calibration())
    assert fake_calibration().signature is None
