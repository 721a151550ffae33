"""Counts that were read are kept until the next round, which alone changes them."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from weakref import WeakKeyDictionary

from monitor.page.reading import Counts

_MOST = 16
"""Of a year each is about a megabyte."""


class KeptCounts:
    """The counts that were read last; safe to use by many threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: OrderedDict[Hashable, Counts] = OrderedDict()

    def get(self, key: Hashable, read: Callable[[], Counts]) -> Counts:
        """Those of the key; read if they are not there. Two may read the same at once."""
        with self._lock:
            found = self._kept.get(key)
        if found is None:
            found = read()
        with self._lock:
            self._kept[key] = found
            self._kept.move_to_end(key)
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)
        return found


_of: WeakKeyDictionary[object, KeptCounts] = WeakKeyDictionary()


def kept_for(database: object) -> KeptCounts:
    """Those of a database, which go when it goes."""
    return _of.setdefault(database, KeptCounts())
