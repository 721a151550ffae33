"""The trainer's commands."""

import json
from datetime import UTC, datetime
from typing import Any

import numpy as np

from contract import bundle
from contract.bundle import BundleError, BundleMissing
from contract.store import ModelStore
from trainer.errors import NotReproduced, TrainerError
from trainer.evaluation import require_both_labels, score
from trainer.pipeline import declared, load_data, make, provenance_of, publish
from trainer.progress import Progress
from trainer.settings import TrainerSettings


class Commands:
    """One method for each command; each raises TrainerError or BundleError."""

    def __init__(self, settings: TrainerSettings) -> None:
        self._settings = settings
        self._store = ModelStore(settings.models_dir)
        self._progress = Progress(settings.log_format)

    def train(self, *, if_none: bool, activate: bool) -> None:
        """Train, publish and activate; a version that is there already is not made again."""
        say = self._progress.say
        active = self._store.active()
        if if_none and active is not None:
            say(f"{active} is active: nothing to do", version=active)
            return
        schema = declared(self._settings)
        data = load_data(schema, self._settings, self._progress)
        require_both_labels(data, "whole")
        provenance = provenance_of(schema, data, self._settings)
        version = provenance.version
        if self._store.has(version):
            # Damaged, it must not pass for the model of this data.
            bundle.load(self._store.path(version))
            say(f"{version} is published already: the same data, settings and libraries made it")
        else:
            files, _ = make(provenance, data, self._settings, self._progress)
            with self._progress.step("publish"):
                publish(self._store, version, files)
        if activate and version != active:
            self._store.activate(version)
            say(f"{version} is active now; it was {active or 'none'}", version=version)
        self._summary(version)

    def verify(self, version: str | None) -> None:
        """Train again from the data at hand and compare to the bit; raises NotReproduced."""
        version = version or self._require_active()
        published = bundle.load(self._store.path(version))
        schema = declared(self._settings)
        data = load_data(schema, self._settings, self._progress)
        provenance = provenance_of(schema, data, self._settings)
        if provenance.version != version:
            raise NotReproduced(
                f"the data and settings at hand make {provenance.version}, not {version}:"
                f" {_why(published.metadata, provenance)}"
            )
        files, trained = make(provenance, data, self._settings, self._progress)
        with self._progress.step(f"compare {len(data):,} scores"):
            here, there = (
                score(trained.scorer, data.features),
                score(published.scorer, data.features),
            )
        again: dict[str, Any] = json.loads(files[bundle.METADATA])
        differing = [
            *(
                ["scores"]
                if not np.array_equal(here.view(np.uint64), there.view(np.uint64))
                else []
            ),
            *(["golden.json"] if files["golden.json"] != published.golden else []),
            *(
                part
                for part in ("preprocessing", "metrics", "threshold")
                if again[part] != published.metadata[part]
            ),
        ]
        if differing:
            count = int((here != there).sum())
            raise NotReproduced(
                f"{version} is not what training gives here: {', '.join(differing)} differ"
                f" ({count:,} of {len(data):,} scores)"
            )
        self._progress.say(f"{version}: trained again, {len(data):,} scores equal to the last bit")

    def list(self) -> None:
        """The published versions, newest first."""
        rows = []
        for version in self._store.versions():
            mark = "active" if version == self._store.active() else ""
            try:
                metadata = bundle.read_metadata(self._store.path(version))
            except BundleError as error:
                rows.append(("", f"{version:<28} {mark:<7} damaged: {error}"))
                continue
            metrics, data = metadata["metrics"], metadata["data"]
            rows.append(
                (
                    metadata["created_at"],
                    f"{version:<28} {mark:<7} {_age(metadata['created_at']):>9}"
                    f"  AUC {metrics['auc']:.4f}  AP {metrics['average_precision']:.4f}"
                    f"  Brier {metrics['brier']:.4f}  {data['rows']:,} rows, {data['source']}",
                )
            )
        for _, line in sorted(rows, reverse=True):
            self._progress.report(line)
        if not rows:
            self._progress.report(f"no version is published in {self._store.root}")

    def activate(self, version: str) -> None:
        """Make a published version the active one, after checking that it loads."""
        if version == self._store.active():
            self._progress.say(f"{version} is active already")
            return
        bundle.load(self._store.path(version))
        before = self._store.active()
        self._store.activate(version)
        self._progress.say(f"{version} is active now; it was {before or 'none'}")

    def rollback(self) -> None:
        """Activate the version that was active before."""
        previous = self._store.previous()
        if previous is None:
            raise TrainerError("no other version was active before: see `list` and `activate`")
        self.activate(previous)

    def diff(self, first: str, second: str) -> None:
        """Say in what two versions differ."""
        one, other = (bundle.load(self._store.path(version)) for version in (first, second))
        for part in ("schema_version", "data", "settings", "libraries", "threshold", "metrics"):
            for name, (before, after) in _differences(one.metadata[part], other.metadata[part]):
                self._progress.report(f"{part}{name}: {before} -> {after}")
        cases = [json.loads(item.golden)["cases"] for item in (one, other)]
        if one.schema != other.schema:
            return
        rows = np.array(
            [
                [np.nan if value is None else value for value in case["instance"].values()]
                for case in cases[0]
            ],
            dtype=np.float64,
        )
        names = list(cases[0][0]["instance"])
        rows = rows[:, [names.index(name) for name in one.schema.names]]
        change = np.abs(one.scorer.score(rows) - other.scorer.score(rows))
        self._progress.report(
            f"scores of {len(rows)} golden rows: {int((change > 0).sum())} differ, by at most"
            f" {change.max():.4g}"
        )

    def prune(self, keep: int) -> None:
        """Remove all but the newest `keep` versions, the active one and the pinned ones."""
        ages: list[tuple[str, str]] = []
        for version in self._store.versions():
            try:
                created = bundle.read_metadata(self._store.path(version))["created_at"]
            except BundleError:
                created = ""
            ages.append((created, version))
        kept = {version for _, version in sorted(ages, reverse=True)[:keep]}
        kept |= self._settings.pinned | {self._store.active() or ""}
        for _, version in sorted(ages):
            if version not in kept:
                self._store.remove(version)
                self._progress.say(f"removed {version}")

    def _summary(self, version: str) -> None:
        metadata = bundle.read_metadata(self._store.path(version))
        metrics = metadata["metrics"]
        self._progress.say(
            f"version {version}: AUC {metrics['auc']:.4f},"
            f" average precision {metrics['average_precision']:.4f}, Brier {metrics['brier']:.4f}"
            f" on {metrics['rows']:,} held-out rows",
            version=version,
        )
        self._progress.say("next: docker compose up --wait api, or make local")

    def _require_active(self) -> str:
        active = self._store.active()
        if active is None:
            raise BundleMissing(f"no version is active in {self._store.root}: train first")
        return active


def _why(metadata: Any, provenance: bundle.Provenance) -> str:
    here = {
        "data": {"sha256": provenance.data_sha256},
        "settings": dict(provenance.settings),
        "libraries": bundle.installed_libraries(),
    }
    there = {
        "data": {"sha256": metadata["data"]["sha256"]},
        "settings": metadata["settings"],
        "libraries": metadata["libraries"],
    }
    names = [name.lstrip(".") for name, _ in _differences(there, here)]
    return f"{', '.join(names) or 'the declaration or the format'} differ"


def _differences(before: Any, after: Any, name: str = "") -> list[tuple[str, tuple[Any, Any]]]:
    """The leaves in which two documents differ, by path."""
    if isinstance(before, dict) and isinstance(after, dict):
        return [
            item
            for key in sorted({*before, *after})
            for item in _differences(before.get(key), after.get(key), f"{name}.{key}")
        ]
    return [] if before == after else [(name, (before, after))]


def _age(created_at: str) -> str:
    seconds = (datetime.now(UTC) - datetime.fromisoformat(created_at)).total_seconds()
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit} old"
    return "new"
