"""From settings to a published bundle, step by step."""

from pathlib import Path
from typing import Any

from contract import bundle, golden
from contract.bundle import Provenance
from contract.datasets import DATASETS
from contract.schema import DataSetSchema
from contract.store import ModelStore
from trainer.card import model_card
from trainer.csv_file import read_csv
from trainer.data import Data
from trainer.errors import TrainerError
from trainer.evaluation import (
    choose_threshold,
    evaluate,
    require_quality,
    score,
)
from trainer.golden_rows import golden_rows
from trainer.model import Trained, identity, train
from trainer.progress import Progress
from trainer.sample import make_sample
from trainer.settings import TrainerSettings

CARD = "model_card.md"


def declared(settings: TrainerSettings) -> DataSetSchema:
    """The declaration of the data set; raises TrainerError."""
    try:
        return DATASETS[settings.dataset]
    except KeyError:
        known = ", ".join(DATASETS)
        raise TrainerError(f"DATASET is {settings.dataset}; known are {known}") from None


def load_data(schema: DataSetSchema, settings: TrainerSettings, progress: Progress) -> Data:
    """The real data where it is, else the sample; raises DataRefused."""
    path = settings.data_path or _find(settings.data_dir)
    if path is None:
        progress.warn(
            f"No cs-training.csv in {settings.data_dir}, and DATA_PATH is not set: training on the"
            " BUILT-IN SAMPLE.\nIts rows are made up, and so is what this model says. Real data:"
            " data/README.md"
        )
        return make_sample(schema)
    with progress.step(f"read {path.name}"):
        return read_csv(path, schema)


def provenance_of(schema: DataSetSchema, data: Data, settings: TrainerSettings) -> Provenance:
    """What the version id is made of."""
    return Provenance(schema, data.sha256(schema), data.is_sample, identity(settings))


def make(
    provenance: Provenance, data: Data, settings: TrainerSettings, progress: Progress
) -> tuple[dict[str, bytes], Trained]:
    """The bundle's files, and the model that is in them; raises QualityRefused."""
    schema = provenance.schema
    with progress.step("train"):
        trained = train(schema, data, settings)
    with progress.step("evaluate"):
        training_scores = score(trained.scorer, trained.training.features)
        threshold = choose_threshold(trained.training.labels, training_scores)
        scores = score(trained.scorer, trained.held_out.features)
        metrics = evaluate(trained.held_out, scores, threshold)
    require_quality(metrics, settings.min_auc)
    report: dict[str, Any] = {
        "data": {
            "source": data.source,
            "rows": len(data),
            "positives": int(data.labels.sum()),
            "training_rows": len(trained.training),
            "held_out_rows": len(trained.held_out),
        },
        "metrics": metrics,
        "threshold": {"value": threshold.value, "reason": threshold.reason},
    }
    with progress.step("draw the card"):
        # Imported here: the commands that draw nothing start in half the time without it.
        from trainer.plots import TITLES, draw  # noqa: PLC0415

        plots = draw(schema, data, trained.held_out, scores, metrics)
        card = model_card(provenance, report, threshold, TITLES)
    files = bundle.encode(
        provenance,
        preprocessing=trained.preprocessing,
        model=trained.model,
        golden_rows=golden_rows(schema, data.features),
        report=report,
        extras={CARD: card.encode(), **plots},
    )
    _check_golden(schema, trained, files)
    return files, trained


def publish(store: ModelStore, version: str, files: dict[str, bytes]) -> bool:
    """Publish a whole bundle that loads; False where another trainer was first."""
    published = store.publish(version, files)
    # As the api will: what does not load must not become active.
    bundle.load(store.path(version))
    return published


def _check_golden(schema: DataSetSchema, trained: Trained, files: dict[str, bytes]) -> None:
    if difference := golden.first_difference(schema, trained.scorer, files["golden.json"]):
        raise TrainerError(f"the model does not score its golden rows alike: {difference}")


def _find(directory: Path) -> Path | None:
    for name in ("cs-training.csv", "cs-training.csv.zip"):
        if (directory / name).exists():
            return directory / name
    return None
