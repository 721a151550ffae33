"""The commands on versions that are published already; each raises TrainerError or BundleError."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from contract import bundle_files
from contract.bundle import Bundle
from contract.bundle_errors import (
    BundleDamaged,
    BundleError,
    BundleIncompatible,
    BundleUnsigned,
    GoldenMismatch,
)
from contract.metadata import Metadata
from contract.store import StoreError, VersionInUse
from contract.text import is_name
from trainer import comparison
from trainer.context import Context
from trainer.conversion import needs_conversion
from trainer.conversions import convert_one
from trainer.derivations import in_words
from trainer.errors import TrainerError

_STATES = {
    BundleDamaged: "damaged",
    BundleUnsigned: "not trusted",
    BundleIncompatible: "of another release",
    GoldenMismatch: "scores otherwise here",
}


def show(context: Context) -> None:
    """The published versions, newest first; what cannot be served here is shown as such."""
    active = context.store.active()
    lines = []
    for version in context.store.versions():
        mark = "active" if version == active else ""
        try:
            metadata = _servable(context, version, is_active=version == active)
        except BundleError as error:
            state = _STATES.get(type(error), "unreadable")
            fields: dict[str, Any] = {"problem": str(error), "servable": False}
            lines.append(("", f"{version:<28} {mark:<7} {state}: {error}", fields, version, mark))
        else:
            text = f"{version:<28} {mark:<7} {_in_words(metadata)}"
            created = metadata["created_at"]
            lines.append((created, text, _in_fields(metadata), version, mark))
    for _, text, fields, version, mark in sorted(lines, key=lambda line: line[0], reverse=True):
        context.progress.report(text, version=version, active=bool(mark), **fields)
    if not lines:
        context.progress.report(f"no version is published in {context.store.root}")
    elif active not in context.store.versions():
        text = f"what is active is not there ({active or 'none'}): `activate` a version"
        context.progress.report(text, problem=text)


def _servable(context: Context, version: str, *, is_active: bool) -> Mapping[str, Any]:
    """The metadata of a version that can be served here; raises BundleError.

    The active one is loaded, as the api will: only that tells whether it scores alike here.
    """
    if is_active:
        return context.store.load(version).metadata
    metadata, _ = bundle_files.check(context.store.path(version), context.store.keys)
    return metadata


def activate(context: Context, version: str) -> None:
    """Make a published version the active one, after checking that it loads."""
    before = context.store.active()
    model = context.store.load(version)
    if version == before:
        context.progress.say(f"{version} is active already", version=version)
        return
    context.store.activate(version)
    _say_active(context, model, before)


def rollback(context: Context) -> None:
    """Go back to what was active before; again and again, until nothing was."""
    before, previous = context.store.active(), context.store.previous()
    if previous is None:
        raise TrainerError(
            f"no version was active before {before or 'the first'}: see `list` and `activate`"
        )
    try:
        model = context.store.load(previous)
    except BundleError as error:
        raise TrainerError(f"{error}; or choose another one: see `list` and `activate`") from error
    context.store.roll_back(previous)
    _say_active(context, model, before)


def _say_active(context: Context, model: Bundle, before: str | None) -> None:
    version = model.version
    context.progress.say(f"{version} is active now; it was {before or 'none'}", version=version)
    if model.is_sample:
        context.progress.warn(
            f"{version} was trained on the BUILT-IN SAMPLE: its rows are made up, and so is what"
            " this model says."
        )


def sign(context: Context, version: str | None) -> None:
    """Sign a version with the first key, whoever signed it before."""
    if not context.store.keys:
        raise TrainerError("there is no key to sign with: set BUNDLE_SIGNING_KEY, see .env.example")
    version = version or context.require_active()
    context.store.sign(version)
    if needs_conversion(context.store, version):
        # Its conversion is made by whoever vouches for it, and bears the same key's signature.
        convert_one(context, version)
    context.progress.say(f"{version} is signed", version=version)


def diff(context: Context, first: str, second: str) -> None:
    """Say in what two versions differ, also where one of them cannot be loaded here."""
    store, report = context.store, context.progress.report
    one, other = (store.metadata(version) for version in (first, second))
    for path, before, after in comparison.between(one, other):
        report(f"{path}: {before} -> {after}", path=path, before=before, after=after)
    report(comparison.scores(store, first, second))


def prune(context: Context, keep: int) -> None:
    """Remove all but the newest `keep` versions, the active, the pinned and the served ones.

    What one of these was derived from stays as well: it is verified by that.
    Only whole bundles with nothing else among their files: the rest is not ours to remove.
    """
    store, say = context.store, context.progress.say
    active = store.active()
    if active is not None and not is_name(active):
        raise TrainerError(f"{store.root}/current is damaged: `activate` a version first")
    # Also of one that nobody vouches for: it is only about its age.
    ages = {version: bundle_files.born(store.path(version)) for version in store.versions()}
    known = [(age, version) for version, age in ages.items() if age is not None]
    kept = {version for _, version in sorted(known, reverse=True)[:keep]}
    kept |= context.settings.pinned | {active or ""}
    kept |= _parents(context, kept)
    problems = []
    for _, version in sorted(known):
        if version in kept:
            continue
        try:
            store.remove(version)
        except VersionInUse as error:
            say(f"kept {error}", version=version)
        except StoreError as error:
            problems.append(str(error))
        else:
            say(f"removed {version}", version=version)
    for version, age in ages.items():
        if age is None and version not in kept:
            say(
                f"left {store.path(version)}: it is no whole version, or holds other files: remove"
                " it by hand if you do not want it",
                version=version,
            )
    if problems:
        raise TrainerError("\n".join(problems))


def _parents(context: Context, versions: Iterable[str]) -> set[str]:
    """What the versions were derived from, in how many steps so ever."""
    found: set[str] = set()
    waiting = [version for version in versions if is_name(version)]
    while waiting:
        parent = bundle_files.parent(context.store.path(waiting.pop()))
        if parent is not None and is_name(parent) and parent not in found:
            found.add(parent)
            waiting.append(parent)
    return found


def _in_words(metadata: Any) -> str:
    told = Metadata.model_validate(metadata)
    metrics, data, parent = told.metrics, told.data, told.derived_from
    derived = "" if parent is None else f"; derived from {parent}: {in_words(metadata)}"
    return (
        f"{_age(told.created_at):>9}  AUC {metrics.auc:.4f}"
        f"  AP {metrics.average_precision:.4f}  Brier {metrics.brier:.4f}"
        f"  {data.rows:,} rows, {data.source}{derived}"
    )


def _in_fields(metadata: Any) -> dict[str, Any]:
    told = Metadata.model_validate(metadata)
    return {
        "servable": True,
        "created_at": told.created_at,
        **{name: getattr(told.metrics, name) for name in ("auc", "average_precision", "brier")},
        **{name: getattr(told.data, name) for name in ("rows", "source", "is_sample")},
        "threshold": told.threshold.value,
        "derived_from": told.derived_from,
        "link": metadata.get("link"),
    }


def _age(created_at: str) -> str:
    seconds = (datetime.now(UTC) - datetime.fromisoformat(created_at)).total_seconds()
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit} old"
    return "new"
