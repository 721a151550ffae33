"""A client at a fixed rate that keeps every answer it got."""

import asyncio
import json
import math
import time
import uuid
from dataclasses import dataclass, field

from contract.digest import canonical_json
from tests.bundles import random_rows
from tests.gmsc import SCHEMA

# What a request came to when no answer arrived.
UNKNOWN = 0

_TIMEOUT_SECONDS = 10.0

# Every twentieth request is a batch of five.
_BATCH_EVERY = 20
_BATCH = 5


@dataclass(slots=True)
class Exchange:
    """One request, and what became of it."""

    reference: str
    phase: str
    sent: float
    seconds: float = 0.0
    status: int = UNKNOWN
    rows: int = 1
    predictions: dict[str, float] = field(default_factory=dict)
    """Probability of each prediction that was answered, by its id."""
    retry_after: bool = False


class Load:
    """Requests at `rate` a second over `connections` keep-alive connections, some of them batches.

    Each request carries a reference of its own, so that a logged row leads back to its request.
    Ports may be several processes'; a lost connection is opened again to the next of them.
    """

    def __init__(self, ports: list[int], *, rate: float, connections: int = 16) -> None:
        self.exchanges: list[Exchange] = []
        self.phase = "before"
        self.run_id = uuid.uuid4().hex[:8]
        self.ports = ports
        self._interval = connections / rate
        self._connections = connections
        self._count = 0
        self._stopping = asyncio.Event()
        self._instances = _instances(seed=11, count=2000)

    async def run(self) -> None:
        """Send until `stop`."""
        offsets = [self._interval * index / self._connections for index in range(self._connections)]
        await asyncio.gather(*(self._connection(index, at) for index, at in enumerate(offsets)))

    def stop(self) -> None:
        """Send no more; what is under way is waited for."""
        self._stopping.set()

    @property
    def answered(self) -> int:
        """How many requests got a 200 until now."""
        return sum(exchange.status == 200 for exchange in self.exchanges)

    async def _connection(self, index: int, offset: float) -> None:
        wire = _Wire()
        due = time.monotonic() + offset
        while not self._stopping.is_set():
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            # What could not be sent in time is left out: the client is no spring.
            due = max(due + self._interval, time.monotonic())
            if self._stopping.is_set():
                break
            await self._exchange(wire, self.ports[index % len(self.ports)])
            index += wire.closed
        wire.close()

    async def _exchange(self, wire: "_Wire", port: int) -> None:
        self._count += 1
        exchange = Exchange(f"{self.run_id}-{self._count}", self.phase, time.monotonic())
        body = self._body(exchange)
        self.exchanges.append(exchange)
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                await wire.post(port, body, exchange)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            wire.close()
        exchange.seconds = time.monotonic() - exchange.sent
        if exchange.status == UNKNOWN:
            # As a client does that cannot connect: not at once again.
            await asyncio.sleep(0.05)

    def _body(self, exchange: Exchange) -> bytes:
        at = self._count % (len(self._instances) - _BATCH)
        if self._count % _BATCH_EVERY:
            return canonical_json(self._instances[at])
        exchange.rows = _BATCH
        return canonical_json({"instances": self._instances[at : at + _BATCH]})


class _Wire:
    """One HTTP/1.1 connection."""

    def __init__(self) -> None:
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    @property
    def closed(self) -> bool:
        return self._writer is None

    def close(self) -> None:
        if self._writer is not None:
            self._writer.transport.abort()
        self._reader = self._writer = None

    async def post(self, port: int, body: bytes, exchange: Exchange) -> None:
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", port)
        path = b"/predict" if exchange.rows == 1 else b"/predict/batch"
        self._writer.write(
            b"POST %s HTTP/1.1\r\nHost: api\r\nContent-Type: application/json\r\n"
            b"X-Client-Reference: %s\r\nContent-Length: %d\r\n\r\n%s"
            % (path, exchange.reference.encode(), len(body), body)
        )
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        answer = await self._reader.readexactly(length)
        status = int(head[9:12])
        if status == 200:
            document = json.loads(answer)
            for item in document.get("predictions", [document]):
                exchange.predictions[item["prediction_id"]] = item["probability"]
        exchange.status = status
        exchange.retry_after = b"\r\nretry-after:" in head
        if b"\r\nconnection: close" in head:
            self.close()


def _instances(*, seed: int, count: int) -> list[dict[str, float | None]]:
    rows = random_rows(count, seed).tolist()
    return [
        {
            feature.name: _value(value, feature.kind)
            for feature, value in zip(SCHEMA.features, row, strict=True)
        }
        for row in rows
    ]


def _value(value: float, kind: str) -> float | None:
    if math.isnan(value):
        return None
    return int(value) if kind == "integer" else value
