"""Alerts, runbook and dashboards: every metric that they ask for is in the code, and every alert has a page."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
from pathlib import Path

import pytest
import yaml
from google.protobuf import descriptor_pool
from prometheus_client import CollectorRegistry
from typer.testing import CliRunner

from sightline.cli.app import build_app
from sightline.ingest.ingest_metrics import IngestMetrics
from sightline.v1 import detect_service_pb2, embed_service_pb2  # noqa: F401 - the pool knows them

ROOT = Path(__file__).parents[2]
RULES = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text())["groups"]
MONITORING = ROOT / "k8s/components/monitoring"
CLUSTER = yaml.safe_load((MONITORING / "cluster-alerts.yaml").read_text())["spec"]["groups"]
ALERTS = [rule for group in [*RULES, *CLUSTER] for rule in group["rules"]]
RUNBOOK = (ROOT / "deploy/runbook.md").read_text()
SPEC = importlib.util.spec_from_file_location("write", ROOT / "deploy/grafana/write.py")
assert SPEC
assert SPEC.loader
write = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(write)
# What every Prometheus and every process has.
OTHERS = {
    *("up", "process_cpu_seconds_total", "process_resident_memory_bytes", "process_start_time_seconds"),
    # Of the kubelet and of kube-state-metrics.
    *("kubelet_volume_stats_available_bytes", "kubelet_volume_stats_capacity_bytes"),
    *("kube_cronjob_created", "kube_cronjob_status_last_successful_time"),
}
FUNCTIONS = {
    *("sum", "min", "max", "by", "rate", "increase", "deriv", "histogram_quantile", "time"),
    *("and", "or", "unless", "le", "min_over_time", "avg_over_time", "absent", "changes", "label_replace"),
}
KINDS = {"Counter": ["_total"], "Gauge": [""], "GaugeMetricFamily": [""], "Histogram": ["_bucket", "_sum", "_count"]}


def known() -> set[str]:
    """Names as Prometheus has them, of every metric that the services make."""
    names = set(OTHERS)
    for path in (ROOT / "services").glob("*/src/**/*.py"):
        source = path.read_text()
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KINDS and node.args:
                name = node.args[0]
                if isinstance(name, ast.Constant) and isinstance(name.value, str):
                    names |= {name.value + ending for ending in KINDS[node.func.id]}
        names |= {f"sightline_audit_{name}" for name in re.findall(r'_gauge\("([a-z_]+)"', source)}
    registry = CollectorRegistry()
    metrics = IngestMetrics(registry)
    names |= {f"sightline_ingest_{name}_total" for name in metrics.counters}
    names |= {each.name for each in registry.collect() if each.name.startswith("sightline_camera_")}
    return names


KNOWN = known()


def asked(query: str) -> set[str]:
    """Names of metrics in a query: words that are neither in a selector or a list of labels, nor functions."""
    bare = re.sub(r'"[^"]*"|\[[^\]]*\]|\boffset \d+[smhd]', "", query)
    bare = re.sub(r"\{[^}]*\}|\b(by|on|without)\s*\([^)]*\)", "", bare)
    return set(re.findall(r"[a-zA-Z_:][a-zA-Z0-9_:]*", bare)) - FUNCTIONS


def labels(query: str) -> set[str]:
    """Labels by which a query sums."""
    return {label.strip() for group in re.findall(r"\bby\s*\(([^)]*)\)", query) for label in group.split(",")}


def test_the_metrics_of_the_code_are_found():
    """Counters, gauges of each camera, histograms: of each kind one, so that nothing below passes for want of names."""
    assert {
        *("sightline_rpc_calls_total", "sightline_camera_fps", "sightline_ingest_frames_dropped_total"),
        *("sightline_audit_gone_entries", "sightline_detect_seconds_bucket", "sightline_consumer_lag"),
    } <= KNOWN
    assert asked('sum by (le) (rate(nobodys_metric{a="b"}[5m])) > 3') == {"nobodys_metric"}


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_every_alert_is_about_something_that_there_is(rule):
    """Its metrics exist, it says how bad it is, and the runbook says what it means, what to look at and what to do."""
    assert asked(rule["expr"])
    assert asked(rule["expr"]) <= KNOWN
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"]["runbook"] == f"deploy/runbook.md#{rule['alert'].lower()}"
    section = RUNBOOK.split(f"\n## {rule['alert']}\n")[1].split("\n## ")[0]
    parts = re.findall(r"\*\*(What it means|What to look at|What to do)\.\*\* (\S.{20,})", section)
    assert [name for name, _ in parts] == ["What it means", "What to look at", "What to do"]


def test_the_runbook_has_no_page_of_nothing():
    """Each section is an alert's, once."""
    sections = re.findall(r"^## (\w+)$", RUNBOOK, re.MULTILINE)
    assert sections == [rule["alert"] for rule in ALERTS]
    assert len(set(sections)) == len(sections) > 15


def test_the_commands_of_the_runbook_exist():
    """Nobody types at night what there is not."""
    named = set(re.findall(r"`sightline ([a-z]+)", RUNBOOK + (ROOT / "deploy/prometheus/alerts.yml").read_text()))
    assert len(named) > 8
    help_text = CliRunner().invoke(build_app(), ["--help"], env={"COLUMNS": "200"}).stdout
    assert not [command for command in named if f" {command} " not in help_text]


def test_the_operators_rules_are_the_same():
    """The Prometheus operator is given what a Prometheus by hand reads."""
    rule = yaml.safe_load((MONITORING / "alerts.yaml").read_text())
    assert rule["spec"]["groups"] == RULES


@pytest.mark.parametrize("name", write.DASHBOARDS)
def test_every_panel_shows_something_that_there_is(name):
    """The file is what write.py writes; queries ask for metrics of the code, and legends for labels that are left."""
    path = ROOT / f"deploy/grafana/{name}.json"
    assert path.read_text() == write.text(name), "python deploy/grafana/write.py"
    panels = json.loads(path.read_text())["panels"]
    assert len(panels) > 7
    for panel in panels:
        (target,) = panel["targets"]
        assert asked(target["expr"])
        assert asked(target["expr"]) <= KNOWN, panel["title"]
        legend = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
        assert not labels(target["expr"]) or legend <= labels(target["expr"]), panel["title"]


def test_every_metric_is_on_a_dashboard_or_in_an_alert():
    """What is measured and shown nowhere is looked at by nobody."""
    shown = {name for _, panels in write.DASHBOARDS.values() for _, query, _, _ in panels for name in asked(query)}
    shown |= {name for rule in ALERTS for name in asked(rule["expr"])}
    families = {re.sub(r"_(bucket|sum|count)$", "", name) for name in KNOWN - OTHERS}
    seen = {re.sub(r"_(bucket|sum|count)$", "", name) for name in shown}
    # Of these the per-camera gauges, or others of the same family, are there.
    without = {
        f"sightline_ingest_{name}_total"
        for name in ("frames_still", "frames_failed", "faces", "tracks", "shots", "decoder_restarts")
    }
    without |= {"sightline_camera_decoder_restarts"}
    assert families - seen == without


SCALED = list(yaml.safe_load_all((ROOT / "k8s/components/keda/scaled-objects.yaml").read_text()))
QUERIES = {
    each["metadata"]["name"]: trigger["metadata"]["query"]
    for each in SCALED
    for trigger in each["spec"]["triggers"]
    if trigger["type"] == "prometheus"
}


@pytest.mark.parametrize("name", QUERIES)
def test_services_are_scaled_by_what_there_is(name):
    """KEDA asks for metrics of the code, and for calls of RPCs that the contracts have."""
    assert {"ingest", "detect", "embed"} == set(QUERIES)
    assert asked(QUERIES[name]) <= KNOWN
    for method in re.findall(r'method="/([^"]+)"', QUERIES[name]):
        service, _, rpc = method.partition("/")
        assert rpc in descriptor_pool.Default().FindServiceByName(service).methods_by_name
        assert service.removeprefix("sightline.v1.").removesuffix("Service").lower() == name
