"""A worker ends with the process that started it, however that ends."""

import multiprocessing
import os
import signal
import threading


def follow() -> None:
    """From now on, in a worker: stop as for SIGTERM when the supervisor is gone.

    Killed, it can ask its workers for nothing; they would serve on, and hold the port, with nobody
    to stop or to replace them.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_stop_after, args=(parent,), name="parent", daemon=True).start()


def _stop_after(parent: multiprocessing.process.BaseProcess) -> None:
    # The end of a pipe whose other end is the parent's: there is nothing to poll for.
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
