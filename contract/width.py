"""What the features of a row take of a page of PostgreSQL, in which a row of the log must fit."""

from collections.abc import Iterable

from contract.feature import Feature

# Of 8,160 bytes (PostgreSQL 18, MaxHeapTupleSize) a row's header takes 224 where a table has as
# many columns as it can, and the log's own columns take 238. What is left over is for columns
# that coming releases add.
MAX_FEATURE_BYTES = 7500

# A text of more bytes can be kept apart, or packed; what stays in the row is never larger.
_LARGEST_TEXT = 24
_LONGEST_WHOLE = 20


def feature_bytes(features: Iterable[Feature]) -> int:
    """The most bytes that their values take in a row whose columns have this order."""
    end = 0
    for feature in features:
        size, alignment = _size(feature)
        end = -(-end // alignment) * alignment + size
    return end


def _size(feature: Feature) -> tuple[int, int]:
    """Of the largest value: its bytes, and what its place is a multiple of."""
    match feature.kind:
        case "float":
            return 8, 8
        case "integer":
            return 4, 4
        case "boolean":
            return 1, 1
    longest = max((len(level.encode()) for level in feature.levels), default=0)
    if feature.unknown == "refuse" and longest <= _LONGEST_WHOLE:
        return 1 + longest, 1
    return _LARGEST_TEXT, 4
