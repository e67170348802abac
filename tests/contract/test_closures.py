"""What each service's environment holds, read offline from the lock: the shared development environment hides it."""

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PIXELS = {"onnxruntime", "onnxruntime-gpu", "opencv-python-headless", "pillow", "av", "insightface"}
SERVICES = ("ingest", "detect", "embed", "match", "notify", "gateway", "cli")
DEVICES = [("detect", "cpu"), ("detect", "gpu"), ("embed", "cpu"), ("embed", "gpu")]

pytestmark = pytest.mark.skipif(shutil.which("uv") is None, reason="SKIPPED LOUDLY: uv is not on PATH")


@cache
def closure(service: str, *extras: str) -> set[str]:
    """Names of the distributions that an image of this service gets."""
    wanted = ["--package", f"sightline-{service}", *(f"--extra={extra}" for extra in extras)]
    exported = subprocess.run(
        ["uv", "export", "--quiet", "--frozen", "--offline", "--no-dev", "--no-hashes", "--no-annotate", *wanted],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return set(re.findall(r"(?m)^([a-z0-9][a-z0-9._-]*)(?=\[|==| ;)", exported))


def test_notify_sees_no_pixels():
    """Alerts need no inference runtime, no picture library and no arrays."""
    assert not closure("notify") & (PIXELS | {"numpy"})


def test_gateway_sees_no_pixels():
    """It passes pictures on as they are."""
    assert not closure("gateway") & (PIXELS | {"numpy"})


def test_chat_is_an_extra():
    """Notify posts to webhooks by itself; apprise, with what it brings, comes only where it is asked for."""
    assert {"httpx", "standardwebhooks"} <= closure("notify")
    assert "apprise" not in closure("notify")
    assert "apprise" in closure("notify", "apprise")


def test_match_sees_no_pixels():
    """Templates are compared with arrays alone: match has no inference runtime and no picture library."""
    assert not closure("match") & PIXELS


@pytest.mark.parametrize("service", ["detect", "embed"])
def test_no_runtime_without_a_device(service):
    """An inference runtime comes with the device that is named, never by itself."""
    assert not closure(service) & {"onnxruntime", "onnxruntime-gpu"}


@pytest.mark.parametrize(("service", "device"), DEVICES)
def test_one_runtime_per_device(service, device):
    """An extra brings exactly its own runtime: two in one environment overwrite each other and CUDA is lost."""
    runtimes = closure(service, device) & {"onnxruntime", "onnxruntime-gpu"}
    assert runtimes == {"onnxruntime" if device == "cpu" else "onnxruntime-gpu"}


@pytest.mark.parametrize("extras", [(name,) for name in SERVICES] + DEVICES + [("cli", "demo")])
def test_opencv_is_headless_everywhere(extras):
    """opencv-python, which overwrites opencv-python-headless and wants a display's libraries, is in no environment."""
    assert "opencv-python" not in closure(*extras)


@pytest.mark.parametrize("service", SERVICES)
def test_no_test_tools_in_images(service):
    """What we test and check with is not shipped."""
    tools = {
        "pytest",
        "hypothesis",
        "mypy",
        "ruff",
        "grpcio-tools",
        "detect-secrets",
        "schemathesis",
        "moto",
        "flask",
        "botocore",
    }
    assert not closure(service) & tools


@pytest.mark.parametrize("service", ["ingest", "gateway"])
def test_an_object_store_is_an_extra(service):
    """Its library comes where it is asked for, alone."""
    assert closure(service, "s3") - closure(service) == {"obstore"}


def test_nobody_has_an_object_store_by_itself():
    """No service has its library without the extra."""
    assert not any("obstore" in closure(service) for service in SERVICES)


@pytest.mark.parametrize("service", SERVICES)
def test_services_alone_send_traces(service):
    """A collector is a setting of each service, and needs no other image; the command only passes on what it is in."""
    sends = {"opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-grpc"}
    assert closure(service) & sends == (set() if service == "cli" else sends)
    assert "requests" not in closure(service) or service == "cli"


@pytest.mark.parametrize("service", SERVICES)
def test_only_people_have_a_keyring(service):
    """A service reads its secrets from a folder; the system's keyring is for the command, in a person's hands."""
    assert ("keyring" in closure(service)) == (service == "cli")
