"""What was read from the counts is kept until the next round, which alone changes them."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

_MOST = 32
"""Of a year each is about a megabyte."""
_MOST_BYTES = 2**26
"""Of a year, by day, eight megabytes for six callers."""

Found = TypeVar("Found")


class Kept:
    """What was read last, by what was asked; safe to use by many threads."""

    def __init__(self, most: int = _MOST, size: Callable[[Any], int] = lambda _: 1) -> None:
        """As long as the sizes of all that is kept are at most `most`."""
        self._most, self._size = most, size
        self._taken = 0
        self._lock = Lock()
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()

    def get(self, key: Hashable, read: Callable[[], Found]) -> Found:
        """What is kept for the key; read if there is nothing. Two may read the same at once."""
        found: Found | None = self.find(key)
        if found is None:
            found = read()
            self.keep(key, found)
        return found

    def find(self, key: Hashable) -> Any:
        """What is kept for the key; None if there is nothing."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def keep(self, key: Hashable, found: object) -> None:
        """Keep it, and let go what was not asked for longest."""
        with self._lock:
            if key in self._kept:
                self._taken -= self._size(self._kept.pop(key))
            self._kept[key] = found
            self._taken += self._size(found)
            while self._taken > self._most:
                self._taken -= self._size(self._kept.popitem(last=False)[1])


class KeptOfPage:
    """Of the page: `found`, what a look found; `outcomes`, parts of what was counted of them."""

    def __init__(self) -> None:
        self.found = Kept()
        self.outcomes = Kept(_MOST_BYTES, lambda counts: counts.nbytes)


_of: WeakKeyDictionary[object, KeptOfPage] = WeakKeyDictionary()


def kept_for(database: object) -> KeptOfPage:
    """What is kept of a database; it goes when that goes."""
    return _of.setdefault(database, KeptOfPage())
