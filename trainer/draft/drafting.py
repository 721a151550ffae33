"""From a table to the text of its declaration."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from contract.declaration import Declaration, Source
from contract.schema import SchemaError
from contract.text import is_printable, shown
from trainer import parquet_file, quoted_file
from trainer.csv_file import Chunk
from trainer.draft import leaks
from trainer.draft.dialect import Dialect, dialect_of
from trainer.draft.labels import Labels, labels_of
from trainer.draft.survey import ColumnSurvey, Survey, survey_of
from trainer.draft.verdict import Verdict, markers_in, verdict_on
from trainer.draft.wishes import Wishes
from trainer.draft.wording import Findings, text_of
from trainer.errors import NotDeclared
from trainer.header import is_counter
from trainer.text_file import Form, is_parquet, open_text

_PARQUET = Dialect("utf-8", ",", ".")


class Draft(NamedTuple):
    """The text of a declaration.

    features, left_out: how many columns are each. warnings: what nobody should miss.
    """

    text: str
    features: int
    left_out: int
    warnings: list[str]


def draft_of(path: Path, wishes: Wishes) -> Draft:
    """A declaration of the table that the trainer takes as it is.

    Raises NotDeclared, or DataRefused where the file cannot be read.
    """
    dialect = _PARQUET if is_parquet(path) else dialect_of(path)
    with _rows(path, dialect) as (names, readable, chunks):
        places = _places(path, names, readable, wishes)
        survey = survey_of([names[place] for place in places], places, chunks)
    unread = [name for place, name in enumerate(names) if place not in readable]
    _check_rows(path, survey, places, names)
    columns = [column for column in survey.columns if column.name]
    markers = markers_in(columns)
    target = next(column for column in columns if column.name == wishes.target)
    labels = labels_of(target, wishes, markers, dialect.decimal)
    verdicts = _verdicts(survey, wishes, markers, labels)
    verdicts += [Verdict(name, None, why="its type is none of a value") for name in unread]
    found = Findings(
        path=path,
        dialect=dialect,
        time_format=_times(columns, wishes, markers),
        markers=markers,
        labels=labels,
        verdicts=verdicts,
    )
    text = text_of(found, wishes)
    try:
        Declaration.from_toml(text)
    except SchemaError as error:
        raise NotDeclared(f"{path} cannot be declared: {error}") from error
    kept = [verdict for verdict in verdicts if verdict.members is not None]
    loud = [f"{item.name}: {item.warning}" for item in kept if item.warning]
    return Draft(text, len(kept), len(verdicts) - len(kept), loud)


@contextmanager
def _rows(
    path: Path, dialect: Dialect
) -> Iterator[tuple[list[str], Sequence[int], Iterator[Chunk]]]:
    """The names of the columns, the places of those that can be read, and all of their cells."""
    if is_parquet(path):
        names = parquet_file.columns_in(path)
        readable = parquet_file.readable(path)
        with parquet_file.opened(path, readable, Source()) as chunks:
            yield names, readable, chunks
        return
    with open_text(path, Form(path.name, dialect.encoding, dialect.delimiter)) as file:
        rows = quoted_file.records(path, file, dialect.delimiter)
        names = quoted_file.header(path, rows)
        every = range(len(names))
        yield names, every, quoted_file.chunks(path, rows, len(names), every, dialect.decimal)


def _places(path: Path, names: list[str], readable: Sequence[int], wishes: Wishes) -> list[int]:
    """The columns to look at, those without a name behind the first among them."""
    named = next((place for place, name in enumerate(names) if name), len(names))
    if strange := [name for name in names if not is_printable(name) or len(name) > 2000]:
        listed = ", ".join(shown(name, 40) for name in strange[:5])
        raise NotDeclared(f"{path}: names of columns that cannot be printed: rename {listed}")
    if twice := sorted({name for name in names if name and names.count(name) > 1}):
        raise NotDeclared(f"{path}: columns are there twice: rename one of {', '.join(twice[:5])}")
    for option, column in {"target": wishes.target, **wishes.roles}.items():
        if column not in names:
            listed = ", ".join(name for name in names[:20] if name)
            raise NotDeclared(
                f"{path} has no column {column} (--{option.replace('_', '-')}); it has {listed}"
            )
    return [place for place in readable if place >= named]


def _check_rows(path: Path, survey: Survey, places: list[int], names: list[str]) -> None:
    if survey.rows == 0:
        raise NotDeclared(f"{path}: a header, but no rows")
    for place, column in zip(places, survey.columns, strict=True):
        if not names[place] and set(column.counts or {"x": 1}) != {""}:
            raise NotDeclared(f"{path}: column {place + 1} has values and no name: give it one")


def _verdicts(
    survey: Survey, wishes: Wishes, markers: tuple[str, ...], labels: Labels
) -> list[Verdict]:
    apart = {wishes.target, *wishes.roles.values()}
    by_place = list(zip(*survey.sample, strict=True))
    names = [column.name for column in survey.columns]
    marks = labels.of(by_place[names.index(wishes.target)])
    found = []
    for texts, column in zip(by_place, survey.columns, strict=True):
        if not column.name or column.name in apart:
            continue
        verdict = verdict_on(column, markers)
        if is_counter(column.name) and column.counts_up:
            verdict = Verdict(column.name, None, why="it counts the rows")
        elif verdict.members is not None:
            numeric = verdict.members["kind"] in {"integer", "float"}
            alone = leaks.auc_alone(texts, marks, numeric=numeric, decimal=labels.decimal)
            missing = leaks.auc_of_missing(texts, marks, markers)
            verdict = _with_leaks(verdict, alone, missing)
        found.append(verdict)
    return found


def _with_leaks(verdict: Verdict, alone: float, missing: float) -> Verdict:
    asked = "was it known when the case was to be decided? If not, it leaks the label: leave it out"
    if missing >= leaks.TOO_GOOD:
        figure = f"whether it is missing alone tells the target (AUC {missing:.3f})"
        return replace(verdict, warning=f"{figure}: {asked}")
    if alone >= leaks.TOO_GOOD:
        return replace(verdict, warning=f"it alone tells the target (AUC {alone:.3f}): {asked}")
    return verdict


def _times(columns: list[ColumnSurvey], wishes: Wishes, markers: tuple[str, ...]) -> str | None:
    """The form of the event times; None: ISO 8601. Raises NotDeclared where they are no times."""
    name = wishes.event_time
    if name is None:
        if wishes.rule == "time":
            raise NotDeclared("--split time goes by --event-time: name that column")
        return None
    column = next(column for column in columns if column.name == name)
    if column.is_time:
        return None
    if not column.times:
        raise NotDeclared(
            f"{name} holds what is no time in a form that is known here: write it in ISO 8601, as"
            " 2024-05-31T23:59:59Z, or name another column with --event-time"
        )
    counts = dict(column.counts or {})
    if wishes.rule == "time" and any(counts.get(marker) for marker in markers):
        raise NotDeclared(f"{name} is missing in some rows, and --split time needs it in all")
    return column.times[0]
