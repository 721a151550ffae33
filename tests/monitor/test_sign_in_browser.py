"""Signing in with Debian's Chromium, as a person does, by the keyboard."""

import http.server
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.clients.node import NodeClient
from tests.monitor.application import KEY, client, entry

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")

pytestmark = pytest.mark.skipif(
    not shutil.which(CHROMIUM), reason=f"needs a browser: apt-get install chromium ({CHROMIUM})"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--host-resolver-rules=MAP monitor.example 127.0.0.1"],
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with client(keys=entry("risk", KEY)) as served:
        yield str(served.base_url)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A browser that has no cookie yet."""
    context = browser.new_context(viewport={"width": 360, "height": 640}, color_scheme="dark")
    yield context.new_page()
    context.close()


@contextmanager
def message_with(link: str) -> Iterator[str]:
    """A page of another site, with this link; yields its address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f'<a href="{link}">Look at this</a>'.encode())

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        # By another name than ours: another site.
        yield f"http://localhost:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def give(page: Page, key: str) -> None:
    """Type it where the form puts the cursor."""
    page.wait_for_function("document.activeElement.id === 'key'")
    page.keyboard.type(key)
    page.keyboard.press("Enter")


def test_in_a_network_without_tls_the_form_is_still_our_own(page: Page, address: str) -> None:
    """There a browser tells of the page that asks by Origin only."""
    named = address.replace("127.0.0.1", "monitor.example")
    page.goto(f"{named}/?last=P30D")
    give(page, KEY)
    page.wait_for_url(f"{named}/?last=P30D")

    assert page.inner_text("body") == "the page"


def test_a_person_signs_in_and_follows_a_colleagues_link(page: Page, address: str) -> None:
    page.goto(f"{address}/?last=P30D")
    give(page, "wrong")
    page.wait_for_selector("[role=alert]")
    said = page.inner_text("[role=alert]")
    give(page, KEY)
    page.wait_for_url(f"{address}/?last=P30D")

    assert "not accepted" in said
    assert page.inner_text("body") == "the page"
    with message_with(f"{address}/?last=P7D") as message:
        page.goto(message)
        page.click("a")
        page.wait_for_function("document.body.innerText === 'the page'")
    assert page.url == f"{address}/?last=P7D"
    assert page.evaluate("document.cookie") == ""


def test_axe_finds_nothing_in_the_form_that_keeps_somebody_out(page: Page, address: str) -> None:
    axe = NodeClient("axe")
    axe.install()
    page.goto(f"{address}/sign-in")
    page.keyboard.press("Enter")
    page.evaluate((axe.directory / "node_modules" / "axe-core" / "axe.min.js").read_text())

    violations = page.evaluate("axe.run().then(found => found.violations.map(each => each.id))")

    assert violations == []
    assert page.evaluate("document.documentElement.scrollWidth") == 360
