"""From the pickles of a bundle of format 1 to data, from which it is served on."""

from typing import Any

import numpy as np
from treelite.model_builder import (
    Metadata,
    ModelBuilder,
    PostProcessorFunc,
    TreeAnnotation,
)

from contract import conversion, golden
from contract.bundle_directory import read
from contract.bundle_errors import BundleError, BundleIncompatible, GoldenMismatch
from contract.bundle_files import read_files, read_metadata
from contract.conversion import ScoreChange
from contract.metadata import GOLDEN, METADATA, PICKLED, PICKLES, PREPROCESSING, SCHEMA, TREES
from contract.schema import DataSetSchema
from contract.scoring import Scorer
from contract.store import ModelStore
from contract.trees import Trees
from trainer.pickles import PickledTrees, read_preprocessing, read_trees

# Another exp() differs in the last bits of a probability; more than these is another model.
_TOLERANCE = 4 * np.finfo(np.float64).eps


def needs_conversion(store: ModelStore, version: str) -> bool:
    """Whether the version is of format 1 and has no conversion that this store would serve.

    A bundle whose metadata are refused needs another cure, which whoever loads it names.
    """
    directory = store.path(version)
    try:
        metadata = read_metadata(directory, store.keys)
    except BundleError:
        return False
    if metadata["format"] != PICKLED:
        return False
    try:
        conversion.read(directory, read(directory, METADATA), store.keys)
    except BundleError:
        return True
    return False


def convert(store: ModelStore, version: str) -> ScoreChange:
    """Convert a version of format 1, in place of a conversion that it may have.

    Its files and its signature are checked first, as for serving. Raises BundleError, or
    PicklesRefused.
    """
    directory = store.path(version)
    metadata = read_metadata(directory, store.keys)
    if metadata["format"] != PICKLED:
        raise BundleIncompatible(f"{version} has bundle format {metadata['format']}: nothing to do")
    files = read_files(directory, metadata)
    schema = DataSetSchema.from_json(files[SCHEMA])
    preprocessing = read_preprocessing(files[PICKLES[0]])
    checkpoint = as_checkpoint(read_trees(files[PICKLES[1]]))
    scorer = Scorer(preprocessing, Trees.from_bytes(checkpoint))
    again = golden.encode(schema, scorer, golden.rows(schema, files[GOLDEN]))
    change = score_change(version, files[GOLDEN], again)
    converted = {PREPROCESSING: preprocessing.to_json(), TREES: checkpoint, GOLDEN: again}
    document = read(directory, METADATA)
    store.keep_conversion(version, conversion.encode(version, document, converted, change))
    return change


def as_checkpoint(trees: PickledTrees) -> bytes:
    """The trees in treelite's form, node by node as they were fitted."""
    count = len(trees.nodes)
    builder: Any = ModelBuilder(
        threshold_type="float64",
        leaf_output_type="float64",
        metadata=Metadata(
            num_feature=trees.inputs,
            task_type="kBinaryClf",
            average_tree_output=False,
            num_target=1,
            num_class=[1],
            leaf_vector_shape=(1, 1),
        ),
        tree_annotation=TreeAnnotation(count, [0] * count, [0] * count),
        postprocessor=PostProcessorFunc("sigmoid"),
        base_scores=[trees.base],
    )
    for nodes in trees.nodes:
        builder.start_tree()
        for key, node in enumerate(nodes):
            builder.start_node(key)
            if node["is_leaf"]:
                builder.leaf(float(node["value"]))
            else:
                builder.numerical_test(
                    int(node["feature_idx"]),
                    float(node["num_threshold"]),
                    default_left=bool(node["missing_go_to_left"]),
                    opname="<=",
                    left_child_key=int(node["left"]),
                    right_child_key=int(node["right"]),
                )
            builder.end_node()
        builder.end_tree()
    content: bytes = builder.commit().serialize_bytes()
    return content


def score_change(version: str, before: bytes, after: bytes) -> ScoreChange:
    """How the golden scores differ; raises GoldenMismatch where it is by more than a rounding."""
    old, new = np.array(golden.scores(before)), np.array(golden.scores(after))
    change = np.abs(new - old)
    if (change > _TOLERANCE * old).any():
        raise GoldenMismatch(
            f"{version}: converted, its golden scores would differ by up to {change.max():.3g}:"
            " nothing was converted; train again with this release"
        )
    return ScoreChange(
        rows=len(old), differing=int((change > 0).sum()), largest=float(change.max())
    )
