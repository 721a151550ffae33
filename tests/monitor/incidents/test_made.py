"""The incidents that other tests are made of are possible ones."""

import json

from tests.monitor.incidents import made


def test_every_one_is_plain_json_with_finite_numbers() -> None:
    for incident in made.everyone():
        text = json.dumps(incident.document(), allow_nan=False)

        assert json.loads(text)["incident_id"] == incident.incident_id


def test_each_cause_is_among_them_and_each_ending() -> None:
    every = made.everyone()

    assert {one.cause for one in every} == set(made.CAUSES)
    assert {one.ending for one in every} == {None, "back", "accepted", "superseded"}
