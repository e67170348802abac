"""Token buckets and places, one for each caller."""

from contextlib import ExitStack

import pytest

from sightline.chassis.call_limits import KNOWN, CallAccounts, CallLimits
from sightline.chassis.errors import ResourceExhausted
from sightline.chassis.principal import Principal

LIMITS = CallLimits(per_second=2, burst=3, at_once=2, streams_at_once=1)
ANN, BEN = Principal("ann", credential="api-key"), Principal("ben", credential="oidc")


class Clock:
    """Goes on when it is told to."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def accounts(clock):
    return CallAccounts(LIMITS, clock)


def call(accounts, principal=ANN):
    with accounts.held(principal):
        pass


def test_the_limits_of_a_caller_are_a_rate_and_a_burst(accounts, clock):
    """Three calls at once, then two a second; the refusal says the limit and when to try again, and then it goes."""
    for _ in range(3):
        call(accounts)
    with pytest.raises(ResourceExhausted, match="2 calls a second") as refused:
        call(accounts)
    assert (refused.value.reason, refused.value.retry_after) == ("RATE_LIMITED", 0.5)
    clock.now += 0.5
    call(accounts)
    with pytest.raises(ResourceExhausted):
        call(accounts)
    clock.now += 3600
    for _ in range(3):
        call(accounts)
    with pytest.raises(ResourceExhausted):
        call(accounts)


def test_the_limits_of_one_caller_are_not_anothers(accounts):
    """Whoever calls too often is refused; somebody else and our own services are not, whatever they do."""
    for _ in range(3):
        call(accounts)
    with pytest.raises(ResourceExhausted):
        call(accounts)
    call(accounts, BEN)
    for _ in range(50):
        call(accounts, Principal("service:ingest"))
        call(accounts, Principal("ann", via="match"))


def test_limits_of_calls_that_run(accounts):
    """Two calls and one stream at a time; a place is free again when its call ends, however it ends."""
    with ExitStack() as held:
        held.enter_context(accounts.held(ANN, stream=True))
        with pytest.raises(ResourceExhausted, match="1 streams are open") as refused:
            held.enter_context(accounts.held(ANN, stream=True))
        assert (refused.value.reason, refused.value.retry_after) == ("TOO_MANY_CALLS", 1)
        held.enter_context(accounts.held(ANN))
        with pytest.raises(KeyError), accounts.held(ANN):
            raise KeyError
    with accounts.held(BEN), accounts.held(BEN), pytest.raises(ResourceExhausted, match="2 calls run"):
        call(accounts, BEN)
    call(accounts, BEN)


def test_zero_is_no_limit(clock):
    """Who wants no limits sets 0."""
    accounts = CallAccounts(CallLimits(per_second=0, burst=1, at_once=0, streams_at_once=0), clock)
    with ExitStack() as held:
        for _ in range(500):
            held.enter_context(accounts.held(ANN))
            held.enter_context(accounts.held(ANN, stream=True))
        assert accounts._accounts["ann"].calls == 500


def test_the_memory_of_limits_is_bounded(accounts):
    """Of more callers than are remembered the first are forgotten, but not one whose stream is open."""
    with accounts.held(ANN, stream=True):
        for number in range(KNOWN + 5):
            call(accounts, Principal(f"caller {number}", credential="oidc"))
        assert len(accounts._accounts) == KNOWN
        with pytest.raises(ResourceExhausted, match="TOO_MANY_CALLS"), accounts.held(ANN, stream=True):
            pass
