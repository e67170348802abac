"""What is in a service's memory stays in it."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

# The kernel's answer before and after; then what another process of an ordinary user gets to see of this one.
HIDING = """
import ctypes, os, subprocess, sys
from sightline.chassis.process_guard import hide_memory
if os.geteuid() == 0:
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)

def seen():
    peek = subprocess.run(["/bin/cat", f"/proc/{os.getpid()}/environ"], capture_output=True)
    return ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), b"PROBE" in peek.stdout

print(seen())
hide_memory()
print(seen())
print(len(os.listdir("/proc/self/fd")) > 0, "VmRSS" in open("/proc/self/status").read())
"""


def test_a_service_leaves_no_core_dump(service_process, nats_server):
    """In a real service process the limit on core dumps is zero, soft and hard, whatever it was started with."""
    if resource.getrlimit(resource.RLIMIT_CORE)[1] == 0:
        pytest.skip("the tests themselves may not dump: a service that did nothing would pass")
    service = service_process("notify", nats_url=nats_server.url)
    service.wait_serving()
    limits = Path(f"/proc/{service.process.pid}/limits").read_text()
    assert re.search(r"Max core file size +0 +0 ", limits)


def test_hidden_memory_is_hidden_from_the_same_user():
    """Another process of the same user sees nothing of it any more; the process itself still sees what it needs."""
    answer = subprocess.run(
        [sys.executable, "-c", HIDING], capture_output=True, text=True, check=True, env={**os.environ, "PROBE": "1"}
    )
    assert answer.stdout.splitlines() == ["(1, True)", "(0, False)", "True True"]
