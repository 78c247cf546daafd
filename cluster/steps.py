"""Steps of a long job: each writes one folder, is published by a rename, is tried again after a fault, done once."""

from __future__ import annotations

import shutil
import time
import uuid
from typing import TYPE_CHECKING, Final

import polars as pl

from schema.durable import sync_path
from schema.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from cluster.engines import Engine, Frame

TRIES: Final = 6
FIRST_S: Final = 2.0
MOST_S: Final = 60.0


def pauses(tries: int = TRIES, first_s: float = FIRST_S, most_s: float = MOST_S) -> tuple[float, ...]:
    """How long to wait after each failed try but the last: doubled each time, up to a limit.

    The sum is longer than a cluster needs to notice a dead worker and to start another.
    """
    return tuple(min(first_s * 2**n, most_s) for n in range(tries - 1))


class Steps:
    """The steps of one job.

    Args:
        engine: where they are computed.
        work: where their folders lie; what is there is done and is not computed again.
        waits: seconds after each failed try; one more try than waits.
        sleep: how to wait.
        told: called with one line for each fault.
    """

    def __init__(  # noqa: D107  (the class says it)
        self,
        engine: Engine,
        work: Path,
        *,
        waits: Sequence[float] | None = None,
        sleep: Callable[[float], None] = time.sleep,
        told: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.engine = engine
        self.work = work
        self.done: list[str] = []
        self._waits = pauses() if waits is None else tuple(waits)
        self._sleep = sleep
        self._told = told

    def run(self, name: str, schema: pl.Schema, make: Callable[[], Frame]) -> list[Path]:
        """The Parquet files of a step, computed unless they are there.

        Args:
            name: of its folder below ``work``.
            schema: of its table, for a result without rows.
            make: describes the result; called anew at each try.

        Raises:
            StorageError: every try failed.
        """
        final = self.work / name
        if not final.is_dir():
            self._until_done(final, name, schema, make)
            self.done.append(name)
        return files_in(final)

    def _until_done(self, final: Path, name: str, schema: pl.Schema, make: Callable[[], Frame]) -> None:
        waits = iter(self._waits)
        while True:
            try:
                self._once(final, schema, make)
            except self.engine.faults as error:
                wait = next(waits, None)
                said = str(error).strip().partition("\n")[0][:200] or type(error).__name__
                if wait is None:
                    tries = f"{name}: failed {len(self._waits) + 1} times on {self.engine.name}"
                    msg = f"{tries}; the last fault: {said}. Look there, then start again: what is done stays."
                    raise StorageError(msg) from error
                self._told(f"{name}: {said}; again in {wait:g} s")
                self._sleep(wait)
                self.engine.refresh()
            else:
                return

    def _once(self, final: Path, schema: pl.Schema, make: Callable[[], Frame]) -> None:
        """One try, in a folder that no other try writes to: a worker thought dead may go on writing."""
        part = final.with_name(f".{final.name}.{uuid.uuid4().hex}")
        part.parent.mkdir(parents=True, exist_ok=True)
        try:
            self.engine.write(make(), part)
            part.mkdir(exist_ok=True)
            if not files_in(part):
                pl.DataFrame(schema=schema).write_parquet(part / "none.parquet")
            _synced(part)
            part.rename(final)
            sync_path(final.parent)
        finally:
            shutil.rmtree(part, ignore_errors=True)


def files_in(folder: Path) -> list[Path]:
    """The Parquet files of a step or table."""
    return sorted(folder.rglob("*.parquet"))


def _synced(folder: Path) -> None:
    for file in files_in(folder):
        sync_path(file)
    sync_path(folder)
