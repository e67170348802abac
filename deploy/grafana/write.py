"""Writes the dashboards: `python deploy/grafana/write.py`. A test compares them with this, queries with the code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
WIDTH, HEIGHT, ACROSS = 8, 7, 3
Panel = tuple[str, str, str, str]
"""Title, query, legend, unit."""

_OF_STAGE = "{{stage}}"
_OF_SERVICE = "{{service}}"
DASHBOARDS: dict[str, tuple[str, list[Panel]]] = {
    "pipeline": (
        "From frames to alerts: rates, times and what is given up at every stage.",
        [
            ("Frames read", "sum(rate(sightline_ingest_frames_read_total[5m]))", "read", "cps"),
            (
                "Frames to detect",
                "sum by (service) (rate(sightline_ingest_frames_detected_total[5m]))",
                "detected",
                "cps",
            ),
            ("Frames given up", "sum(rate(sightline_ingest_frames_dropped_total[5m]))", "dropped", "cps"),
            ("Faces found", "sum(rate(sightline_faces_detected_total[5m]))", "faces", "cps"),
            ("Faces embedded", "sum(rate(sightline_faces_embedded_total[5m]))", "faces", "cps"),
            (
                "Time of the detector, p95",
                "histogram_quantile(0.95, sum by (le) (rate(sightline_detect_seconds_bucket[5m])))",
                "a picture",
                "s",
            ),
            (
                "Time of the embedder, p95",
                "histogram_quantile(0.95, sum by (le) (rate(sightline_embed_seconds_bucket[5m])))",
                "a batch",
                "s",
            ),
            (
                "From frame to broker, p95",
                "histogram_quantile(0.95, sum by (le) (rate(sightline_ingest_shot_latency_seconds_bucket[5m])))",
                "a face",
                "s",
            ),
            (
                "Messages in a batch",
                (
                    "sum by (stage) (rate(sightline_batch_size_sum[5m]))"
                    " / sum by (stage) (rate(sightline_batch_size_count[5m]))"
                ),
                _OF_STAGE,
                "short",
            ),
            (
                "Calls by outcome",
                "sum by (service, outcome) (rate(sightline_rpc_calls_total[5m]))",
                "{{service}} {{outcome}}",
                "cps",
            ),
            ("Calls that run", "sum by (service) (sightline_rpc_running)", _OF_SERVICE, "short"),
            (
                "Time of calls, p95",
                "histogram_quantile(0.95, sum by (le, service) (rate(sightline_rpc_seconds_bucket[5m])))",
                _OF_SERVICE,
                "s",
            ),
            (
                "Answers over HTTP",
                "sum by (api, status) (rate(sightline_http_requests_total[5m]))",
                "{{api}} {{status}}",
                "cps",
            ),
            (
                "Time over HTTP, p95",
                "histogram_quantile(0.95, sum by (le, api) (rate(sightline_http_seconds_bucket[5m])))",
                "{{api}}",
                "s",
            ),
            (
                "Messages that our own setup forbids to handle",
                "sum by (stage) (increase(sightline_messages_held_total[1h]))",
                _OF_STAGE,
                "short",
            ),
            (
                "Not ready",
                "max by (service, check, reason) (sightline_health_failing)",
                "{{service}} {{check}} {{reason}}",
                "short",
            ),
            ("Releases", "sum by (service, version) (sightline_build_info)", "{{service}} {{version}}", "short"),
            (
                "Networks",
                "sum by (pack, part, licence) (sightline_model_info)",
                "{{pack}} {{part}}, {{licence}}",
                "short",
            ),
            ("Processors", "sum by (service) (rate(process_cpu_seconds_total[5m]))", _OF_SERVICE, "short"),
            ("Memory", "sum by (service) (process_resident_memory_bytes)", _OF_SERVICE, "bytes"),
            (
                "Decoders of pictures lost",
                "sum by (service, why) (increase(sightline_picture_decoders_lost_total[1h]))",
                "{{service}} {{why}}",
                "short",
            ),
            ("Certificates end in", "min by (service) (sightline_certificate_end_seconds) - time()", _OF_SERVICE, "s"),
        ],
    ),
    "cameras": (
        "How each camera does.",
        [
            ("Cameras held", "sum(sightline_ingest_cameras)", "cameras", "short"),
            ("Running", "sum(sightline_camera_running)", "running", "short"),
            ("Frames a second", "sightline_camera_fps", "{{camera}}", "short"),
            ("Sampling lowered to", "sightline_camera_lowered_fps > 0", "{{camera}}", "short"),
            ("Age of the last frame", "sightline_camera_frame_age_seconds", "{{camera}}", "s"),
            ("Latency, p95", "sightline_camera_latency_p95_seconds", "{{camera}}", "s"),
            ("Frames given up", "deriv(sightline_camera_frames_dropped[5m])", "{{camera}}", "cps"),
            ("Frames that failed", "deriv(sightline_camera_frames_failed[5m])", "{{camera}}", "cps"),
            (
                "Decoders started again",
                "sum by (reason) (increase(sightline_ingest_sources_lost_total[1h]))",
                "{{reason}}",
                "short",
            ),
        ],
    ),
    "galleries": (
        "The index of the gallery, and searches in it.",
        [
            ("Faces in the index", "max(sightline_index_faces)", "faces", "short"),
            ("Behind the last build", "max(sightline_index_unindexed)", "faces", "short"),
            ("Deleted, still on the disk", "max(sightline_index_pending_deletions)", "faces", "short"),
            ("Mate recall", "min(sightline_index_mate_recall)", "recall", "percentunit"),
            ("Last build", "max(sightline_index_build_seconds)", "took", "s"),
            ("Builds fail", "max(sightline_index_build_failing)", "failing", "short"),
            (
                "Searches",
                'sum by (method) (rate(sightline_rpc_calls_total{method=~".*Search.*"}[5m]))',
                "{{method}}",
                "cps",
            ),
            (
                "Time of searches, p95",
                (
                    "histogram_quantile(0.95, sum by (le, method) "
                    '(rate(sightline_rpc_seconds_bucket{method=~".*Search.*"}[5m])))'
                ),
                "{{method}}",
                "s",
            ),
            ("Faces of stale holders", "sum(rate(sightline_match_stale_events_total[5m]))", "dropped", "cps"),
            ("Drift of live scores", "max(sightline_match_score_drift)", "distance", "percentunit"),
            ("Watchlists without alerts", "max by (reason) (sightline_match_alerts_off)", "{{reason}}", "short"),
        ],
    ),
    "alerts": (
        "Alerts, what people decide, what leaves, and the audit trail.",
        [
            ("Alerts by state", "sum by (state) (increase(sightline_notify_alerts_total[1h]))", "{{state}}", "short"),
            ("Dismissed", "sum by (source) (increase(sightline_notify_dismissals_total[24h]))", "{{source}}", "short"),
            ("Storms", "sum by (source) (increase(sightline_notify_storms_total[24h]))", "{{source}}", "short"),
            (
                "Cameras suspended",
                "sum by (reason) (increase(sightline_notify_suspensions_total[24h]))",
                "{{reason}}",
                "short",
            ),
            ("Deliveries", "sum by (outcome) (rate(sightline_notify_attempts_total[5m]))", "{{outcome}}", "cps"),
            ("Subscriptions held", "sum(sightline_notify_subscriptions)", "held", "short"),
            ("Entries without a seal", "max(sightline_audit_unsealed_entries)", "entries", "short"),
            ("Oldest of them", "max(sightline_audit_unsealed_seconds)", "age", "s"),
            ("Sealed entries gone", "max(sightline_audit_gone_entries)", "entries", "short"),
            ("Entries sealed", "sum(rate(sightline_audit_sealed_entries_total[5m]))", "entries", "cps"),
            ("Seals", "sum(rate(sightline_audit_seals_total[5m]))", "seals", "cps"),
        ],
    ),
    "broker": (
        "How far behind each stage is, and what the broker refuses.",
        [
            (
                "Messages not finished",
                "max by (stream, stage) (sightline_consumer_lag)",
                "{{stream}} {{stage}}",
                "short",
            ),
            ("Handled", "sum by (stage) (rate(sightline_messages_handled_total[5m]))", _OF_STAGE, "cps"),
            ("Given back", "sum by (stage) (rate(sightline_messages_retried_total[5m]))", _OF_STAGE, "cps"),
            ("Held", "sum by (stage) (rate(sightline_messages_held_total[5m]))", _OF_STAGE, "cps"),
            ("Dead letters", "sum by (stage) (increase(sightline_messages_buried_total[1h]))", _OF_STAGE, "short"),
            (
                "Consumers bound again",
                "sum by (stage) (increase(sightline_consumer_rebinds_total[1h]))",
                _OF_STAGE,
                "short",
            ),
            (
                "Time of a batch, p95",
                "histogram_quantile(0.95, sum by (le, stage) (rate(sightline_batch_seconds_bucket[5m])))",
                _OF_STAGE,
                "s",
            ),
            (
                "Stores, as a share of their limits",
                "max by (store) (sightline_broker_store_bytes / sightline_broker_store_limit_bytes)",
                "{{store}}",
                "percentunit",
            ),
            (
                "Denied",
                "sum by (service, kind) (increase(sightline_broker_denials_total[1h]))",
                "{{service}} {{kind}}",
                "short",
            ),
            (
                "Shots that the broker did not take",
                "sum(rate(sightline_ingest_shots_dropped_total[5m]))",
                "dropped",
                "cps",
            ),
        ],
    ),
}


def dashboard(name: str) -> dict[str, Any]:
    """A dashboard as Grafana imports it; it asks which Prometheus."""
    description, panels = DASHBOARDS[name]
    source = {"type": "prometheus", "uid": "${source}"}
    return {
        "uid": f"sightline-{name}",
        "title": f"Sightline: {name}",
        "description": description,
        "tags": ["sightline"],
        "schemaVersion": 39,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "templating": {
            "list": [{"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}]
        },
        "panels": [_panel(place, panel, source) for place, panel in enumerate(panels)],
    }


def _panel(place: int, panel: Panel, source: dict[str, str]) -> dict[str, Any]:
    title, query, legend, unit = panel
    return {
        "id": place + 1,
        "type": "timeseries",
        "title": title,
        "datasource": source,
        "gridPos": {"x": place % ACROSS * WIDTH, "y": place // ACROSS * HEIGHT, "w": WIDTH, "h": HEIGHT},
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
        "targets": [{"refId": "A", "expr": query, "legendFormat": legend, "datasource": source}],
    }


def text(name: str) -> str:
    """A dashboard's file."""
    return json.dumps(dashboard(name), indent=1) + "\n"


if __name__ == "__main__":
    for each in DASHBOARDS:
        (HERE / f"{each}.json").write_text(text(each), encoding="utf-8")
