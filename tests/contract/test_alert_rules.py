"""Alert rules as Prometheus itself understands them: when they fire, and when they do not."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

FOLDER = Path(__file__).parents[2] / "deploy" / "prometheus"
RULES = [rule for group in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"] for rule in group["rules"]]
FILES = sorted(path.name for path in FOLDER.glob("*.test.yml"))
TESTS = [test for name in FILES for test in yaml.safe_load((FOLDER / name).read_text())["tests"]]

needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="SKIPPED LOUDLY: promtool (Debian's package `prometheus`) is not on PATH"
)


def promtool(*words) -> str:
    """What it says. Raises CalledProcessError, with that, where something is wrong."""
    ended = subprocess.run(["promtool", *words], cwd=FOLDER, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_every_page_is_tried():
    """Whatever gets somebody out of bed has a case in which it fires, and one in which it does not."""
    tried = [check for test in TESTS for check in test["alert_rule_test"]]
    fire = {check["alertname"] for check in tried if check.get("exp_alerts")}
    rest = {check["alertname"] for check in tried if not check.get("exp_alerts")}
    pages = {rule["alert"] for rule in RULES if rule["labels"]["severity"] == "page"}
    assert len(pages) > 8
    assert pages <= fire & rest <= {rule["alert"] for rule in RULES}


@needs_promtool
def test_prometheus_reads_rules_and_configuration():
    """Both files, as they are mounted; that there are certificates is looked at where it runs."""
    assert f"SUCCESS: {len(RULES)} rules found" in promtool("check", "rules", "alerts.yml")
    assert "SUCCESS" in promtool("check", "config", "--syntax-only", "prometheus.yml")


@needs_promtool
def test_what_only_a_cluster_knows_fires_when_it_should(tmp_path):
    """A backup that never went well is as old as its job; one of last night, and a volume with room, call nobody."""
    spec = yaml.safe_load((FOLDER.parents[1] / "k8s/components/monitoring/cluster-alerts.yaml").read_text())["spec"]
    (tmp_path / "rules.yml").write_text(yaml.safe_dump(spec))
    bytes_of = {"a": ("5x200", "100x200"), "b": ("50x200", "100x200")}
    series = [
        {
            "series": f'kubelet_volume_stats_{name}_bytes{{namespace="sightline",persistentvolumeclaim="{pvc}"}}',
            "values": v,
        }
        for pvc, both in bytes_of.items()
        for name, v in zip(("available", "capacity"), both, strict=True)
    ]
    jobs = [("created", "backup", "0x200"), ("created", "backup-keys", "0x200")]
    jobs += [("status_last_successful_time", "backup-keys", "0+600x200")]
    series += [
        {"series": f'kube_cronjob_{name}{{namespace="sightline",cronjob="{job}"}}', "values": v}
        for name, job, v in jobs
    ]
    count = 'count(ALERTS{{alertname="{}",{}="{}",alertstate="firing"}}) or vector(0)'.format
    asked = {
        count("SightlineVolumeFills", "persistentvolumeclaim", "a"): 1,
        count("SightlineVolumeFills", "persistentvolumeclaim", "b"): 0,
        count("SightlineBackupOld", "cronjob", "backup"): 1,
        count("SightlineBackupOld", "cronjob", "backup-keys"): 0,
    }
    told = [{"expr": expr, "eval_time": "27h", "exp_samples": [{"value": n}]} for expr, n in asked.items()]
    tests = [{"interval": "10m", "input_series": series, "promql_expr_test": told}]
    case = {"rule_files": ["rules.yml"], "evaluation_interval": "10m", "tests": tests}
    (tmp_path / "case.yml").write_text(yaml.safe_dump(case))
    assert promtool("test", "rules", str(tmp_path / "case.yml")).count("SUCCESS") == 1


@needs_promtool
def test_alerts_fire_when_they_should():
    """The cases of the files beside them, on Prometheus' own engine."""
    assert promtool("test", "rules", *FILES).count("SUCCESS") == len(FILES) == 2
