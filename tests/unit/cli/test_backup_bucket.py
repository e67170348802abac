"""Where backups go in a bucket, by the settings that ingest has, too."""

from __future__ import annotations

import pytest

from sightline.chassis.errors import FailedPrecondition, InvalidInput
from sightline.cli.backup.s3_place import open_bucket


def test_without_a_store_it_says_what_is_missing(monkeypatch):
    """An endpoint alone is not enough: nobody writes to a bucket without credentials."""
    for endpoint in ("", "http://127.0.0.1:9"):
        monkeypatch.setenv("SIGHTLINE_S3_ENDPOINT", endpoint)
        with pytest.raises(FailedPrecondition, match=r"S3_NOT_CONFIGURED: .*SIGHTLINE_S3_CREDENTIALS_FILE"):
            open_bucket("backups", "")


@pytest.mark.parametrize(
    ("name", "value"),
    [("ENDPOINT", "user:secret@store"), ("CA_FILE", "/nowhere/ca.crt"), ("BUCKETS", "films")],
)
def test_a_value_that_cannot_be_used_is_named_and_not_repeated(monkeypatch, name, value):
    """It may be a secret in the wrong place."""
    monkeypatch.setenv(f"SIGHTLINE_S3_{name}", value)
    with pytest.raises(InvalidInput, match=rf"S3_SETTINGS_INVALID: SIGHTLINE_S3_{name}: ") as refused:
        open_bucket("backups", "")
    assert value not in str(refused.value)
