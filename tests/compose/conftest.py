"""The stack as a newcomer starts it, in a project of its own."""

import json
import os
import shutil
import subprocess
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.ports import free_port

ROOT = Path(__file__).parents[2]
# All that the images are built of.
_PARTS = (
    *("contract", "trainer", "api", "db", "diagnosis", "monitor", "outcomes", "replay"),
    *("retraining", "examples", "requirements"),
)


@dataclass
class Compose:
    """`docker compose` for one project, and the api behind it."""

    project: str
    port: int
    environment: dict[str, str] = field(default_factory=dict)
    directory: Path = ROOT

    def run(
        self, *arguments: str, check: bool = True, timeout: float = 900
    ) -> subprocess.CompletedProcess[str]:
        # Only what a newcomer's shell would hold: no setting of ours leaks in from this one.
        base = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
        result = subprocess.run(
            ["docker", "compose", "--project-name", self.project, *arguments],
            cwd=self.directory,
            env={**base, "PORT": str(self.port), **self.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if check:
            assert result.returncode == 0, f"{arguments}:\n{result.stdout}\n{result.stderr}"
        return result

    def sql(self, query: str) -> list[list[str]]:
        """Rows of a query by the analyst, in the way that the README shows."""
        psql = ("exec", "-T", "db", "psql", "-U", "analyst", "mlops", "--csv", "--tuples-only")
        output = self.run(*psql, "-c", query).stdout
        return [line.split(",") for line in output.splitlines()]

    def get(self, path: str) -> dict[str, Any]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            document: dict[str, Any] = json.load(answer)
        return document

    def predict(self, instance: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/predict",
            data=json.dumps(instance).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def layers(self) -> dict[str, list[str]]:
        """The file systems that the project's images are made of, by the images' names."""
        names = subprocess.run(
            ["docker", "images", "--filter", f"reference={self.project}-*", "--quiet"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        inspected = subprocess.run(
            ["docker", "inspect", *names], capture_output=True, text=True, check=True
        )
        return {
            tag: image["RootFS"]["Layers"]
            for image in json.loads(inspected.stdout)
            for tag in image["RepoTags"]
        }

    def container(self, service: str) -> dict[str, Any]:
        """What the engine says of the service's container."""
        identity = self.run("ps", "--all", "--quiet", service).stdout.strip()
        inspected = subprocess.run(
            ["docker", "inspect", identity], capture_output=True, text=True, check=True
        )
        (document,) = json.loads(inspected.stdout)
        return dict(document)


def missing_engine() -> str | None:
    """Why the stack cannot be run here; None where it can."""
    try:
        answer = subprocess.run(
            ["docker", "compose", "version"], capture_output=True, timeout=30, check=False
        )
        if answer.returncode == 0:
            answer = subprocess.run(
                ["docker", "info"], capture_output=True, timeout=30, check=False
            )
    except FileNotFoundError:
        return "docker is not installed"
    return None if answer.returncode == 0 else "no Docker engine with Compose v2 answers"


@pytest.fixture(scope="package")
def compose() -> Iterator[Compose]:
    if reason := missing_engine():
        pytest.skip(reason)
    stack = Compose(project=f"test-{uuid.uuid4().hex[:8]}", port=free_port())
    stack.environment["MONITOR_PORT"] = str(free_port())
    try:
        yield stack
    finally:
        stack.run("--profile", "*", "down", "--volumes", "--timeout", "10", check=False)


def copy_checkout(checkout: Path) -> None:
    """What the stack is built of, in a directory that is made; its data/ is left to the caller."""
    for name in _PARTS:
        shutil.copytree(ROOT / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("docker-compose.yml", ".dockerignore"):
        shutil.copy(ROOT / name, checkout)
