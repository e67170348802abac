"""`make sign` and `make verify-images`: what cosign is told. Stand-ins are told it: no registry is asked."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
DIGEST = "sha256:" + "0123456789abcdef" * 4
IMAGE = "registry.example:5000/ours/sightline-match:1.0"
SIGNED = f"registry.example:5000/ours/sightline-match@{DIGEST}"


@pytest.fixture
def programs(tmp_path):
    """A folder with a docker that knows one digest for everything, and a cosign that writes down what it is told."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, does in (("docker", f"echo {DIGEST}"), ("cosign", 'for word; do echo "$word"; done >> "$TOLD"')):
        (folder / name).write_text(f"#!/bin/sh\n{does}\n")
        (folder / name).chmod(0o755)
    return folder


def run(programs, *words):
    """The program, beside these alone."""
    env = {"PATH": str(programs), "PYTHONPATH": str(ROOT / "deploy"), "TOLD": str(programs.parent / "told")}
    command = [sys.executable, "-m", "supply.signing", *words]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def told(programs):
    """The words that cosign got, in all of its runs."""
    path = programs.parent / "told"
    return path.read_text().splitlines() if path.exists() else []


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (["sign", "--key", "cosign.key"], ["sign", "--key", "cosign.key"]),
        (["sign", "--key", ""], ["sign"]),
        (["sign", "--flags=--yes --timeout 9m"], ["sign", "--yes", "--timeout", "9m"]),
        (["verify", "--key", "cosign.pub"], ["verify", "--key", "cosign.pub"]),
        (
            ["verify", "--identity", "ci@example.org", "--issuer", "https://id.example"],
            ["verify", "--certificate-identity", "ci@example.org", "--certificate-oidc-issuer", "https://id.example"],
        ),
    ],
)
def test_the_digest_is_signed_and_verified_and_never_the_tag(programs, asked, expected):
    """By a key or by an identity; what was done is named with its digest, to be pinned by."""
    ended = run(programs, *asked, IMAGE, IMAGE)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, f"{SIGNED}\n{SIGNED}\n", "")
    assert told(programs) == [*expected, SIGNED] * 2


@pytest.mark.parametrize("given", [[], ["--identity", "ci@example.org"], ["--issuer", "https://id.example"]])
def test_a_signature_of_anybody_is_no_signature(programs, given):
    """Without a key, and without both who and where, nothing is verified."""
    ended = run(programs, "verify", *given, IMAGE)
    assert (ended.returncode, ended.stdout, told(programs)) == (1, "", [])
    assert "KEY=" in ended.stderr
    assert "ISSUER=" in ended.stderr


@pytest.mark.parametrize(("program", "advice"), [("cosign", "docs.sigstore.dev"), ("docker", "buildx")])
def test_a_program_that_is_not_there_is_named(programs, program, advice):
    """Nothing is done, and the line says what is missing and where it is from."""
    (programs / program).unlink()
    ended = run(programs, "sign", IMAGE)
    assert (ended.returncode, ended.stdout, told(programs)) == (1, "", [])
    assert f"no {program} on PATH" in ended.stderr
    assert advice in ended.stderr


def test_what_no_registry_has_and_what_cosign_refuses_ends_with_an_error(programs):
    """The image is named, and none after it is done."""
    (programs / "cosign").write_text("#!/bin/sh\nexit 3\n")
    refused = run(programs, "verify", "--key", "cosign.pub", IMAGE, IMAGE)
    assert (refused.returncode, refused.stdout) == (3, "")
    assert refused.stderr == f"cosign does not verify {SIGNED}\n"
    (programs / "docker").write_text("#!/bin/sh\necho 'not found' >&2\nexit 1\n")
    missing = run(programs, "sign", IMAGE)
    assert missing.returncode == 1
    assert f"no digest of {IMAGE}: push it first. It said: not found" in missing.stderr


@pytest.mark.parametrize("target", ["sign", "verify-images"])
def test_make_signs_each_image_of_a_release(programs, target):
    """All seven, in the registry that was named, under their version; without a registry a line says what to give."""
    env = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "TOLD": str(programs.parent / "told")}
    words = ["make", "--no-print-directory", target, "VERSION=1.0", "KEY=k"]
    ended = subprocess.run(
        [*words, "REGISTRY=r.example/x"], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    services = ("ingest", "match", "notify", "gateway", "cli", "detect", "embed")
    assert ended.stdout.splitlines() == [f"r.example/x/sightline-{each}@{DIGEST}" for each in services]
    refused = subprocess.run(words, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert refused.returncode != 0
    assert "REGISTRY=" in refused.stderr
