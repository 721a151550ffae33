"""The names in SQL that no feature may take."""

# The log's own columns, those that its coming phases add, the columns that the monitoring views
# have beside the features', and the system columns of every table in PostgreSQL. What the log has
# is held against the migrated table by a test.
RESERVED_COLUMNS = frozenset(
    {
        *("predicted_at", "prediction_id", "logged_at", "request_id", "model_version"),
        *("schema_version", "probability", "threshold", "prediction", "duration_ms"),
        *("instance_index", "batch_size", "client_reference", "event_time", "log_path"),
        *("trace_id", "route", "api_key_name"),
        *("reference", "outcome", "outcome_due", "outcome_time", "observed_at", "received_at"),
        *("hour", "day", "predictions", "mean_probability"),
        *("tableoid", "xmin", "xmax", "cmin", "cmax", "ctid", "oid"),
    }
)
