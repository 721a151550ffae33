"""Checking one tree of a treelite checkpoint: it is a tree, and stays within its arrays."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contract.checkpoint_cursor import Cursor, require

_LEAF, _NUMERICAL, _CATEGORICAL = 0, 1, 2  # kinds of node
_EQUAL, _GREATER_OR_EQUAL = 1, 5  # first and last of the comparisons
_FIELDS = ("<b", "<i", "<i", "<i", "<B", "<d", "<d", "<b", "<B")  # of _Nodes


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


def check_tree(cursor: Cursor, number: int, inputs: int) -> float:
    """How far from zero a leaf of the tree is, at most."""
    count = cursor.scalar("<i")
    require(count >= 1, f"tree {number} has {count} nodes")
    has_categories = cursor.scalar("<B")
    nodes = _Nodes(*[_sized(cursor, kind, count, number) for kind in _FIELDS])
    _check_links(nodes, number)
    _check_tests(nodes, number, inputs)
    _check_no_leaf_vectors(cursor, count, number)
    _check_categories(cursor, nodes, number, has_categories)
    _check_statistics(cursor, count, number)
    leaves = np.abs(nodes.leaf[nodes.kind == _LEAF])
    require(bool(np.isfinite(leaves).all()), f"a leaf of tree {number} is no finite number")
    return float(leaves.max())


def _sized(cursor: Cursor, kind: str, count: int, number: int) -> NDArray[Any]:
    values = cursor.array(kind)
    require(len(values) == count, f"tree {number} has {len(values)} values for {count} nodes")
    return values


def _check_links(nodes: _Nodes, number: int) -> None:
    """From the first node, one way leads to each other node, and none ever back."""
    leaf = nodes.kind == _LEAF
    require(
        bool(((nodes.kind >= _LEAF) & (nodes.kind <= _CATEGORICAL)).all()),
        f"a node of tree {number} is of an unknown kind",
    )
    require(
        bool((nodes.left[leaf] == -1).all() and (nodes.right[leaf] == -1).all()),
        f"a leaf of tree {number} has children",
    )
    parents = np.flatnonzero(~leaf)
    children = np.concatenate((nodes.left[parents], nodes.right[parents]))
    require(
        bool((children > np.concatenate((parents, parents))).all())
        and np.array_equal(np.sort(children), np.arange(1, len(leaf))),
        f"the nodes of tree {number} are not linked as a tree",
    )


def _check_tests(nodes: _Nodes, number: int, inputs: int) -> None:
    split = nodes.split[nodes.kind != _LEAF]
    require(
        bool(((split >= 0) & (split < inputs)).all()),
        f"a node of tree {number} tests an input beyond the {inputs}",
    )
    numerical = nodes.kind == _NUMERICAL
    comparison = nodes.comparison[numerical]
    require(
        bool(((comparison >= _EQUAL) & (comparison <= _GREATER_OR_EQUAL)).all()),
        f"a node of tree {number} compares in an unknown way",
    )
    require(not np.isnan(nodes.threshold[numerical]).any(), f"a threshold of tree {number} is NaN")
    for flags in (nodes.default_left, nodes.matches_right):
        require(bool((flags <= 1).all()), f"a flag of tree {number} is neither 0 nor 1")


def _check_no_leaf_vectors(cursor: Cursor, count: int, number: int) -> None:
    vectors = len(cursor.array("<d"))
    begin, end = (_sized(cursor, "<Q", count, number) for _ in range(2))
    require(
        vectors == 0 and not begin.any() and not end.any(),
        f"a leaf of tree {number} has several values",
    )


def _check_categories(cursor: Cursor, nodes: _Nodes, number: int, has_categories: int) -> None:
    """Each list of categories is in bounds and its node's own: together they are not longer."""
    total = len(cursor.array("<I"))
    begin, end = (_sized(cursor, "<Q", len(nodes.kind), number) for _ in range(2))
    require(
        bool((begin <= end).all() and (end <= total).all()) and int((end - begin).sum()) <= total,
        f"a list of categories of tree {number} is out of bounds",
    )
    categorical = nodes.kind == _CATEGORICAL
    require(
        has_categories == int(categorical.any()) and bool((begin == end)[~categorical].all()),
        f"a node of tree {number} has categories and does not test them",
    )


def _check_statistics(cursor: Cursor, count: int, number: int) -> None:
    """Counts, weights and gains, for people; each there for all nodes, or for none."""
    for kind in ("<Q", "<d", "<d"):
        values, present = cursor.array(kind), cursor.array("<B")
        require(
            len(values) == len(present) and len(values) in (0, count) and not (present > 1).any(),
            f"a statistic of tree {number} is not there for each node",
        )
    require(not cursor.array("<i", 2).any(), f"tree {number} has optional fields")
