"""An incident opens also where it cannot be diagnosed."""

from types import SimpleNamespace
from typing import Any

import pytest

from diagnosis.case import Case
from diagnosis.finding import Diagnosis
from monitor.incidents.guarded import FAILED, Guarded


def case(at: int) -> Any:
    return SimpleNamespace(at=at, reference=SimpleNamespace(version="m1"))


def test_a_diagnosis_that_fails_is_undetermined_and_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(_case: Case) -> Diagnosis:
        raise ZeroDivisionError("no rows")

    guarded = Guarded(fail)

    found = [guarded(case(at)) for at in (3, 4)]

    assert [(each.at, each.cause, each.notes) for each in found] == [
        (3, "undetermined", (FAILED,)),
        (4, "undetermined", (FAILED,)),
    ]
    assert [record.message for record in caplog.records] == [
        "an incident of m1 cannot be diagnosed"
    ]


def test_one_that_does_not_fail_is_what_it_is() -> None:
    right = Diagnosis(3, "none", (), actionable=False, action="nothing")

    assert Guarded(lambda _case: right)(case(3)) is right
