"""Imports that do not fit into memory: a file after another, a long one in pieces, and one publication at the end.

Every piece is merged into tables that no reader sees yet. How far it is lies in a file beside them, so that an import
that was stopped goes on where it was when it is started again with the same files.
"""

from __future__ import annotations

import datetime as dt
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

from loaders.child import run_in_child
from loaders.load import Defaults
from loaders.pieces import can_be_cut, pieces, text_bytes
from loaders.results import Inspection
from schema.language import say
from schema.report import ImportReport
from schema.settings import data_home
from warehouse.batch import Change, Outcome
from warehouse.clashes import set_clashes_aside
from warehouse.coarsen import age_positions, kept_since
from warehouse.commits import commit, write_tables
from warehouse.compaction import compact
from warehouse.importing import merged
from warehouse.progress import Progress, load_progress
from warehouse.pruning import tidy
from warehouse.repeats import renumbered
from warehouse.snapshots import Snapshot, open_snapshot
from warehouse.sources import Reading, file_hash, load_one
from warehouse.storage import storage_errors, warehouse_home, writer_lock

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loaders.load import Loaded
    from schema.settings import DataMode
    from warehouse.commits import Options

LARGE_BYTES: Final = 256 * 1024 * 1024
"""Files of more than this together, as text, are imported one after the other."""

PIECE_BYTES: Final = 48 * 1024 * 1024
"""A file of events longer than this is read in pieces of about this size, one of positions in halves of it."""

_HEAD_BYTES: Final = 2 * 1024 * 1024
_ORDER: Final = (
    "agents", "stores", "guides", "products", "availability", "territories", "travel", "customers", "identities",
    "location_fixes", "orders", "order_lines", "refunds", "bills", "complaints",
    "campaign_sends", "events",
)  # fmt: skip
"""Parents first."""


@dataclass(frozen=True)
class File:
    """One file of a large import: where it lies, its own name, its content's hash and size, and what a row of it is."""

    path: Path
    name: str
    sha256: str
    size: int
    shape: str


def is_large(files: Sequence[tuple[Path, str]]) -> bool:
    """Whether these files are too much for one piece of work in memory."""
    return sum(text_bytes(path) for path, _ in files) > LARGE_BYTES


def import_large(files: Sequence[tuple[Path, str]], reading: Reading, options: Options) -> ImportReport:
    """What do these files add? As ``importing.import_tables``, with memory that depends on a piece and a month alone.

    Args:
        files: paths and names.
        reading: how files are read.
        options: how the import is done.

    Raises:
        NeedsAnswerError: something only the owner can say; names the key. Nothing is published then.
        SourceError: a file cannot be read or used. Nothing is published then.
        BusyError: another import is writing.
        StorageError: the data folder cannot be used.
    """
    with writer_lock(options.mode), storage_errors(warehouse_home(options.mode)):
        base = open_snapshot(options.mode) or _nothing(options.mode)
        known = [_file(path, name, reading, options) for path, name in files]
        known.sort(key=lambda file: _ORDER.index(file.shape) if file.shape in _ORDER else len(_ORDER))
        progress = load_progress(data_home(options.mode), base, known)
        apart = replace(reading, plain_here=False)  # what a child has read, it gives back
        work = _Import(base, apart, options, progress, sum(file.size for file in known))
        for number, file in enumerate(known):
            work.take(number, file)
        report = work.finish()
        if not options.dry_run:
            tidy(options.mode)
        return report


class _Import:
    """A large import under way: the tables that it makes, and how far it is."""

    def __init__(self, base: Snapshot, reading: Reading, options: Options, progress: Progress, size: int) -> None:
        self.base, self.reading, self.options, self.progress, self.size = base, reading, options, progress, size
        self.number = base.number + 1
        self.started, self.done_before = time.monotonic(), progress.bytes
        self.zones: dict[str, str] = dict(base.read("stores").select("store_id", "zone").drop_nulls().iter_rows())

    @property
    def now(self) -> Snapshot:
        """The tables so far."""
        return replace(self.base, versions=dict(self.progress.versions), rows=dict(self.progress.rows))

    def take(self, number: int, file: File) -> None:
        """Merge one file, in pieces when it is long."""
        before = sum(size for at, size in self.progress.sizes.items() if at < number)
        for part, loaded, read in self._parts(number, file):
            prefix = f"{self.number}-{number + 1:03d}-"
            ready = [self._numbered(one, prefix, number, index, part) for index, one in enumerate(loaded)]
            options = replace(self.options, sha256=(file.sha256,) * len(ready))
            step = merged(ready, options, self.now, prefix=prefix, in_pieces=True)
            rows = {f"{prefix}{index + 1:03d}": one.rows_in for index, one in enumerate(ready)}
            if not step.settings.equals(self.now.read("settings")):
                step.outcome.changes["settings"] = Change(step.settings)
            self.progress.note(*write_tables(step.outcome, self.now, replace(self.options, progress=None)))
            self.progress.has_ids |= any("event_id" in one.mapping.columns for one in ready)
            self.progress.done(number, part, read, step, rows)
            self._tell(file, before + read)
        self.progress.closed(number, file.size)

    def _parts(self, number: int, file: File) -> Iterator[tuple[int, list[Loaded], int]]:
        """What is left of a file: the number of each piece, what it holds, and the bytes read so far."""
        first = self.progress.next_part(number)
        if first is None:
            return
        incoming = data_home(self.options.mode) / "incoming"
        incoming.mkdir(parents=True, exist_ok=True)
        whole = text_bytes(file.path)
        size = {"events": PIECE_BYTES, "location_fixes": PIECE_BYTES // 2}.get(file.shape, whole)
        if whole <= size or not can_be_cut(file.path, file.name):
            yield 0, self._load(file.path, file.sha256, file.name), file.size
            return
        with tempfile.TemporaryDirectory(dir=incoming) as folder:
            for piece in pieces(file.path, file.name, Path(folder), size):
                if piece.number >= first:
                    yield piece.number, self._load(piece.path, "", file.name.removesuffix(".gz")), piece.read
                piece.path.unlink()

    def _load(self, path: Path, sha256: str, name: str) -> list[Loaded]:
        return load_one(path, sha256, name, self.reading, self.options.mode, self._defaults())

    def _defaults(self) -> Defaults:
        settings = dict(self.now.read("settings").iter_rows())
        zone = settings.get("zone") or self.options.zone
        return Defaults(zone, settings.get("currency") or self.options.currency, self.zones)

    def _numbered(self, one: Loaded, prefix: str, number: int, index: int, part: int) -> Loaded:
        """Rows counted from the file's beginning, ids made from what they say told apart from earlier pieces' ones."""
        run = f"{prefix}{index + 1:03d}"
        above = self.progress.rows_above(number, run)
        tables = {name: frame.with_columns(pl.col("_row") + above) for name, frame in one.tables.items()}
        aside = (
            one.quarantine.with_columns(pl.col("_row") + above) if "_row" in one.quarantine.columns else one.quarantine
        )
        if "stores" in tables and "zone" in tables["stores"].columns:
            self.zones |= dict(tables["stores"].select("store_id", "zone").drop_nulls().iter_rows())
        if part and "events" in tables and "event_id" not in one.mapping.columns:
            tables["events"] = renumbered(tables["events"], self.now.scan("events"), run, one.mapping.source or "main")
        return replace(one, tables=tables, quarantine=aside)

    def _tell(self, file: File, read: int) -> None:
        """How far, how fast, and how long it will take."""
        seconds = max(time.monotonic() - self.started, 0.001)
        fresh = max(read - self.done_before, 1)
        left = dt.timedelta(seconds=round((self.size - read) * seconds / fresh))
        rate = self.progress.rows_now / seconds
        self.options.tell(
            0.8 * read / max(self.size, 1),
            say(
                "{name}: {rows} rows so far, {rate} a second, about {left} left",
                name=file.name,
                rows=self.progress.rows_in,
                rate=round(rate),
                left=left,
            ),
        )

    def finish(self) -> ImportReport:
        """Set ids aside that name events of two months, order the months, make the marts and publish."""
        options = self.options
        if self.progress.has_ids:
            options.tell(0.82, say("Looking for ids that came twice"))
            self.progress.note(*set_clashes_aside(self.now, options.mode, f"{self.number}-", self.progress))
        reports = self.progress.reports()
        changed = self.progress.versions != self.base.versions
        if options.dry_run or not changed:
            self.progress.forget()
            return ImportReport(reports, None, self.progress.released, options.dry_run)
        options.tell(0.85, say("Putting months in order"))
        version = compact(self.progress.versions.get("events"), options.mode)
        self.progress.note({} if version is None else {"events": version}, {})
        outcome = Outcome()
        now = self.now
        age_positions(outcome, now, kept_since(options.mode))
        outcome.changes["source_runs"] = self.progress.source_runs(now)
        last = replace(options, progress=lambda share, what: options.tell(0.85 + 0.15 * share, what))
        commit(outcome, now, last, self.number, now.read("settings"))
        self.progress.forget()
        return ImportReport(reports, self.number, self.progress.released)


def _nothing(mode: DataMode) -> Snapshot:
    """Before the first import: no tables at all."""
    now = dt.datetime.now(dt.UTC)
    return Snapshot(0, mode, now, "", "", (), now.date(), None, None, {}, {}, warehouse_home(mode))


def _file(path: Path, name: str, reading: Reading, options: Options) -> File:
    """What a file is, told by its beginning."""
    sha, size = file_hash(path), path.stat().st_size
    given = reading.mappings.get(name) or reading.mapping
    if given is not None:
        return File(path, name, sha, size, given.shape)
    if not can_be_cut(path, name):
        return File(path, name, sha, size, "")
    incoming = data_home(options.mode) / "incoming"
    incoming.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=incoming) as folder:
        head = next(pieces(path, name, Path(folder), _HEAD_BYTES))
        asked = {"path": str(head.path), "name": name.removesuffix(".gz"), "preset": reading.preset}
        found = run_in_child("inspect", asked | {"defaults": asdict(_known(options))})["inspections"]
    return File(path, name, sha, size, Inspection.from_dict(found[0]).mapping.shape)


def _known(options: Options) -> Defaults:
    return Defaults(options.zone or "UTC", options.currency or "XXX")
