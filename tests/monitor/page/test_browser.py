"""The page in Debian's Chromium: one process, one server with a few databases."""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg2
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from local.postgres import LocalPostgres
from tests.clients.node import NodeClient
from tests.conftest import Database, clone
from tests.monitor.page import story, told
from tests.monitor.page.conftest import served

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
# The day after Berlin's day of 25 hours.
END = datetime(2026, 10, 26, tzinfo=UTC)
SECTIONS = (
    "incidents",
    "traffic",
    "scores",
    "features",
    "quality",
    "outcomes",
    "performance",
    "served",
)
HOSTILE = '<img src="//x.y/z">'
STATES = ("full", "empty", "one")

pytestmark = pytest.mark.skipif(
    not shutil.which(CHROMIUM), reason=f"needs a browser: apt-get install chromium ({CHROMIUM})"
)


@contextmanager
def _database(postgres: LocalPostgres, template: str) -> Iterator[Database]:
    name = f"test_{uuid.uuid4().hex[:12]}"
    connection = psycopg2.connect(postgres.admin_url)
    connection.autocommit = True
    clone(connection, template, name)
    try:
        yield Database(name, postgres.port)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
        connection.close()


def _full(database: Database) -> None:
    """A year by days, nine days by hours, outcomes, refusals; one caller has HTML for a name."""
    story.register(database)
    callers = ("branch", "mobile", HOSTILE)
    story.tell(database, 366, end=END, callers=callers, hours_of=9)
    story.add_outcomes(database, 120, end=END, callers=callers)
    database.query(
        "INSERT INTO rejected_request (rejected_at, request_id, route, status, errors,"
        " model_version, suppressed) SELECT %s - place * interval '5 hours', 'r', '/predict', 422,"
        ' \'[{"pointer": "/age", "rule": "type"}]\', %s, place %% 7'
        " FROM generate_series(1, 100) AS place",
        END,
        story.VERSION,
    )
    story.counted(database, END)


def _one_row(database: Database) -> None:
    story.register(database)
    row = story.Teller.of().row(1)
    moment = END - timedelta(hours=3)
    story.add_days(database, [(moment.date(), story.VERSION, "", "/predict", *row)])
    story.add_hours(database, [(moment, story.VERSION, "", "/predict", *row)])
    story.counted(database, END - timedelta(hours=1))


@pytest.fixture(scope="module")
def sites(postgres: LocalPostgres, template: str) -> Iterator[dict[str, str]]:
    """Addresses of the page with a year of counts, with none, one row, and with incidents."""
    fillers = {"full": _full, "empty": None, "one": _one_row, "told": told.tell}
    with ExitStack() as stack:
        addresses = {}
        for name, fill in fillers.items():
            database = stack.enter_context(_database(postgres, template))
            if fill:
                fill(database)
            addresses[name] = stack.enter_context(served(database))
        yield addresses


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Visit:
    """A page, and what the browser said and asked for."""

    page: Page
    said: list[str]
    asked: list[str]


@contextmanager
def visit(browser: Browser, address: str, *, width: int = 1280, **settings: Any) -> Iterator[Visit]:
    context = browser.new_context(viewport={"width": width, "height": 900}, **settings)
    page = context.new_page()
    seen = Visit(page, [], [])
    page.on("console", lambda message: seen.said.append(message.text))
    page.on("pageerror", lambda error: seen.said.append(str(error)))
    page.on("request", lambda request: seen.asked.append(request.url))
    try:
        page.goto(address)
        yield seen
    finally:
        context.close()


@pytest.mark.parametrize("query", ["?last=P7D", "", "?last=P90D&by=week", "?last=P1Y&by=day"])
@pytest.mark.parametrize("state", STATES)
def test_every_section_keeps_its_place_and_says_something(
    browser: Browser, sites: dict[str, str], state: str, query: str
) -> None:
    with visit(browser, f"{sites[state]}/{query}") as seen:
        page = seen.page
        found = page.locator("section").evaluate_all("all => all.map(each => each.id)")
        texts = page.locator("section").all_inner_texts()

        assert tuple(found) == SECTIONS
        assert all(len(text.split()) > 8 for text in texts)
        assert page.title().startswith(page.locator("h1").inner_text())
        assert seen.said == []


def test_with_data_every_chart_has_its_table(browser: Browser, sites: dict[str, str]) -> None:
    with visit(browser, sites["full"]) as seen:
        for section in ("traffic", "scores", "features", "quality", "outcomes", "served"):
            part = seen.page.locator(f"#{section}")
            assert part.locator("figure svg.chart").count() > 0
            links = part.locator("a[href*='/tables/']").evaluate_all("all => all.map(a => a.href)")
            assert links
            for link in links:
                answer = seen.page.request.get(link)
                assert answer.status == 200
                assert answer.headers["content-type"].startswith("text/csv")
                assert len(answer.text().splitlines()) > 1


def test_without_data_the_page_says_how_to_send_the_first(
    browser: Browser, sites: dict[str, str]
) -> None:
    with visit(browser, sites["empty"]) as seen:
        assert seen.page.locator("h1").inner_text() == "No prediction has been made yet"
        assert "http://127.0.0.1:8000/docs" in seen.page.locator("#traffic").inner_text()
        assert seen.page.locator("figure").count() == 0


def test_one_row_is_a_dot_and_is_not_judged(browser: Browser, sites: dict[str, str]) -> None:
    with visit(browser, f"{sites['one']}/?last=P7D") as seen:
        assert seen.page.locator("#traffic figure").first.locator("circle.lone").count() == 1
        assert "1 so far" in seen.page.locator(".checks").inner_text()
        assert "(no key)" in seen.page.locator("#traffic").inner_text()


def test_in_berlin_on_its_day_of_25_hours_the_page_shows_utc(
    browser: Browser, sites: dict[str, str]
) -> None:
    address = f"{sites['full']}/?last=P7D&by=hour"
    with (
        visit(browser, address, timezone_id="Europe/Berlin", locale="de-DE") as berlin,
        visit(browser, address, timezone_id="UTC") as utc,
    ):
        assert berlin.page.locator("body").inner_text() == utc.page.locator("body").inner_text()
        assert "26 Oct 2026, 00:00 UTC" in berlin.page.locator(".asof").inner_text()
        answer = berlin.page.request.get(f"{sites['full']}/tables/traffic.csv?last=P7D&by=hour")
        hours = [line.split(",")[0] for line in answer.text().splitlines()]
        assert [hour for hour in hours if hour.startswith("2026-10-25")] == [
            f"2026-10-25T{hour:02}:00Z" for hour in range(24)
        ]


@pytest.mark.parametrize("state", STATES)
def test_in_the_dark_at_360_pixels_nothing_scrolls_sideways(
    browser: Browser, sites: dict[str, str], state: str
) -> None:
    address = f"{sites[state]}/?last=P90D"
    with visit(browser, address, width=360, color_scheme="dark") as seen:
        wide = seen.page.evaluate("document.documentElement.scrollWidth")
        ground = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")

        assert wide <= 360
        assert ground == "rgb(17, 19, 23)"


def test_the_keyboard_reaches_filters_folds_and_tables(
    browser: Browser, sites: dict[str, str]
) -> None:
    with visit(browser, sites["full"]) as seen:
        page = seen.page
        reached = set()
        for _ in range(150):
            page.keyboard.press("Tab")
            reached.add(
                page.evaluate(
                    "(e => e.id || e.name || e.tagName + ' ' + (e.closest('section')?.id ?? ''))"
                    "(document.activeElement)"
                )
            )
        assert {"f-version", "f-caller", "f-route", "f-as-of", "BUTTON "} <= reached
        folds = {"SUMMARY traffic", "SUMMARY scores", "SUMMARY features", "SUMMARY quality"}
        assert folds <= reached

        fold = page.locator("#traffic summary")
        fold.focus()
        page.keyboard.press("Enter")
        assert page.locator("#traffic details table").is_visible()


def test_the_filters_lead_to_an_address_that_shows_the_same(
    browser: Browser, sites: dict[str, str]
) -> None:
    with visit(browser, sites["full"]) as seen:
        page = seen.page
        page.select_option("#f-caller", "mobile")
        page.fill("#f-as-of", "2026-10-20")
        page.click("button")

        assert "caller=mobile" in page.url
        assert "as_of=2026-10-20" in page.url
        assert "You see the page as of 20 Oct 2026, 00:00 UTC" in page.inner_text("#state")
        first = page.inner_text("#traffic")
        page.click("text=Address of this state")
        assert page.inner_text("#traffic") == first
        page.click("text=As of now")
        assert "as_of" not in page.url
        assert "caller=mobile" in page.url


def test_html_in_the_name_of_a_caller_is_text_and_no_other_host_is_asked(
    browser: Browser, sites: dict[str, str]
) -> None:
    with visit(browser, sites["full"]) as seen:
        assert HOSTILE in seen.page.locator("#traffic").inner_text()
        assert seen.page.locator("img").count() == 0
        assert seen.asked
        assert all(url.startswith((sites["full"], "data:")) for url in seen.asked)
        assert seen.said == []


def test_a_filter_that_cannot_be_is_a_page_with_a_sentence(
    browser: Browser, sites: dict[str, str]
) -> None:
    with visit(browser, f"{sites['full']}/?as_of=yesterday") as seen:
        assert "as_of is a day, as 2026-07-02" in seen.page.inner_text("main")


# Each kind of chart; one that was closed; one before it was diagnosed; the list; the overview.
INCIDENTS = (
    "/",
    "/incidents",
    "/incidents/1",
    "/incidents/3",
    "/incidents/6",
    "/incidents/7?as_of=2026-05-08T09:30Z",
)


@pytest.mark.parametrize("path", INCIDENTS)
def test_pages_of_incidents_fit_360_pixels_and_ask_nobody_else(
    browser: Browser, sites: dict[str, str], path: str
) -> None:
    with visit(browser, sites["told"] + path, width=360, color_scheme="dark") as seen:
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= 360
        assert seen.page.title().startswith("Incident") or path in {"/", "/incidents"}
        assert seen.page.locator("h1").count() == 1
        assert seen.said == []
        assert all(url.startswith((sites["told"], "data:")) for url in seen.asked)


def test_from_the_overview_to_an_incident_as_of_its_opening_and_back(
    browser: Browser, sites: dict[str, str]
) -> None:
    with visit(browser, sites["told"]) as seen:
        page = seen.page
        page.click("#incidents h3 a >> nth=1")
        title = page.inner_text("h1")
        page.click("text=the page as of then >> nth=0")
        assert "as it was known on 8 May 2026, 09:00 UTC" in page.inner_text(".state")
        assert "the cause is open" in page.inner_text("h1")
        page.click("text=As known now")
        assert page.inner_text("h1") == title
        page.click("text=Address of this state")
        assert page.inner_text("h1") == title
        page.click(".crumb a")
        page.select_option("#f-state", "closed")
        page.click("button")
        assert page.inner_text("h1") == "2 incidents closed"


def test_on_paper_the_statistics_are_open(browser: Browser, sites: dict[str, str]) -> None:
    with visit(browser, f"{sites['told']}/incidents/6") as seen:
        page = seen.page
        assert not page.locator("#history details table").first.is_visible()

        page.emulate_media(media="print")

        assert page.locator("#history details table").first.is_visible()
        assert not page.locator("nav").is_visible()


@pytest.mark.parametrize(
    ("path", "scheme"),
    [(path, ("light", "dark")[at % 2]) for at, path in enumerate(INCIDENTS)],
)
def test_axe_finds_nothing_in_pages_of_incidents(
    browser: Browser, sites: dict[str, str], axe: str, path: str, scheme: Any
) -> None:
    with visit(browser, sites["told"] + path, color_scheme=scheme) as seen:
        assert _violations(seen.page, axe) == []


@pytest.fixture(scope="module")
def axe() -> str:
    client = NodeClient("axe")
    client.install()
    return (client.directory / "node_modules" / "axe-core" / "axe.min.js").read_text()


@pytest.mark.parametrize(
    ("state", "scheme"),
    [("full", "light"), ("full", "dark"), ("empty", "light"), ("one", "dark")],
)
def test_axe_finds_nothing_that_keeps_somebody_out(
    browser: Browser, sites: dict[str, str], axe: str, state: str, scheme: Any
) -> None:
    with visit(browser, sites[state], color_scheme=scheme) as seen:
        assert _violations(seen.page, axe) == []


def _violations(page: Page, axe: str) -> list[str]:
    page.locator("details").evaluate_all("all => all.forEach(each => each.open = true)")
    page.evaluate(axe)
    found: list[str] = page.evaluate(
        "axe.run().then(found => found.violations.map(each =>"
        " each.id + ': ' + each.nodes.slice(0, 3).map(node => node.html).join(' | ')))"
    )
    return found
