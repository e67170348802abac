"""A change of what pods read at their start is a change of their template, so that it is rolled out by itself."""

import os
import re
from pathlib import Path

import pytest
import yaml
from overlays import WORKLOADS, needs_renderer, pod_of, validate

from sightline.cli.secrets_writer import write_secrets

ROOT = Path(__file__).parents[2]
README = (ROOT / "k8s/base/README.md").read_text()

pytestmark = needs_renderer


def example(kind: str) -> dict:
    """What the README says to put into an overlay."""
    blocks = map(yaml.safe_load, re.findall(r"^```yaml$(.*?)^```$", README, re.MULTILINE | re.DOTALL))
    (found,) = [block for block in blocks if kind in block]
    return found


@pytest.fixture
def overlay(tmp_path):
    """A function that gives the pod templates of an overlay on the base, by name."""
    # Each in a folder of its own: what was rendered once is not rendered again.
    made = iter(range(9))

    def templates(**more) -> dict[str, dict]:
        folder = tmp_path / f"overlay-{next(made)}"
        folder.mkdir()
        if (tmp_path / "secrets").exists():
            (tmp_path / "secrets").rename(folder / "secrets")
        base = os.path.relpath(ROOT / "k8s/base", folder)
        own = {"namespace": "sightline", "resources": [base], **more}
        (folder / "kustomization.yaml").write_text(yaml.safe_dump(own))
        items = validate.rendered(folder)
        if (folder / "secrets").exists():
            (folder / "secrets").rename(tmp_path / "secrets")
        return {item["metadata"]["name"]: pod_of(item) for item in items if item["kind"] in WORKLOADS}

    return templates


def changed(before: dict[str, dict], after: dict[str, dict]) -> set[str]:
    """Whose templates differ."""
    assert before.keys() == after.keys()
    return {name for name in before if before[name] != after[name]}


def test_a_change_of_configuration_rolls_who_reads_it(overlay):
    """Variables for all roll all services, the broker's configuration the broker, and nothing else."""
    services = {"ingest", "detect", "embed", "match", "notify", "gateway", "provision"}
    base = overlay()
    assert changed(base, overlay(**example("configMapGenerator"))) == services
    conf = {"name": "nats", "behavior": "replace", "literals": ["nats.conf=other"]}
    assert changed(base, overlay(configMapGenerator=[conf])) == {"nats"}


def test_a_change_of_secrets_rolls_who_reads_them(overlay, tmp_path):
    """With the README's list kustomize makes the Secret that every pod names, of all that init made but two keys."""
    write_secrets(tmp_path / "secrets")
    (generator,) = example("secretGenerator")["secretGenerator"]
    made = {path.name for path in (tmp_path / "secrets").iterdir() if path.is_file()}
    assert {name.removeprefix("secrets/") for name in generator["files"]} == made - {"operator.nk", "restore.nk"}
    before = overlay(secretGenerator=[generator])
    assert "name: sightline-secrets\n" not in yaml.safe_dump(before)
    (tmp_path / "secrets/alerts.key").write_text("another")
    after = overlay(secretGenerator=[generator])
    assert changed(before, after) == before.keys() - {"models"}
    assert "notify-tls" in yaml.safe_dump(after["notify"])
