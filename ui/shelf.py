"""Results that all visitors share: made once, however many ask at the same moment; the longest unasked is forgotten first."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock, RLock
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Held = TypeVar("Held")


class Shelf(Generic[Held]):
    """Keeps the last results under texts that say everything they rest on.

    Args:
        most: how many are kept.
    """

    def __init__(self, most: int) -> None:
        """An empty one."""
        self._most = most
        self._held: OrderedDict[str, Held] = OrderedDict()
        self._being_made: dict[str, RLock] = {}
        self._lock = Lock()

    def get(self, key: str, make: Callable[[], Held]) -> Held:
        """The result under a key; made now if nobody asked before. Who asks for one that is being made waits for it.

        Args:
            key: says everything the result rests on.
            make: what it fails with is told, and kept for nobody.
        """
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
            turn = self._being_made.setdefault(key, RLock())
        with turn:
            with self._lock:
                if key in self._held:
                    return self._held[key]
            try:
                made = make()
                with self._lock:
                    self._held[key] = made
                    while len(self._held) > self._most:
                        self._held.popitem(last=False)
            finally:
                with self._lock:
                    self._being_made.pop(key, None)
            return made
