"""The commands on published versions, in this process, on tiny bundles."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from api.model.served import ServedModel
from api.settings import ApiSettings, ModelRefused
from contract.digest import canonical_json
from contract.metadata import FORMAT
from contract.provenance import Provenance
from tests.bundles import PROVENANCE, Fitted, files_of
from tests.contract.conftest import fitted
from tests.contract.test_bundle import write
from tests.trainer.test_commands import remade
from trainer import training, versions
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


def of_another_release(context: Context, version: str) -> str:
    """The version as a later release would have made it; its name."""
    was_active = context.store.active() == version
    name = remade(context.store.path(version), lambda of: of.update(format=FORMAT + 1))
    if was_active:
        context.store.activate(name)
    return name


def test_list_shows_what_cannot_be_served_and_why(
    context: Context, fitted: Fitted, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = publish(context, fitted, 1, 2)
    other = of_another_release(context, second)

    versions.show(context)

    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert " of another release: " in lines[other]
    assert f"has bundle format {FORMAT + 1}, this service reads {FORMAT}" in lines[other]
    assert " active " in lines[other]
    assert " AUC " in lines[first]


def test_list_says_where_the_active_version_scores_otherwise_here(
    context: Context, fitted: Fitted, capsys: pytest.CaptureFixture[str]
) -> None:
    (version,) = publish(context, fitted, 1)
    directory = context.store.path(version)
    document = json.loads((directory / "golden.json").read_bytes())
    document["cases"][0]["probability"] /= 2
    write(directory, "golden.json", canonical_json(document))

    versions.show(context)

    assert " scores otherwise here: " in capsys.readouterr().out


def test_list_says_that_nothing_of_what_is_there_is_active(
    context: Context, fitted: Fitted, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(context, fitted, 1)
    (context.store.root / "current").write_text("gmsc-000000000000\n")

    versions.show(context)

    assert "what is active is not there (gmsc-000000000000): `activate` a version" in (
        capsys.readouterr().out
    )


def test_the_first_model_names_what_could_be_served_instead(
    context: Context, fitted: Fitted
) -> None:
    first, second, third = publish(context, fitted, 1, 2, 3)
    other = of_another_release(context, third)

    with pytest.raises(TrainerError) as refused:
        training.train(context, if_none=True, activate=True)

    message = str(refused.value)
    assert f"the active version cannot be used: {other} has bundle format" in message
    assert "what can be served here, newest first: " in message
    assert first in message
    assert second in message


def test_the_first_model_says_where_nothing_else_could_be_served(
    context: Context, fitted: Fitted
) -> None:
    (only,) = publish(context, fitted, 1)
    (context.store.path(only) / "golden.json").unlink()

    with pytest.raises(TrainerError, match="no other version can be served here: train again"):
        training.train(context, if_none=True, activate=True)


def test_an_api_that_refuses_the_active_version_names_the_others(
    context: Context, fitted: Fitted
) -> None:
    first, second = publish(context, fitted, 1, 2)
    (context.store.path(second) / "golden.json").unlink()

    with pytest.raises(ModelRefused, match=rf"lacks golden\.json.*newest first: {first}; `activ"):
        ServedModel.load(ApiSettings(models_dir=context.store.root))


@pytest.mark.parametrize("content", [b"\x1b[2J\n", b"../x", b"\xff\xfe"])
def test_a_damaged_current_is_named_and_nothing_is_removed_or_replaced(
    context: Context, fitted: Fitted, content: bytes
) -> None:
    first, second = publish(context, fitted, 1, 2)
    (context.store.root / "current").write_bytes(content)

    with pytest.raises(TrainerError, match="current is damaged: `activate` a version first"):
        versions.prune(context, keep=1)
    with pytest.raises(TrainerError, match="current is damaged: what can be served here"):
        training.train(context, if_none=True, activate=True)

    assert context.store.versions() == sorted([first, second])
    versions.activate(context, second)
    assert (context.store.active(), context.store.previous()) == (second, first)
    assert (context.store.root / ".activated").read_text() == f"{first}\n"
