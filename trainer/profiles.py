"""The command `profile`: what a version's bundle does not say of the rows held out from it."""

from contract import held_out, profiles
from contract.beside import Beside
from contract.bundle import Bundle
from trainer.context import Context
from trainer.data import Data
from trainer.errors import TrainerError
from trainer.evaluation import score
from trainer.held_out import held_out_sample
from trainer.pipeline import declared, load_data
from trainer.profile import profile_of
from trainer.split import RULES, split
from trainer.training import recorded


def make_profile(context: Context, version: str | None) -> None:
    """Keep the profile and the sample of the held-out rows, each where the bundle has none.

    They are made of the data at hand, which must be the version's own. Raises TrainerError or
    BundleError.
    """
    version = version or context.require_active()
    published = context.store.load(version)
    lacking = [
        beside
        for beside in (profiles.BESIDE, held_out.BESIDE)
        if beside.file not in published.extras
    ]
    if not lacking:
        context.progress.say(f"{version} has its profile and its sample of rows", version=version)
        return
    rows = _held_out(context, published)
    with context.progress.step(f"count {len(rows):,} held-out rows"):
        made = _made(published, rows)
    for beside in lacking:
        context.store.keep(version, beside, made[beside])
    context.progress.say(
        f"{version}: its {' and its '.join(beside.what for beside in lacking)} are made of"
        f" {len(rows):,} held-out rows; the monitor goes by them from the next round on",
        version=version,
    )


def _held_out(context: Context, published: Bundle) -> Data:
    """The rows that the version has not seen; raises TrainerError where they cannot be told."""
    version, metadata = published.version, published.metadata
    settings = recorded(context.settings, published)
    declaration = declared(settings)
    if declaration.schema != published.schema:
        raise TrainerError(
            f"{version} was trained by another declaration than DATASET={settings.dataset}: set"
            " DATASET to the declaration that it was trained by"
        )
    data = load_data(declaration, settings, context.progress, sample=published.is_sample)
    if data.sha256(declaration.schema) != metadata["data"]["sha256"]:
        raise TrainerError(
            f"{version} was trained on other data than what is at hand: give it the data"
            f" ({metadata['data']['source']})"
        )
    rule = metadata["settings"].get("split")
    if rule != RULES[declaration.split]:
        raise TrainerError(
            f"{version} was split by {rule!r}, and this release splits by"
            f" {RULES[declaration.split]!r}: which rows it has not seen cannot be told here"
        )
    return data.part(split(declaration, data, settings.test_share))


def _made(published: Bundle, rows: Data) -> dict[Beside, bytes]:
    scores = score(published.scorer, rows.features)
    return {
        profiles.BESIDE: profile_of(published.schema, rows, scores).to_json(),
        held_out.BESIDE: held_out_sample(rows, scores),
    }
