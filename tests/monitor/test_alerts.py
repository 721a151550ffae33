"""Each alarm fires over what it is for, and is silent over what it is not, as promtool sees it."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
RULES = ROOT / "monitor" / "alerts.yml"
ALERTS = re.findall(r"(?m)^ +- alert: (\w+)$", RULES.read_text())

Series = dict[str, str]

# Three hours of a service that is well, minute by minute.
_OK = '{job="api",route="/predict",status="200"}'
_REFUSED = '{job="api",route="/predict",status="422"}'
_FAILED = '{job="api",route="/predict",status="503"}'
_FAST = '{job="api",route="/predict",le="0.25"}'
_SLOW = '{job="api",route="/predict",le="1.0"}'
_ALL = '{job="api",route="/predict",le="+Inf"}'
_DUE = '{{job="monitor",model_version="m",state="{}"}}'.format
_OPEN = (
    'monitor_incidents_open{{job="monitor",model_version="m",cause="{}",action="{}",'
    'actionable="{}"}}'
).format
_FOUND = _OPEN("traffic_mix", "nothing", "false")
_UNIT = _OPEN("unit", "fix_pipeline", "true")
_GIVEN_UP = 'monitor_webhook_messages_total{job="monitor",result="failed"}'
_OLDEST = 'monitor_webhook_oldest_message_seconds{job="monitor"}'
_TO_LOOK_AT = 'monitor_hours_to_look_at{job="monitor",model_version="m"}'
_UNAVAILABLE = 'prediction_log_state{job="api",prediction_log_state="unavailable"}'
HEALTHY: Series = {
    'model_info{job="api",version="m"}': "1x180",
    f"http_requests_total{_OK}": "0+60x180",
    f"http_requests_total{_REFUSED}": "0+6x180",
    f"http_requests_total{_FAILED}": "0x180",
    f"http_request_duration_seconds_bucket{_FAST}": "0+66x180",
    f"http_request_duration_seconds_bucket{_SLOW}": "0+66x180",
    f"http_request_duration_seconds_bucket{_ALL}": "0+66x180",
    'http_request_duration_seconds_count{job="api",route="/predict"}': "0+66x180",
    'model_refused{job="api"}': "0x180",
    _UNAVAILABLE: "0x180",
    'prediction_log_oldest_row_seconds{job="api"}': "0x180",
    'prediction_log_spool_bytes{job="api"}': "16777216x180",
    'prediction_log_quarantined_rows_total{job="api"}': "4x180",
    'prediction_log_damaged_frames_total{job="api"}': "0x180",
    'monitor_log_processes{job="monitor",state="silent"}': "0x180",
    'monitor_database_up{job="monitor"}': "1x180",
    'monitor_last_round_age_seconds{job="monitor"}': "8x180",
    'monitor_pending_hours{job="monitor"}': "1x180",
    _FOUND: "1x180",
    _TO_LOOK_AT: "1x180",
    _GIVEN_UP: "2x180",
    _OLDEST: "3x180",
    f"monitor_recently_due_outcomes{_DUE('judged')}": "900x180",
    f"monitor_recently_due_outcomes{_DUE('overdue')}": "90x180",
    f"monitor_recently_due_outcomes{_DUE('contested')}": "2x180",
}
_REQUESTS = "http_requests_total"
_OUTCOMES = "monitor_recently_due_outcomes"
_QUANTILE = "http_request_duration_seconds_bucket"
_NONE: Series = dict.fromkeys(HEALTHY, "_x180")
_FEW: Series = {
    f"{_REQUESTS}{_OK}": "0+1x180",
    f"{_REQUESTS}{_REFUSED}": "0+1x180",
    f"{_REQUESTS}{_FAILED}": "0+1x180",
    f"{_QUANTILE}{_FAST}": "0x180",
    f"{_QUANTILE}{_SLOW}": "0+3x180",
    f"{_QUANTILE}{_ALL}": "0+3x180",
    'http_request_duration_seconds_count{job="api",route="/predict"}': "0+3x180",
    f"{_OUTCOMES}{_DUE('judged')}": "50x180",
    f"{_OUTCOMES}{_DUE('overdue')}": "100x180",
    f"{_OUTCOMES}{_DUE('contested')}": "9x180",
}
# What fires each of them, and what comes near it.
FIRES: dict[str, Series] = {
    # The last scrape could not read Postgres.
    "IncidentNeedsAction": {_UNIT: "_x170 1x9 stale"},
    "LooksStandStill": {_TO_LOOK_AT: "8x180"},
    "WebhookFails": {_OLDEST: "0x160 0+60x20"},
    "ApiAbsent": _NONE,
    "ApiFails": {f"{_REQUESTS}{_FAILED}": "0+1x180"},
    "ApiRefusesRequests": {f"{_REQUESTS}{_REFUSED}": "0+20x180"},
    "ApiSlow": {f"{_QUANTILE}{_FAST}": "0+60x180"},
    "ModelRefused": {'model_refused{job="api"}': "1x180"},
    "LogUnavailable": {_UNAVAILABLE: "1x180"},
    "LogBehind": {'prediction_log_oldest_row_seconds{job="api"}': "0+60x180"},
    "SpoolFills": {'prediction_log_spool_bytes{job="api"}': "600000000x180"},
    "RowsQuarantined": {'prediction_log_damaged_frames_total{job="api"}': "0x150 1x30"},
    "ProcessSilent": {'monitor_log_processes{job="monitor",state="silent"}': "1x180"},
    "MonitorAbsent": _NONE,
    "MonitorWithoutPostgres": {'monitor_database_up{job="monitor"}': "0x180"},
    "CountsOld": {'monitor_last_round_age_seconds{job="monitor"}': " ".join(["Inf"] * 181)},
    "CountsBehind": {'monitor_pending_hours{job="monitor"}': "20+1x180"},
    "OutcomesOverdue": {f"{_OUTCOMES}{_DUE('overdue')}": "400x180"},
    "OutcomesContested": {f"{_OUTCOMES}{_DUE('contested')}": "30x180"},
}
SILENT: dict[str, Series] = {
    "IncidentNeedsAction": {_UNIT: "1x160 _x20"},
    "LooksStandStill": {_TO_LOOK_AT: "900-4x180"},
    "WebhookFails": {_OLDEST: "0x170 0+60x10", _GIVEN_UP: "2x60 3x120"},
    "ApiFails": {f"{_REQUESTS}{_FAILED}": "0x170 1x10"},
    "ApiRefusesRequests": {f"{_REQUESTS}{_REFUSED}": "0x170 0+60x10"},
    "ApiSlow": {f"{_QUANTILE}{_FAST}": "0+64x180"},
    "LogBehind": {'prediction_log_oldest_row_seconds{job="api"}': "0x176 70x4"},
    "RowsQuarantined": {'prediction_log_quarantined_rows_total{job="api"}': "0x60 9x120"},
    "ProcessSilent": {'monitor_log_processes{job="monitor",state="silent"}': "0x170 1x10"},
    "CountsOld": {'monitor_last_round_age_seconds{job="monitor"}': "0+3x180"},
    "CountsBehind": {'monitor_pending_hours{job="monitor"}': "9000-40x180"},
}


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is not installed (Debian: prometheus)")
    return subprocess.run(
        [program, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def scenario(name: str, series: Series, expected: dict[str, bool]) -> dict[str, Any]:
    """Which alarms promtool is to find firing, or silent, at the end of three hours."""
    return {
        "name": name,
        "interval": "1m",
        "input_series": [
            {"series": key, "values": values} for key, values in (HEALTHY | series).items()
        ],
        "promql_expr_test": [
            {
                "expr": f'count(ALERTS{{alertname="{alert}",alertstate="firing"}})',
                "eval_time": "180m",
                "exp_samples": [{"labels": "{}", "value": 1}] if fires else [],
            }
            for alert, fires in expected.items()
        ],
    }


def judge(tmp_path: Path, scenarios: list[dict[str, Any]]) -> None:
    # JSON is YAML.
    file = tmp_path / "scenarios.yml"
    file.write_text(
        json.dumps({"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": scenarios})
    )
    result = promtool("test", "rules", file)
    assert result.returncode == 0, result.stdout + result.stderr


def test_prometheus_takes_the_rules() -> None:
    result = promtool("check", "rules", RULES)

    assert result.returncode == 0, result.stderr
    assert f"{len(ALERTS)} rules found" in result.stdout


def test_each_alarm_fires_over_what_it_is_for(tmp_path: Path) -> None:
    assert list(FIRES) == ALERTS
    judge(tmp_path, [scenario(name, series, {name: True}) for name, series in FIRES.items()])


def test_what_comes_near_is_silent(tmp_path: Path) -> None:
    judge(tmp_path, [scenario(name, series, {name: False}) for name, series in SILENT.items()])


def test_no_alarm_fires_while_all_is_well_nor_for_a_share_of_few(tmp_path: Path) -> None:
    silence = dict.fromkeys(ALERTS, False)
    judge(tmp_path, [scenario("well", {}, silence), scenario("few", _FEW, silence)])


def test_without_data_only_its_absence_is_said(tmp_path: Path) -> None:
    expected = {name: name in ("ApiAbsent", "MonitorAbsent") for name in ALERTS}
    judge(tmp_path, [scenario("nothing", _NONE, expected)])


def test_each_alarm_says_what_and_leads_to_what_to_do() -> None:
    text = (ROOT / "docs" / "monitoring.md").read_text()
    anchors = {heading.lower() for heading in re.findall(r"(?m)^#+ (\w+)$", text)}
    rules = RULES.read_text()

    runbooks = re.findall(r"runbook: docs/monitoring\.md#(\w+)", rules)
    assert runbooks == [name.lower() for name in ALERTS]
    assert set(runbooks) <= anchors
    assert len(re.findall(r"(?m)^ +summary: .{20,}$", rules)) == len(ALERTS)


def test_each_figure_that_an_alarm_reads_is_one_of_ours() -> None:
    expressions = re.sub(r"(?m)^ +(summary|runbook|#).*$", "", RULES.read_text())
    read = set(re.findall(r"\b((?:monitor|prediction_log|http|model)_\w+)", expressions))
    sources = (
        *("api/telemetry/metrics.py", "api/telemetry/log_figures.py"),
        *("monitor/metrics.py", "monitor/incidents/figures.py"),
    )
    quoted = set(re.findall(r'"(\w+)"', "".join((ROOT / file).read_text() for file in sources)))

    def known(name: str) -> bool:
        name = re.sub(r"_(total|bucket|count)$", "", name)
        return name in quoted or re.sub(r"^(monitor|prediction_log)_", "", name) in quoted

    assert len(read) > 10
    assert {name for name in read if not known(name)} == set()
