"""The tables in the READMEs name what there is."""

from importlib import import_module
from pathlib import Path

import pytest

from sightline.chassis.settings import ServiceSettings
from sightline.chassis.topology import TOPOLOGY

ROOT = Path(__file__).parents[2]
SERVICES = (ROOT / "services" / "README.md").read_text()
PROTOS = (ROOT / "protos" / "README.md").read_text()


@pytest.mark.parametrize("service", ["ingest", "detect", "embed", "match", "notify"])
def test_every_setting_is_explained(service):
    """services/README.md names every variable that a service reads, and its gRPC port."""
    module = import_module(f"sightline.{service}.settings")
    (settings,) = [
        item
        for item in vars(module).values()
        if isinstance(item, type) and issubclass(item, ServiceSettings) and item is not ServiceSettings
    ]
    missing = [name for name in settings.model_fields if f"`SIGHTLINE_{name.upper()}`" not in SERVICES]
    assert not missing
    assert f"| {settings.model_fields['grpc_port'].default} |" in SERVICES


def test_every_rpc_and_bucket_has_its_row():
    """protos/README.md names every service, and every stream and bucket but the broker's own advisories."""
    services = [path.stem for path in (ROOT / "protos" / "sightline" / "v1").glob("*_service.proto")]
    wanted = {"".join(word.title() for word in stem.split("_")) for stem in services}
    wanted |= {stream.name for stream in TOPOLOGY.streams} - {"ADVISORIES"}
    wanted |= {f"`{bucket.name}`" for bucket in TOPOLOGY.buckets}
    assert not [name for name in wanted if name not in PROTOS]
