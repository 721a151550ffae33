"""The trees refuse what they were not made for; the C library would read past the rows' end."""

from typing import Any

import numpy as np
import pytest
import treelite
import treelite.sklearn
from treelite.model_builder import Metadata, ModelBuilder, PostProcessorFunc, TreeAnnotation

from contract.trees import Trees
from tests.bundles import Fitted


@pytest.fixture(scope="module")
def trees(fitted: Fitted) -> Trees:
    return Trees(treelite.sklearn.import_model(fitted.model))


@pytest.mark.parametrize("shape", [(3, 10), (3, 12), (11,), (1, 1, 11), (0, 10)])
def test_a_wrong_width_is_refused(trees: Trees, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"is not \(n, 11\)"):
        trees.predict(np.zeros(shape))


def test_inputs_in_single_precision_are_taken_at_their_value(trees: Trees) -> None:
    inputs = np.linspace(0, 50, 44).reshape(4, 11).astype(np.float32)

    assert trees.predict(inputs).tolist() == trees.predict(inputs.astype(np.float64)).tolist()  # type: ignore[arg-type]  # that it converts is what is tested


def test_trees_in_single_precision_are_refused() -> None:
    with pytest.raises(ValueError, match="not in double precision"):
        Trees(_stump("float32"))


def test_trees_in_double_precision_are_summed() -> None:
    trees = Trees(_stump("float64"))

    assert trees.predict(np.array([[0.0], [2.0]])).tolist() == [0.25, 0.75]


def _stump(precision: str) -> treelite.Model:
    builder: Any = ModelBuilder(
        threshold_type=precision,
        leaf_output_type=precision,
        metadata=Metadata(
            num_feature=1,
            task_type="kRegressor",
            average_tree_output=False,
            num_target=1,
            num_class=[1],
            leaf_vector_shape=(1, 1),
        ),
        tree_annotation=TreeAnnotation(num_tree=1, target_id=[0], class_id=[0]),
        postprocessor=PostProcessorFunc(name="identity"),
        base_scores=[0.0],
    )
    builder.start_tree()
    builder.start_node(0)
    builder.numerical_test(
        feature_id=0,
        threshold=1.0,
        default_left=True,
        opname="<",
        left_child_key=1,
        right_child_key=2,
    )
    builder.end_node()
    for key, value in ((1, 0.25), (2, 0.75)):
        builder.start_node(key)
        builder.leaf(value)
        builder.end_node()
    builder.end_tree()
    model: treelite.Model = builder.commit()
    return model
