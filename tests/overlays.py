"""What Kubernetes is given: the objects of the base and of each overlay, as kubectl or kustomize renders them."""

import importlib.util
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SPEC = importlib.util.spec_from_file_location("validate", ROOT / "k8s/validate.py")
assert SPEC
assert SPEC.loader
validate = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(validate)

WORKLOADS = ("Deployment", "StatefulSet", "Job", "CronJob")

needs_renderer = pytest.mark.skipif(
    validate.renderer() is None, reason="SKIPPED LOUDLY: neither kubectl nor kustomize is on PATH"
)


@cache
def objects(overlay: str, *kinds: str) -> dict[str, dict]:
    """Objects of an overlay by name."""
    root = next(path for path in validate.roots() if path.name == overlay)
    found = [item for item in validate.rendered(root) if item["kind"] in kinds]
    assert len({(item["kind"], item["metadata"]["name"]) for item in found}) == len(found)
    return {item["metadata"]["name"]: item for item in found}


def pod_of(workload: dict) -> dict:
    """The pod's template."""
    spec = workload["spec"]
    return (spec["jobTemplate"]["spec"] if workload["kind"] == "CronJob" else spec)["template"]
