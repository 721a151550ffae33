"""The usual template: a DataFrame of one row, `predict_proba`, one INSERT a request.

Environment: MODEL (joblib), DATABASE_URL (a role that may create a table).
"""

import os
import uuid
from datetime import UTC, datetime
from pathlib import Path

import joblib
import pandas as pd
from fastapi import FastAPI
from psycopg2.extensions import connection as Connection  # noqa: N812 -- psycopg2 spells a class so
from psycopg2.pool import ThreadedConnectionPool

from benchmarks.servers.instance import Answer, Instance
from tests.gmsc import SCHEMA

_NAMES = [feature.name for feature in SCHEMA.features]
_COLUMNS = ["prediction_id", "predicted_at", "probability", "prediction"]
_COLUMNS += [feature.column for feature in SCHEMA.features]
_THRESHOLD = 0.5
# As many as the thread pool that FastAPI runs plain functions in.
_CONNECTIONS = 40

_INSERT = "INSERT INTO template_log ({}) VALUES ({})".format(
    ", ".join(_COLUMNS), ", ".join(["%s"] * len(_COLUMNS))
)

model = joblib.load(Path(os.environ["MODEL"]))
pool = ThreadedConnectionPool(_CONNECTIONS, _CONNECTIONS, os.environ["DATABASE_URL"])
app = FastAPI()


def _create_table() -> None:
    features = ", ".join(f"{feature.column} double precision" for feature in SCHEMA.features)
    connection: Connection = pool.getconn()
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE IF NOT EXISTS template_log (prediction_id uuid PRIMARY KEY,"
            f" predicted_at timestamptz, probability double precision, prediction int, {features})"
        )
    pool.putconn(connection)


_create_table()


@app.post("/predict")
def predict(instance: Instance) -> Answer:
    """Score the instance, insert its row, commit, answer."""
    values = instance.model_dump(by_alias=True)
    probability = float(model.predict_proba(pd.DataFrame([values], columns=_NAMES))[0, 1])
    answer = Answer(
        prediction_id=str(uuid.uuid4()),
        prediction=int(probability >= _THRESHOLD),
        probability=probability,
        predicted_at=datetime.now(UTC).isoformat(),
        threshold=_THRESHOLD,
        model_version="template",
    )
    connection: Connection = pool.getconn()
    try:
        with connection, connection.cursor() as cursor:
            row = (answer.prediction_id, answer.predicted_at, probability, answer.prediction)
            cursor.execute(_INSERT, (*row, *values.values()))
    finally:
        pool.putconn(connection)
    return answer
