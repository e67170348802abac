"""Which calibration is in force."""

from __future__ import annotations

import pytest
from calibrations import calibration_of, fake_calibration
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fakes import fake_pack
from labelled_inference import whole_pack

from sightline.chassis.calibration_signature import sign
from sightline.chassis.errors import FailedPrecondition
from sightline.match.calibration import load_calibration

KEY = Ed25519PrivateKey.generate()


@pytest.fixture
def pack(tmp_path):
    """The fake pack, in a folder."""
    return fake_pack().model_copy(update={"folder": tmp_path})


def test_without_a_file_there_is_none(pack):
    """Nothing is required to start; a target then learns what is missing."""
    in_force = load_calibration("", pack)
    assert (in_force.calibration, in_force.id) == (None, "none")
    with pytest.raises(FailedPrecondition, match="CALIBRATION_MISSING"):
        in_force.required()


def test_the_pack_s_own_file_is_found_and_another_one_can_be_named(pack, tmp_path):
    """`calibration.json` in the pack's folder is in force, unless a setting names a file."""
    (tmp_path / "calibration.json").write_text(fake_calibration().model_dump_json())
    other = fake_calibration(identities=300)
    (tmp_path / "other.json").write_text(other.model_dump_json())
    assert load_calibration("", pack).required() == fake_calibration()
    assert load_calibration(str(tmp_path / "other.json"), pack).id == other.id


def test_a_calibration_of_other_models_is_not_in_force(pack, tmp_path):
    """One whose hashes are not the pack's is as good as none, and says why."""
    (tmp_path / "calibration.json").write_text(fake_calibration(embedder_sha256=("1" * 64,)).model_dump_json())
    in_force = load_calibration("", pack)
    assert in_force.id == "none"
    with pytest.raises(FailedPrecondition, match="CALIBRATION_MISMATCH"):
        in_force.required()


def test_a_calibration_that_was_altered_is_not_in_force(pack, tmp_path):
    """A figure that changed after it was signed turns alerts off, with one clear reason."""
    signed = sign(fake_calibration(), KEY)
    (tmp_path / "calibration.json").write_text(signed.model_dump_json().replace('"identities":246', '"identities":999'))
    in_force = load_calibration("", pack, KEY.public_key())
    assert in_force.id == "none"
    with pytest.raises(FailedPrecondition, match="CALIBRATION_ALTERED"):
        in_force.required()


def test_who_signed_a_calibration_is_said(pack, tmp_path):
    """Our own signature raises no concern; nobody's, and somebody else's, do, and are in force all the same."""
    path = tmp_path / "calibration.json"
    path.write_text(sign(fake_calibration(), KEY).model_dump_json())
    assert load_calibration("", pack, KEY.public_key()).concern is None
    elsewhere = load_calibration("", pack, Ed25519PrivateKey.generate().public_key())
    path.write_text(fake_calibration().model_dump_json())
    unsigned = load_calibration("", pack, KEY.public_key())
    reasons = [each.concern.reason for each in (elsewhere, unsigned)]
    assert reasons == ["CALIBRATION_SIGNED_ELSEWHERE", "CALIBRATION_UNSIGNED"]
    assert elsewhere.required().id == unsigned.required().id


def test_a_file_that_is_named_must_be_there(pack, tmp_path):
    """A setting that leads nowhere ends the start: it would be a silent change of all thresholds."""
    with pytest.raises(FailedPrecondition, match="CALIBRATION_UNREADABLE"):
        load_calibration(str(tmp_path / "absent.json"), pack)


def test_a_changed_byte_in_a_model_file_turns_the_calibration_off(tmp_path):
    """It holds for the files that were measured; the reason names the one that is another, and what to do."""
    pack = whole_pack(tmp_path / "pack")
    calibration = calibration_of(pack)
    (pack.folder / "calibration.json").write_text(calibration.model_dump_json())
    assert load_calibration("", pack).id == calibration.id
    (pack.folder / "embedder.onnx").write_bytes(b"weightz")
    in_force = load_calibration("", pack)
    with pytest.raises(FailedPrecondition, match=r"CALIBRATION_MISMATCH.*embedder\.onnx was changed.*put back"):
        in_force.required()
    (pack.folder / "embedder.onnx").unlink()
    assert load_calibration("", pack).id == calibration.id
