"""Something that is done again and again in a thread of its own, as long as the service runs."""

import threading
from abc import ABC, abstractmethod


class Repeated(ABC):
    """`run` goes on until `stopping` is set; what is under way then may take its time.

    patience: seconds that `stop` waits for it; afterwards it is left to the process's end.
    """

    def __init__(self, name: str, patience: float) -> None:
        self._patience = patience
        self._thread = threading.Thread(target=self.run, name=name, daemon=True)
        self.stopping = threading.Event()

    @property
    def alive(self) -> bool:
        """Whether anything more will be done."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin with the first time."""
        self._thread.start()

    def stop(self) -> None:
        """Begin nothing more; what takes long is left to its end, or to the process's."""
        self.stopping.set()
        self._thread.join(self._patience)

    @abstractmethod
    def run(self) -> None:
        """The thread."""
