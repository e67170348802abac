"""What grows and shrinks in production, and by what: nothing that answers calls goes away, and no work is lost."""

import pytest
from overlays import needs_renderer, objects, pod_of

from sightline.chassis.topology import TOPOLOGY

pytestmark = needs_renderer
REPLICATED = ["prod", "gpu", "airgapped"]


def scaled(overlay: str) -> dict[str, dict]:
    """Specs of what KEDA scales, by the Deployment's name."""
    found = objects(overlay, "ScaledObject").values()
    return {each["spec"]["scaleTargetRef"]["name"]: each["spec"] for each in found}


@pytest.mark.parametrize("overlay", REPLICATED)
def test_only_who_answers_nobody_may_go(overlay):
    """Two of each remain, but of the streams' workers: these have no port for callers, and no Service finds them."""
    found, deployments = scaled(overlay), objects(overlay, "Deployment")
    assert [name for name, spec in found.items() if spec["minReplicaCount"] == 0] == ["embed-stream"]
    assert found.keys() <= deployments.keys()
    pod = pod_of(deployments["embed-stream"])
    (container,) = pod["spec"]["containers"]
    assert {"name": "SIGHTLINE_EMBED_ROLE", "value": "stream"} in container["env"]
    assert {port["name"] for port in container["ports"]} == {"health", "metrics"}
    for service in objects(overlay, "Service").values():
        assert not service["spec"]["selector"].items() <= pod["metadata"]["labels"].items()
    secrets = {volume["name"]: volume["secret"] for volume in pod["spec"]["volumes"] if "secret" in volume}
    assert [item["key"] for item in secrets["secrets"]["items"]] == ["embed.nk"]
    assert "embed-tls" in secrets["tls"].values()


@pytest.mark.parametrize("overlay", REPLICATED)
def test_lag_is_that_of_a_consumer_that_there_is(overlay):
    """Each stream by which something is scaled has that consumer in the topology, and nothing is scaled by it twice."""
    asked = [
        (trigger["metadata"]["stream"], trigger["metadata"]["consumer"])
        for spec in scaled(overlay).values()
        for trigger in spec["triggers"]
        if trigger["type"] == "nats-jetstream"
    ]
    assert len(asked) == len(set(asked)) == 5
    assert set(asked) <= {(consumer.stream, consumer.name) for consumer in TOPOLOGY.consumers}


@pytest.mark.parametrize("overlay", REPLICATED)
def test_what_goes_goes_slowly(overlay):
    """One pod in a minute, after five minutes in which it was not needed; without Prometheus' answer none."""
    for name, spec in scaled(overlay).items():
        behaviour = spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]["scaleDown"]
        assert behaviour == {
            "stabilizationWindowSeconds": 300,
            "policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}],
        }, name
        assert spec["cooldownPeriod"] == 300
        asking = [trigger["metadata"] for trigger in spec["triggers"] if trigger["type"] == "prometheus"]
        assert all(metadata["ignoreNullValues"] == "false" for metadata in asking), name


def test_gpus_are_asked_for_by_more_calls():
    """A GPU takes sixteen pictures at a time, a pod on processors two: calls in flight for each replica say so."""
    for overlay, calls in (("prod", "4"), ("gpu", "32")):
        for name in ("detect", "embed"):
            (trigger,) = [each for each in scaled(overlay)[name]["triggers"] if each["type"] == "prometheus"]
            assert trigger["metadata"]["threshold"] == calls
