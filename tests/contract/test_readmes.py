"""The tables in the READMEs name what there is."""

import re
from importlib import import_module
from pathlib import Path

import pytest
import typer

from sightline.chassis.settings import ServiceSettings
from sightline.chassis.topology import TOPOLOGY
from sightline.cli.app import build_app
from sightline.cli.grant_options import RoleName

ROOT = Path(__file__).parents[2]
SERVICES = (ROOT / "services" / "README.md").read_text()
PROTOS = (ROOT / "protos" / "README.md").read_text()
DOCUMENTS = (
    *("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "services/README.md", "services/gateway/README.md"),
    *("protos/README.md", "deploy/README.md", "deploy/runbook.md", "k8s/README.md", "k8s/base/README.md"),
)


@pytest.mark.parametrize("service", ["ingest", "detect", "embed", "match", "notify", "gateway"])
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
    port = settings.model_fields.get("http_port", settings.model_fields["grpc_port"])
    assert f"| {port.default}" in SERVICES


def test_every_rpc_and_bucket_has_its_row():
    """protos/README.md names every service, and every stream and bucket but the broker's own advisories."""
    services = [path.stem for path in (ROOT / "protos" / "sightline" / "v1").glob("*_service.proto")]
    wanted = {"".join(word.title() for word in stem.split("_")) for stem in services}
    wanted |= {stream.name for stream in TOPOLOGY.streams} - {"ADVISORIES"}
    wanted |= {f"`{bucket.name}`" for bucket in TOPOLOGY.buckets}
    assert not [name for name in wanted if name not in PROTOS]


def commands() -> dict[str, set[str]]:
    """Every command of `sightline` as one writes it, with the names of its options."""
    found, waiting = {}, {"": typer.main.get_command(build_app())}
    while waiting:
        name, command = waiting.popitem()
        found[name] = {option for parameter in command.params for option in parameter.opts}
        below = getattr(command, "commands", {})
        waiting |= {f"{name} {each}".strip(): command for each, command in below.items()}
    return found


@pytest.mark.parametrize("path", DOCUMENTS)
def test_every_command_in_the_readmes_is_there(path):
    """What a document tells people to type exists, with the options that it is given there."""
    known, text = commands(), (ROOT / path).read_text()
    blocks = "".join(re.findall(r"(?s)```sh\n(.*?)```", text))
    typed = re.findall(r"`sightline\s([^`]+)`", text) + re.findall(r"(?m)^ *sightline ([^#\n]+)", blocks)
    wrong = []
    for words in map(str.split, typed):
        names = [" ".join(words[:count]) for count in range(len(words) + 1)]
        name = [each for each in names if each in known][-1]
        options = {word.split("=")[0] for word in words if word.startswith("--")}
        # Options may stand before a command, as --version does; any other word is a command.
        is_unknown = not name and not words[0].startswith("--")
        if is_unknown or options - known[name] - {"--help"}:
            wrong.append(" ".join(words))
    assert not wrong


def test_every_role_is_explained():
    """README.md has a row for each role that can be granted."""
    missing = [name for name in RoleName if f"| `{name}` |" not in (ROOT / "README.md").read_text()]
    assert not missing
