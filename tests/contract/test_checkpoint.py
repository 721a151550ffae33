"""What treelite would trust is refused before it sees it, with what is wrong."""

import json
import struct
import tracemalloc
from importlib.metadata import version
from typing import Any

import numpy as np
import pytest
import treelite
from numpy.typing import NDArray

from contract.checkpoint import VERSIONS, check
from tests.checkpoints import (
    INPUTS,
    categorical,
    numerical,
    tree_field,
    with_field,
    with_tree_field,
)

NUMERICAL = numerical()
CATEGORICAL = categorical()
NODES = len(tree_field(CATEGORICAL, "cleft"))
# The first split by category, and its list.
SPLIT = int(np.flatnonzero(tree_field(CATEGORICAL, "node_type") == 2)[0])
LEAF = int(np.flatnonzero(tree_field(CATEGORICAL, "node_type") == 0)[0])
NUMBER = int(np.flatnonzero(tree_field(NUMERICAL, "node_type") == 1)[0])


@pytest.mark.parametrize("checkpoint", [NUMERICAL, CATEGORICAL])
def test_what_the_locked_treelite_writes_is_taken(checkpoint: bytes) -> None:
    written = tuple(int(part) for part in version("treelite").split(".")[:2])

    assert check(checkpoint) == INPUTS
    assert struct.unpack("<ii", checkpoint[:8]) == written
    assert written in VERSIONS


@pytest.mark.parametrize("checkpoint", [NUMERICAL, CATEGORICAL])
def test_a_checkpoint_cut_off_anywhere_is_refused(checkpoint: bytes) -> None:
    for length in range(len(checkpoint)):
        with pytest.raises(ValueError, match="cut off"):
            check(checkpoint[:length])


def test_bytes_after_the_end_are_refused() -> None:
    with pytest.raises(ValueError, match="goes on after its last tree"):
        check(NUMERICAL + b"\0")


@pytest.mark.parametrize("written", [(3, 9, 0), (4, 7, 0), (4, 9, 0), (5, 0, 0), (-1, 0, 0)])
def test_another_version_is_refused_with_what_to_do(written: tuple[int, int, int]) -> None:
    head = struct.pack("<iii", *written)

    with pytest.raises(ValueError, match=f"of treelite {written[0]}.{written[1]}, and 4.8 is"):
        check(head + NUMERICAL[len(head) :])


def test_a_patch_of_treelite_may_be_another() -> None:
    head = struct.pack("<iii", *VERSIONS[0], 99)

    assert check(head + NUMERICAL[len(head) :]) == INPUTS


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("num_feature", np.array([0], np.int32), "has 0 inputs"),
        ("num_feature", np.array([-1], np.int32), "has -1 inputs"),
        ("num_feature", np.array([2**31 - 1], np.int32), "has 2147483647 inputs"),
        ("num_feature", np.array([1], np.int32), "tests an input beyond the 1"),
        ("task_type", np.array([9], np.uint8), "no binary classifier"),
        ("average_tree_output", np.array([1], np.uint8), "averaged"),
        ("num_target", np.array([2], np.int32), "several targets"),
        ("num_class", np.array([1, 1], np.int32), "several classes"),
        ("num_class", np.array([2], np.int32), "several classes"),
        ("leaf_vector_shape", np.array([1], np.int32), "several values"),
        ("target_id", np.array([0], np.int32), "1 target ids for 2 trees"),
        ("target_id", np.array([0, -1], np.int32), "another target"),
        ("class_id", np.array([0, 7], np.int32), "another class"),
        ("postprocessor", "softmax", "not the sigmoid"),
        ("postprocessor", "", "not the sigmoid"),
        ("sigmoid_alpha", np.array([np.nan], np.float32), "another slope"),
        ("base_scores", np.array([], np.float64), "0 base scores"),
        ("base_scores", np.array([np.nan]), "more than a double can hold"),
    ],
)
def test_a_head_that_lies_is_refused(name: str, value: NDArray[Any] | str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        check(with_field(CATEGORICAL, name, value))


def test_attributes_are_for_people() -> None:
    assert check(with_field(NUMERICAL, "attributes", json.dumps({"made": "today"}))) == INPUTS


@pytest.mark.parametrize(
    ("name", "node", "value", "reason"),
    [
        ("node_type", LEAF, 3, "unknown kind"),
        ("node_type", LEAF, 1, "not linked as a tree"),
        ("node_type", SPLIT, 0, "leaf of tree 0 has children"),
        ("node_type", SPLIT, 1, "compares in an unknown way"),
        ("cleft", LEAF, 0, "leaf of tree 0 has children"),
        ("cright", LEAF, NODES - 1, "leaf of tree 0 has children"),
        ("cleft", 0, 0, "not linked as a tree"),
        ("cleft", 0, -1, "not linked as a tree"),
        ("cright", 0, NODES, "not linked as a tree"),
        ("cright", 0, 2**31 - 1, "not linked as a tree"),
        ("cright", 0, 1, "not linked as a tree"),
        ("split_index", SPLIT, INPUTS, "an input beyond the 3"),
        ("split_index", SPLIT, -1, "an input beyond the 3"),
        ("default_left", SPLIT, 2, "a flag of tree 0"),
        ("category_list_right_child", SPLIT, 255, "a flag of tree 0"),
        ("leaf_value", LEAF, np.nan, "no finite number"),
        ("leaf_value", LEAF, -np.inf, "no finite number"),
        ("leaf_vector_begin", LEAF, 1, "a leaf of tree 0 has several values"),
        ("leaf_vector_end", LEAF, 2**64 - 1, "a leaf of tree 0 has several values"),
        ("category_list_begin", SPLIT, 2**64 - 1, "list of categories of tree 0 is out of bounds"),
        ("category_list_end", SPLIT, 2**63, "list of categories of tree 0 is out of bounds"),
        ("category_list_begin", LEAF, 0, "out of bounds|does not test them"),
        ("data_count_present", LEAF, 2, "a statistic of tree 0"),
    ],
)
def test_a_node_that_lies_is_refused(name: str, node: int, value: float, reason: str) -> None:
    values = tree_field(CATEGORICAL, name)
    values = values.view(np.uint8) if values.dtype == np.bool_ else values
    values[node] = value

    with pytest.raises(ValueError, match=reason):
        check(with_tree_field(CATEGORICAL, name, values))


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("threshold", np.nan, "a threshold of tree 0 is NaN"),
        ("cmp", 0, "compares in an unknown way"),
        ("cmp", 6, "compares in an unknown way"),
    ],
)
def test_a_numerical_test_that_lies_is_refused(name: str, value: float, reason: str) -> None:
    values = tree_field(NUMERICAL, name)
    values[NUMBER] = value

    with pytest.raises(ValueError, match=reason):
        check(with_tree_field(NUMERICAL, name, values))


def test_two_parents_of_one_child_are_refused() -> None:
    left = tree_field(CATEGORICAL, "cleft")
    right = tree_field(CATEGORICAL, "cright")
    left[0] = right[0]

    with pytest.raises(ValueError, match="not linked as a tree"):
        check(with_tree_field(CATEGORICAL, "cleft", left))


def test_lists_of_categories_that_lie_over_each_other_are_refused() -> None:
    """Else a small file could make each of many nodes go through all categories."""
    begin = tree_field(CATEGORICAL, "category_list_begin")
    end = tree_field(CATEGORICAL, "category_list_end")
    assert np.count_nonzero(begin != end) > 1
    splits = begin != end
    begin[splits], end[splits] = 0, end.max()

    damaged = with_tree_field(CATEGORICAL, "category_list_begin", begin)

    with pytest.raises(ValueError, match="out of bounds"):
        check(with_tree_field(damaged, "category_list_end", end))


@pytest.mark.parametrize("name", ["has_categorical_split", "num_nodes"])
@pytest.mark.parametrize("value", [0, 7])
def test_what_a_tree_says_of_itself_must_be_so(name: str, value: int) -> None:
    kind = np.int32 if name == "num_nodes" else np.uint8

    with pytest.raises(ValueError, match="tree 0"):
        check(with_tree_field(CATEGORICAL, name, np.array([value], kind)))


@pytest.mark.parametrize(
    "name", ["cleft", "threshold", "leaf_value", "cmp", "category_list_end", "data_count", "gain"]
)
def test_an_array_of_another_length_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"for \d+ nodes|for each node"):
        check(with_tree_field(CATEGORICAL, name, tree_field(CATEGORICAL, name)[1:]))


def test_a_length_that_claims_everything_costs_nothing() -> None:
    name = NUMERICAL.index(b"sigmoid") - 8
    damaged = bytearray(NUMERICAL)

    tracemalloc.start()
    for length in (2**64 - 1, 2**63, 2**40, len(NUMERICAL)):
        damaged[name : name + 8] = struct.pack("<Q", length)
        with pytest.raises(ValueError, match="cut off, or a length in it is damaged"):
            check(bytes(damaged))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert most < 100_000 + 4 * len(NUMERICAL)


def test_a_checked_checkpoint_is_read_by_treelite_as_it_was_read_here() -> None:
    assert treelite.Model.deserialize_bytes(CATEGORICAL).serialize_bytes() == CATEGORICAL
