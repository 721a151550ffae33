"""The command `profile`: the reference profile of a version whose bundle has none."""

from contract import bundle_directory, profiles
from contract.metadata import METADATA
from contract.profile import PROFILE
from trainer.context import Context
from trainer.errors import TrainerError
from trainer.evaluation import score
from trainer.pipeline import declared, load_data
from trainer.profile import profile_of
from trainer.split import RULES, split
from trainer.training import recorded


def make_profile(context: Context, version: str | None) -> None:
    """Count the held-out rows of the data at hand, which must be the version's own, and keep it.

    Raises TrainerError or BundleError.
    """
    version = version or context.require_active()
    published = context.store.load(version)
    if PROFILE in published.extras:
        context.progress.say(f"{version} has its profile", version=version)
        return
    settings = recorded(context.settings, published)
    declaration = declared(settings)
    if declaration.schema != published.schema:
        raise TrainerError(
            f"{version} was trained by another declaration than DATASET={settings.dataset}: set"
            " DATASET to the declaration that it was trained by"
        )
    data = load_data(declaration, settings, context.progress, sample=published.is_sample)
    if data.sha256(declaration.schema) != published.metadata["data"]["sha256"]:
        raise TrainerError(
            f"{version} was trained on other data than what is at hand: give it the data"
            f" ({published.metadata['data']['source']})"
        )
    rule = published.metadata["settings"].get("split")
    if rule != RULES[declaration.split]:
        raise TrainerError(
            f"{version} was split by {rule!r}, and this release splits by"
            f" {RULES[declaration.split]!r}: which rows it has not seen cannot be told here"
        )
    held_out = data.part(split(declaration, data, settings.test_share))
    with context.progress.step(f"count {len(held_out):,} held-out rows"):
        scores = score(published.scorer, held_out.features)
        found = profile_of(published.schema, held_out, scores)
    document = bundle_directory.read(context.store.path(version), METADATA)
    context.store.keep_profile(version, profiles.encode(version, document, found))
    context.progress.say(
        f"{version}: its profile is made of {found.rows:,} held-out rows; the monitor counts its"
        " features from the next round on",
        version=version,
    )
