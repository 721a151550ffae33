"""How challengers come about: by the trainer's functions, published and never activated."""

from typing import Protocol

import numpy as np

from contract.bundle import Bundle
from contract.declaration import Declaration
from contract.derivation import Change, metadata_of
from contract.link import Link
from retraining.errors import CannotPropose
from retraining.rows import Mask, Rows
from trainer import deriving, training
from trainer.context import Context
from trainer.data import Data
from trainer.evaluation import require_quality
from trainer.pipeline import declared, fit, provenance_of
from trainer.split import mix

# Microseconds from 1970 to 2000.
_EPOCH = 946_684_800_000_000


class Workshop(Protocol):
    """Makes versions of a champion; raises TrainerError or BundleError."""

    def refit(self, champion: Bundle, rows: Rows, part: Mask) -> str:
        """A model of the same recipe that learnt the part."""
        ...

    def derived(
        self, champion: Bundle, link: Link, threshold: float, rows_sha256: str, reason: str
    ) -> str:
        """The same trees with another link or threshold."""
        ...


class Publishing:
    """Makes them, so that they are there."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def refit(self, champion: Bundle, rows: Rows, part: Mask) -> str:
        """A model of the same recipe that learnt the part; the same rows make it once."""
        context = _as_was(self._context, champion)
        declaration = _declaration(context, champion)
        return training.make_version(context, declaration, _data(declaration, champion, rows, part))

    def derived(
        self, champion: Bundle, link: Link, threshold: float, rows_sha256: str, reason: str
    ) -> str:
        """The same trees with another link or threshold."""
        return deriving.publish_derived(
            self._context,
            champion.version,
            link=link,
            threshold=threshold,
            rows_sha256=rows_sha256,
            reason=reason,
        )


class Recomputing:
    """Says which versions they would be, and publishes none.

    refused: whether the record says that the training was refused: then it is made again, for no
    version is there that would follow from the rows.
    """

    def __init__(self, context: Context, *, refused: bool) -> None:
        self._context = context
        self._refused = refused

    def refit(self, champion: Bundle, rows: Rows, part: Mask) -> str:
        """The id that follows from the rows and the recipe."""
        context = _as_was(self._context, champion)
        declaration = _declaration(context, champion)
        data = _data(declaration, champion, rows, part)
        if self._refused:
            found = fit(declaration, data, context.settings, context.progress)
            require_quality(found.report["metrics"], context.settings.min_auc)
        return provenance_of(declaration, data, context.settings).version

    def derived(
        self, champion: Bundle, link: Link, threshold: float, rows_sha256: str, reason: str
    ) -> str:
        """The id that follows from what it would be made of."""
        change = Change(link, threshold, reason, rows_sha256, reason)
        found: str = metadata_of(champion.metadata, change)["version"]
        return found


def _as_was(context: Context, champion: Bundle) -> Context:
    """With the champion's seed and share of held-out rows."""
    settings = training.recorded(context.settings, champion)
    return Context(settings, context.store, context.progress)


def _declaration(context: Context, champion: Bundle) -> Declaration:
    found = declared(context.settings)
    if found.schema.id != champion.schema.id:
        raise CannotPropose(
            f"the champion {champion.version} is of {champion.schema.id}, and"
            f" DATASET={context.settings.dataset} is {found.schema.id}: set DATASET to the"
            " declaration that it was trained by"
        )
    return found


def _data(declaration: Declaration, champion: Bundle, rows: Rows, part: Mask) -> Data:
    """The part as the trainer takes it, in the order in which it was settled."""
    keys = None
    if declaration.split == "time":
        keys = (rows.times[part] + _EPOCH).astype(np.float64)
    elif declaration.split == "group":
        # The log does not know the group: what stays together is what it calls a case.
        states = mix(rows.names[part, 0].astype(np.uint64))
        states = mix(states ^ rows.names[part, 1].astype(np.uint64))
        keys = (states >> np.uint64(11)).astype(np.float64)
    return Data(
        features=np.ascontiguousarray(rows.features[part]),
        labels=rows.labels[part],
        source=f"the prediction log, {int(part.sum()):,} due rows of {champion.schema.id}",
        is_sample=champion.is_sample,
        split_keys=keys,
    )
