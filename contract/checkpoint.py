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
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

VERSIONS = ((4, 8),)

# Far more than any declaration has, and few enough that one row of them is a small thing.
_MOST_INPUTS = 2**16

_FLOAT64 = 3  # thresholds and leaves
_BINARY_CLASSIFIER = 0
_LEAF, _NUMERICAL, _CATEGORICAL = 0, 1, 2  # kinds of node
_EQUAL, _GREATER_OR_EQUAL = 1, 5  # first and last of the comparisons


class _Cursor:
    """Where in the checkpoint one is; everything is little-endian and nothing is padded."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def array(self, kind: str, count: int | None = None) -> NDArray[Any]:
        """The next `count` values, without copying them; None: as many as their prefix says."""
        if count is None:
            count = self.scalar("<u8")
        end = self._at + count * np.dtype(kind).itemsize
        if end > len(self._data):
            raise ValueError(
                f"the checkpoint is cut off, or a length in it is damaged: it has"
                f" {len(self._data)} bytes, and the field at byte {self._at} ends at {end}"
            )
        values = np.frombuffer(self._data, kind, count, self._at)
        self._at = end
        return values

    def scalar(self, kind: str) -> Any:
        return self.array(kind, 1).item()

    def require_end(self) -> None:
        _require(self._at == len(self._data), f"it goes on after its last tree, at {self._at}")


def check(checkpoint: bytes) -> int:
    """How many inputs the trees have, of a checkpoint that is safe to load and to sum.

    Raises ValueError with what is wrong where treelite did not write it so. The margins of what
    passes are finite, for any inputs.
    """
    cursor = _Cursor(checkpoint)
    trees, inputs, base = _check_head(cursor)
    bound = 0.0
    for number in range(trees):
        bound += _check_tree(cursor, number, inputs)
    cursor.require_end()
    # Added in the order of the margins, so that no sum of them is rounded to beyond it.
    _require(math.isfinite(bound + abs(base)), "its leaves add up to more than a double can hold")
    return inputs


def _check_head(cursor: _Cursor) -> tuple[int, int, float]:
    """How many trees, how many inputs, the base score."""
    major, minor, _ = cursor.array("<i4", 3).tolist()
    if (major, minor) not in VERSIONS:
        known = ", ".join(f"{major}.{minor}" for major, minor in VERSIONS)
        raise ValueError(
            f"the checkpoint is of treelite {major}.{minor}, and {known} is what can be read:"
            " serve it with the release that wrote it, or train again"
        )
    _require(cursor.array("u1", 2).tolist() == [_FLOAT64] * 2, "it is not in double precision")
    trees = cursor.scalar("<u8")
    inputs = cursor.scalar("<i4")
    _require(1 <= inputs <= _MOST_INPUTS, f"it has {inputs} inputs, not 1 to {_MOST_INPUTS}")
    _require(cursor.scalar("u1") == _BINARY_CLASSIFIER, "it is no binary classifier")
    _require(cursor.scalar("u1") == 0, "its trees are averaged, not summed")
    _require(cursor.scalar("<i4") == 1, "it has several targets")
    _require(cursor.array("<i4").tolist() == [1], "it has several classes")
    _require(cursor.array("<i4").tolist() == [1, 1], "a leaf has several values")
    for name in ("target", "class"):
        of_trees = cursor.array("<i4")
        _require(len(of_trees) == trees, f"it has {len(of_trees)} {name} ids for {trees} trees")
        _require(not of_trees.any(), f"a tree has another {name} than 0")
    _require(cursor.array("u1").tobytes() == b"sigmoid", "its link is not the sigmoid")
    _require(cursor.scalar("<f4") == 1.0, "its sigmoid has another slope than 1")
    cursor.scalar("<f4")  # of another link
    base = cursor.array("<f8")
    _require(len(base) == 1, f"it has {len(base)} base scores")
    cursor.array("u1")  # attributes, for people
    _require(cursor.scalar("<i4") == 0, "it has optional fields")
    return trees, inputs, base.item()


@dataclass(frozen=True, slots=True)
class _Nodes:
    """The arrays of a tree that say where a row goes, each with a value for each node."""

    kind: NDArray[np.int8]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    split: NDArray[np.int32]
    default_left: NDArray[np.uint8]
    leaf: NDArray[np.float64]
    threshold: NDArray[np.float64]
    comparison: NDArray[np.int8]
    matches_right: NDArray[np.uint8]


_NODES = ("i1", "<i4", "<i4", "<i4", "u1", "<f8", "<f8", "i1", "u1")


def _check_tree(cursor: _Cursor, number: int, inputs: int) -> float:
    """How far from zero a leaf of the tree is, at most."""
    count = cursor.scalar("<i4")
    _require(count >= 1, f"tree {number} has {count} nodes")
    has_categories = cursor.scalar("u1")
    nodes = _Nodes(*[_sized(cursor, kind, count, number) for kind in _NODES])
    _check_links(nodes, number)
    _check_tests(nodes, number, inputs)
    _check_no_leaf_vectors(cursor, count, number)
    _check_categories(cursor, nodes, number, has_categories)
    _check_statistics(cursor, count, number)
    leaves = np.abs(nodes.leaf[nodes.kind == _LEAF])
    _require(bool(np.isfinite(leaves).all()), f"a leaf of tree {number} is no finite number")
    return float(leaves.max())


def _sized(cursor: _Cursor, kind: str, count: int, number: int) -> NDArray[Any]:
    values = cursor.array(kind)
    _require(len(values) == count, f"tree {number} has {len(values)} values for {count} nodes")
    return values


def _check_links(nodes: _Nodes, number: int) -> None:
    """From the first node, one way leads to each other node, and none ever back."""
    leaf = nodes.kind == _LEAF
    _require(
        bool(np.isin(nodes.kind, (_LEAF, _NUMERICAL, _CATEGORICAL)).all()),
        f"a node of tree {number} is of an unknown kind",
    )
    _require(
        bool((nodes.left[leaf] == -1).all() and (nodes.right[leaf] == -1).all()),
        f"a leaf of tree {number} has children",
    )
    parents = np.flatnonzero(~leaf)
    children = np.concatenate((nodes.left[parents], nodes.right[parents]))
    _require(
        bool((children > np.concatenate((parents, parents))).all())
        and np.array_equal(np.sort(children), np.arange(1, len(leaf))),
        f"the nodes of tree {number} are not linked as a tree",
    )


def _check_tests(nodes: _Nodes, number: int, inputs: int) -> None:
    split = nodes.split[nodes.kind != _LEAF]
    _require(
        bool(((split >= 0) & (split < inputs)).all()),
        f"a node of tree {number} tests an input beyond the {inputs}",
    )
    numerical = nodes.kind == _NUMERICAL
    comparison = nodes.comparison[numerical]
    _require(
        bool(((comparison >= _EQUAL) & (comparison <= _GREATER_OR_EQUAL)).all()),
        f"a node of tree {number} compares in an unknown way",
    )
    _require(not np.isnan(nodes.threshold[numerical]).any(), f"a threshold of tree {number} is NaN")
    for flags in (nodes.default_left, nodes.matches_right):
        _require(bool((flags <= 1).all()), f"a flag of tree {number} is neither 0 nor 1")


def _check_no_leaf_vectors(cursor: _Cursor, count: int, number: int) -> None:
    vectors = len(cursor.array("<f8"))
    begin, end = (_sized(cursor, "<u8", count, number) for _ in range(2))
    _require(
        vectors == 0 and not begin.any() and not end.any(),
        f"a leaf of tree {number} has several values",
    )


def _check_categories(cursor: _Cursor, nodes: _Nodes, number: int, has_categories: int) -> None:
    """Each list of categories is in bounds and its node's own: together they are not longer."""
    total = len(cursor.array("<u4"))
    begin, end = (_sized(cursor, "<u8", len(nodes.kind), number) for _ in range(2))
    _require(
        bool((begin <= end).all() and (end <= total).all()) and int((end - begin).sum()) <= total,
        f"a list of categories of tree {number} is out of bounds",
    )
    categorical = nodes.kind == _CATEGORICAL
    _require(
        has_categories == int(categorical.any()) and bool((begin == end)[~categorical].all()),
        f"a node of tree {number} has categories and does not test them",
    )


def _check_statistics(cursor: _Cursor, count: int, number: int) -> None:
    """Counts, weights and gains, for people; each there for all nodes, or for none."""
    for kind in ("<u8", "<f8", "<f8"):
        values, present = cursor.array(kind), cursor.array("u1")
        _require(
            len(values) == len(present) and len(values) in (0, count) and not (present > 1).any(),
            f"a statistic of tree {number} is not there for each node",
        )
    _require(not cursor.array("<i4", 2).any(), f"tree {number} has optional fields")


def _require(condition: bool, problem: str) -> None:
    if not condition:
        raise ValueError(f"the checkpoint cannot be used: {problem}")
