"""Settings of the HTTP service."""

import sys
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


class StartError(Exception):
    """The service refuses to start; the message says why, and what to do."""


class ModelRefused(StartError):
    """A version cannot be served; the message says why, and what to do."""


class ApiSettings(BaseSettings):
    """Where to listen, what to serve, and the bounds of a request."""

    # Compose hands over an unset variable of .env as an empty one.
    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True)

    models_dir: Path = Field(
        Path("models"), description="Directory of the published model bundles (read only)"
    )
    model_version: str | None = Field(
        None,
        min_length=1,
        description="Serve this version, whichever is active; unset: the active one",
    )
    model_poll_seconds: float = Field(
        5.0,
        ge=0,
        le=3600,
        description="How often to look for another active version and swap to it; 0: never."
        " MODEL_VERSION turns it off as well",
    )
    bundle_signing_key: SecretStr | None = Field(
        None,
        description="Keys of at least 32 characters, separated by commas: only what one of them"
        " signed is served; unset: the origin of a model is not checked",
    )
    bundle_signing_key_file: Path | None = Field(
        None, description="File with the same, in place of BUNDLE_SIGNING_KEY; # begins a comment"
    )
    host: str = Field("127.0.0.1", description="Address to listen on")
    port: int = Field(
        8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one, named in the log"
    )
    workers: int = Field(
        1, ge=1, le=64, description="Processes that share the port, each with its own model and log"
    )
    environment: Literal["development", "production"] = Field(
        "development",
        description="production refuses what is only fit for trying it out, as a default password",
    )
    max_body_bytes: int = Field(
        2**20, ge=2**10, le=2**28, description="Largest body of a request; beyond it 413"
    )
    max_batch_rows: int = Field(
        1000, ge=1, le=100_000, description="Most instances in one request to /predict/batch"
    )
    body_timeout_seconds: float = Field(
        10.0, gt=0, le=600, description="Longest time for a body to arrive; beyond it 408"
    )
    max_requests_in_flight: int = Field(
        1000, ge=1, description="Predictions under way at once in one process; beyond it 503"
    )
    max_body_bytes_in_flight: int = Field(
        2**25,
        ge=2**10,
        description="Bytes of large bodies in memory at once in one process; beyond it 503",
    )
    api_keys: SecretStr | None = Field(
        None,
        description="NAME:SHA-256 of each key that may ask for predictions, separated by commas;"
        " unset: nobody needs a key",
    )
    api_keys_file: Path | None = Field(
        None, description="File with the same, in place of API_KEYS; # begins a comment"
    )
    log_format: Literal["console", "json", "auto"] = Field(
        "console",
        description="`json` writes one JSON object a line; `auto` does where nobody looks on",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severe level that is written; debug also shows health probes"
    )

    @property
    def json_lines(self) -> bool:
        """Whether the log is one JSON object a line."""
        looked_at = sys.stdout.isatty()
        return self.log_format == "json" or (self.log_format == "auto" and not looked_at)


def complaints(error: ValidationError) -> list[str]:
    """What is wrong with the environment, a sentence for each variable, without its value."""
    return [
        f"{'.'.join(str(part) for part in item['loc']).upper()}: {item['msg']}"
        for item in error.errors(include_input=False, include_url=False, include_context=False)
    ]
