"""The commands on published versions, in this process, on tiny bundles."""

from dataclasses import replace
from pathlib import Path

import pytest

from contract.bundle import Provenance
from tests.bundles import PROVENANCE, Fitted, files_of
from tests.contract.conftest import fitted
from trainer import versions
from trainer.context import Context
from trainer.errors import TrainerError
from trainer.settings import TrainerSettings

__all__ = ["fitted"]  # a fixture


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return Context.of(TrainerSettings(models_dir=tmp_path / "models"))


def publish(context: Context, fitted: Fitted, *seeds: int, is_sample: bool = False) -> list[str]:
    """Versions that were active one after the other."""
    found = []
    for seed in seeds:
        made: Provenance = replace(PROVENANCE, settings={"seed": seed}, is_sample=is_sample)
        context.store.publish(made.version, files_of(fitted, made))
        context.store.activate(made.version)
        found.append(made.version)
    return found


def test_rollbacks_go_back_one_by_one_and_say_where_they_end(
    context: Context, fitted: Fitted, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second, third = publish(context, fitted, 1, 2, 3)

    versions.rollback(context)
    versions.rollback(context)

    assert capsys.readouterr().out == (
        f"{second} is active now; it was {third}\n{first} is active now; it was {second}\n"
    )
    with pytest.raises(TrainerError, match=f"no version was active before {first}: see `list`"):
        versions.rollback(context)


def test_a_rollback_to_the_sample_says_so(
    context: Context, fitted: Fitted, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(context, fitted, 1, is_sample=True)
    publish(context, fitted, 2)

    versions.rollback(context)

    assert "was trained on the BUILT-IN SAMPLE" in capsys.readouterr().out


def test_a_rollback_to_what_cannot_be_served_changes_nothing_and_says_what_else(
    context: Context, fitted: Fitted
) -> None:
    first, second = publish(context, fitted, 1, 2)
    (context.store.path(first) / "golden.json").unlink()

    with pytest.raises(
        TrainerError, match=r"lacks golden\.json.*or choose another one: see `list`"
    ):
        versions.rollback(context)

    assert context.store.active() == second
