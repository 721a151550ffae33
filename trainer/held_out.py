"""Which of the held-out rows a bundle keeps."""

import numpy as np

from contract.bundle_directory import MAX_FILE
from contract.held_out import MAX_ROWS, MAX_UNPACKED, HeldOutRows
from trainer.data import Data
from trainer.evaluation import Scores
from trainer.split import mix

# Another number than those of the split and of its folds.
_SALT = np.uint64(0x8CB92BA72F3D8DD7)


def held_out_sample(held_out: Data, scores: Scores) -> bytes:
    """`held_out.npz` of at most MAX_ROWS of the rows with their scores, (n,).

    They are fewer where the table is so wide that they would not fit in a file of a bundle.
    """
    width = 8 * held_out.features.shape[1] + 16
    count = min(len(held_out), MAX_ROWS, MAX_UNPACKED // width)
    while len(content := drawn(held_out, scores, count).to_npz()) > MAX_FILE:
        # A little fewer than would do: those that stay may pack to more.
        count = int(0.95 * count * MAX_FILE / len(content))
    return content


def is_sample_of(content: bytes, held_out: Data, scores: Scores) -> bool:
    """Whether `held_out.npz` holds the very rows and scores that `held_out_sample` draws.

    It is not asked for its bytes, for another zlib packs the same rows to others.
    """
    there = HeldOutRows.from_npz(content, held_out.features.shape[1])
    here = drawn(held_out, scores, len(there))
    return (
        there.values.tobytes() == here.values.tobytes()
        and there.labels.tobytes() == here.labels.tobytes()
        and there.scores.tobytes() == here.scores.tobytes()
    )


def drawn(held_out: Data, scores: Scores, count: int) -> HeldOutRows:
    """So many rows in their order, drawn by a hash of their place; fewer are among more."""
    places = mix(np.arange(len(held_out), dtype=np.uint64) + _SALT)
    chosen = np.sort(np.argsort(places)[:count])
    # One NaN and one zero, as in the data's identity.
    values = held_out.features[chosen]
    values = np.where(np.isnan(values), np.nan, values) + 0.0
    return HeldOutRows(values, held_out.labels[chosen], scores[chosen])
