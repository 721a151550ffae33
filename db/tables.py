"""The tables as SQLAlchemy knows them, without the features: those come from the declaration."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    Interval,
    MetaData,
    Numeric,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSON, JSONB, REAL

from db.log.counters import Counters
from db.rollup.outcomes import STATES, SUMS

METADATA = MetaData()

_TIME = DateTime(timezone=True)

PREDICTION_LOG = Table(
    "prediction_log",
    METADATA,
    Column("predicted_at", _TIME, primary_key=True),
    Column("prediction_id", Uuid, primary_key=True),
    Column("logged_at", _TIME, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("model_version", Text, nullable=False),
    Column("schema_version", Text, nullable=False),
    Column("probability", Double, nullable=False),
    Column("threshold", Double, nullable=False),
    Column("prediction", SmallInteger, nullable=False),
    Column("duration_ms", REAL, nullable=False),
    Column("instance_index", Integer, nullable=False),
    Column("batch_size", Integer, nullable=False),
    Column("client_reference", Text),
    Column("event_time", _TIME),
    Column("log_path", Text, nullable=False),
    Column("trace_id", Text),
    Column("route", Text, nullable=False),
    Column("api_key_name", Text),
    Column("outcome_due", _TIME),
    Index(
        "prediction_log_client_reference",
        "client_reference",
        postgresql_where=text("client_reference IS NOT NULL"),
    ),
    Index(
        "prediction_log_event_time",
        "event_time",
        postgresql_where=text("event_time IS NOT NULL"),
    ),
)

MODEL_VERSION = Table(
    "model_version",
    METADATA,
    Column("model_version", Text, primary_key=True),
    Column("schema_version", Text, nullable=False),
    Column("data_source", Text, nullable=False),
    Column("data_is_sample", Boolean, nullable=False),
    Column("created_at", _TIME, nullable=False),
    Column("registered_at", _TIME, nullable=False),
    Column("metadata", JSONB, nullable=False),
)

MODEL_ACTIVATION = Table(
    "model_activation",
    METADATA,
    Column("activation_id", Uuid, primary_key=True),
    Column("activated_at", _TIME, nullable=False),
    Column("process_id", Uuid, nullable=False),
    Column("instance", Text, nullable=False),
    Column("model_version", Text, nullable=False),
    Column("previous_version", Text),
    Column("reason", Text, nullable=False),
    Column("stored_at", _TIME, nullable=False),
)

REJECTED_REQUEST = Table(
    "rejected_request",
    METADATA,
    Column("rejection_id", BigInteger, primary_key=True),
    Column("rejected_at", _TIME, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("route", Text, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("errors", JSONB, nullable=False),
    Column("model_version", Text),
    Column("suppressed", BigInteger, nullable=False),
    Index("rejected_request_rejected_at", "rejected_at"),
)

LOG_COUNTER = Table(
    "log_counter",
    METADATA,
    Column("process_id", Uuid, primary_key=True),
    Column("started_at", _TIME, nullable=False),
    Column("counted_at", _TIME, nullable=False),
    *(Column(name, BigInteger, nullable=False) for name in Counters.SAVED),
    Column("instance", Text),
    Column("spool", Text),
    Column("waiting", BigInteger),
    Column("ended_at", _TIME),
)

RETIRED_MONTH = Table(
    "retired_month",
    METADATA,
    Column("partition_name", Text, primary_key=True),
    Column("predictions", BigInteger, nullable=False),
    Column("retired_at", _TIME, nullable=False),
)

OUTCOME_EVENT = Table(
    "outcome_event",
    METADATA,
    Column("prediction_id", Uuid),
    Column("client_reference", Text),
    Column("source", Text(collation="C"), nullable=False),
    Column("event_key", Text(collation="C"), nullable=False),
    Column("state", Text, nullable=False),
    Column("outcome", SmallInteger),
    Column("revision", Integer, nullable=False),
    Column("observed_at", _TIME, nullable=False),
    Column("received_at", _TIME, nullable=False),
    Column("api_key_name", Text),
    Index(
        "outcome_event_of_prediction",
        *("prediction_id", "source", "event_key"),
        unique=True,
        postgresql_where=text("prediction_id IS NOT NULL"),
    ),
    Index(
        "outcome_event_of_reference",
        *("client_reference", "source", "event_key"),
        unique=True,
        postgresql_where=text("client_reference IS NOT NULL"),
    ),
    Index("outcome_event_received_at", "received_at", postgresql_using="brin"),
)

OUTCOME_WINDOW = Table(
    "outcome_window",
    METADATA,
    Column("schema_version", Text, primary_key=True),
    Column("outcome_due", Interval, nullable=False),
)

OUTCOME_GATE = Table("outcome_gate", METADATA)

REFERENCE_PROFILE = Table(
    "reference_profile",
    METADATA,
    Column("model_version", Text, primary_key=True),
    Column("declaration", JSON, nullable=False),
    Column("profile", JSON),
    Column("registered_at", _TIME, nullable=False),
)

ROLLUP_GATE = Table("rollup_gate", METADATA)

ROLLUP_MARK = Table(
    "rollup_mark",
    METADATA,
    Column("hour", _TIME, nullable=False),
    Index("rollup_mark_hour", "hour"),
)

ROLLUP_STATE = Table(
    "rollup_state",
    METADATA,
    Column("only_row", Boolean, primary_key=True),
    Column("settled_at", _TIME, nullable=False),
    Column("as_of", _TIME, nullable=False),
    Column("rolled_at", _TIME),
    Column("hours", BigInteger, nullable=False),
    Column("seconds", Double, nullable=False),
)

_COUNTS = ARRAY(BigInteger)


def _group(*, first: str, due: bool, part: bool) -> list[Column[Any]]:
    """The columns that say what is counted together."""
    kind = Date if first == "day" else _TIME
    texts = ["model_version", "caller", "route"]
    return [
        Column(first, kind, primary_key=True),
        *(Column(name, Text, primary_key=True) for name in texts),
        *([Column("due_on", Date, primary_key=True)] if due else []),
        *([Column("part", Text, primary_key=True)] if part else []),
    ]


def _predictions() -> list[Column[Any]]:
    return [
        Column("predictions", BigInteger, nullable=False),
        Column("positives", BigInteger, nullable=False),
        Column("probability_sum", Numeric, nullable=False),
        Column("past_the_spool", BigInteger, nullable=False),
        Column("lags", _COUNTS, nullable=False),
        Column("durations", _COUNTS, nullable=False),
        Column("cells", _COUNTS),
    ]


def _outcomes() -> list[Column[Any]]:
    counts = ("good_scores", "bad_scores", "good_ages", "bad_ages")
    return [
        *(Column(name, BigInteger, nullable=False) for name in ("predictions", *STATES)),
        *(Column(name, Numeric, nullable=False) for name in SUMS),
        *(Column(name, _COUNTS, nullable=False) for name in counts),
    ]


ROLLUP_HOUR = Table(
    "rollup_hour", METADATA, *_group(first="hour", due=False, part=True), *_predictions()
)
ROLLUP_DAY = Table(
    "rollup_day", METADATA, *_group(first="day", due=False, part=False), *_predictions()
)
OUTCOME_HOUR = Table(
    "outcome_hour", METADATA, *_group(first="hour", due=True, part=True), *_outcomes()
)
OUTCOME_DAY = Table(
    "outcome_day", METADATA, *_group(first="day", due=True, part=False), *_outcomes()
)

INCIDENT = Table(
    "incident",
    METADATA,
    Column("incident_id", BigInteger, primary_key=True, autoincrement=False),
    Column("model_version", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("opened_at", _TIME, nullable=False),
    UniqueConstraint("model_version", "number"),
)

INCIDENT_RECORD = Table(
    "incident_record",
    METADATA,
    Column("record_id", BigInteger, primary_key=True, autoincrement=False),
    Column("incident_id", ForeignKey("incident.incident_id"), nullable=False),
    Column("at", _TIME, nullable=False),
    Column("kind", Text, nullable=False),
    Column("content", JSONB, nullable=False),
    Column("written_at", _TIME, nullable=False),
    Index("incident_record_of_incident", "incident_id", "record_id"),
)

INCIDENT_GATE = Table("incident_gate", METADATA)

WATCH_STATE = Table(
    "watch_state",
    METADATA,
    Column("model_version", Text, primary_key=True),
    Column("looked_until", _TIME, nullable=False),
    Column("state", JSON, nullable=False),
    Column("as_of", _TIME, nullable=False),
    Column("written_at", _TIME, nullable=False),
)

OPERATOR_NOTE = Table(
    "operator_note",
    METADATA,
    Column("note_id", BigInteger, primary_key=True),
    Column("at", _TIME, nullable=False),
    Column("body", Text, nullable=False),
    Column("written_by", Text),
    Column("written_at", _TIME, nullable=False),
    Index("operator_note_at", "at"),
)

MONITOR_CLOCK = Table(
    "monitor_clock",
    METADATA,
    Column("only_row", Boolean, primary_key=True),
    Column("as_of", _TIME, nullable=False),
    Column("held_at", _TIME, nullable=False),
)

WEBHOOK_TARGET = Table(
    "webhook_target",
    METADATA,
    Column("target", Text, primary_key=True),
    Column("enlisted_until", BigInteger, nullable=False),
    Column("first_used_at", _TIME, nullable=False),
)

WEBHOOK_DELIVERY = Table(
    "webhook_delivery",
    METADATA,
    Column("target", ForeignKey("webhook_target.target"), primary_key=True),
    Column("record_id", ForeignKey("incident_record.record_id"), primary_key=True),
    Column("message_id", Uuid, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", _TIME),
    Column("last_error", Text),
    Column("enlisted_at", _TIME, nullable=False),
    Column("ended_at", _TIME),
    Index(
        "webhook_delivery_pending",
        *("target", "next_attempt_at"),
        postgresql_where=text("state = 'pending'"),
    ),
)

RETRAINING_RECORD = Table(
    "retraining_record",
    METADATA,
    Column("record_id", BigInteger, primary_key=True, autoincrement=False),
    Column("case_id", BigInteger, nullable=False),
    Column("at", _TIME, nullable=False),
    Column("kind", Text, nullable=False),
    Column("content", JSON, nullable=False),
    Column("previous_hash", Text, nullable=False),
    Column("hash", Text, nullable=False, unique=True),
    Column("written_by", Text, nullable=False),
    Column("written_at", _TIME, nullable=False),
    Index("retraining_record_of_case", "case_id", "record_id"),
)

RETRAINING_GATE = Table("retraining_gate", METADATA)
