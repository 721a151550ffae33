"""Figures of incidents for Prometheus: how many are open, how far was looked, what was sent."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from monitor.database import Reader

_OPEN = """
SELECT model_version, cause, action, actionable, count(*) FROM monitoring.incidents
WHERE closed_at IS NULL GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"""
_OPENED = "SELECT model_version, count(*) FROM incident GROUP BY 1 ORDER BY 1"
_CLOSED = """
SELECT model_version, content->>'ending', count(*)
FROM incident_record JOIN incident USING (incident_id) WHERE kind = 'ended'
GROUP BY 1, 2 ORDER BY 1, 2"""
_LOOKED = """
SELECT extract(epoch FROM (SELECT as_of FROM rollup_state) - max(looked_until))::float8
FROM watch_state HAVING max(looked_until) IS NOT NULL"""
# An hour is looked at when it is over and what comes late has come; a version that nobody asks any
# more has no further hours.
_WAITING = """
SELECT kept.model_version, (
    SELECT count(DISTINCT hour) FROM rollup_hour
    WHERE rollup_hour.model_version = kept.model_version
      AND hour >= coalesce(looked_until, '-infinity')
      AND hour < (SELECT as_of FROM rollup_state) - interval '3 hours'
) FROM reference_profile AS kept LEFT JOIN watch_state USING (model_version)
WHERE profile IS NOT NULL ORDER BY 1"""
_SENT = """
SELECT count(*) FILTER (WHERE state = 'delivered'), count(*) FILTER (WHERE state = 'failed'),
       count(*) FILTER (WHERE state = 'pending'),
       extract(epoch FROM now() - min(enlisted_at) FILTER (WHERE state = 'pending'))::float8
FROM webhook_delivery WHERE target = %s"""


def of_incidents(reader: Reader) -> Iterator[Metric]:
    """What is open, and what ever was."""
    family = GaugeMetricFamily(
        "monitor_incidents_open",
        "Incidents that are open, by the latest diagnosis. No series where none is; of one that is"
        " not diagnosed yet the cause is undetermined and the action wait",
        labels=["model_version", "cause", "action", "actionable"],
    )
    for version, cause, action, actionable, count in reader.rows(_OPEN):
        family.add_metric([version, cause, action, "true" if actionable else "false"], count)
    yield family
    opened = CounterMetricFamily(
        "monitor_incidents_opened", "Incidents that were ever opened", labels=["model_version"]
    )
    for version, count in reader.rows(_OPENED):
        opened.add_metric([version], count)
    yield opened
    closed = CounterMetricFamily(
        "monitor_incidents_closed",
        "Incidents that were closed, by how: back, accepted or superseded",
        labels=["model_version", "ending"],
    )
    for version, ending, count in reader.rows(_CLOSED):
        closed.add_metric([version, ending], count)
    yield closed


def of_looks(reader: Reader) -> Iterator[Metric]:
    """How far was looked; nothing before the first look."""
    for (age,) in reader.rows(_LOOKED):
        yield GaugeMetricFamily(
            "monitor_last_look_age_seconds",
            "Business time of the last round less the end of the last hour that was looked at for"
            " incidents, of the version that was looked at last",
            value=age,
        )
    family = GaugeMetricFamily(
        "monitor_hours_to_look_at",
        "Hours with predictions that are over for three hours and were not looked at for incidents."
        " No series of a version without a profile, which cannot be looked at",
        labels=["model_version"],
    )
    for version, hours in reader.rows(_WAITING):
        family.add_metric([version], hours)
    yield family


def of_messages(reader: Reader, target: str) -> Iterator[Metric]:
    """What became of the messages to an address, by the digest of its URL."""
    ((delivered, failed, pending, oldest),) = reader.rows(_SENT, (target,))
    sent = CounterMetricFamily(
        "monitor_webhook_messages",
        "Messages to the receiver of ALERT_WEBHOOK_URL: delivered, or failed and given up",
        labels=["result"],
    )
    sent.add_metric(["delivered"], delivered)
    sent.add_metric(["failed"], failed)
    yield sent
    yield GaugeMetricFamily(
        "monitor_webhook_pending_messages", "Messages that are to be sent", value=pending
    )
    yield GaugeMetricFamily(
        "monitor_webhook_oldest_message_seconds",
        "For how long the oldest of them has waited; 0 where none does",
        value=oldest or 0.0,
    )
