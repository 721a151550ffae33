"""A database whose versions have a profile, and a way to count."""

from typing import Any

import psycopg2
import pytest

from contract.digest import canonical_json
from contract.profile import CellCounts, ColumnProfile, Profile, ScoreProfile
from contract.schema import DataSetSchema
from db.rollup import rolling, verification
from tests.conftest import Database
from tests.gmsc import SCHEMA


def profile_of(schema: DataSetSchema) -> Profile:
    """Some cells of every kind; what was counted in them does not matter here."""
    columns = []
    for number, feature in enumerate(schema.features):
        cells: dict[str, Any] = {}
        if feature.kind == "category":
            cells["levels"] = feature.levels
        elif feature.kind == "boolean":
            cells["atoms"] = (0.0, 1.0)
        elif number % 3:
            cells |= {"atoms": (0.0, 98.0), "edges": (1.0, 2.5, 50.0)}
            cells |= {"minimum": 0.0, "maximum": 100.0}
        size = 2 + sum(len(cells.get(name, ())) for name in ("atoms", "levels", "edges"))
        counts = CellCounts(negatives=(1,) + (0,) * (size - 1), positives=(0,) * size)
        columns.append(ColumnProfile(name=feature.name, kind=feature.kind, counts=counts, **cells))
    score = ScoreProfile(
        edges=(0.1, 0.25, 0.9),
        counts=CellCounts(negatives=(1, 0, 0, 0), positives=(0, 0, 0, 0)),
        scores=(0.5,),
        calibrated=(0.5,),
    )
    return Profile(rows=1, positives=0, columns=tuple(columns), score=score)


def register(database: Database, version: str, schema: DataSetSchema = SCHEMA) -> Profile:
    """Keep a profile of the version; it is returned."""
    profile = profile_of(schema)
    database.query(
        "INSERT INTO reference_profile (model_version, declaration, profile) VALUES (%s, %s, %s)",
        *(version, schema.to_json().decode(), canonical_json(profile.model_dump()).decode()),
    )
    return profile


class Counting:
    """Rounds and checks by the role `monitor`."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def connect(self) -> Any:
        connection = psycopg2.connect(self.database.url("monitor"))
        with connection, connection.cursor() as cursor:
            cursor.execute("SET TimeZone = 'UTC'")
        return connection

    def round(self) -> int:
        """One round; how many hours were counted."""
        connection = self.connect()
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute("SELECT settled_outcomes()")
                ((settled,),) = cursor.fetchall()
            with connection, connection.cursor() as cursor:
                rolling.enter_gate(cursor)
                rolling.settle(cursor, settled)
                days = rolling.pending_days(cursor)
            hours = 0
            for day in days:
                with connection, connection.cursor() as cursor:
                    rolling.enter_gate(cursor)
                    hours += rolling.roll(cursor, day)
            return hours
        finally:
            connection.close()

    def complaints(self) -> list[str]:
        """What is wrong with the counts, hours that are yet to be counted left out."""
        connection = self.connect()
        try:
            connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
            with connection, connection.cursor() as cursor:
                return [
                    complaint
                    for checked in verification.verify(cursor)
                    for complaint in checked.complaints
                ]
        finally:
            connection.close()


@pytest.fixture
def counting(database: Database) -> Counting:
    return Counting(database)
