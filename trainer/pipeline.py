"""From settings to a published bundle, step by step."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contract import bundle, datasets, golden
from contract.declaration import Declaration
from contract.held_out import HELD_OUT
from contract.metadata import PICKLES
from contract.profile import PROFILE
from contract.provenance import Provenance
from contract.store import ModelStore
from trainer.card import model_card
from trainer.data import Data
from trainer.data_files import find, name_of
from trainer.errors import DataRefused, TrainerError
from trainer.evaluation import Scores, evaluate, require_quality, score
from trainer.export import pickled
from trainer.golden_rows import golden_rows
from trainer.held_out import held_out_sample
from trainer.model import Trained, identity, train
from trainer.profile import profile_of
from trainer.progress import Progress
from trainer.sample import has_sample, make_sample
from trainer.settings import TrainerSettings
from trainer.table import read_table
from trainer.threshold import choose_threshold

CARD = "model_card.md"


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """A trained model and how good it is.

    scores: of the held-out part. report: what the bundle's metadata say of data, metrics and
    threshold.
    """

    trained: Trained
    scores: Scores
    report: dict[str, Any]


def declared(settings: TrainerSettings) -> Declaration:
    """The declaration of the data set; raises SchemaError."""
    return datasets.declared(settings.dataset)


def load_data(
    declaration: Declaration,
    settings: TrainerSettings,
    progress: Progress,
    *,
    sample: bool | None = None,
) -> Data:
    """The real data where it is, else the sample; raises DataRefused.

    sample: whether it must be the sample; None: whatever is there.
    """
    path = None if sample else _located(declaration, settings)
    if path is not None:
        with progress.step(f"read {path.name}"):
            return read_table(path, declaration)
    missing = f"{name_of(declaration)} in {settings.data_dir}"
    if sample is False or not has_sample(declaration.schema):
        why = "" if has_sample(declaration.schema) else ", of which there is no built-in sample"
        raise DataRefused(
            f"the real data of {declaration.schema.title} is needed{why}, and there is no"
            f" {missing}: put it there, or set DATA_PATH"
        )
    if sample is None:
        progress.warn(
            f"No {missing}, and DATA_PATH is not set: training on the BUILT-IN SAMPLE.\n"
            "Its rows are made up, and so is what this model says. Real data: data/README.md"
        )
    return make_sample(declaration.schema)


def provenance_of(declaration: Declaration, data: Data, settings: TrainerSettings) -> Provenance:
    """What the version id is made of."""
    schema = declaration.schema
    return Provenance(schema, data.sha256(schema), data.is_sample, identity(declaration, settings))


def fit(
    declaration: Declaration, data: Data, settings: TrainerSettings, progress: Progress
) -> Result:
    """Train and evaluate; raises QualityRefused where there is nothing to tell apart."""
    with progress.step("train"):
        trained = train(declaration, data, settings)
    with progress.step("choose the threshold"):
        threshold = choose_threshold(declaration, trained, settings)
    with progress.step("evaluate"):
        scores = score(trained.scorer, trained.held_out.features)
        metrics = evaluate(trained.held_out, scores, threshold.value)
    report: dict[str, Any] = {
        "data": {
            "source": data.source,
            "rows": len(data),
            "positives": int(data.labels.sum()),
            "training_rows": len(trained.training),
            "training_positives": int(trained.training.labels.sum()),
            "held_out_rows": len(trained.held_out),
        },
        "declaration": declaration.record(),
        "metrics": metrics,
        "threshold": {"value": threshold.value, "reason": threshold.reason},
    }
    return Result(trained, scores, report)


def make(
    declaration: Declaration,
    provenance: Provenance,
    data: Data,
    settings: TrainerSettings,
    progress: Progress,
) -> dict[str, bytes]:
    """The bundle's files; raises QualityRefused."""
    result = fit(declaration, data, settings, progress)
    require_quality(result.report["metrics"], settings.min_auc)
    return encode(provenance, data, result, progress)


def encode(
    provenance: Provenance, data: Data, result: Result, progress: Progress
) -> dict[str, bytes]:
    """The bundle's files, the card and its pictures among them."""
    schema, trained, report = provenance.schema, result.trained, result.report
    with progress.step("draw the card"):
        # Imported here: the commands that draw nothing start in half the time without it.
        from trainer.plots import TITLES, draw  # noqa: PLC0415

        pictures = draw(schema, data, trained.held_out, result.scores, report)
        card = model_card(provenance, report, trained.preprocessing.describe(), TITLES)
    held_out = {
        PROFILE: profile_of(schema, trained.held_out, result.scores).to_json(),
        HELD_OUT: held_out_sample(trained.held_out, result.scores),
    }
    pickled_parts = (pickled(trained.preprocessing), pickled(trained.model))
    pickles = dict(zip(PICKLES, pickled_parts, strict=True))
    files = bundle.encode(
        provenance,
        preprocessing=trained.preprocessing,
        trees=trained.trees,
        golden_rows=golden_rows(schema, data.features),
        report=report,
        extras={CARD: card.encode(), **held_out, **pictures, **pickles},
    )
    if difference := golden.first_difference(schema, trained.scorer, files["golden.json"]):
        raise TrainerError(f"the model does not score its golden rows alike: {difference}")
    return files


def publish(store: ModelStore, version: str, files: dict[str, bytes]) -> bool:
    """Publish a whole bundle that loads; False where another trainer was first."""
    published = store.publish(version, files)
    # As the api will: what does not load must not become active.
    store.load(version)
    return published


def _located(declaration: Declaration, settings: TrainerSettings) -> Path | None:
    """Where the real data is; None where there is none. Raises DataRefused."""
    path = settings.data_path
    if path is None:
        return find(settings.data_dir, declaration)
    if path.is_dir():
        found = find(path, declaration)
        if found is None:
            raise DataRefused(
                f"{path}: a directory without {name_of(declaration)} in it: put the data there"
            )
        return found
    if not path.exists():
        raise DataRefused(
            f"{path}: No such file or directory; put the data there, or set DATA_PATH to where it"
            " is (in a container: to where it is mounted)"
        )
    return path
