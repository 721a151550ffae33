"""Checking a treelite checkpoint before treelite sees it.

treelite trusts what it loads: a wrong length makes it allocate, a wrong index makes it read beyond
its arrays, a circle keeps it summing for ever. So its format is read here first, section by
section, and whatever is not as treelite writes the trees of a binary classifier is refused. What
this costs is in proportion to the bytes, whatever they claim.

VERSIONS are the versions of the format, those of the treelite that wrote it, which this code
reads and the locked treelite loads. With the bundle's format number they are all that binds a
bundle to the code that serves it. Add a version once its format has been compared with this one.
"""

import math

from contract.checkpoint_cursor import Cursor, require
from contract.checkpoint_tree import check_tree

VERSIONS = ((4, 8),)

# Far more than any declaration has, and few enough that one row of them is a small thing.
_MOST_INPUTS = 2**16

_FLOAT64 = 3  # thresholds and leaves
_BINARY_CLASSIFIER = 0


def check(checkpoint: bytes) -> int:
    """How many inputs the trees have, of a checkpoint that is safe to load and to sum.

    Raises ValueError with what is wrong where treelite did not write it so. The margins of what
    passes are finite, for any inputs.
    """
    cursor = Cursor(checkpoint)
    trees, inputs, base = _check_head(cursor)
    bound = 0.0
    for number in range(trees):
        bound += check_tree(cursor, number, inputs)
    cursor.require_end()
    # Added in the order of the margins, so that no sum of them is rounded to beyond it.
    require(math.isfinite(bound + abs(base)), "its leaves add up to more than a double can hold")
    return inputs


def _check_head(cursor: Cursor) -> tuple[int, int, float]:
    """How many trees, how many inputs, the base score."""
    major, minor, _ = cursor.array("<i", 3).tolist()
    if (major, minor) not in VERSIONS:
        known = ", ".join(f"{major}.{minor}" for major, minor in VERSIONS)
        raise ValueError(
            f"the checkpoint is of treelite {major}.{minor}, and {known} is what can be read:"
            " serve it with the release that wrote it, or train again"
        )
    require(cursor.array("<B", 2).tolist() == [_FLOAT64] * 2, "it is not in double precision")
    trees = cursor.scalar("<Q")
    inputs = cursor.scalar("<i")
    require(1 <= inputs <= _MOST_INPUTS, f"it has {inputs} inputs, not 1 to {_MOST_INPUTS}")
    require(cursor.scalar("<B") == _BINARY_CLASSIFIER, "it is no binary classifier")
    require(cursor.scalar("<B") == 0, "its trees are averaged, not summed")
    require(cursor.scalar("<i") == 1, "it has several targets")
    require(cursor.array("<i").tolist() == [1], "it has several classes")
    require(cursor.array("<i").tolist() == [1, 1], "a leaf has several values")
    for name in ("target", "class"):
        of_trees = cursor.array("<i")
        require(len(of_trees) == trees, f"it has {len(of_trees)} {name} ids for {trees} trees")
        require(not of_trees.any(), f"a tree has another {name} than 0")
    require(cursor.array("<B").tobytes() == b"sigmoid", "its link is not the sigmoid")
    require(cursor.scalar("<f") == 1.0, "its sigmoid has another slope than 1")
    cursor.scalar("<f")  # of another link
    base = cursor.array("<d")
    require(len(base) == 1, f"it has {len(base)} base scores")
    cursor.array("<B")  # attributes, for people
    require(cursor.scalar("<i") == 0, "it has optional fields")
    return trees, inputs, base.item()
