"""What comes in from the shell and from .env, and what does not."""

import hashlib
import os
import re
import subprocess
from pathlib import Path

import psycopg2
import pytest

from api.settings import ApiSettings
from local import environment
from tests import plain
from tests.conftest import migrate_settings
from tests.local.run import INSTANCE, Run
from trainer.settings import TrainerSettings

ROOT = Path(__file__).parents[2]
KEY = "a-key-of-the-file"
# What shells hold for other purposes; each of these once stopped or changed the local service.
FOREIGN = {
    "PGCLIENTENCODING": "LATIN1",
    "PGSSLMODE": "verify-full",
    "PGHOST": "192.0.2.1",
    "PGHOSTADDR": "192.0.2.1",
    "PGPORT": "1",
    "PGUSER": "somebody",
    "PGDATABASE": "elsewhere",
    "PGPASSWORD": "wrong",
    "PGSERVICE": "none",
    "PGOPTIONS": "-c search_path=nowhere",
    "PGTARGETSESSIONATTRS": "standby",
    "PGREQUIREAUTH": "none",
    "PGGSSENCMODE": "require",
    "PGTZ": "Asia/Tokyo",
    "PGDATESTYLE": "German",
    "PGDATA": "/nowhere",
    "PYTHONOPTIMIZE": "2",
    "PYTHONWARNINGS": "error",
    "PYTHONSAFEPATH": "1",
    "PYTHONIOENCODING": "ascii",
    "HOST": "0.0.0.0",
    "LOG_LEVEL": "INFO",
    "UVICORN_PORT": "1",
    "MODELS_DIR": "/nowhere",
    "SPOOL_DIR": "/nowhere",
    "DATABASE_URL": "postgresql://192.0.2.1/x",
    "DATABASE_ADMIN_URL": "postgresql://192.0.2.1/x",
    "DATABASE_NAME": "another",
    "API_DB_PASSWORD": "change-me",
    "MPLBACKEND": "module://nowhere",
    "OTEL_SDK_DISABLED": "perhaps",
    "OTEL_PROPAGATORS": "b3",
    "OTEL_PYTHON_CONTEXT": "nowhere",
    "OMP_NUM_THREADS": "none",
    "TZ": "Nowhere/Nowhere",
    "LC_ALL": "tr_TR.ISO-8859-9",
    "LD_LIBRARY_PATH": "/nowhere",
}


def test_what_a_shell_holds_for_others_changes_nothing_and_the_file_counts(
    short_dir: Path, sample_models: Path
) -> None:
    run = Run(short_dir, sample_models)
    # Modules that would be met before ours, were this directory looked at.
    for name in ("api", "db", "trainer", "secrets"):
        (short_dir / f"{name}.py").write_text("raise SystemExit('not this one')")
    hashed = hashlib.sha256(KEY.encode()).hexdigest()
    (short_dir / ".env").write_text(
        f"API_KEYS='web:{hashed}'  # quoted, as compose reads it\nPORT={run.port}\nWORKERS=2\n"
        "MAX_BATCH_ROWS=7\nAPI_DB_PASSWORD=of-compose\nHOST=0.0.0.0\n"
    )
    run.environment |= FOREIGN | {"WORKERS": "1"}
    del run.environment["PORT"]
    reference = "Grüße"
    try:
        run.start()

        url = f"http://127.0.0.1:{run.port}"
        headers = {"X-API-Key": KEY}
        assert plain.post(f"{url}/predict", json=INSTANCE).status_code == 401
        answer = plain.post(f"{url}/predict", json=INSTANCE, headers=headers)
        assert answer.status_code == 200
        inputs = {"name": "rows", "shape": [1, 10], "datatype": "FP64"}
        row = [0.7, 45, 1, 0.5, 6000, 8, 0, 1, 0, 2]
        body = {"id": reference, "inputs": [inputs | {"data": row}]}
        other = plain.post(f"{url}/v2/models/gmsc/infer", json=body, headers=headers)
        assert other.status_code == 200, other.text
        too_many = {"instances": [INSTANCE] * 8}
        refused = plain.post(f"{url}/predict/batch", json=too_many, headers=headers)
        assert refused.status_code == 422
        assert _listeners(run.port) == {"0100007F"}

        connection = psycopg2.connect(run.command("db-url").stdout.strip())
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT client_reference, api_key_name FROM prediction_log ORDER BY 1")
            rows = cursor.fetchall()
        connection.close()
        assert set(rows) == {(reference, "web"), (None, "web")}
        counted = run.command("psql")
        assert counted.returncode == 0, counted.stderr
    finally:
        assert run.interrupt() == 0, run.output.read_text()


@pytest.mark.parametrize(
    ("content", "said"),
    [("PORT=eighty", "PORT is no port"), ("API_KEYS='geheim", ".env, line 1: it opens a quota")],
)
def test_an_unusable_setting_is_named_before_anything_is_started(
    short_dir: Path, content: str, said: str
) -> None:
    run = Run(short_dir)
    del run.environment["PORT"]
    (short_dir / ".env").write_text(content)

    result = run.command("run")

    assert result.returncode == 1
    assert said in result.stderr
    assert "geheim" not in result.stderr
    assert not (short_dir / ".local").exists()


def test_the_shell_goes_before_the_file_and_both_may_be_empty(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SEED=1\nDATASET=gmsc\nMIN_AUC=\nFOREIGN=1\n")
    shell = {"SEED": "2", "WORKERS": "", "PYTHONPATH": "x"}

    chosen = environment.settings(shell, tmp_path)

    assert chosen == {"SEED": "2", "DATASET": "gmsc", "MIN_AUC": "", "WORKERS": ""}


def test_a_word_may_be_written_in_capitals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "Production")
    monkeypatch.setenv("LOG_FORMAT", "JSON")
    monkeypatch.setenv("LOG_LEVEL", "Warning")

    settings = ApiSettings()

    assert settings.environment == "production"
    assert (settings.log_format, settings.log_level) == ("json", "warning")
    assert TrainerSettings().log_format == "json"
    assert migrate_settings("postgresql://x", "x").environment == "production"


def test_make_hands_over_neither_pythons_nor_pips_own_settings() -> None:
    given = {"PYTHONHOME": "/x", "PYTHONPATH": "/x", "PIP_TARGET": "/x", "PIP_USER": "1"}
    kept = {"PIP_INDEX_URL": "https://index", "PATH": os.environ["PATH"], "PORT": "1"}

    result = subprocess.run(
        ["make", "-f", ROOT / "Makefile", "-f", "-", "shown"],
        input="shown:\n\t@env\n",
        cwd=ROOT,
        env=given | kept,
        capture_output=True,
        text=True,
        check=True,
    )

    names = set(re.findall(r"^(\w+)=", result.stdout, re.MULTILINE))
    assert not names & given.keys()
    assert kept.keys() <= names


def _listeners(port: int) -> set[str]:
    """Addresses, in hexadecimal, that something listens on at this port."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    found = [line.split() for line in lines]
    return {
        address
        for address, hexadecimal in (fields[1].split(":") for fields in found if fields[3] == "0A")
        if int(hexadecimal, 16) == port
    }
