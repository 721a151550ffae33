"""Beginning a coroutine at once: what need not wait is over before anything is set up for it."""

from collections.abc import Callable, Coroutine, Generator
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")


class Begun(Generic[Result]):
    """A coroutine that has run up to where it first waits; awaited once, it goes on from there.

    What it raises before that is raised here. Python 3.12 has eager tasks for this; here it stays
    in the task that it was begun in, so that cancelling the one ends the other.
    """

    __slots__ = ("_coroutine", "_result", "_waits_for", "done")

    def __init__(self, coroutine: Coroutine[Any, Any, Result]) -> None:
        self._coroutine = coroutine
        self._result: Result
        self.done = False
        """Whether it came to its end without waiting: then `await` returns at once."""
        self._step(coroutine.send, None)

    def __await__(self) -> Generator[Any, Any, Result]:
        """Go on (PEP 380, `yield from`, but for the step that is taken already)."""
        while not self.done:
            try:
                sent = yield self._waits_for
            except BaseException as error:
                self._step(self._coroutine.throw, error)
            else:
                self._step(self._coroutine.send, sent)
        return self._result

    def _step(self, step: Callable[[Any], Any], value: object) -> None:
        """Run up to the next place where it waits, or to its end."""
        try:
            self._waits_for = step(value)
        except StopIteration as end:
            self.done, self._result = True, end.value
