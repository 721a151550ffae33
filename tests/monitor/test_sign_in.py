"""A browser gives a key once, and gets a session of its own."""

import re
from collections.abc import Iterator

import httpx
import pytest

from monitor.sessions import SECONDS, Sessions
from tests.monitor.application import KEY, client, entry

BROWSER = {"Accept": "text/html"}


@pytest.fixture
def guarded() -> Iterator[httpx.Client]:
    with client(keys=entry("risk", KEY), host="monitor.example") as made:
        yield made


def test_a_key_begins_a_session_and_signing_out_ends_it(guarded: httpx.Client) -> None:
    form = guarded.get("/sign-in?next=/%3Flast=P30D")
    (wanted,) = re.findall(r'name="next" value="([^"]*)"', form.text)
    signed = guarded.post("/sign-in", data={"key": f" {KEY}\n", "next": wanted})
    token = guarded.cookies["monitor_session"]

    assert signed.headers["Location"] == "/?last=P30D"
    cookie = signed.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=strict", "Path=/", f"Max-Age={SECONDS}"} <= set(
        cookie.split("; ")
    )
    assert "Secure" not in cookie
    assert KEY not in cookie
    assert guarded.get("/").text == "the page"

    assert guarded.post("/sign-out").headers["Location"] == "/sign-in"
    guarded.cookies.set("monitor_session", token)
    assert guarded.get("/").status_code == 401


def test_behind_tls_the_cookie_never_goes_without(guarded: httpx.Client) -> None:
    signed = guarded.post("/sign-in", data={"key": KEY}, headers={"X-Forwarded-Proto": "https"})

    assert "; Secure" in signed.headers["Set-Cookie"]


@pytest.mark.parametrize("data", [{"key": KEY + "x"}, {"key": ""}, {}, {"key": "\ufffd☃"}])
def test_another_key_begins_nothing(guarded: httpx.Client, data: dict[str, str]) -> None:
    refused = guarded.post("/sign-in", data=data)

    assert refused.status_code == 403
    assert "not accepted" in refused.text
    assert "Set-Cookie" not in refused.headers
    assert guarded.get("/").status_code == 401


@pytest.mark.parametrize(
    "wanted",
    ["//attacker.example", "/\\attacker.example", "https://attacker.example", "x", "", "/\r\nX: y"],
)
def test_it_leads_to_no_other_host(guarded: httpx.Client, wanted: str) -> None:
    shown = guarded.get("/sign-in", params={"next": wanted})
    signed = guarded.post("/sign-in", data={"key": KEY, "next": wanted})

    assert 'name="next" value="/"' in shown.text
    assert signed.headers["Location"] == "/"


def test_an_address_is_text_and_never_markup(guarded: httpx.Client) -> None:
    shown = guarded.get("/sign-in", params={"next": '/?version="><script>alert(1)</script>'})

    assert "<script>" not in shown.text


def test_a_body_that_is_no_form_with_a_key_is_refused(guarded: httpx.Client) -> None:
    assert guarded.post("/sign-in", content=b"key=" + b"a" * 5000).status_code == 413


def test_without_keys_there_is_nothing_to_sign_in_to() -> None:
    with client() as made:
        assert made.get("/sign-in", headers=BROWSER).headers["Location"] == "/"


def test_a_session_ends_after_a_working_day() -> None:
    now = [1000.0]
    sessions = Sessions(lambda: now[0])
    token = sessions.open("risk")

    now[0] += SECONDS - 1
    before = sessions.name_of(token)
    now[0] += 1

    assert (before, sessions.name_of(token)) == ("risk", None)
    assert sessions.name_of(token + "x") is None


def test_only_so_many_are_kept_and_the_oldest_goes() -> None:
    sessions = Sessions(most=3)

    tokens = [sessions.open(str(number)) for number in range(5)]

    assert [sessions.name_of(token) for token in tokens] == [None, None, "2", "3", "4"]
