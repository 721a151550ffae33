"""A TCP proxy that is as bad as a network can be."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Literal

Mode = Literal["pass", "cut", "black_hole", "slow", "lose_replies"]

DELAY_SECONDS = 0.25
_BLOCK = 65536

# The tag of CommandComplete (PostgreSQL manual, Message Formats); a COPY that is a transaction of
# its own is committed before it is sent.
_COPIED = b"COPY "

# Close with a reset instead of an orderly end.
_RESET = struct.pack("ii", 1, 0)


class Proxy:
    """Between a client and `port` of this machine; the mode may change at any moment.

    pass: as if it were not there. cut: resets what is open and what comes. black_hole: accepts and
    holds all bytes, both ways. slow: each block 250 ms late. lose_replies: what the client sends
    arrives, the first word that a COPY was committed is thrown away and the connection reset; then
    pass.
    """

    def __init__(self, port: int) -> None:
        self.port = 0
        self._target = port
        self.mode: Mode = "pass"
        self._open = asyncio.Event()
        self._open.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def set_mode(self, mode: Mode) -> None:
        """Be like that from now on."""
        self.mode = mode
        if mode == "black_hole":
            self._open.clear()
        else:
            self._open.set()
        if mode == "cut":
            self.reset_all()

    async def close(self) -> None:
        """Reset everything, listen no more."""
        await self.set_mode("cut")
        if self._server is not None:
            self._server.close()

    def reset_all(self) -> None:
        """Reset every connection that is open."""
        for writer in list(self._writers):
            _reset(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.mode == "cut":
            _reset(writer)
            return
        self._writers.add(writer)
        try:
            await self._open.wait()
            server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            self._drop(writer)
            return
        self._writers.add(server_writer)
        forward = self._pump(reader, server_writer, self._hold)
        backward = self._pump(server_reader, writer, self._hold_or_lose)
        try:
            await asyncio.gather(forward, backward)
        finally:
            self._drop(writer)
            self._drop(server_writer)

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        hold: Callable[[asyncio.StreamWriter, bytes], Awaitable[bool]],
    ) -> None:
        """Copy until one end closes, then close the other."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while block := await reader.read(_BLOCK):
                if not await hold(writer, block):
                    return
                writer.write(block)
                await writer.drain()
        with contextlib.suppress(OSError):
            writer.close()

    async def _hold(self, _: asyncio.StreamWriter, __: bytes) -> bool:
        if self.mode == "slow":
            await asyncio.sleep(DELAY_SECONDS)
        await self._open.wait()
        return self.mode != "cut"

    async def _hold_or_lose(self, writer: asyncio.StreamWriter, block: bytes) -> bool:
        if self.mode == "lose_replies" and _COPIED in block:
            self.mode = "pass"
            _reset(writer)
            return False
        return await self._hold(writer, block)

    def _drop(self, writer: asyncio.StreamWriter) -> None:
        self._writers.discard(writer)
        _reset(writer)


def _reset(writer: asyncio.StreamWriter) -> None:
    raw = writer.get_extra_info("socket")
    if raw is not None and not writer.is_closing():
        with contextlib.suppress(OSError):
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()
