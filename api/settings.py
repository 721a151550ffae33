"""Settings of the HTTP service."""

import re
import sys
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from contract.datasets import DataSetName
from contract.signature import SigningSettings
from contract.words import ANY_CASE, words

_HOST_PATTERN = re.compile(r"(\*\.)?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*|\[[0-9A-Fa-f:.]+\]")
# As a browser writes it (RFC 6454, section 6.1): no path, no closing slash.
_ORIGIN = re.compile(r"https?://[a-z0-9._-]+(:[0-9]{1,5})?|https?://\[[0-9a-f:.]+\](:[0-9]{1,5})?")


_OTLP_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+ *= *[!-+\--:<-~]*")


class StartError(Exception):
    """The service refuses to start; the message says why, and what to do."""


class ModelRefused(StartError):
    """A version cannot be served; the message says why, and what to do."""


class ApiSettings(SigningSettings):
    """Where to listen, what to serve, and the bounds of a request."""

    # Compose hands over an unset variable of .env as an empty one.
    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True)

    models_dir: Path = Field(
        Path("models"), description="Directory of the published model bundles (read only)"
    )
    dataset: DataSetName = Field(
        "gmsc", description="A built-in declaration, or a TOML file as data/loans.toml"
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
    host: str = Field("127.0.0.1", description="Address to listen on")
    port: int = Field(
        8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one, named in the log"
    )
    workers: int = Field(
        1, ge=1, le=64, description="Processes that share the port, each with its own model and log"
    )
    environment: Annotated[Literal["development", "production"], ANY_CASE] = Field(
        "development",
        description="production refuses what is only fit for trying it out, as a default password",
    )
    root_path: str = Field(
        "",
        pattern=r"^(/[A-Za-z0-9._~-]+)*$",
        description="Path under which a proxy shows the service, as /credit; unset: /",
    )
    keep_alive_seconds: float = Field(
        65.0,
        ge=1,
        le=3600,
        description="How long an idle connection is kept; more than the proxy's own idle time",
    )
    allowed_hosts: str | None = Field(
        None,
        description="Names by which the service may be called (Host), separated by commas, as"
        " credit.example.org or *.example.org; unset: any",
    )
    cors_origins: str | None = Field(
        None,
        description="Origins of pages that may ask from a browser, separated by commas, as"
        " https://desk.example.org; unset: only the service's own",
    )
    max_header_bytes: int = Field(
        2**15, ge=2**10, le=2**20, description="Most bytes of a request's headers; beyond it 431"
    )
    header_timeout_seconds: float = Field(
        10.0, gt=0, le=600, description="Longest time for headers to arrive; beyond it 408"
    )
    max_body_bytes: int = Field(
        2**20, ge=2**10, le=2**28, description="Largest body of a request; beyond it 413"
    )
    max_batch_rows: int = Field(
        1000, ge=1, le=100_000, description="Most instances in one request to /predict/batch"
    )
    max_outcomes: int = Field(
        10_000, ge=1, le=100_000, description="Most reports in one request to /outcomes"
    )
    max_outcomes_bytes: int = Field(
        2**22, ge=2**10, le=2**28, description="Largest body of such a request; beyond it 413"
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
    log_format: Annotated[Literal["console", "json", "auto"], ANY_CASE] = Field(
        "console",
        description="`json` writes one JSON object a line; `auto` does where nobody looks on",
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], ANY_CASE] = Field(
        "info", description="Least severe level that is written; debug also shows health probes"
    )

    @field_validator("allowed_hosts")
    @classmethod
    def _are_hosts(cls, text: str | None) -> str | None:
        for word in words(text):
            if not _HOST_PATTERN.fullmatch(word):
                raise ValueError("must be names of hosts without a port, separated by commas")
        return text

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, text: str | None) -> str | None:
        for word in words(text):
            if not _ORIGIN.fullmatch(word):
                raise ValueError(
                    "must be origins, as https://desk.example.org, separated by commas"
                )
        return text

    @property
    def json_lines(self) -> bool:
        """Whether the log is one JSON object a line."""
        looked_at = sys.stdout.isatty()
        return self.log_format == "json" or (self.log_format == "auto" and not looked_at)


class TracingSettings(BaseSettings):
    """Whether spans are exported; OpenTelemetry reads the same variables, and more, itself."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True)

    otel_exporter_otlp_endpoint: str | None = Field(
        None, description="Base URL of a collector that takes OTLP over HTTP; unset: no spans"
    )
    otel_exporter_otlp_traces_endpoint: str | None = Field(
        None, description="The whole URL, for spans only, in place of the base URL"
    )
    otel_exporter_otlp_headers: SecretStr | None = Field(
        None, description="Headers to send along, as a token: NAME=VALUE, separated by commas"
    )
    otel_service_name: str | None = Field(
        None, description="The service's name in the spans; unset: prediction-api"
    )
    otel_resource_attributes: str | None = Field(
        None, description="What else the spans say of the service: NAME=VALUE, by commas"
    )
    otel_traces_sampler: str | None = Field(
        None, description="Which requests are recorded; unset: as the caller's span says, else all"
    )
    otel_traces_sampler_arg: str | None = Field(
        None, description="The share of requests, where the sampler is one by ratio"
    )
    otel_exporter_otlp_protocol: str = Field("http/protobuf", description="Only this one is there")
    otel_exporter_otlp_traces_protocol: str | None = Field(
        None, description="The same for spans only"
    )
    otel_traces_exporter: str = Field("otlp", description="none: no spans")
    otel_sdk_disabled: str = Field("false", description="true: no spans")

    @property
    def wanted(self) -> bool:
        """Whether spans are exported; raises StartError where they cannot be."""
        endpoint = self.otel_exporter_otlp_traces_endpoint or self.otel_exporter_otlp_endpoint
        off = self.otel_traces_exporter == "none" or self.otel_sdk_disabled.lower() == "true"
        if endpoint is None or off:
            return False
        if not endpoint.startswith(("http://", "https://")):
            raise StartError(
                "OTEL_EXPORTER_OTLP_ENDPOINT is no URL of a collector, as http://HOST:4318"
            )
        headers = self.otel_exporter_otlp_headers
        if any(not _OTLP_HEADER.fullmatch(word) for word in words(_revealed(headers))):
            raise StartError(
                "OTEL_EXPORTER_OTLP_HEADERS is not NAME=VALUE, separated by commas, with each value"
                " percent-encoded"
            )
        protocol = self.otel_exporter_otlp_traces_protocol or self.otel_exporter_otlp_protocol
        if protocol != "http/protobuf":
            raise StartError(
                f"spans cannot be exported by OTEL_EXPORTER_OTLP_PROTOCOL={protocol}:"
                " set it to http/protobuf, and the endpoint to the collector's port for that (4318)"
            )
        return True


def _revealed(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None


def complaints(error: ValidationError) -> list[str]:
    """What is wrong with the environment, a sentence for each variable, without its value."""
    return [
        f"{'.'.join(str(part) for part in item['loc']).upper()}: {item['msg']}"
        for item in error.errors(include_input=False, include_url=False, include_context=False)
    ]
