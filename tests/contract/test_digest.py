"""One document has one spelling, whoever writes it."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.digest import canonical_json, sha256

DOCUMENTS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    # A lone surrogate has no UTF-8.
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=10,
)


def test_keys_are_sorted_and_nothing_is_escaped_or_padded() -> None:
    assert canonical_json({"b": [1, 2.5, None], "a": "é"}) == '{"a":"é","b":[1,2.5,null]}'.encode()


@given(DOCUMENTS)
def test_reading_it_gives_the_document_back(document: object) -> None:
    written = canonical_json(document)

    assert json.loads(written) == document
    assert canonical_json(json.loads(written)) == written


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_what_json_cannot_say_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        canonical_json({"value": number})


def test_sha256_is_in_hexadecimal() -> None:
    assert sha256(b"abc") == hashlib.sha256(b"abc").hexdigest()
