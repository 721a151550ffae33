"""The model card is a page that a person can read, and brings nothing active along."""

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import httpx
import matplotlib.pyplot as plt
import pytest

from contract.store import ModelStore
from tests import bundles, plain
from tests.api.service import Service
from tests.api.test_bad_input import check_problem
from tests.conftest import Database

TEXT = """# A & B: a card

> **Trained on made-up rows.**

| metric | value |
| --- | --- |
| AUC | 0.9 |

![ROC curve](roc.png)

<script>alert(1)</script> [elsewhere](javascript:alert(1))
"""


def a_picture() -> bytes:
    buffer = io.BytesIO()
    figure = plt.figure(figsize=(1, 1))
    figure.savefig(buffer, format="png")
    plt.close(figure)
    return buffer.getvalue()


PICTURE = a_picture()


def publish(models: Path, extras: dict[str, bytes]) -> None:
    store, provenance = ModelStore(models), replace(bundles.PROVENANCE, settings={"card": True})
    files = bundles.files_of(bundles.fit(), provenance, extras=extras)
    store.publish(provenance.version, files)
    store.activate(provenance.version)


@pytest.fixture(scope="module")
def client(
    log_database: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    path = tmp_path_factory.mktemp("card")
    extras = {"model_card.md": TEXT.encode(), "roc.png": PICTURE, "notes.txt": b"not a picture"}
    publish(path / "models", extras)
    settings = {"MODELS_DIR": str(path / "models"), "DATABASE_URL": log_database.url("api")}
    with Service(path, settings) as service, plain.Client(base_url=service.url) as client:
        yield client


class Page(HTMLParser):
    """What a browser would find in the page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.pictures: list[dict[str, str | None]] = []
        self.links: list[str | None] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "img":
            self.pictures.append(dict(attrs))
        if tag == "a":
            self.links.append(dict(attrs)["href"])


def test_it_is_a_page_with_tables_and_pictures(client: httpx.Client) -> None:
    response = client.get("/model/card", headers={"Accept": "text/html,*/*;q=0.8"})

    page = Page(response.text)
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert {"h1", "table", "blockquote"} <= set(page.tags)
    assert "<h1>A &amp; B: a card</h1>" in response.text
    assert [picture["alt"] for picture in page.pictures] == ["ROC curve"]
    shown = client.get(str(httpx.URL(str(response.url)).join(str(page.pictures[0]["src"]))))
    assert shown.content == PICTURE
    assert shown.headers["content-type"] == "image/png"


def test_what_the_card_says_cannot_act(client: httpx.Client) -> None:
    response = client.get("/model/card")

    page = Page(response.text)
    assert "script" not in page.tags
    assert page.links == []
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; img-src 'self'; style-src 'sha256-")
    assert "unsafe" not in policy


def test_the_policy_lets_the_style_of_the_page_through(client: httpx.Client) -> None:
    import base64
    import hashlib

    response = client.get("/model/card")

    found = re.search(r"<style>(.*?)</style>", response.text, re.DOTALL)
    assert found
    digest = base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()
    assert f"'sha256-{digest}'" in response.headers["content-security-policy"]


def test_its_source_is_there_for_who_asks(client: httpx.Client) -> None:
    response = client.get("/model/card", headers={"Accept": "text/markdown"})

    assert response.text == TEXT
    assert response.headers["content-type"] == "text/markdown; charset=utf-8"
    assert response.headers["vary"] == "Accept"


def test_a_picture_comes_as_plain_bytes_for_who_accepts_only_those(client: httpx.Client) -> None:
    shown = client.get("/model/card/roc.png", headers={"Accept": "application/octet-stream"})

    assert shown.content == PICTURE
    assert shown.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize(
    "name", ["other.png", "notes.txt", "model.joblib", "..%2Fmetadata.json", "model_card.md"]
)
def test_nothing_but_the_pictures_is_shown(client: httpx.Client, name: str) -> None:
    check_problem(client.get(f"/model/card/{name}"), 404, "not-found")


def test_a_bundle_without_a_card_is_served_and_says_so(
    log_database: Database, tmp_path: Path
) -> None:
    publish(tmp_path / "models", {"roc.png": PICTURE})
    settings = {
        "MODELS_DIR": str(tmp_path / "models"),
        "DATABASE_URL": log_database.url("api"),
    }
    with Service(tmp_path, settings) as service:
        check_problem(plain.get(f"{service.url}/model/card"), 404, "not-found")
        check_problem(plain.get(f"{service.url}/model/card/roc.png"), 404, "not-found")
