"""One writer at a time where several machines share an object store: an object that only one of them can create.

A writer renews it while it works; one that died leaves it to the next after ``LEASE``, or at once to its own machine.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import secrets
import socket
import threading
from typing import TYPE_CHECKING, Final

from schema.errors import BusyError, StorageError
from schema.language import say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from warehouse.objects import Objects

LEASE: Final = dt.timedelta(minutes=5)
RENEWED_EVERY_S: Final = 60.0
_NAME: Final = "writer.lock"
_OWN: Final = "writer.id"

_HELD: Final[dict[str, Lease]] = {}


class Lease:
    """The right to write below one address, as long as it is renewed."""

    def __init__(self, store: Objects, machine: str, mark: str) -> None:  # noqa: D107  (the class says it)
        self.store, self.machine, self.mark, self.is_lost = store, machine, mark, False
        self._done = threading.Event()
        self._changing = threading.Lock()
        self._renewing = threading.Thread(target=self._renew, name="writer's lease", daemon=True)
        self._renewing.start()

    def check(self) -> None:
        """Make sure that nobody took it over, by renewing it.

        Raises:
            BusyError: somebody did.
            StorageError: the store cannot be asked.
        """
        with self._changing:
            if not self.is_lost:
                mark = self.store.exchange(_NAME, _said(self.machine), self.mark)
                self.is_lost, self.mark = mark is None, mark or self.mark
        if self.is_lost:
            msg = say(
                "{url}: another machine took over writing, so nothing was published. Start again.", url=self.store.url
            )
            raise BusyError(msg)

    def end(self) -> None:
        """Let the next writer in."""
        self._done.set()
        self._renewing.join()
        if not self.is_lost:
            # a store that does not answer now: the lease ends by itself
            with contextlib.suppress(StorageError):
                self.store.delete([_NAME])

    def _renew(self) -> None:
        while not self._done.wait(RENEWED_EVERY_S):
            with contextlib.suppress(BusyError, StorageError):
                self.check()


@contextlib.contextmanager
def lease(store: Objects, folder: Path) -> Iterator[Lease]:
    """Be the only writer below an address.

    Args:
        store: where.
        folder: of this machine's data, on which the caller holds the lock among processes.

    Raises:
        BusyError: another machine is writing.
        StorageError: the store cannot be used, or creates an object where one is.
    """
    machine = _machine(folder)
    held = Lease(store, machine, _taken(store, machine))
    _HELD[store.url] = held
    try:
        yield held
    finally:
        del _HELD[store.url]
        held.end()


def still_writing(url: str) -> None:
    """Check the lease of a write under way before what cannot be undone; places without one need none."""
    if url in _HELD:
        _HELD[url].check()


def _taken(store: Objects, machine: str) -> str:
    said = _said(machine)
    mark = store.create(_NAME, said)
    if mark is not None:
        if store.create(_NAME, said) is not None:
            store.delete([_NAME])
            msg = say(
                "{url}: this store writes over what is there when it must not. It needs conditional writes.",
                url=store.url,
            )
            raise StorageError(msg)
        return mark
    found = store.get(_NAME)
    mark = None
    if found is None:
        mark = store.create(_NAME, said)
    else:
        holder = json.loads(found[0])
        until = dt.datetime.fromisoformat(holder["renewed_at"]) + LEASE
        if holder["machine"] == machine or until < dt.datetime.now(dt.UTC):
            mark = store.exchange(_NAME, said, found[1])
        else:
            msg = say(
                "{host} is importing to {url}. Wait until it is done; if it died, until {until} UTC.",
                host=holder["host"],
                url=store.url,
                until=f"{until:%H:%M}",
            )
            raise BusyError(msg)
    if mark is None:
        msg = say(
            "Another machine began importing to {url} just now. Wait until it is done and try again.", url=store.url
        )
        raise BusyError(msg)
    return mark


def _said(machine: str) -> bytes:
    told = {"machine": machine, "host": socket.gethostname(), "renewed_at": dt.datetime.now(dt.UTC).isoformat()}
    return json.dumps(told | {"nonce": secrets.token_hex(8)}).encode()


def _machine(folder: Path) -> str:
    """A name of this data folder that no other has."""
    path = folder / _OWN
    if not path.is_file():
        path.write_text(secrets.token_hex(16), encoding="utf-8")
    return path.read_text("utf-8")
