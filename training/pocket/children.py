"""Processes that help a run end with it, however it ends."""
from __future__ import annotations

import multiprocessing
import os
import threading


def end_with_parent() -> None:
    """Called in a child: it ends when its parent does. An executor's child would wait for ever for work from a parent that was killed,
    since it holds both ends of the queue itself."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
