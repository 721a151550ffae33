"""What was read from the counts is kept until the next round, which alone changes them."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

_MOST = 32
"""Of a year each is about a megabyte."""

Found = TypeVar("Found")


class Kept:
    """What was read last, by what was asked; safe to use by many threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()

    def get(self, key: Hashable, read: Callable[[], Found]) -> Found:
        """What is kept for the key; read if there is nothing. Two may read the same at once."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                found: Found = self._kept[key]
                return found
        made = read()
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)
        return made


_of: WeakKeyDictionary[object, Kept] = WeakKeyDictionary()


def kept_for(database: object) -> Kept:
    """What is kept of a database; it goes when that goes."""
    return _of.setdefault(database, Kept())
