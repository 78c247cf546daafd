"""Somebody else who writes the company's database."""

from __future__ import annotations

import contextlib
import threading

from records.locking import writing


@contextlib.contextmanager
def held():
    """Another thread writes as long as the block lasts."""
    begun, over = threading.Event(), threading.Event()

    def write():
        with writing("real", wait_s=5):
            begun.set()
            over.wait(60)

    thread = threading.Thread(target=write)
    thread.start()
    assert begun.wait(10)
    try:
        yield
    finally:
        over.set()
        thread.join()
