"""A secret is the same word however it came into its file, or it is refused by name."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from api.http.keys import ApiKeys
from api.settings import StartError
from contract.keys import Keys
from contract.secret import SecretError, read_words
from contract.signature import SigningKeys

KEY = "0123456789abcdef" * 2
HASH = "a" * 64


def in_file(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "secret"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


SAME = [
    "{}",
    "{}\n",
    "{}\r\n",
    "\ufeff{}\r\n",
    "{}\u00a0\n",
    "\u00a0{}",
    "\t{} \n\n",
    '"{}"',
    "'{}'\r\n",
    "\ufeff'{}'",
    '" {} "',
    "{},\n",
    "{}\u2028",
    "{}\x0c",
    "# a comment\r\n{} # another\r\n",
    '# a "comment"\n"{}" # another\n',
]


@pytest.mark.parametrize("form", SAME)
def test_what_editors_add_is_no_part_of_a_key(tmp_path: Path, form: str) -> None:
    content = form.format(KEY)

    assert read_words("NAME", None, in_file(tmp_path, content)) == [KEY]
    assert read_words("NAME", SecretStr(content), None) == [KEY]
    signed = SigningKeys.read(None, in_file(tmp_path, content)).sign(b"metadata")
    assert SigningKeys([KEY]).accept(b"metadata", signed)
    keys = Keys.read("API_KEYS", None, in_file(tmp_path, form.format(f"web:{HASH}")), "")
    assert keys.entries == (("web", bytes.fromhex(HASH)),)


@pytest.mark.parametrize(
    "form",
    ["{0},{0}", '"{0},{0}"', '"{0}","{0}"', "'{0}'\r\n'{0}'", "\ufeff{0}\u00a0{0}", "'{0}',{0}"],
)
def test_several_are_told_apart(tmp_path: Path, form: str) -> None:
    assert read_words("NAME", None, in_file(tmp_path, form.format(KEY))) == [KEY, KEY]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("{}\u200b", "U+200B"),
        ("0\ufeff{}", "U+FEFF"),
        ("{}\u00ad", "U+00AD"),
        ("{}\x1b[0m", "U+001B"),
        ("\u201c{}\u201d", "U+201C"),
        ("{}\u2019", "U+2019"),
        ('"{}', "a quotation mark at one end"),
        ("{}'", "a quotation mark at one end"),
        ("'{}\"", "a quotation mark at one end"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(
    tmp_path: Path, content: str, expected: str
) -> None:
    path = in_file(tmp_path, content.format(KEY))

    for text, file in ((None, path), (SecretStr(content.format(KEY)), None)):
        with pytest.raises(SecretError) as refused:
            SigningKeys.read(text, file)
        assert "entry 1 of BUNDLE_SIGNING_KEY" in str(refused.value)
        assert expected in str(refused.value)
        assert KEY not in str(refused.value)
    with pytest.raises(StartError, match="entry 1 of API_KEYS"):
        ApiKeys.read(None, in_file(tmp_path, content.format(f"web:{HASH}")))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_another_encoding_is_refused_by_name(tmp_path: Path, encoding: str) -> None:
    path = in_file(tmp_path, KEY.encode(encoding))

    with pytest.raises(SecretError, match="BUNDLE_SIGNING_KEY"):
        SigningKeys.read(None, path)
    with pytest.raises(StartError, match="API_KEYS"):
        ApiKeys.read(None, path)


@pytest.mark.parametrize(
    "content", ["", "\ufeff", "\r\n", "\u00a0", "# only a comment", ",", ", ,"]
)
def test_nothing_is_no_key(tmp_path: Path, content: str) -> None:
    with pytest.raises(SecretError, match="NAME is set and holds nothing"):
        read_words("NAME", None, in_file(tmp_path, content))
