"""What was found of a table, in the words of a declaration."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contract import datasets
from contract.declaration import Source
from trainer.draft import toml_text
from trainer.draft.dialect import Dialect
from trainer.draft.labels import Labels
from trainer.draft.sql_names import sql_names
from trainer.draft.verdict import Verdict
from trainer.draft.wishes import Wishes
from trainer.errors import NotDeclared
from trainer.text_file import is_parquet, stem


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """All that was found of a table. time_format: of the event times; None: ISO 8601."""

    path: Path
    dialect: Dialect
    time_format: str | None
    markers: tuple[str, ...]
    labels: Labels
    verdicts: list[Verdict]


def text_of(found: Findings, wishes: Wishes) -> str:
    """The text of the declaration; raises NotDeclared where there is nothing to declare."""
    path, verdicts = found.path, found.verdicts
    left_out = [verdict for verdict in verdicts if verdict.members is None]
    kept = [verdict for verdict in verdicts if verdict.members is not None]
    if not kept:
        reasons = "; ".join(f"{verdict.name} {verdict.why}" for verdict in left_out[:5])
        raise NotDeclared(f"{path} has no column that a model could learn from ({reasons})")
    return (
        "\n\n".join(
            [
                _head(path, wishes),
                _target(wishes, found.labels),
                _source(found),
                *_features(kept),
            ]
        )
        + "\n"
    )


def _head(path: Path, wishes: Wishes) -> str:
    key = wishes.key or key_of(path)
    if key in datasets.BUILT_IN:
        raise NotDeclared(f"{key} is the key of a built-in declaration: give another as --key")
    members: dict[str, Any] = {
        "key": key,
        "version": 1,
        "title": wishes.title or key.replace("_", " ").capitalize(),
        **wishes.roles,
    }
    if wishes.rule != "hash":
        members["split"] = wishes.rule
    lines = [
        *toml_text.comments(
            f"A draft, made from {path.name}: look at each comment, and correct what it is about.",
            "docs/declaring.md describes each member.",
        ),
        "",
        *(toml_text.assignment(*item) for item in members.items()),
    ]
    if wishes.rule == "hash" and wishes.event_time:
        lines += toml_text.comments('split = "time" would hold out the latest rows, as in life.')
    lines += toml_text.comments(
        'outcome_due = "P30D" would say that 30 days after the event the outcome is known.'
    )
    return "\n".join(lines)


def _target(wishes: Wishes, labels: Labels) -> str:
    members = {
        "name": wishes.target,
        "description": f"{wishes.target} is {', '.join(map(str, labels.positive))}"[:2000],
        "positive": _one_or_more(labels.positive),
        "negative": _one_or_more(labels.negative),
    }
    return toml_text.table("[target]", members)


def _source(found: Findings) -> str:
    default, verdicts = Source(), found.verdicts
    members: dict[str, Any] = {"file": found.path.name}
    if not is_parquet(found.path):
        members |= found.dialect._asdict()
    members["missing"] = list(found.markers)
    for name in ("true", "false"):
        words = dict.fromkeys([*getattr(default, name), *_words(verdicts, name)])
        if set(words) != set(getattr(default, name)):
            members[name] = list(words)[:20]
    if found.time_format is not None:
        members["time_format"] = found.time_format
    lines = [toml_text.table("[source]", members)]
    if left_out := [verdict for verdict in verdicts if verdict.members is None]:
        lines.append("ignore = [")
        for verdict in left_out:
            lines += (f"    {line}" for line in toml_text.comments(verdict.why))
            lines.append(f"    {toml_text.value(verdict.name)},")
        lines.append("]")
    return "\n".join(lines)


def _features(kept: list[Verdict]) -> Iterator[str]:
    names = sql_names([verdict.name for verdict in kept])
    for verdict in kept:
        assert verdict.members is not None
        members = {"name": verdict.name, "description": verdict.name, **verdict.members}
        if verdict.name in names:
            members["sql_name"] = names[verdict.name]
        notes = dict(verdict.notes)
        if verdict.warning:
            notes[""] = f"LOOK: {verdict.warning}"
        yield toml_text.table("[[features]]", members, notes)


def key_of(path: Path) -> str:
    """A data set's own name, from that of its file."""
    plain = re.sub(r"[^a-z0-9]+", "_", stem(path.name)).strip("_")
    return plain[:28].rstrip("_") or "table"


def _words(verdicts: list[Verdict], name: str) -> list[str]:
    return sorted({word for verdict in verdicts for word in getattr(verdict, name)})


def _one_or_more(values: tuple[str | float, ...]) -> Any:
    return values[0] if len(values) == 1 else list(values)
