"""How long each target is fuzzed."""

import os
import time
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from rich.console import Console

SECONDS = float(os.environ.get("FUZZ_SECONDS", "300"))
SEED = int(os.environ.get("FUZZ_SEED", str(int(time.time()))))
BITE = 50
"""Examples between two looks at the clock."""


@pytest.fixture(scope="session")
def share(request):
    """Seconds for each target of this run."""
    return SECONDS / max(1, len(request.session.items))


@pytest.fixture
def fuzz(share):
    """A function that tries a check on what strategies make until the time is over; returns how often it did.

    A failure is made small, and printed with its seed: `FUZZ_SEED=…` finds it again.
    """

    def run(check, *strategies, bite=BITE):
        tried, number, end = 0, SEED, time.monotonic() + share

        def counted(made):
            nonlocal tried
            tried += 1
            check(*made)

        quiet = settings(
            max_examples=bite,
            deadline=None,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        )
        while time.monotonic() < end:
            seed(number)(quiet(given(st.tuples(*strategies))(counted)))()
            number += 1
        Console().print(f"{tried} tried in {timedelta(seconds=round(share))}, seeds {SEED} to {number - 1}")
        return tried

    return run
