"""Where there are keys, only what one of them signed is read, and nothing else is loaded."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from contract import bundle, bundle_files
from contract.bundle_errors import BundleDamaged, BundleMissing, BundleUnsigned
from contract.metadata import METADATA
from contract.secret import SecretError, read_words
from contract.signature import SIGNATURE, SigningKeys
from contract.store import ModelStore
from tests.bundles import PROVENANCE, Fitted, files_of
from tests.contract.test_bundle import edit, mark, mined, rewrite

__all__ = ["mark", "mined"]  # fixtures

OLD, NEW, OTHER = ("0123456789abcdef" * 2 + ending for ending in ("old", "new", "other"))


@pytest.fixture
def signed(tmp_path: Path, fitted: Fitted) -> Path:
    """A bundle that OLD signed."""
    store = ModelStore(tmp_path / "signed", SigningKeys([OLD]))
    store.publish(PROVENANCE.version, files_of(fitted))
    return store.path(PROVENANCE.version)


def test_a_signed_bundle_loads_with_its_key_and_without_any(signed: Path) -> None:
    assert bundle.load(signed, SigningKeys([OLD])).version == signed.name
    assert bundle.load(signed).version == signed.name


def test_keys_rotate(signed: Path) -> None:
    rotating = SigningKeys([NEW, OLD])
    assert bundle.load(signed, rotating).version == signed.name

    ModelStore(signed.parent, rotating).sign(signed.name)

    assert bundle.load(signed, SigningKeys([NEW])).version == signed.name
    with pytest.raises(BundleUnsigned):
        bundle.load(signed, SigningKeys([OLD]))


def test_an_unsigned_bundle_is_refused(mined: Path) -> None:
    with pytest.raises(BundleUnsigned, match="is not signed"):
        bundle.load(mined, SigningKeys([OLD]))


def test_a_bundle_of_another_key_is_refused(mined: Path) -> None:
    (mined / SIGNATURE).write_bytes(SigningKeys([OTHER]).sign(_metadata(mined)))

    with pytest.raises(BundleUnsigned, match="signed by none of the keys"):
        bundle.load(mined, SigningKeys([NEW, OLD]))


def test_what_agrees_with_itself_but_not_with_its_signature_is_refused(mined: Path) -> None:
    """Somebody who can write the volume changes files and every hash, and has no key."""
    (mined / SIGNATURE).write_bytes(SigningKeys([OLD]).sign(_metadata(mined)))
    rewrite(mined, lambda metadata: metadata.update(created_at="2027-01-01T00:00:00+00:00"))

    with pytest.raises(BundleUnsigned):
        bundle.load(mined, SigningKeys([OLD]))


def test_the_signature_speaks_for_every_file(signed: Path) -> None:
    edit(signed, "model.treelite", lambda content: content[:-1])

    with pytest.raises(BundleDamaged):
        bundle.load(signed, SigningKeys([OLD]))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"{}",
        b'{"algorithm":"HMAC-SHA256","signature":null}',
        b'{"algorithm":"HMAC-SHA256","signature":""}',
        b'{"algorithm":"HMAC-SHA256","signature":"\\ud800\xc3\xa9"}',
        b"\xff\xfe",
        b"[" * 200_000,
    ],
)
def test_what_is_no_signature_is_refused(mined: Path, content: bytes) -> None:
    (mined / SIGNATURE).write_bytes(content)

    with pytest.raises(BundleUnsigned):
        bundle.load(mined, SigningKeys([OLD]))


def test_another_algorithm_is_refused(mined: Path) -> None:
    document = json.loads(SigningKeys([OLD]).sign(_metadata(mined)))
    (mined / SIGNATURE).write_text(json.dumps(document | {"algorithm": "none"}))

    with pytest.raises(BundleUnsigned):
        bundle.load(mined, SigningKeys([OLD]))


def test_signing_a_damaged_bundle_is_refused(signed: Path) -> None:
    edit(signed, "golden.json", lambda content: content + b" ")
    before = (signed / SIGNATURE).read_bytes()

    with pytest.raises(BundleDamaged):
        ModelStore(signed.parent, SigningKeys([NEW])).sign(signed.name)

    assert (signed / SIGNATURE).read_bytes() == before


def test_what_is_signed_is_what_was_checked(signed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever can write the volume gets nothing signed by changing it at the right moment."""
    checked = bundle_files.read_files

    def changed_after_the_check(directory: Path, metadata: Any) -> dict[str, bytes]:
        files = checked(directory, metadata)
        rewrite(directory, lambda document: document["threshold"].update(value=0.99))
        return files

    monkeypatch.setattr(bundle_files, "read_files", changed_after_the_check)
    ModelStore(signed.parent, SigningKeys([NEW])).sign(signed.name)
    monkeypatch.undo()

    with pytest.raises(BundleUnsigned):
        bundle.load(signed, SigningKeys([NEW]))


def test_many_may_sign_while_one_reads(signed: Path) -> None:
    ended = threading.Event()
    store = ModelStore(signed.parent, SigningKeys([NEW, OLD]))

    def sign(_: int) -> None:
        for _attempt in range(20):
            store.sign(signed.name)

    def read() -> int:
        count = 0
        while not ended.is_set():
            bundle_files.read_metadata(signed, store.keys)
            count += 1
        return count

    with ThreadPoolExecutor(5) as pool:
        reader = pool.submit(read)
        try:
            list(pool.map(sign, range(4)))
        finally:
            ended.set()
        assert reader.result() > 0

    assert not [path for path in signed.iterdir() if path.name.startswith(".")]


def test_only_what_is_published_can_be_signed(signed: Path) -> None:
    store = ModelStore(signed.parent, SigningKeys([NEW]))

    with pytest.raises(BundleMissing, match="there is no bundle gmsc-1"):
        store.sign("gmsc-1")


def test_the_signature_is_the_standard_one(signed: Path) -> None:
    """As `openssl dgst -sha256 -hmac KEY metadata.json` gives it."""
    known = "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"  # RFC 2104's use
    document = json.loads(SigningKeys(["key"]).sign(b"The quick brown fox jumps over the lazy dog"))

    assert document["signature"] == known


@pytest.mark.parametrize(
    ("text", "content", "expected"),
    [
        (None, None, []),
        ("a, b\nc", None, ["a", "b", "c"]),
        (None, "# first\na # one\n\n b,c\n", ["a", "b", "c"]),
    ],
)
def test_a_secret_comes_from_the_variable_or_its_file(
    tmp_path: Path, text: str | None, content: str | None, expected: list[str]
) -> None:
    file = tmp_path / "secret" if content is not None else None
    if file and content:
        file.write_text(content)

    assert read_words("NAME", SecretStr(text) if text else None, file) == expected


def test_a_secret_that_cannot_be_read_is_an_error_that_does_not_quote_it(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("# nothing\n")
    with pytest.raises(SecretError, match="NAME is set and holds nothing"):
        read_words("NAME", None, file)
    with pytest.raises(SecretError, match="are both set"):
        read_words("NAME", SecretStr("a"), file)
    with pytest.raises(SecretError, match="NAME_FILE: cannot read"):
        read_words("NAME", None, tmp_path / "missing")
    file.write_bytes(b"\xff")
    with pytest.raises(SecretError, match="is not text in UTF-8"):
        read_words("NAME", None, file)
    with pytest.raises(SecretError, match="key 2 of BUNDLE_SIGNING_KEY has 5 ch") as short:
        SigningKeys.read(SecretStr(f"{OLD},short"), None)
    assert OLD not in str(short.value)


def _metadata(directory: Path) -> bytes:
    return (directory / METADATA).read_bytes()
