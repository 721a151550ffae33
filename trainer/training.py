"""The commands that train: `train` and `verify`; each raises TrainerError or BundleError."""

from typing import Any

import numpy as np

from contract import golden
from contract.bundle import Bundle
from contract.bundle_errors import BundleError, BundleMissing
from contract.declaration import Declaration
from contract.digest import canonical_json
from contract.held_out import HELD_OUT
from contract.metadata import FORMAT
from contract.profile import PROFILE
from contract.text import is_name
from trainer.closed_data import is_closed
from trainer.comparison import ingredients_differing
from trainer.context import Context
from trainer.conversions import convert_all
from trainer.data import Data
from trainer.derivations import verify_derived
from trainer.errors import NotReproduced, TrainerError
from trainer.evaluation import require_both_labels, score
from trainer.golden_rows import golden_rows
from trainer.held_out import is_sample_of
from trainer.pipeline import Result, declared, fit, load_data, make, provenance_of, publish
from trainer.profile import profile_of
from trainer.settings import TrainerSettings


def train(context: Context, *, if_none: bool, activate: bool) -> None:
    """Train, publish and activate; a version that is there already is not made again."""
    settings, store, progress = context.settings, context.store, context.progress
    active = store.active()
    declaration = declared(settings)
    if if_none:
        convert_all(context)
    if if_none and _is_there(context, active, declaration):
        progress.say(f"{active} is active: nothing to do", version=active)
        return
    closed = is_closed(declaration, settings, progress, first=if_none)
    data = load_data(declaration, settings, progress, sample=True if closed else None)
    version = make_version(context, declaration, data)
    if activate and version != active:
        store.activate(version)
        progress.say(f"{version} is active now; it was {active or 'none'}", version=version)
    _summary(context, version)


def make_version(context: Context, declaration: Declaration, data: Data) -> str:
    """The version that the rows make: trained and published unless it is there, never activated.

    Raises TrainerError or BundleError.
    """
    settings, store, progress = context.settings, context.store, context.progress
    require_both_labels(data, "whole")
    provenance = provenance_of(declaration, data, settings)
    version = provenance.version
    if store.has(version):
        # Damaged, it must not pass for the model of this data.
        store.load(version)
        progress.say(
            f"{version} is published already: the same data, settings and libraries made it"
        )
        return version
    files = make(declaration, provenance, data, settings, progress)
    with progress.step("publish"):
        publish(store, version, files)
    return version


def verify(context: Context, version: str | None) -> None:
    """Make a version again, of the data at hand, and compare to the bit; raises NotReproduced.

    A derived version is made again of the one that it was derived from.
    """
    version = version or context.require_active()
    published = context.store.load(version)
    if published.metadata["format"] != FORMAT:
        raise NotReproduced(
            f"{version} has bundle format {published.metadata['format']}, and training makes format"
            f" {FORMAT} here: run the release that made it to verify it"
        )
    if published.derived_from is not None:
        verify_derived(context, published)
        return
    settings = recorded(context.settings, published)
    declaration = declared(settings)
    if declaration.schema.key != published.schema.key:
        raise TrainerError(
            f"{version} is of the data set {published.schema.key}, and DATASET={settings.dataset}"
            f" is {declaration.schema.key}: set DATASET to the declaration that it was trained by"
        )
    data = load_data(declaration, settings, context.progress, sample=published.is_sample)
    provenance = provenance_of(declaration, data, settings)
    if provenance.version != version:
        names = ingredients_differing(published.metadata, provenance)
        raise NotReproduced(
            f"{version} was made from something else than what is at hand, which makes"
            f" {provenance.version}: {', '.join(names) or 'the declaration'} differ; give it the"
            f" data ({published.metadata['data']['source']}) and the release that made it"
        )
    result = fit(declaration, data, settings, context.progress)
    with context.progress.step(f"compare {len(data):,} scores"):
        differing = [*_parts_differing(published, data, result), *_scores(published, data, result)]
    if differing:
        raise NotReproduced(f"{version} is not what training gives here: {', '.join(differing)}")
    context.progress.say(
        f"{version}: trained again, {len(data):,} scores equal to the last bit", version=version
    )


def _is_there(context: Context, active: str | None, declaration: Declaration) -> bool:
    """Whether there is an active version of the declared data set.

    Raises TrainerError where it cannot be used, or is of another one.
    """
    if active is None:
        return False
    if not is_name(active):
        # Training would replace a model of which nobody knows any more which it is.
        raise TrainerError(
            f"{context.store.root}/current is damaged: {context.store.instead_of(active)}"
        )
    try:
        found = context.store.load(active)  # as the api will
    except BundleMissing:
        return False  # somebody removed it, as a damaged one should be
    except BundleError as error:
        raise TrainerError(
            f"the active version cannot be used: {error}; or choose another:"
            f" {context.store.instead_of(active)}"
        ) from error
    if found.schema.key != declaration.schema.key:
        # The log's columns are those of DATASET: to serve the other one, or to replace it unasked,
        # would both be wrong.
        raise TrainerError(
            f"{active} is active, a version of the data set {found.schema.key}, and"
            f" DATASET={context.settings.dataset} is {declaration.schema.key}: run `trainer` to"
            f" train and activate a version of {declaration.schema.key}, or set DATASET to the"
            f" declaration of {found.schema.key}"
        )
    return True


def recorded(settings: TrainerSettings, published: Bundle) -> TrainerSettings:
    """The settings that a version was made with, which need not be today's."""
    recorded = published.metadata["settings"]
    names = ("seed", "test_share")
    made_with = {name: recorded[name] for name in names if name in recorded}
    return settings.model_copy(update=made_with)


def _parts_differing(published: Bundle, data: Data, result: Result) -> list[str]:
    schema, trained = published.schema, result.trained
    again: dict[str, Any] = {
        "preprocessing": trained.preprocessing.describe(),
        "threshold": result.report["threshold"],
        "metrics": result.report["metrics"],
    }
    rows = golden_rows(schema, data.features)
    differ = {
        **{
            part: canonical_json(again[part]) != canonical_json(published.metadata[part])
            for part in again
        },
        "golden.json": golden.encode(schema, trained.scorer, rows) != published.golden,
    }
    # An earlier release made the same version without them.
    if (found := published.extras.get(PROFILE)) is not None:
        differ[PROFILE] = found != profile_of(schema, trained.held_out, result.scores).to_json()
    if (found := published.extras.get(HELD_OUT)) is not None:
        differ[HELD_OUT] = not is_sample_of(found, trained.held_out, result.scores)
    return [f"{part} differs" for part, is_other in differ.items() if is_other]


def _scores(published: Bundle, data: Data, result: Result) -> list[str]:
    here = score(result.trained.scorer, data.features).view(np.uint64)
    there = score(published.scorer, data.features).view(np.uint64)
    count = int((here != there).sum())
    return [f"{count:,} of {len(data):,} scores differ"] if count else []


def _summary(context: Context, version: str) -> None:
    metrics = context.store.metadata(version)["metrics"]
    names = ("auc", "average_precision", "brier")
    context.progress.say(
        f"version {version}: AUC {metrics['auc']:.4f},"
        f" average precision {metrics['average_precision']:.4f}, Brier {metrics['brier']:.4f}"
        f" on {metrics['rows']:,} held-out rows",
        version=version,
        **{name: metrics[name] for name in names},
    )
    if version == context.store.active():
        context.progress.say("next: a running api swaps to it; start one if none runs")
    else:
        context.progress.say(f"next: activate {version}")
