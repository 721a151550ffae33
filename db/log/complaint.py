"""Saying a trouble once, however often it is met."""

import logging

logger = logging.getLogger("prediction_log")

# More kinds of trouble than this in one stretch, and the rest goes without a line.
_MOST = 8

_PAUSES = (0.0, 0.1, 0.2, 0.5, 1.0, 2.0)


class Complaint:
    """A stretch of trouble: each kind of it has one line, and each try waits longer."""

    def __init__(self) -> None:
        self._said: set[str] = set()
        self._tries = 0

    def __bool__(self) -> bool:
        """Whether there is trouble."""
        return self._tries > 0

    def is_new(self, kind: str) -> bool:
        """Note a failure; whether this stretch has had no line for its kind yet."""
        self._tries += 1
        if kind in self._said or len(self._said) >= _MOST:
            return False
        self._said.add(kind)
        return True

    def unexpected(self, message: str, error: Exception) -> None:
        """Note a failure that nobody foresaw, with the places that it came through."""
        if self.is_new(f"{type(error).__qualname__} at {_place(error)}"):
            logger.error(message, exc_info=error)

    @property
    def pause(self) -> float:
        """Seconds until the next try makes sense: none after the first failure."""
        return _PAUSES[min(max(0, self._tries - 1), len(_PAUSES) - 1)]

    def over(self) -> None:
        """It went well: the next trouble is a new one."""
        if self._tries:
            self._said.clear()
            self._tries = 0


def _place(error: Exception) -> str:
    link = error.__traceback__
    while link is not None and link.tb_next is not None:
        link = link.tb_next
    return f"{link.tb_frame.f_code.co_filename}:{link.tb_lineno}" if link else ""
