from __future__ import annotations

import grpc
import pytest

from sightline.chassis import errors, rpc_error
from sightline.chassis.errors import SightlineError, Verdict

CLASSES = [
    item
    for item in vars(errors).values()
    if isinstance(item, type) and issubclass(item, SightlineError) and item is not SightlineError
]
# What no second try can mend is not tried again.
FINAL = {
    errors.InvalidInput,
    errors.NotFound,
    errors.AlreadyExists,
    errors.Unauthenticated,
    errors.PermissionDenied,
}


def test_the_tree_has_two_levels():
    """Every class hangs directly below SightlineError: one look tells what it means."""
    assert len(CLASSES) == 10
    assert {kind.__bases__ for kind in CLASSES} == {(SightlineError,)}


@pytest.mark.parametrize("kind", CLASSES)
def test_every_class_names_status_and_verdict(kind):
    """A class decides the gRPC status that a caller sees and whether its message is tried again."""
    assert isinstance(kind.status, grpc.StatusCode)
    assert kind.status is not grpc.StatusCode.OK
    assert kind.verdict is (Verdict.DEAD_LETTER if kind in FINAL else Verdict.RETRY)


def test_no_two_classes_share_a_status():
    """A status leads back to one class."""
    statuses = [kind.status for kind in CLASSES]
    assert len(set(statuses)) == len(statuses)


@pytest.mark.parametrize("kind", CLASSES)
def test_every_class_comes_back_over_the_wire(kind):
    """The other side's map knows the status of every class; what it does not know is Internal."""
    assert rpc_error._KINDS.get(kind.status, errors.Internal) is kind


def test_an_error_reads_as_reason_and_sentence():
    """Printed, an error starts with its code for programs and goes on with its sentence for people."""
    error = errors.NotFound("WATCHLIST_UNKNOWN", "There is no such watchlist.")
    assert str(error) == "WATCHLIST_UNKNOWN: There is no such watchlist."
    assert (error.reason, error.message) == ("WATCHLIST_UNKNOWN", "There is no such watchlist.")
