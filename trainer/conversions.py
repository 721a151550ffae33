"""The command `convert`: bundles of format 1 are served on from data, and stay what they were."""

from contract.bundle_errors import BundleError
from trainer.context import Context
from trainer.conversion import convert, needs_conversion
from trainer.errors import TrainerError


def convert_all(context: Context) -> None:
    """Convert each version that needs it, the active one first.

    Raises TrainerError or BundleError where the active one cannot be converted; of the others it
    is only said.
    """
    active, store = context.store.active(), context.store
    for version in sorted(store.versions(), key=lambda version: version != active):
        try:
            if needs_conversion(store, version):
                convert_one(context, version)
        except (BundleError, TrainerError) as error:
            if version == active:
                raise
            context.progress.say(f"not converted: {version}: {error}", version=version)


def convert_one(context: Context, version: str) -> None:
    """Convert a version and say how its scores compare; raises TrainerError or BundleError."""
    change = convert(context.store, version)
    scores = (
        f"all {change.rows} golden scores equal to the last bit"
        if change.differing == 0
        else f"{change.differing} of {change.rows} golden scores differ, by at most"
        f" {change.largest:.2g}: this release calculates exp() by itself"
    )
    context.progress.say(f"{version}: converted from bundle format 1, {scores}", version=version)
