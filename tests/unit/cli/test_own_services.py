"""Systems that are started for one measurement or demonstration."""

import pytest

from sightline.cli.demo.run import demo_plan
from sightline.cli.local_system import environment
from sightline.cli.nats_server import find_nats_server
from sightline.cli.own_services import Services, measuring_plan
from sightline.cli.supervision import shared_settings

OF_ANOTHER_SYSTEM = ("QDRANT_URL", "QDRANT_API_KEY_FILE", "KMS_URL", "OIDC_ISSUER", "S3_ENDPOINT", "DETECT_TARGET")


@pytest.fixture(params=["measurement", "demonstration"])
def plan(request, tmp_path, monkeypatch):
    """Of either, where the environment leads to a system in use."""
    for name in OF_ANOTHER_SYSTEM:
        monkeypatch.setenv(f"SIGHTLINE_{name}", "https://in-use.example")
    if request.param == "measurement":
        return measuring_plan(Services(tmp_path, tmp_path / "pack", "cpu", tmp_path / "services"))
    return demo_plan(find_nats_server(), tmp_path / "state", tmp_path / "pack", "cpu", tmp_path)


def test_nothing_that_leads_to_a_system_in_use_reaches_the_services(plan, monkeypatch):
    """Index, keys, identity provider and object store of another system stay out; paths and locales do not."""
    monkeypatch.setenv("LANG", "C.UTF-8")
    told = {**environment(plan), **shared_settings(plan)}
    assert not [name for name, value in told.items() if "in-use.example" in value]
    assert told["LANG"] == "C.UTF-8"
    assert told["PATH"]
    assert told["SIGHTLINE_STATE_DIR"] == str(plan.installation.state)
