"""A coroutine that is begun at once behaves, once awaited, as if it had been awaited at once."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
import uvloop

from api.http.eager import Begun

Loop = Callable[[], asyncio.AbstractEventLoop]
on_each_loop = pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])


def run(loop: Loop, work: Awaitable[object]) -> object:
    async def main() -> object:
        return await work

    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(main())


@on_each_loop
def test_what_need_not_wait_is_done_before_it_is_awaited(loop: Loop) -> None:
    async def answer() -> int:
        return 42

    async def work() -> tuple[bool, int]:
        begun = Begun(answer())
        return begun.done, await begun

    assert run(loop, work()) == (True, 42)


@on_each_loop
def test_what_waits_several_times_goes_on_from_where_it_stopped(loop: Loop) -> None:
    async def steps(seen: list[str]) -> str:
        seen.append("begun")
        await asyncio.sleep(0)
        await asyncio.sleep(0.001)
        future = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(future.set_result, "end")
        seen.append(await future)
        return "result"

    async def work() -> object:
        seen: list[str] = []
        begun = Begun(steps(seen))
        before = (begun.done, list(seen))
        return before, await begun, begun.done, seen

    assert run(loop, work()) == ((False, ["begun"]), "result", True, ["begun", "end"])


@pytest.mark.parametrize("waits", [False, True])
def test_its_error_comes_out_where_it_is_met(waits: bool) -> None:
    async def fail() -> None:
        if waits:
            await asyncio.sleep(0)
        raise LookupError("lost")

    async def work() -> str:
        try:
            begun = Begun(fail())
        except LookupError:
            return "begun"
        try:
            await begun
        except LookupError:
            return "awaited"
        return "not at all"

    assert run(asyncio.new_event_loop, work()) == ("awaited" if waits else "begun")


@on_each_loop
def test_a_time_limit_set_after_it_was_begun_ends_it(loop: Loop) -> None:
    async def wait(seen: list[str]) -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise
        finally:
            seen.append("left")

    async def work() -> list[str]:
        seen: list[str] = []
        begun = Begun(wait(seen))
        try:
            async with asyncio.timeout(0.01):
                await begun
        except TimeoutError:
            seen.append("timeout")
        return seen

    assert run(loop, work()) == ["cancelled", "left", "timeout"]


@on_each_loop
def test_it_may_swallow_a_cancellation_and_go_on(loop: Loop) -> None:
    async def stubborn() -> str:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await asyncio.sleep(0)
        return "all the same"

    async def work() -> object:
        async def waiter() -> str:
            return await Begun(stubborn())

        task = asyncio.create_task(waiter())
        await asyncio.sleep(0)
        task.cancel()
        return await task

    assert run(loop, work()) == "all the same"
