"""Summing trees without treelite's Python package: the same bits, and only what is understood."""

import gc
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import treelite
import treelite.sklearn
from treelite import gtil
from treelite.model_builder import Metadata, ModelBuilder, PostProcessorFunc, TreeAnnotation

from contract.trees import Trees
from tests.bundles import Fitted

ROOT = Path(__file__).parents[2]
WITHOUT_THE_PACKAGE = """
import sys
from pathlib import Path
from contract.trees import Trees
trees = Trees.from_bytes(Path(sys.argv[1]).read_bytes())
print(trees.margin_row([1.0] * trees.inputs).hex())
print(sorted({"treelite", "scipy", "sklearn", "joblib", "pandas"} & set(sys.modules)))
"""


@pytest.fixture(scope="module")
def model(fitted: Fitted) -> treelite.Model:
    return treelite.sklearn.import_model(fitted.model)


@pytest.fixture(scope="module")
def checkpoint(model: treelite.Model) -> bytes:
    return bytes(model.serialize_bytes())


@pytest.fixture(scope="module")
def trees(checkpoint: bytes) -> Trees:
    return Trees.from_bytes(checkpoint)


def test_a_margin_is_the_sum_in_the_order_of_the_trees(
    fitted: Fitted, model: treelite.Model, trees: Trees
) -> None:
    inputs = fitted.preprocessing.transform(fitted.rows)
    base = json.loads(model.dump_as_json())["base_scores"][0]
    expected = np.zeros(len(inputs))
    for of_tree in gtil.predict_per_tree(model, inputs)[:, :, 0].T:
        expected += of_tree
    expected += base

    assert trees.margins(inputs).tolist() == expected.tolist()


@pytest.mark.parametrize("threads", [0, 1, 2])
@pytest.mark.parametrize("count", [1, 32, 33, 500])
def test_neither_threads_nor_neighbours_change_a_margin(
    fitted: Fitted, trees: Trees, threads: int, count: int
) -> None:
    inputs = fitted.preprocessing.transform(fitted.rows[:count])

    margins = trees.margins(inputs, threads=threads).tolist()

    assert margins == [trees.margin_row(row) for row in inputs.tolist()]


def test_neither_treelite_nor_what_it_imports_is_imported(
    checkpoint: bytes, trees: Trees, tmp_path: Path
) -> None:
    (tmp_path / "model").write_bytes(checkpoint)

    printed = subprocess.run(
        [sys.executable, "-c", WITHOUT_THE_PACKAGE, tmp_path / "model"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\n")

    assert printed == [trees.margin_row([1.0] * trees.inputs).hex(), "[]", ""]


def test_a_model_that_nobody_uses_is_freed(checkpoint: bytes) -> None:
    before = _resident_bytes()

    for _ in range(500):
        Trees.from_bytes(checkpoint)
    gc.collect()

    assert _resident_bytes() - before < 250 * len(checkpoint)


@pytest.mark.parametrize("shape", [(3, 10), (3, 12), (11,), (1, 1, 11), (0, 10)])
def test_a_wrong_width_is_refused(trees: Trees, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"is not \(n, 11\)"):
        trees.margins(np.zeros(shape))


def test_more_threads_than_cores_are_refused(trees: Trees) -> None:
    with pytest.raises(ValueError, match="nthread cannot exceed"):
        trees.margins(np.zeros((1, 11)), threads=10_000)


def test_no_rows_have_no_margins(trees: Trees) -> None:
    assert trees.margins(np.zeros((0, 11))).tolist() == []


def test_inputs_in_single_precision_are_taken_at_their_value(trees: Trees) -> None:
    inputs = np.linspace(0, 50, 44).reshape(4, 11).astype(np.float32)

    assert trees.margins(inputs).tolist() == trees.margins(inputs.astype(np.float64)).tolist()  # type: ignore[arg-type]  # that it converts is what is tested


def test_inputs_in_another_order_of_memory_are_taken(trees: Trees) -> None:
    inputs = np.asfortranarray(np.linspace(0, 50, 44).reshape(4, 11))

    assert trees.margins(inputs).tolist() == [trees.margin_row(row) for row in inputs.tolist()]


def test_a_stump_gives_its_leaves() -> None:
    trees = Trees.from_bytes(stump())

    assert trees.margins(np.array([[0.0], [2.0], [np.nan]])).tolist() == [0.25, 0.75, 0.25]


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ({"precision": "float32"}, "not in double precision"),
        ({"task": "kRegressor"}, "no binary classifier"),
        ({"link": PostProcessorFunc("identity")}, "its link is not the sigmoid"),
        ({"link": PostProcessorFunc("sigmoid", sigmoid_alpha=0.5)}, "another slope"),
        ({"average": True}, "averaged, not summed"),
        ({"targets": 2}, "several targets"),
        ({"classes": 3}, "several classes"),
        ({"leaf": 1e308, "count": 2}, "add up to more than a double can hold"),
        ({"leaf": np.inf}, "a leaf of tree 0 is no finite number"),
        ({"threshold": np.nan}, "a threshold of tree 0 is NaN"),
    ],
)
def test_trees_of_another_kind_are_refused(what: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Trees.from_bytes(stump(**what))


def stump(
    *,
    precision: str = "float64",
    task: str = "kBinaryClf",
    link: PostProcessorFunc | None = None,
    average: bool = False,
    targets: int = 1,
    classes: int = 1,
    leaf: float = 0.25,
    threshold: float = 1.0,
    count: int = 1,
) -> bytes:
    """`count` trees of one split each, as treelite writes them."""
    builder: Any = ModelBuilder(
        threshold_type=precision,
        leaf_output_type=precision,
        metadata=Metadata(
            num_feature=1,
            task_type=task,
            average_tree_output=average,
            num_target=targets,
            num_class=[classes] * targets,
            leaf_vector_shape=(1, 1),
        ),
        tree_annotation=TreeAnnotation(num_tree=count, target_id=[0] * count, class_id=[0] * count),
        postprocessor=link or PostProcessorFunc("sigmoid"),
        base_scores=[0.0] * targets * classes,
    )
    for _ in range(count):
        builder.start_tree()
        builder.start_node(0)
        builder.numerical_test(
            feature_id=0,
            threshold=threshold,
            default_left=True,
            opname="<",
            left_child_key=1,
            right_child_key=2,
        )
        builder.end_node()
        for key, value in ((1, leaf), (2, 0.75)):
            builder.start_node(key)
            builder.leaf(value)
            builder.end_node()
        builder.end_tree()
    return bytes(builder.commit().serialize_bytes())


def _resident_bytes() -> int:
    fields = Path("/proc/self/statm").read_text().split()
    return int(fields[1]) * 4096
