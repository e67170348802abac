"""The generated code is what the contracts say."""

import subprocess
import sys
from pathlib import Path

import pytest

PROTOS = Path(__file__).parents[2] / "protos"
GENERATED = {"*_pb2.py", "*_pb2.pyi", "*_pb2_grpc.py", "comments.json"}


def read(folder: Path) -> dict[str, str]:
    """Generated files by their path under the folder."""
    found = [path for pattern in GENERATED for path in folder.rglob(pattern)]
    return {str(path.relative_to(folder)): path.read_text() for path in found}


@pytest.fixture(scope="module")
def generated(tmp_path_factory) -> dict[str, str]:
    """What the generator writes now."""
    out = tmp_path_factory.mktemp("gen")
    subprocess.run([sys.executable, PROTOS / "generate.py", "--out", out], check=True)
    return read(out)


def test_generated_code_is_fresh(generated):
    """protos/gen is exactly what `make protos` writes from protos/sightline: nothing stale, missing or left over."""
    checked_in = read(PROTOS / "gen")
    stale = {name for name in generated.keys() | checked_in.keys() if generated.get(name) != checked_in.get(name)}
    assert not stale, f"run `make protos` and commit protos/gen; differing: {', '.join(sorted(stale))}"


def test_every_contract_is_generated(generated):
    """Each .proto has its module, and each service file its gRPC stubs."""
    for source in (PROTOS / "sightline").rglob("*.proto"):
        stem = str(source.relative_to(PROTOS).with_suffix(""))
        assert f"{stem}_pb2.py" in generated
        assert (f"{stem}_pb2_grpc.py" in generated) is source.name.endswith("_service.proto")
