"""DEPENDENCIES.md and the licences that may come in."""

import shutil

import pytest

from supply.licences import DOCUMENT, document, is_allowed, refused, shipped

pytestmark = pytest.mark.skipif(shutil.which("uv") is None, reason="SKIPPED LOUDLY: uv is not on PATH")


@pytest.fixture(scope="module")
def found():
    return shipped()


def test_every_licence_is_known_and_allowed(found):
    """Of everything that any image may get, whatever device and extras it is built with."""
    assert len(found) > 100
    assert refused(found) == []


def test_the_document_is_current(found):
    """As the lock and the packages are; `make licences` writes it."""
    assert DOCUMENT.read_text() == document(found)


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [
        ("MIT", True),
        ("MIT OR GPL-3.0-only", True),
        ("Apache-2.0 AND (BSD-3-Clause OR MIT)", True),
        ("GPL-3.0-only", False),
        ("MIT AND AGPL-3.0-only", False),
        ("LicenseRef-NVIDIA", False),
        ("unheard of", False),
    ],
)
def test_each_part_of_a_licence_counts(licence, allowed):
    """One alternative that is allowed is enough; every part needs one."""
    assert is_allowed(licence) is allowed


def test_a_package_without_a_licence_is_refused():
    """As is one that is free only for those with a GPU of its maker, in an image without."""
    said = refused({("made-up-package", "1.0"): ["notify"], ("nvidia-cublas", "13"): ["notify"]})
    assert [line.split(":")[0].split(" comes")[0] for line in said] == [
        "made-up-package 1.0 says no licence",
        "nvidia-cublas 13",
    ]
