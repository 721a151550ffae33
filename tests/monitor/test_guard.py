"""Who sees the page, under which name, and what a browser may do with what it gets."""

from collections.abc import Iterator

import httpx
import pytest

from tests.monitor.application import KEY, client, entry

BROWSER = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture(scope="module")
def open_to_all() -> Iterator[httpx.Client]:
    with client() as made:
        yield made


@pytest.fixture(scope="module")
def guarded() -> Iterator[httpx.Client]:
    keys = f"{entry('risk', KEY)}, {entry('ops', 'another')}"
    with client(keys=keys, host="monitor.example") as made:
        yield made


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:9", "127.0.0.1:8001", "[::1]:8001"])
def test_without_keys_it_answers_to_this_machines_own_names(
    open_to_all: httpx.Client, host: str
) -> None:
    assert open_to_all.get("/", headers={"Host": host}).text == "the page"


@pytest.mark.parametrize(
    "host",
    [
        "attacker.example:8001",
        "localhost.attacker.example",
        "127.0.0.1.nip.io",
        "192.0.2.1",
        "",
        "::1",
    ],
)
def test_and_to_no_other(open_to_all: httpx.Client, host: str) -> None:
    """A page of another site gives its own name this machine's address, and reads the answer."""
    for path in ("/", "/metrics", "/sign-in", "/nowhere"):
        refused = open_to_all.get(path, headers={"Host": host})

        assert refused.status_code == 421, path
        assert "MONITOR_KEYS" in refused.json()["detail"]


def test_every_answer_says_what_a_browser_may_do_with_it(
    open_to_all: httpx.Client, guarded: httpx.Client
) -> None:
    answers = [open_to_all.get(path) for path in ("/", "/livez", "/nowhere", "/broken", "/away")]
    answers += [open_to_all.get("/", headers={"Host": "x"}), guarded.get("/sign-in.css")]

    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert policy == (
            "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self';"
            " base-uri 'none'; frame-ancestors 'none'"
        )
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/nowhere", 404, "Not Found"),
        ("/number?n=x", 422, "n: Input should be a valid integer"),
        ("/broken", 500, "its log has the place"),
        ("/away", 503, "Postgres does not answer"),
    ],
)
def test_an_error_is_a_document_for_programs_and_a_page_for_people(
    open_to_all: httpx.Client, path: str, status: int, said: str
) -> None:
    document = open_to_all.get(path)
    page = open_to_all.get(path, headers=BROWSER)

    assert (document.status_code, page.status_code) == (status, status)
    assert document.headers["Content-Type"] == "application/problem+json"
    assert said in document.json()["detail"]
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert said in page.text
    for secret in ("a value that was sent", "db.internal"):
        assert secret not in document.text + page.text


@pytest.mark.parametrize("path", ["/", "/metrics", "/nowhere"])
def test_with_keys_nobody_else_sees_anything(guarded: httpx.Client, path: str) -> None:
    nothing = guarded.get(path)
    wrong = guarded.get(path, headers={"Authorization": f"Bearer {KEY}x"})
    basic = guarded.get(path, headers={"Authorization": f"Basic {KEY}"})

    assert [answer.status_code for answer in (nothing, wrong, basic)] == [401] * 3
    assert nothing.headers["WWW-Authenticate"] == 'Bearer realm="monitor"'
    assert 'error="invalid_token"' in wrong.headers["WWW-Authenticate"]
    assert nothing.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("key", [KEY, "another"])
def test_a_key_opens_the_page_and_the_figures(guarded: httpx.Client, key: str) -> None:
    headers = {"Authorization": f"bearer {key}"}

    assert guarded.get("/", headers=headers).text == "the page"
    assert "monitor_database_up 0.0" in guarded.get("/metrics", headers=headers).text


def test_what_a_key_opened_is_kept_by_nobody(
    guarded: httpx.Client, open_to_all: httpx.Client
) -> None:
    opened = guarded.get("/", headers={"Authorization": f"Bearer {KEY}"})

    assert opened.headers["Cache-Control"] == "no-store"
    assert "Cache-Control" not in open_to_all.get("/").headers


def test_probes_need_neither_a_key_nor_a_name(
    guarded: httpx.Client, open_to_all: httpx.Client
) -> None:
    for service in (guarded, open_to_all):
        assert service.get("/livez", headers={"Host": "10.0.0.7:8001"}).status_code == 200
        assert service.get("/readyz", headers={"Host": "10.0.0.7:8001"}).status_code == 503


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://attacker.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://monitor.example"}, 303),
        ({"Origin": "https://monitor.example"}, 303),
        ({}, 303),
    ],
)
def test_a_form_is_posted_from_our_own_page_only(
    guarded: httpx.Client, headers: dict[str, str], status: int
) -> None:
    sent = guarded.post("/sign-in", data={"key": KEY}, headers=headers)
    guarded.cookies.clear()

    assert sent.status_code == status


def test_a_browser_is_led_to_the_form_and_keeps_where_it_was_going(guarded: httpx.Client) -> None:
    led = guarded.get("/?version=a%26b&last=P30D", headers=BROWSER)

    assert led.status_code == 303
    assert led.headers["Location"] == "/sign-in?next=%2F%3Fversion%3Da%2526b%26last%3DP30D"


def test_a_link_in_a_message_opens_the_page_of_whoever_is_signed_in(guarded: httpx.Client) -> None:
    """The strict cookie is not sent along with it, so that our own page asks once more."""
    guarded.post("/sign-in", data={"key": KEY})
    token = guarded.cookies["monitor_session"]
    guarded.cookies.clear()
    try:
        first = guarded.get("/?last=P30D", headers={**BROWSER, "Sec-Fetch-Site": "cross-site"})
        guarded.cookies.set("monitor_session", token)
        again = guarded.get("/?last=P30D", headers={**BROWSER, "Sec-Fetch-Site": "same-origin"})
    finally:
        guarded.cookies.clear()

    assert (first.status_code, 'http-equiv="refresh" content="0"' in first.text) == (200, True)
    assert first.text != again.text
    assert again.text == "the page"
