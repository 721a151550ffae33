"""A body is JSON as RFC 8259 has it, or it is said why not."""

import pytest

from contract.document import JsonObject, complaint, read


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"nan", b"[1.]", b"\xff", b'"\\ud800"', b"\xef\xbb\xbf{}", b"{} {}"],
    ids=repr,
)
def test_what_is_no_json_has_a_complaint(body: bytes) -> None:
    assert complaint(body)


@pytest.mark.parametrize("body", [b"{}", b" [1e5, null] ", b'{"a": 1, "a": 2}'], ids=repr)
def test_json_has_none(body: bytes) -> None:
    assert complaint(body) is None


def test_an_object_is_read_with_every_key_in_its_order() -> None:
    found = read(b'{"b": 1, "a": [{"c": null}], "b": true}')

    assert found == JsonObject([("b", 1.0), ("a", [JsonObject([("c", None)])]), ("b", True)])
    assert [item.pointer for item in found.errors({"a": ""}, "", optional={"b"})] == ["/b"]
    assert [item.pointer for item in found.duplicates("/x")] == ["/x/b"]
