"""The commands, each as a person runs it: a process of its own, on a small CSV."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from contract import bundle, bundle_files, provenance
from contract.digest import canonical_json, sha256
from contract.store import ModelStore
from tests import warm
from tests.trainer.csv_text import csv_text, rows
from tests.trainer.tables import LOANS as LOANS_TOML

ROWS = rows(4000)


@dataclass
class Trainer:
    """The trainer in a directory of its own."""

    home: Path
    prefix: list[str] = field(default_factory=list)

    @property
    def store(self) -> ModelStore:
        return ModelStore(self.home / "models")

    @property
    def active(self) -> str:
        version = self.store.active()
        assert version is not None
        return version

    def environment(self, settings: Mapping[str, str]) -> dict[str, str]:
        return {
            **os.environ,
            "MODELS_DIR": str(self.store.root),
            "DATA_DIR": str(self.home),
            **settings,
        }

    def start(self, *arguments: str, **settings: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [*self.prefix, sys.executable, "-m", "trainer", *arguments],
            env=self.environment(settings),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, expected: int = 0, **settings: str) -> str:
        """Its output; on the error stream where it should fail."""
        if self.prefix:
            with self.start(*arguments, **settings) as process:
                output, errors = process.communicate(timeout=120)
                code = process.returncode
        else:
            done = warm.run("trainer", arguments, self.environment(settings))
            output, errors, code = done.stdout, done.stderr, done.returncode
        assert code == expected, output + errors
        assert "Traceback" not in errors
        if expected:
            return errors
        assert errors == ""
        return output

    def state(self) -> dict[str, tuple[int, int]]:
        """Every file with its moment of change and its node."""
        found = [self.store.root, *self.store.root.rglob("*")]
        return {str(path): (path.stat().st_mtime_ns, path.stat().st_ino) for path in found}

    def write(self, count: int) -> None:
        (self.home / "cs-training.csv").write_text(csv_text(ROWS[:count]))


@pytest.fixture
def trainer(tmp_path: Path) -> Trainer:
    made = Trainer(tmp_path)
    made.write(3000)
    return made


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Models after one training and after two, to be copied."""
    home = tmp_path_factory.mktemp("published")
    made = Trainer(home)
    made.write(3000)
    made.run()
    shutil.copytree(made.store.root, home / "one")
    made.run("train", SEED="1", TEST_SHARE="0.3")  # the seed alone changes no tree
    return home / "one", made.store.root


@pytest.fixture
def one(trainer: Trainer, published: tuple[Path, Path]) -> Trainer:
    """One version, active."""
    shutil.copytree(published[0], trainer.store.root)
    return trainer


@pytest.fixture
def two(trainer: Trainer, published: tuple[Path, Path]) -> tuple[Trainer, str, str]:
    """Two versions, the second active."""
    shutil.copytree(published[1], trainer.store.root)
    first = trainer.store.previous()
    assert first is not None
    return trainer, first, trainer.active


def test_train_publishes_and_activates_and_says_what_to_run_next(trainer: Trainer) -> None:
    output = trainer.run()

    version = trainer.active
    metrics = bundle.load(trainer.store.path(version)).metadata["metrics"]
    assert version.startswith("gmsc-")
    assert "sample" not in output.lower()
    assert f"{version} is active now; it was none" in output
    summary, next_step = output.splitlines()[-2:]
    assert f"version {version}: AUC {metrics['auc']:.4f}" in summary
    assert next_step.startswith("next: ")


def test_training_again_finds_the_version_and_changes_nothing(one: Trainer) -> None:
    before = one.state()

    output = one.run("train")

    assert f"{one.active} is published already" in output
    assert one.state() == before


def test_a_zip_of_the_same_data_is_the_same_version(one: Trainer) -> None:
    before = one.state()
    other = one.home / "elsewhere.zip"
    with zipfile.ZipFile(other, "w") as archive:
        archive.write(one.home / "cs-training.csv")
    (one.home / "cs-training.csv").unlink()

    one.run(DATA_PATH=str(other))

    assert one.state() == before


def test_training_what_is_published_but_not_active_activates_it(
    two: tuple[Trainer, str, str],
) -> None:
    trainer, first, second = two

    kept = trainer.run("train", "--no-activate")
    assert trainer.active == second
    changed = trainer.run("train")

    assert kept.splitlines()[-1] == f"next: activate {first}"
    assert f"{first} is published already" in changed
    assert f"{first} is active now; it was {second}" in changed
    assert trainer.active == first


def test_a_damaged_version_does_not_pass_for_the_model(one: Trainer) -> None:
    (one.store.path(one.active) / "model.treelite").write_bytes(b"")

    message = one.run(expected=1)

    assert (
        f"train failed: {one.active}/model.treelite is not the file that was published" in message
    )
    assert "remove the directory and train again" in message


def test_a_damaged_version_that_was_removed_is_made_again(one: Trainer) -> None:
    version = one.active
    shutil.rmtree(one.store.path(version))

    output = one.run("train", "--if-none")

    assert "nothing to do" not in output
    assert one.store.versions() == [version]
    bundle.load(one.store.path(version))


def test_if_none_does_not_take_a_damaged_model_for_one(one: Trainer) -> None:
    (one.store.path(one.active) / "golden.json").write_bytes(b"{}")
    before = one.state()

    message = one.run("train", "--if-none", expected=1)

    assert f"the active version cannot be used: {one.active}/golden.json is not the file" in message
    assert one.state() == before


def test_if_none_trains_only_where_nothing_is_active(trainer: Trainer) -> None:
    trainer.run("train", "--if-none")
    before, first = trainer.state(), trainer.active
    trainer.write(3500)

    output = trainer.run("train", "--if-none")

    assert output == f"{first} is active: nothing to do\n"
    assert trainer.state() == before


def test_no_activate_only_publishes(trainer: Trainer) -> None:
    trainer.run("train", "--no-activate")

    assert trainer.store.active() is None
    assert len(trainer.store.versions()) == 1


def test_without_data_the_sample_is_used_and_said_loudly(trainer: Trainer) -> None:
    (trainer.home / "cs-training.csv").unlink()

    output = trainer.run()

    assert "BUILT-IN SAMPLE" in output
    assert trainer.active.startswith("gmsc-sample-")
    assert bundle.load(trainer.store.path(trainer.active)).is_sample


def test_the_rows_of_a_file_are_trained_on_in_place_of_the_data(one: Trainer) -> None:
    before, file = one.active, one.home / "october.csv"
    file.write_text(csv_text(ROWS[:2500]))

    output = one.run("train", "--rows", str(file), "--no-activate")
    in_data = one.run("train", "--rows", "data/october.csv", "--no-activate")

    (version,) = set(one.store.versions()) - {before}
    assert output.splitlines()[-1] == f"next: activate {version}"
    assert f"{version} is published already" in in_data
    assert one.active == before
    data = bundle.load(one.store.path(version)).metadata["data"]
    assert (data["source"], data["rows"], data["is_sample"]) == ("october.csv", 2500, False)
    assert f"{version}: trained again" in one.run("verify", version, "--rows", str(file))
    assert "data.sha256 differ; give it the data (october.csv)" in one.run(
        "verify", version, expected=1
    )


def test_the_same_rows_are_the_same_version_whatever_their_file(one: Trainer) -> None:
    before, file = one.state(), one.home / "other.csv"
    file.write_text(csv_text(ROWS[:3000]))

    assert f"{one.active} is published already" in one.run("train", "--rows", str(file))
    assert one.state() == before


def test_rows_that_are_not_there_are_no_reason_to_train_on_the_data(trainer: Trainer) -> None:
    message = trainer.run("train", "--rows", "data/gone.csv", expected=1)

    assert f"data/gone.csv: No such file or directory, nor is it in {trainer.home}" in message
    assert trainer.store.versions() == []


def test_a_derived_version_is_made_verified_and_activated(one: Trainer) -> None:
    parent = one.active

    output = one.run(
        *("derive", parent, "--intercept", "-0.5", "--threshold", "0.2", "--reason", "fewer bads")
    )

    (derived,) = set(one.store.versions()) - {parent}
    assert f"derived from {parent}: link -0.5 + 1 m, threshold 0.2; Brier 0." in output
    assert output.splitlines()[-1] == f"next: activate {derived}"
    assert one.active == parent
    assert f"{derived}: derived again from {parent}" in one.run("verify", derived)
    assert f"{derived} is active now; it was {parent}" in one.run("activate", derived)
    # One number alone leaves the other as it is.
    again = one.run("derive", derived, "--slope", "1.25", "--reason", "steeper")
    assert f"derived from {derived}: link -0.5 + 1.25 m, threshold 0.2" in again
    assert f"{parent} is active now" in one.run("rollback")
    found = map(json.loads, one.run("list", LOG_FORMAT="json").splitlines())
    lines = {line["version"]: line for line in found}
    assert lines[derived]["derived_from"] == parent
    assert lines[derived]["link"] == {"intercept": -0.5, "slope": 1.0}
    assert (lines[parent]["derived_from"], lines[parent]["link"]) == (None, None)


def test_list_shows_every_version_and_the_active_one(two: tuple[Trainer, str, str]) -> None:
    trainer, first, second = two
    (trainer.store.path(first) / "model.treelite").write_bytes(b"")

    lines = {line.split()[0]: line for line in trainer.run("list").splitlines()}

    assert set(lines) == {first, second}
    assert " active " in lines[second]
    assert " AUC 0." in lines[second]
    assert "3,000 rows, cs-training.csv" in lines[second]
    assert f"damaged: {first}/model.treelite is not the file" in lines[first]


def test_list_for_machines_has_an_object_for_each_version(two: tuple[Trainer, str, str]) -> None:
    trainer, first, second = two
    (trainer.store.path(first) / "metadata.json").write_text("{")

    found = map(json.loads, trainer.run("list", LOG_FORMAT="json").splitlines())

    versions = {line["version"]: line for line in found}
    assert versions[second]["active"] is True
    assert versions[second]["rows"] == 3000
    assert 0.5 < versions[second]["auc"] < 1
    assert versions[first]["active"] is False
    assert "is not a bundle's metadata" in versions[first]["problem"]


def test_list_of_nothing_says_so(trainer: Trainer) -> None:
    assert trainer.run("list") == f"no version is published in {trainer.store.root}\n"


def test_verify_trains_again_and_compares(two: tuple[Trainer, str, str]) -> None:
    trainer, first, second = two
    before = trainer.state()

    output = trainer.run("verify", first, SEED="9", MIN_AUC="0.999")

    assert f"{first}: trained again, 3,000 scores equal to the last bit" in output
    assert f"{second}: trained again" in trainer.run("verify")
    assert trainer.state() == before


def test_verify_on_other_data_fails_and_says_so(one: Trainer) -> None:
    one.write(3001)
    other = one.run("verify", expected=1)
    (one.home / "cs-training.csv").unlink()
    none = one.run("verify", expected=1)

    assert f"{one.active} was made from something else than what is at hand" in other
    assert "data.sha256 differ; give it the data (cs-training.csv)" in other
    assert "Give Me Some Credit is needed, and there is no cs-training.csv in" in none


def test_a_model_of_the_sample_is_verified_with_the_sample(trainer: Trainer) -> None:
    data = (trainer.home / "cs-training.csv").rename(trainer.home / ".later.csv")
    trainer.run()
    data.rename(trainer.home / "cs-training.csv")

    output = trainer.run("verify")

    assert f"{trainer.active}: trained again, 20,000 scores equal" in output
    assert "BUILT-IN" not in output


def test_verify_finds_a_model_that_is_not_the_one_training_gives(
    two: tuple[Trainer, str, str],
) -> None:
    """The other version's model under this version's name, every hash in order."""
    trainer, first, second = two
    target, other = trainer.store.path(first), trainer.store.path(second)
    metadata = json.loads((target / "metadata.json").read_text())
    for name in ("preprocessing.json", "model.treelite", "golden.json"):
        content = (other / name).read_bytes()
        (target / name).write_bytes(content)
        metadata["files"][name] = sha256(content)
    del metadata["checksum"]
    metadata["threshold"]["value"] += 0.01
    metadata["checksum"] = sha256(canonical_json(metadata))
    (target / "metadata.json").write_text(json.dumps(metadata))

    message = trainer.run("verify", first, expected=1)

    assert f"{first} is not what training gives here: threshold differs, golden.json differs, " in (
        message
    )
    assert re.search(r" [\d,]+ of 3,000 scores differ\n$", message)


@pytest.mark.parametrize("arguments", [("verify",), ("verify", "gmsc-none"), ("rollback",)])
def test_what_needs_a_version_says_that_there_is_none(
    trainer: Trainer, arguments: tuple[str, ...]
) -> None:
    assert trainer.run(*arguments, expected=1).startswith(f"{arguments[0]} failed: ")


def test_activate_rollback_and_the_reverse(two: tuple[Trainer, str, str]) -> None:
    trainer, first, second = two

    assert f"{first} is active now; it was {second}" in trainer.run("activate", first)
    assert f"{first} is active already" in trainer.run("activate", first)
    assert f"{second} is active now; it was {first}" in trainer.run("rollback")
    assert trainer.active == second


def test_a_damaged_version_is_not_activated(two: tuple[Trainer, str, str]) -> None:
    trainer, first, second = two
    (trainer.store.path(first) / "golden.json").unlink()

    message = trainer.run("activate", first, expected=1)

    assert f"activate failed: {first} lacks golden.json" in message
    assert trainer.active == second


def test_activate_refuses_what_is_no_version(trainer: Trainer) -> None:
    assert "'../x' is not a version" in trainer.run("activate", "../x", expected=1)


def test_diff_says_in_what_two_versions_differ(two: tuple[Trainer, str, str]) -> None:
    trainer, first, _ = two
    trainer.write(3500)
    trainer.run()

    output = trainer.run("diff", first, trainer.active)

    assert "data.rows: 3000 -> 3500" in output
    assert "data.sha256: " in output
    assert "libraries" not in output
    assert re.search(r"scores of \d+ golden rows: [1-9]\d* differ", output.splitlines()[-1])


def test_diff_of_a_version_with_itself_is_nothing(one: Trainer) -> None:
    (line,) = one.run("diff", one.active, one.active).splitlines()

    assert re.fullmatch(r"scores of \d+ golden rows: 0 differ, by at most 0", line)


def test_diff_names_the_libraries_that_made_the_versions(
    two: tuple[Trainer, str, str],
) -> None:
    trainer, first, second = two
    other = of_other_libraries(trainer.store.path(first))

    output = trainer.run("diff", other, second)

    assert "libraries.scikit-learn: 0.24 -> " in output
    assert "settings.seed: 0 -> 1" in output
    assert re.search(r"scores of \d+ golden rows: \d+ differ", output)


def of_other_libraries(directory: Path) -> str:
    """Make it a bundle that is whole, but was made with another scikit-learn; its version."""
    return remade(directory, lambda of: of["libraries"].update({"scikit-learn": "0.24"}))


def remade(directory: Path, change: Callable[[dict[str, Any]], object]) -> str:
    """Make it a whole bundle with other metadata; its version."""
    metadata = json.loads((directory / "metadata.json").read_text())
    del metadata["checksum"]
    change(metadata)
    metadata["version"] = version = provenance.version_of(metadata)
    metadata["checksum"] = sha256(canonical_json(metadata))
    (directory / "metadata.json").write_text(json.dumps(metadata))
    directory.rename(directory.with_name(version))
    return version


def test_prune_keeps_the_newest_the_active_and_the_pinned(two: tuple[Trainer, str, str]) -> None:
    trainer, first, second = two
    trainer.run("train", "--no-activate", SEED="2")
    trainer.run("train", "--no-activate", SEED="3")
    (third,) = [
        version
        for version in trainer.store.versions()
        if bundle_files.read_metadata(trainer.store.path(version))["settings"]["seed"] == 2
    ]
    newest = set(trainer.store.versions()) - {first, second, third}

    trainer.run("prune", "--keep", "4")
    assert len(trainer.store.versions()) == 4
    output = trainer.run("prune", "--keep", "1", PINNED_VERSIONS=f" {first} , other")

    assert output == f"removed {third}\n"
    assert set(trainer.store.versions()) == {first, second} | newest
    assert trainer.active == second


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TEST_SHARE", "1.5"),
        ("TEST_SHARE", "nan"),
        ("MIN_AUC", "high"),
        ("SEED", "-1"),
        ("LOG_FORMAT", "xml"),
        ("DATASET", "other"),
    ],
)
def test_an_invalid_setting_is_named_in_one_line(trainer: Trainer, name: str, value: str) -> None:
    message = trainer.run(expected=2, **{name: value})

    assert message.startswith(f"{name}: ")
    assert message.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("unknown",),
        ("prune",),
        ("prune", "--keep", "0"),
        ("train", "--if-none", "--rows", "x.csv"),
        ("derive", "gmsc-none", "--threshold", "0.2"),
        ("derive", "gmsc-none", "--threshold", "half", "--reason", "x"),
    ],
)
def test_wrong_usage_is_said(trainer: Trainer, arguments: tuple[str, ...]) -> None:
    assert "usage: python -m trainer" in trainer.run(*arguments, expected=2)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"DATA_PATH": "absent.csv"}, "train failed: absent.csv: No such file or directory; put"),
        ({"MIN_AUC": "0.999"}, "is under MIN_AUC 0.999: nothing was published"),
        ({"TEST_SHARE": "0.00001"}, "both labels are needed"),
        ({"TEST_SHARE": "0.99999"}, "both labels are needed"),
    ],
)
def test_what_cannot_be_trained_publishes_nothing(
    trainer: Trainer, settings: dict[str, str], expected: str
) -> None:
    assert expected in trainer.run(expected=1, **settings)
    assert trainer.store.versions() == []


def test_bad_data_publishes_nothing_and_leaves_the_active_model(one: Trainer) -> None:
    before = one.state()
    with (one.home / "cs-training.csv").open("a") as file:
        file.write("3001,0,0.5\n")

    message = one.run(expected=1)

    assert "cs-training.csv, line 3002: 3 fields instead of 12" in message
    assert one.state() == before


def test_models_that_cannot_be_written_are_a_clear_error(trainer: Trainer) -> None:
    (trainer.home / "file").write_text("x")

    message = trainer.run(expected=1, MODELS_DIR=str(trainer.home / "file"))

    assert message.startswith("train failed: ")


def test_a_link_that_leads_nowhere_is_not_taken_for_no_data(trainer: Trainer) -> None:
    path = trainer.home / "cs-training.csv"
    path.unlink()
    path.symlink_to("gone.csv")

    assert f"{path}: No such file or directory" in trainer.run(expected=1)


def test_a_full_disk_is_a_clear_error_that_leaves_nothing_staged(one: Trainer) -> None:
    """A limit on the size of files fails a write in its middle, as a full disk does."""
    before = one.state()
    one.prefix = ["sh", "-c", 'ulimit -f 100; exec "$0" "$@"']  # in blocks of up to 1024 bytes

    message = one.run(expected=1, SEED="2")

    assert message.startswith(f"train failed: cannot write {one.store.root}")
    assert ": File too large; nothing was published: make room" in message
    after = one.state()
    del before[str(one.store.root)], after[str(one.store.root)]  # the directory was written to
    assert after == before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_trainer_that_is_told_to_stop_does_so_in_order(one: Trainer, number: int) -> None:
    before = one.state()

    with one.start(SEED="2") as process:
        assert process.stdout is not None
        while not process.stdout.readline().startswith("train "):
            assert process.poll() is None
        process.send_signal(number)
        _, errors = process.communicate(timeout=20)

    assert process.returncode == 128 + number
    assert errors == ""
    assert one.state() == before


def test_each_line_of_the_json_log_is_an_object(trainer: Trainer) -> None:
    (trainer.home / "cs-training.csv").unlink()

    lines = [json.loads(line) for line in trainer.run(LOG_FORMAT="json").splitlines()]

    assert all({"ts", "level", "event"} <= set(line) for line in lines)
    assert [line["level"] for line in lines].count("warning") == 1
    assert {"train", "evaluate", "publish"} <= {line.get("step") for line in lines}


def test_two_trainers_at_once_leave_one_whole_bundle_each(trainer: Trainer) -> None:
    processes = [trainer.start(SEED=seed) for seed in ("0", "0", "1")]
    for process in processes:
        with process:
            output, errors = process.communicate(timeout=120)
            assert process.returncode == 0, output + errors

    versions = trainer.store.versions()
    assert len(versions) == 2
    for version in versions:
        bundle.load(trainer.store.path(version))
    assert trainer.active in versions


def test_a_trainer_that_is_killed_leaves_nothing_half(one: Trainer) -> None:
    """After each of its steps, so that the last kills fall around the publication."""
    first = one.active
    for step in ("read", "train", "evaluate", "draw", "publish"):
        with warm.started("trainer", [], one.environment({"SEED": "1"})) as running:
            running.await_line(step)
            running.kill()

        for version in one.store.versions():
            bundle.load(one.store.path(version))
        assert one.active in one.store.versions()
        assert step == "publish" or one.active == first

    one.run(SEED="1")
    assert one.active != first
    assert not list(one.store.root.glob(".staging*"))


KEY, OTHER_KEY = "first-key-" * 4, "other-key-" * 4


def test_what_is_published_with_a_key_is_signed_and_only_that_is_used(trainer: Trainer) -> None:
    trainer.run("train", BUNDLE_SIGNING_KEY=KEY)
    version = trainer.active

    assert "is published already" in trainer.run("train", BUNDLE_SIGNING_KEY=KEY)
    assert f"{version}: trained again" in trainer.run("verify", BUNDLE_SIGNING_KEY=KEY)
    trainer.run("train", "--if-none", BUNDLE_SIGNING_KEY=f"{OTHER_KEY},{KEY}")
    for command in (["train"], ["train", "--if-none"], ["verify"], ["diff", version, version]):
        message = trainer.run(*command, expected=1, BUNDLE_SIGNING_KEY=OTHER_KEY)
        assert f"{version} is signed by none of the keys" in message, command
    listed = trainer.run("list", BUNDLE_SIGNING_KEY=OTHER_KEY)
    assert f"not trusted: {version} is signed by none" in listed


def test_training_does_not_sign_what_somebody_else_put_there(one: Trainer) -> None:
    version = one.active
    one.write(3000)

    message = one.run("train", expected=1, BUNDLE_SIGNING_KEY=KEY)

    assert f"{version} is not signed" in message
    assert not list(one.store.root.glob("*/signature.json"))


def test_what_is_not_signed_is_not_activated(two: tuple[Trainer, str, str]) -> None:
    trainer, first, second = two

    for command in (["activate", first], ["rollback"]):
        message = trainer.run(*command, expected=1, BUNDLE_SIGNING_KEY=KEY)
        assert f"{first} is not signed" in message
    message = trainer.run("activate", second, expected=1, BUNDLE_SIGNING_KEY=KEY)
    assert f"{second} is not signed" in message

    assert trainer.active == second


def test_sign_vouches_for_a_version_and_rotates_its_key(two: tuple[Trainer, str, str]) -> None:
    trainer, first, second = two

    assert "there is no key to sign with" in trainer.run("sign", expected=1)
    assert f"{second} is signed" in trainer.run("sign", BUNDLE_SIGNING_KEY=KEY)
    assert f"{first} is signed" in trainer.run("sign", first, BUNDLE_SIGNING_KEY=KEY)
    assert f"{first} is active now" in trainer.run("activate", first, BUNDLE_SIGNING_KEY=KEY)
    trainer.run("sign", BUNDLE_SIGNING_KEY=f"{OTHER_KEY} {KEY}")
    trainer.run("verify", BUNDLE_SIGNING_KEY=OTHER_KEY)


def test_a_key_that_is_too_short_is_refused_and_not_quoted(trainer: Trainer) -> None:
    message = trainer.run("list", expected=1, BUNDLE_SIGNING_KEY="short-key")

    assert "has 9 characters, and at least 32 are wanted" in message
    assert "short-key" not in message


LOANS = LOANS_TOML.format(
    top="", source="", positive='"bad"', negative='["good", "paid"]', unknown="refuse"
)


def with_loans(trainer: Trainer) -> None:
    """A second table beside the first, and its declaration."""
    lines = ["amount,country,new customer,status"]
    for number in range(1200):
        country = ("DE", "NA", '"FR, south"')[number % 3]
        status = "bad" if number % 3 == 1 and number % 4 else "good"
        lines.append(f"{number % 50},{country},{number % 2},{status}")
    (trainer.home / "loans.csv").write_text("".join(f"{line}\n" for line in lines))
    (trainer.home / "loans.toml").write_text(LOANS)


def test_a_declared_table_is_trained_verified_and_listed(trainer: Trainer) -> None:
    with_loans(trainer)
    dataset = str(trainer.home / "loans.toml")

    output = trainer.run("train", DATASET=dataset)

    version = trainer.active
    assert version.startswith("loans-")
    assert f"{version} is active now" in output
    assert f"{version}: trained again, 1,200 scores equal" in trainer.run("verify", DATASET=dataset)
    assert "loans.csv" in trainer.run("list")
    stored = json.loads((trainer.store.path(version) / "metadata.json").read_text())
    assert stored["declaration"]["positive"] == ["bad"]


def test_a_version_of_another_data_set_is_neither_kept_nor_replaced_unasked(one: Trainer) -> None:
    with_loans(one)
    dataset, before = str(one.home / "loans.toml"), one.state()

    first = one.run("train", "--if-none", expected=1, DATASET=dataset)
    verified = one.run("verify", expected=1, DATASET=dataset)

    assert f"{one.active} is active, a version of the data set gmsc" in first
    assert f"DATASET={dataset} is loans: run `trainer` to train and activate" in first
    assert f"{one.active} is of the data set gmsc, and DATASET={dataset} is loans" in verified
    assert one.state() == before
    one.run("train", DATASET=dataset)
    assert one.active.startswith("loans-")


def test_a_declared_table_without_data_is_refused_and_no_sample_is_trained(
    trainer: Trainer,
) -> None:
    with_loans(trainer)
    (trainer.home / "loans.csv").unlink()
    (trainer.home / "cs-training.csv").unlink()

    message = trainer.run("train", expected=1, DATASET=str(trainer.home / "loans.toml"))

    assert "of which there is no built-in sample, and there is no loans.csv in" in message
    assert trainer.store.active() is None


def test_a_draft_is_written_once_and_trained_as_it_is(trainer: Trainer) -> None:
    with_loans(trainer)
    draft = trainer.home / "drafts" / "loans.toml"
    draft.parent.mkdir()
    command = ("declare", "data/loans.csv", "--target", "status", "--positive", "bad")

    output = trainer.run(*command, FETCH_DIR=str(draft.parent))
    written = draft.read_text()
    again = trainer.run(*command, expected=1, FETCH_DIR=str(draft.parent))
    printed = trainer.run(*command, "--output", "-")

    assert f"{draft}: a draft with 3 features" in output
    assert f"next: set DATASET={draft} " in output
    assert f"{draft} is there already: replace it with --force" in again
    assert printed == written
    draft.write_text("")
    trainer.run(*command, "--force", "--output", str(draft))
    assert draft.read_text() == written
    trainer.run("train", DATASET=str(draft))
    assert trainer.active.startswith("loans-")


@pytest.mark.parametrize(
    ("file", "options", "expected"),
    [
        ("gone.csv", {}, "gone.csv: No such file or directory, nor is it in"),
        (
            "loans.csv",
            {"--output": "/nowhere/x.toml"},
            "cannot write /nowhere/x.toml: No such file",
        ),
        ("loans.csv", {"--reference": "key"}, "has no column key (--reference)"),
    ],
)
def test_what_declare_cannot_do_is_said(
    trainer: Trainer, file: str, options: dict[str, str], expected: str
) -> None:
    with_loans(trainer)
    more = [word for option in options.items() for word in option]

    message = trainer.run(
        "declare", file, "--target", "status", "--positive", "bad", *more, expected=1
    )

    assert message.startswith("declare failed: ")
    assert expected in message
