"""A file holds a password of any printable characters, and nothing else."""

from pathlib import Path

import pytest

from contract.password import read_password
from contract.secret import SecretError


@pytest.mark.parametrize(
    ("content", "password"),
    [
        (b"word", "word"),
        (b"word\n", "word"),
        (b"word\r\n", "word"),
        (b"\xef\xbb\xbfword\n", "word"),
        (" a 'b' \"c\" #,\\ ü ".encode(), " a 'b' \"c\" #,\\ ü "),
    ],
)
def test_one_line_is_the_password(tmp_path: Path, content: bytes, password: str) -> None:
    file = tmp_path / "password"
    file.write_bytes(content)

    assert read_password("PASSWORD_FILE", file) == password


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"geheim\ngeheim", "one line"),
        (b"geheim\x00", "one line"),
        (b"geheim\t", "one line"),
        ("geheim\u00a0".encode(), "one line"),
        (b"geheim\xff", "not text in UTF-8"),
    ],
)
def test_anything_else_is_refused_by_name_without_a_word_of_it(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    file = tmp_path / "password"
    file.write_bytes(content)

    with pytest.raises(SecretError, match=f"^PASSWORD_FILE: .*{reason}") as refusal:
        read_password("PASSWORD_FILE", file)

    assert "geheim" not in str(refusal.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SecretError, match=r"PASSWORD_FILE: cannot read .*absent: No such file"):
        read_password("PASSWORD_FILE", tmp_path / "absent")
