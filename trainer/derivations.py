"""The command `derive`, and what `verify` does with a derived version."""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from contract import held_out, stored_json
from contract.bundle import Bundle
from contract.digest import canonical_json
from contract.held_out import HELD_OUT, HeldOutRows
from contract.metadata import METADATA
from trainer.context import Context
from trainer.deriving import Derived, derive, publish_derived
from trainer.errors import NotReproduced
from trainer.pipeline import CARD

# When it was made, and what lists the files, which are compared themselves.
_NOT_COMPARED = {"created_at", "files", "checksum"}


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The command's own arguments."""
    parser = commands.add_parser(
        "derive", help="make a version of another's trees: recalibrated, or with another threshold"
    )
    parser.add_argument("version", help="whose trees they are")
    parser.add_argument("--intercept", type=float, help="added to slope times the trees' sum")
    parser.add_argument("--slope", type=float, help="by which the trees' sum is multiplied")
    parser.add_argument(
        "--threshold", type=float, help="from which probability on the prediction is 1"
    )
    parser.add_argument("--reason", required=True, help="why; it stays in the version's metadata")


def derive_by_hand(context: Context, arguments: argparse.Namespace) -> None:
    """Publish what a person chose; it is never activated. Raises TrainerError or BundleError."""
    chosen = {"intercept": arguments.intercept, "slope": arguments.slope}
    given = {name: value for name, value in chosen.items() if value is not None}
    parent = arguments.version
    link = replace(context.store.load(parent).link, **given) if given else None
    version = publish_derived(
        context, parent, link=link, threshold=arguments.threshold, reason=arguments.reason
    )
    metadata = context.store.metadata(version)
    metrics = metadata["metrics"]
    context.progress.say(
        f"version {version}, derived from {parent}: {in_words(metadata)}; Brier"
        f" {metrics['brier']:.4f} on {metrics['rows']:,} held-out rows",
        version=version,
        derived_from=parent,
    )
    if version != context.store.active():
        context.progress.say(f"next: activate {version}")


def in_words(metadata: Any) -> str:
    """The link and the threshold of a version, in a line."""
    link = metadata.get("link")
    linked = f"link {link['intercept']:.6g} + {link['slope']:.6g} m, " if link else ""
    return f"{linked}threshold {metadata['threshold']['value']:.6g}"


def verify_derived(context: Context, published: Bundle) -> None:
    """Derive a version again from the other one, and compare to the bit; raises NotReproduced."""
    version, metadata = published.version, published.metadata
    parent = metadata["derived_from"]
    if not context.store.has(parent):
        raise NotReproduced(
            f"{version} was derived from {parent}, which is not in {context.store.root}: put it"
            " back to verify what came of it"
        )
    with context.progress.step(f"derive again from {parent}"):
        again = derive(
            context,
            parent,
            link=published.link,
            threshold=published.threshold,
            rows_sha256=metadata["derivation"]["rows_sha256"],
            reason=metadata["derivation"]["reason"],
            with_card=False,
        )
    if differing := list(_differing(context, published, again)):
        raise NotReproduced(f"{version} is not what {parent} gives here: {', '.join(differing)}")
    rows = held_out.read(context.store.path(version), context.store.keys)
    count = 0 if rows is None else len(rows)
    context.progress.say(
        f"{version}: derived again from {parent}, {count:,} scores equal to the last bit; verify"
        f" {parent} as well for the trees",
        version=version,
        derived_from=parent,
    )


def _differing(context: Context, published: Bundle, again: Derived) -> Iterator[str]:
    """What of a version is otherwise; card and pictures, which are for people, are not asked."""
    metadata, files = context.store.check(published.version)
    here: dict[str, Any] = stored_json.read(again.files[METADATA])
    for member in sorted({*metadata, *here} - _NOT_COMPARED):
        if canonical_json(metadata.get(member)) != canonical_json(here.get(member)):
            yield f"{member} differs"
    for name in sorted({*files, *again.files} - {METADATA, CARD}):
        if name.endswith(".png"):
            continue
        there, now = files.get(name), again.files.get(name)
        is_same = _same_rows(published, there, now) if name == HELD_OUT else there == now
        if not is_same:
            yield f"{name} differs"


def _same_rows(published: Bundle, there: bytes | None, here: bytes | None) -> bool:
    """Not by the bytes, for another zlib packs the same rows to others."""
    if there is None or here is None:
        return there is here
    features = len(published.schema.features)
    one, other = (HeldOutRows.from_npz(content, features) for content in (there, here))
    scored = published.scorer.score(one.values)
    return (
        one.values.tobytes() == other.values.tobytes()
        and one.labels.tobytes() == other.labels.tobytes()
        and one.scores.tobytes() == other.scores.tobytes() == scored.tobytes()
    )
