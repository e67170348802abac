"""Archives of model files that came damaged."""

from __future__ import annotations

import zipfile

import pytest

from sightline.chassis.errors import InvalidInput
from sightline.cli.models.archive import open_archive

NAME = "glintr100.onnx"


@pytest.mark.parametrize("damage", [b"\xff" * 20, b"\x00" * 20])
def test_damage_within_a_member_is_said(tmp_path, damage):
    """Also where what is compressed cannot be read at all, which zlib says in an error of its own."""
    path = tmp_path / "pack.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(NAME, bytes(range(256)) * 40)
    data = bytearray(path.read_bytes())
    start = 30 + len(NAME)  # behind the member's header
    data[start : start + len(damage)] = damage
    path.write_bytes(data)
    with open_archive(path) as opened, pytest.raises(InvalidInput, match=f"ARCHIVE_DAMAGED.*{NAME}"):
        opened.take(NAME, tmp_path)
