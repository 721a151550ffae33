"""The service under a path of a real proxy, and asked by pages of other origins."""

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests import plain
from tests.api.service import Service
from tests.conftest import Database, free_port
from tests.gmsc import SCHEMA

PAGE = "https://desk.example.org"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")

_CONFIGURATION = """
pid {root}/pid; error_log {root}/error; daemon off; worker_processes 1;
events {{ worker_connections 64; }}
http {{
    access_log off; client_body_temp_path {root}/body; proxy_temp_path {root}/proxy;
    fastcgi_temp_path {root}/fcgi; uwsgi_temp_path {root}/uwsgi; scgi_temp_path {root}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location /credit/ {{ proxy_pass http://127.0.0.1:{service}{strip}; }}
    }}
}}
"""


@pytest.fixture(scope="module")
def prefixed(
    models: Path, log_database: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    settings = {
        "MODELS_DIR": str(models),
        "DATABASE_URL": log_database.url("api"),
        "ROOT_PATH": "/credit",
        "CORS_ORIGINS": PAGE,
        "KEEP_ALIVE_SECONDS": "1",
    }
    with Service(tmp_path_factory.mktemp("prefixed"), settings) as running:
        yield running


@pytest.fixture(params=["/", ""], ids=["takes the path away", "leaves the path"])
def proxy(prefixed: Service, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """Where nginx shows the service."""
    if NGINX is None:
        pytest.skip("nginx is not installed")
    port, file = free_port(), tmp_path / "nginx.conf"
    values = {"root": tmp_path, "port": port, "service": prefixed.port, "strip": request.param}
    file.write_text(_CONFIGURATION.format(**values))
    process = subprocess.Popen(
        [NGINX, "-c", str(file), "-p", str(tmp_path)], stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}/credit"
    try:
        deadline = time.monotonic() + 10
        while True:
            try:
                plain.get(f"{url}/livez")
                break
            except httpx.TransportError:
                assert time.monotonic() < deadline, (tmp_path / "error").read_text()
                time.sleep(0.02)
        yield url
    finally:
        process.terminate()
        process.wait()


def test_the_page_of_the_documentation_finds_all_that_it_needs(proxy: str) -> None:
    page = plain.get(f"{proxy}/docs")
    origin = proxy.removesuffix("/credit")

    assets = re.findall(r'(?:src|href)="(/[^"]+)"', page.text)
    document = re.search(r"url: '([^']+)'", page.text)

    assert len(assets) >= 2
    for path in assets:
        assert plain.get(origin + path).status_code == 200, path
    assert document
    described = plain.get(origin + document[1]).json()
    (server,) = described["servers"]
    answer = plain.post(f"{origin}{server['url']}/predict", json=SCHEMA.example)
    assert answer.status_code == 200


def test_every_protocol_and_page_answers_under_the_path(proxy: str) -> None:
    for path in ("", "/", "/health", "/model", "/model/card", "/metrics", "/v2", "/v2/models/gmsc"):
        status = plain.get(proxy + path, follow_redirects=True).status_code
        assert status in ((200, 404) if path == "/model/card" else (200,)), path
    links = plain.get(f"{proxy}/").json()["links"]
    assert set(links.values()) == {
        f"/credit/{name}" for name in ("docs", "openapi.json", "health", "model", "model/card")
    }
    error = plain.post(f"{proxy}/v2/models/gmsc/infer", json={})
    assert set(error.json()) == {"error"}


def test_a_page_of_an_allowed_origin_may_ask(prefixed: Service) -> None:
    ask = {
        "Origin": PAGE,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,x-api-key",
    }
    preflight = httpx.options(f"{prefixed.url}/predict", headers=ask)
    headers = {"Origin": PAGE, "Sec-Fetch-Site": "cross-site"}
    answer = plain.post(f"{prefixed.url}/predict", json=SCHEMA.example, headers=headers)

    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == PAGE
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == PAGE


def test_no_other_origin_may_ask(prefixed: Service, service: Service) -> None:
    for running in (prefixed, service):
        headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
        preflight = httpx.options(f"{running.url}/predict", headers=headers)
        answer = plain.post(f"{running.url}/predict", json=SCHEMA.example, headers=headers)
        assert "access-control-allow-origin" not in preflight.headers
        assert answer.status_code == 403


def test_an_idle_connection_is_kept_as_long_as_it_is_set(prefixed: Service) -> None:
    with plain.Client() as client:
        client.get(f"{prefixed.url}/livez")
        began = time.monotonic()
        (connection,) = client._transport._pool.connections  # type: ignore[attr-defined]
        while not connection.has_expired() and time.monotonic() - began < 5:
            time.sleep(0.05)
    assert 0.5 < time.monotonic() - began < 4


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ROOT_PATH", "credit"),
        ("ROOT_PATH", "/credit/"),
        ("CORS_ORIGINS", "desk.example.org"),
        ("CORS_ORIGINS", "https://desk.example.org/"),
        ("CORS_ORIGINS", "*"),
        ("ALLOWED_HOSTS", "https://credit.example"),
        ("ALLOWED_HOSTS", "credit.example:8000"),
        ("KEEP_ALIVE_SECONDS", "0"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_named(
    settings: dict[str, str], tmp_path: Path, name: str, value: str
) -> None:
    status, text = Service(tmp_path, settings | {name: value}).run()

    assert status == 2
    assert text.startswith(f"{name}: ")
