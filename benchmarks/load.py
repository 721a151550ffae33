"""The load generator: wrk, with bodies that differ from request to request."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.machine import rest

_SCRIPT = """
local requests, at = {}, 0
function init(args)
  for line in io.lines("%(bodies)s") do
    requests[#requests + 1] = wrk.format("POST", "%(path)s", %(headers)s, line)
  end
end
function request()
  at = at %% #requests + 1
  return requests[at]
end
function done(summary, latency, _)
  local e = summary.errors
  print(string.format(
    "RESULT {\\"requests\\": %%d, \\"seconds\\": %%.6f, \\"p50_ms\\": %%.4f, \\"p99_ms\\": %%.4f,"
      .. " \\"max_ms\\": %%.4f, \\"refused\\": %%d, \\"broken\\": %%d}",
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3, latency.max / 1e3, e.status,
    e.connect + e.read + e.write + e.timeout))
end
"""


class LoadError(Exception):
    """The load generator cannot be used."""


@dataclass(frozen=True)
class Measured:
    """One run against one server; `refused` are answers that were not 2xx or 3xx.

    `rested`: the machine had finished what came before.
    """

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    refused: int
    broken: int
    rested: bool

    @property
    def rate(self) -> float:
        """Good answers a second."""
        return (self.requests - self.refused) / self.seconds

    def as_dict(self) -> dict[str, float]:
        """For the result file."""
        return {**asdict(self), "rate": round(self.rate, 1)}


def require() -> None:
    """Raise LoadError where wrk is missing."""
    if shutil.which("wrk") is None:
        raise LoadError("wrk is not installed: apt-get install wrk (or brew install wrk)")


class Target:
    """A path of a server, and what is sent to it."""

    def __init__(  # noqa: PLR0917 -- a record has as many fields as it has
        self,
        directory: Path,
        name: str,
        url: str,
        path: str,
        bodies: Sequence[bytes],
        content_type: str = "application/json",
    ) -> None:
        self._url = url
        self._script = directory / f"{name}.lua"
        lines = directory / f"{name}.bodies"
        lines.write_bytes(b"\n".join(bodies) + b"\n")
        headers = f'{{["Content-Type"] = "{content_type}"}}'
        self._script.write_text(
            _SCRIPT % {"bodies": lines, "path": path, "headers": headers}, encoding="utf-8"
        )

    def load(self, connections: int, seconds: float) -> Measured:
        """Ask as fast as answers come, over this many connections, once the machine is at rest.

        Raises LoadError.
        """
        command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s"]
        command += ["--timeout", "10s", "-s", str(self._script), self._url]
        rested = rest()
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        for line in run.stdout.splitlines():
            if line.startswith("RESULT "):
                return Measured(**json.loads(line.removeprefix("RESULT ")), rested=rested)
        raise LoadError(f"wrk said nothing of use: {run.stdout} {run.stderr}")
