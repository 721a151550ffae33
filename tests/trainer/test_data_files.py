"""Data is found where people put it, or named: never passed over in silence."""

import gzip
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.gmsc import DECLARATION
from tests.trainer.csv_text import COLUMNS, csv_text, rows
from trainer.data_files import find
from trainer.errors import DataRefused
from trainer.pipeline import load_data
from trainer.progress import Progress
from trainer.settings import TrainerSettings

ROWS = rows(30)
TEXT = csv_text(ROWS)

Put = Callable[[Path], object]


def kaggles_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("Data Dictionary.xls", b"\xd0\xcf\x11\xe0")
        file.writestr("cs-test.csv", csv_text(ROWS).replace(",0,", ",,", 1))
        file.writestr("cs-training.csv", TEXT)
        file.writestr("sampleEntry.csv", "Id,Probability\n1,0.08\n")


def zipped(path: Path, member: str = "cs-training.csv") -> None:
    path.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("GiveMeSomeCredit/", "")
        file.writestr(f"GiveMeSomeCredit/{member}", TEXT)
        file.writestr(f"__MACOSX/GiveMeSomeCredit/._{member}", b"\0\5\x16\7")


def written(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(TEXT)


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("cs-training.csv", written),
        ("cs-training.csv.zip", zipped),
        ("cs-training.zip", zipped),
        ("GiveMeSomeCredit.zip", kaggles_zip),
        ("archive.ZIP", kaggles_zip),
        ("CS-Training.CSV", written),
        ("cs-training (1).csv", written),
        ("cs-training(2).csv", written),
        ("cs-training copy.csv", written),
        ("cs_training.csv", written),
        ("cs-training.csv.txt", written),
        ("cs-training", written),
        ("train.csv", written),
        ("kaggle/cs-training.csv", written),
        ("cs-training.csv/cs-training.csv", written),
        ("a/b/Cs-Training.csv", written),
        ("a/archive (3).zip", zipped),
        ("cs-training.csv.gz", lambda path: path.write_bytes(gzip.compress(TEXT.encode()))),
    ],
)
def test_data_under_any_name_is_taken(tmp_path: Path, name: str, write: Put) -> None:
    (tmp_path / "README.md").write_text("# Data\n")
    (tmp_path / ".DS_Store").write_bytes(b"\0")
    write(tmp_path / name)

    data = load_data(DECLARATION, TrainerSettings(data_dir=tmp_path), Progress("console"))

    assert not data.is_sample
    assert len(data) == 30
    assert find(tmp_path, DECLARATION) == tmp_path / name


def test_the_exact_name_is_meant_whatever_lies_beside_it(tmp_path: Path) -> None:
    for name in ("cs-training.csv", "cs-training (1).csv", "cs-test.csv", "other/cs-training.csv"):
        written(tmp_path / name)

    assert find(tmp_path, DECLARATION) == tmp_path / "cs-training.csv"


@pytest.mark.parametrize("names", [("a/cs-training.csv", "b/cs-training.csv"), ("x.csv", "y.csv")])
def test_where_several_could_be_meant_none_is_taken(tmp_path: Path, names: tuple[str, str]) -> None:
    for name in names:
        written(tmp_path / name)

    with pytest.raises(DataRefused) as refused:
        find(tmp_path, DECLARATION)

    assert f"could be the data: {names[0]}, {names[1]}; name the right one" in str(refused.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cs-test.csv", csv_text(ROWS, COLUMNS[1:]).encode()),
        ("sampleEntry.csv", b"Id,Probability\n"),
        ("data.xlsx", b"PK\3\4"),
        ("cs-training.csv.crdownload", b"half"),
        ("cs-training.7z", b"7z\xbc\xaf\x27\x1c"),
        ("deep/er/export.tsv", b"a\tb\n"),
        ("cs-train.parquet", b"PAR1"),
        ("cs-training.csv.bak", b"x"),
        ("my CS-Training.numbers", b"x"),
    ],
)
def test_data_that_cannot_be_read_is_named(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_bytes(content)

    with pytest.raises(DataRefused) as refused:
        find(tmp_path, DECLARATION)

    assert f"holds {name}, and none of them can be read" in str(refused.value)
    assert "set DATA_PATH to it, or move them away" in str(refused.value)


@pytest.mark.parametrize(
    "name",
    ["README.md", ".gitignore", "notes.txt", "__MACOSX/._cs-training.csv", ".cs-training.csv.7"],
)
def test_what_is_nobodys_data_leaves_the_sample(tmp_path: Path, name: str) -> None:
    written(tmp_path / name) if name != "notes.txt" else (tmp_path / name).write_text("x")

    assert find(tmp_path, DECLARATION) is None


def test_an_empty_directory_of_the_datas_name_is_named(tmp_path: Path) -> None:
    (tmp_path / "cs-training.csv").mkdir()

    with pytest.raises(DataRefused, match=r"cs-training\.csv is a directory, and holds no data"):
        find(tmp_path, DECLARATION)


def test_no_directory_is_no_data(tmp_path: Path) -> None:
    assert find(tmp_path / "absent", DECLARATION) is None


def test_a_link_that_leads_nowhere_is_data_that_is_missing(tmp_path: Path) -> None:
    (tmp_path / "CS-Training.csv").symlink_to("gone.csv")

    with pytest.raises(DataRefused, match=r"CS-Training\.csv: No such file or directory"):
        load_data(DECLARATION, TrainerSettings(data_dir=tmp_path), Progress("console"))


def test_data_path_may_be_a_directory(tmp_path: Path) -> None:
    written(tmp_path / "kaggle" / "CS-Training.csv")
    (tmp_path / "empty").mkdir()

    data = load_data(DECLARATION, TrainerSettings(data_path=tmp_path), Progress("console"))

    assert data.source == "CS-Training.csv"
    with pytest.raises(DataRefused, match=r"a directory without cs-training\.csv in"):
        load_data(DECLARATION, TrainerSettings(data_path=tmp_path / "empty"), Progress("console"))


@pytest.fixture
def as_nobody() -> object:
    """The effective user, for a while; root may read everything."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    yield
    os.seteuid(0)


@pytest.mark.parametrize(
    "name", ["cs-training.csv", "cs-training.csv.zip", "x.zip", "CS-Training.gz"]
)
def test_a_file_that_may_not_be_read_is_said_as_such(
    short_dir: Path, name: str, request: pytest.FixtureRequest
) -> None:
    written(short_dir / name)
    (short_dir / name).chmod(0)
    request.getfixturevalue("as_nobody")

    with pytest.raises(DataRefused) as refused:
        load_data(DECLARATION, TrainerSettings(data_dir=short_dir), Progress("console"))

    assert name in str(refused.value)
    assert "Permission denied: give the user that the trainer runs as" in str(refused.value)


def test_a_directory_that_may_not_be_read_is_said_as_such(
    short_dir: Path, request: pytest.FixtureRequest
) -> None:
    written(short_dir / "kaggle" / "cs-training.csv")
    (short_dir / "kaggle").chmod(0)
    request.getfixturevalue("as_nobody")

    with pytest.raises(DataRefused, match="kaggle: Permission denied: the data might be there"):
        find(short_dir, DECLARATION)
