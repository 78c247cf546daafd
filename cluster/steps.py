"""Steps of a long job: each is named by what it is made of, tried again after a fault, made visible by one marker, done once."""

from __future__ import annotations

import hashlib
import io
import json
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from schema.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cluster.engines import Engine, Frame
    from cluster.places import Place

TRIES: Final = 6
FIRST_S: Final = 2.0
MOST_S: Final = 60.0
STEPS: Final = "steps"


def pauses(tries: int = TRIES, first_s: float = FIRST_S, most_s: float = MOST_S) -> tuple[float, ...]:
    """How long to wait after each failed try but the last: doubled each time, up to a limit.

    The sum is longer than a cluster needs to notice a dead worker and to start another.
    """
    return tuple(min(first_s * 2**n, most_s) for n in range(tries - 1))


@dataclass(frozen=True)
class Made:
    """A step's table.

    Attributes:
        name: ``kind/period``, the same in every run.
        key: told from all it was made of; other input is another key.
        files: Parquet files, below the place of the job.
    """

    name: str
    key: str
    files: tuple[str, ...]

    @property
    def folder(self) -> str:
        """What is below the steps of a job; unique to name and key."""
        return f"{STEPS}/{self.name}/{self.key}"


class Steps:
    """The steps of one job.

    Args:
        engine: where they are computed.
        place: where their files lie; a step whose marker is there is not computed again.
        waits: seconds after each failed try; one more try than waits.
        sleep: how to wait.
        told: called with one line for each fault.
    """

    def __init__(  # noqa: D107  (the class says it)
        self,
        engine: Engine,
        place: Place,
        *,
        waits: Sequence[float] | None = None,
        sleep: Callable[[float], None] = time.sleep,
        told: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.engine = engine
        self.place = place
        self.done: list[str] = []
        self.used: dict[str, Made] = {}
        self._waits = pauses() if waits is None else tuple(waits)
        self._sleep = sleep
        self._told = told

    def run(self, name: str, schema: pl.Schema, inputs: Any, make: Callable[[], Frame]) -> Made:
        """A step's table, computed unless it was from the same input.

        Args:
            name: ``kind/period``.
            schema: of its table, for a result without rows.
            inputs: all that the result depends on, as JSON knows it: names of immutable files, keys, numbers.
            make: describes the result; called anew at each try.

        Raises:
            StorageError: every try failed.
        """
        key = hashlib.sha256(json.dumps([name, inputs], sort_keys=True).encode()).hexdigest()[:16]
        marker = f"{STEPS}/{name}/{key}.json"
        said = self.place.read(marker)
        if said is None:
            files = self._until_done(f"{STEPS}/{name}/{key}", name, schema, make)
            self.place.write(marker, json.dumps(files).encode())
            self.done.append(name)
        else:
            files = json.loads(said)
        made = self.used[name] = Made(name, key, tuple(files))
        return made

    def close(self) -> None:
        """Nothing more will be computed."""
        self.engine.close()

    def scan(self, *made: Made, instants: Sequence[str] = ()) -> Frame:
        """The tables of steps as one."""
        return self.engine.scan([self.place.at(file) for one in made for file in one.files], instants)

    def rows(self, made: Made, schema: pl.Schema) -> pl.DataFrame:
        """A small table of a step, here; engines leave rows in any order."""
        return read_files(self.place, made.files, schema)

    def ground(self, name: str, frame: pl.DataFrame) -> Made:
        """A small table that is made here, where every worker can read it; the same rows are the same file."""
        digest = hashlib.sha256(frame.write_csv().encode()).hexdigest()[:16]
        path = f"{STEPS}/ground/{name}/{digest}.parquet"
        if self.place.read(path) is None:
            self.place.write(path, _packed(frame))
        made = self.used[f"ground/{name}"] = Made(f"ground/{name}", digest, (path,))
        return made

    def _until_done(self, folder: str, name: str, schema: pl.Schema, make: Callable[[], Frame]) -> list[str]:
        waits = iter(self._waits)
        while True:
            try:
                return self._once(folder, schema, make)
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

    def _once(self, folder: str, schema: pl.Schema, make: Callable[[], Frame]) -> list[str]:
        """One try, in a folder that no other try writes to: a worker thought dead may go on writing."""
        part = f"{folder}/{uuid.uuid4().hex}"
        try:
            self.engine.write(make(), self.place.at(part))
            files = [file for file in self.place.below(part) if file.endswith(".parquet")]
            if not files:
                files = [f"{part}/none.parquet"]
                self.place.write(files[0], _packed(pl.DataFrame(schema=schema)))
            self.place.keep(files)
        except BaseException:
            self.place.drop(self.place.below(part))
            raise
        return files


def read_files(place: Place, files: Sequence[str], schema: pl.Schema) -> pl.DataFrame:
    """Parquet files of one table, in any order of rows."""
    columns = [pl.col(column).cast(kind) for column, kind in schema.items()]
    parts = [pl.read_parquet(place.at(file), hive_partitioning=False).select(columns) for file in files]
    return pl.concat(parts or [pl.DataFrame(schema=schema)])


def _packed(frame: pl.DataFrame) -> bytes:
    packed = io.BytesIO()
    frame.write_parquet(packed, compression="zstd")
    return packed.getvalue()
