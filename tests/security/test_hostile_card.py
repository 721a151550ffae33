"""A card that is dear to render holds up neither the start nor a request."""

import asyncio
import threading
import time
from pathlib import Path

import httpx
import pytest

from api.model.card import Card
from tests import plain
from tests.api.model.test_card import Page, publish
from tests.api.service import Service
from tests.conftest import Database
from tests.gmsc import SCHEMA

# Forty microseconds a byte, and more than that.
LAZY = "> " * 19 + "a\n" + "<b>\n"
CARDS = {
    "dear": LAZY + "b\n" * 30_000,
    "large": LAZY + "b\n" * 2_000_000,
    "of brackets": LAZY + "![" * 30_000,
    "of cells": LAZY + "\n" + "|a" * 8_000 + "|\n" + "|-" * 8_000 + "|\n" + "|\n" * 5_000,
}


@pytest.mark.parametrize("name", ["dear", "large"])
def test_it_holds_up_nobody(log_database: Database, tmp_path: Path, name: str) -> None:
    publish(tmp_path / "models", {"model_card.md": CARDS[name].encode()})
    settings = {"MODELS_DIR": str(tmp_path / "models"), "DATABASE_URL": log_database.url("api")}
    pages: list[httpx.Response] = []
    waits: list[float] = []
    with Service(tmp_path, settings) as service, plain.Client(base_url=service.url) as client:
        url = f"{service.url}/model/card"
        asking = threading.Thread(target=lambda: pages.append(plain.get(url, timeout=60)))
        asking.start()
        while asking.is_alive():
            began = time.monotonic()
            assert client.post("/predict", json=SCHEMA.example).status_code == 200
            waits.append(time.monotonic() - began)
        source = plain.get(url, headers={"Accept": "text/markdown"}).text

    assert pages[0].status_code == 200
    assert source == CARDS[name]
    assert sorted(waits)[len(waits) // 2] < 0.5


@pytest.mark.parametrize("text", CARDS.values(), ids=CARDS)
def test_its_page_comes_in_time_and_holds_its_text(text: str) -> None:
    began = time.monotonic()

    page = asyncio.run(Card("version", text.encode(), {}).page()).decode()

    assert time.monotonic() - began < 10
    assert "&lt;b&gt;" in page
    assert "b" not in Page(page).tags


def test_a_card_that_cannot_be_rendered_is_shown_as_text() -> None:
    text = "# A card\n\n" + "word <b>\n" * 10_000

    page = asyncio.run(Card("version", text.encode(), {}).page()).decode()

    assert "This card cannot be shown as a page; this is its text." in page
    assert "word &lt;b&gt;\nword" in page
