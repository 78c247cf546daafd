"""Import: loaded sources become the next snapshot, all of them or none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from schema.errors import NeedsAnswerError
from schema.language import say
from schema.report import ImportReport, SourceReport
from warehouse.accounting import run_rows, source_reports
from warehouse.batch import Change, merge_batch
from warehouse.coarsen import age_positions, as_known, kept_since
from warehouse.commits import Options, commit, setting
from warehouse.corrections import corrected
from warehouse.forgotten import Forgotten, forgotten_notes, forgotten_rows
from warehouse.incoming import Incoming, stack, stored_table
from warehouse.layout import STORED
from warehouse.pruning import tidy
from warehouse.quarantine import next_quarantine
from warehouse.remarks import remarks
from warehouse.snapshots import Snapshot, open_snapshot
from warehouse.storage import storage_errors, warehouse_home, writer_lock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loaders.load import Loaded
    from warehouse.batch import Outcome


def import_tables(loaded: Sequence[Loaded], options: Options) -> ImportReport:
    """What did these sources add to the warehouse?

    Args:
        loaded: sources as the loaders gave them, in import order; together they are one batch and one snapshot.
        options: mode, dry run, zone and currency of a first import.

    Returns:
        What became of every row; ``snapshot`` is None when nothing changed or in a dry run.

    Raises:
        BusyError: another import is writing.
        StorageError: the data folder cannot be read or written.
    """
    with writer_lock(options.mode), storage_errors(warehouse_home(options.mode)):
        report = _import_locked(loaded, options, open_snapshot(options.mode))
        if not options.dry_run:
            tidy(options.mode)
        return report


@dataclass(frozen=True)
class Step:
    """What sources do to a snapshot, before anything is written."""

    outcome: Outcome
    reports: tuple[SourceReport, ...]
    settings: pl.DataFrame
    runs: pl.DataFrame

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return not self.outcome.changes


def merged(
    loaded: Sequence[Loaded], options: Options, base: Snapshot | None, *, prefix: str, in_pieces: bool = False
) -> Step:
    """What do these sources do to a snapshot?

    Args:
        loaded: sources as the loaders gave them, in import order.
        options: how the import is done.
        base: the snapshot, published or being made.
        prefix: how the runs of these sources are called.
        in_pieces: they are pieces of something larger: facts are added to what their months hold.
    """
    settings = next_settings(base, loaded, options)
    _ask_zone(loaded, settings)
    forgotten = Forgotten.of(base, options.mode)
    incoming = stack(loaded, base, run_prefix=prefix, key_seed=options.key_seed, forgotten=forgotten)
    kept = _keep_corrections(incoming, stored_table(base, "settings"))
    before = kept_since(options.mode)
    if "location_fixes" in incoming.tables:
        incoming.tables["location_fixes"] = as_known(incoming.tables["location_fixes"], base, before)
    outcome = merge_batch(incoming, base, in_pieces=in_pieces)
    for src, note in forgotten_notes(incoming.left_out).items():
        kept[src] = (*kept.get(src, ()), note)
    reports = source_reports(loaded, outcome.verdicts, remarks(loaded, incoming, outcome, base))
    hashes = options.sha256 or ("",) * len(reports)
    reports = [
        replace(report, sha256=sha, notes=(*report.notes, *kept.get(index, ())))
        for index, (report, sha) in enumerate(zip(reports, hashes, strict=True))
    ]
    stored = stored_table(base, "quarantine")
    set_aside = next_quarantine(stored, loaded, outcome, run_prefix=prefix, forgotten=incoming.forgotten)
    if set_aside["quarantine_id"].to_list() != stored["quarantine_id"].to_list():
        outcome.changes["quarantine"] = Change(set_aside)
    if forgotten.marks and outcome.changes and stored_table(base, "forgotten").is_empty():
        outcome.changes["forgotten"] = Change(forgotten_rows(base, options.mode))
    runs = run_rows(loaded, reports, run_prefix=prefix, zone=setting(settings, "zone"))
    return Step(outcome, tuple(reports), settings, runs)


def _import_locked(loaded: Sequence[Loaded], options: Options, base: Snapshot | None) -> ImportReport:
    number = 1 if base is None else base.number + 1
    options.tell(0.35, say("Comparing with what is known"))
    step = merged(loaded, options, base, prefix=f"{number}-")
    if options.dry_run or step.is_empty:
        return ImportReport(step.reports, None, step.outcome.released, options.dry_run)
    age_positions(step.outcome, base, kept_since(options.mode))
    add_runs(step, base)
    commit(step.outcome, base, options, number, step.settings)
    return ImportReport(step.reports, number, step.outcome.released)


def add_runs(step: Step, base: Snapshot | None) -> None:
    """Let a step write its settings, when they changed, and its rows of ``source_runs``."""
    if not step.settings.equals(stored_table(base, "settings")):
        step.outcome.changes["settings"] = Change(step.settings)
    step.outcome.changes["source_runs"] = Change(pl.concat([stored_table(base, "source_runs"), step.runs]))


def _keep_corrections(incoming: Incoming, settings: pl.DataFrame) -> dict[int, tuple[str, ...]]:
    """Correct incoming stores as somebody did before; a note for each source whose stores are."""
    if "stores" not in incoming.tables:
        return {}
    incoming.tables["stores"], counts = corrected(incoming.tables["stores"], settings)
    return {
        src: (f"{_stores(count)} the datum that was corrected after an earlier import.",)
        for src, count in counts.items()
    }


def _stores(count: int) -> str:
    return "1 store keeps" if count == 1 else f"{count:,} stores keep"


def _ask_zone(loaded: Sequence[Loaded], settings: pl.DataFrame) -> None:
    """Days and hours depend on the business zone: the first import with times must say it."""
    has_times = any(name in one.tables for one in loaded for name in ("orders", "refunds", "events"))
    if has_times and not setting(settings, "zone"):
        msg = say("In which time zone does the business count its days? Hours and days depend on it.")
        choices = ("Asia/Shanghai", "Europe/London", "Europe/Berlin", "America/New_York", "UTC")
        raise NeedsAnswerError(msg, key="zone", choices=choices, source=loaded[0].source)


def next_settings(base: Snapshot | None, loaded: Sequence[Loaded], options: Options) -> pl.DataFrame:
    """Business zone and currency, fixed by the first import that knows them; sources whose free orders count."""
    before = dict(stored_table(base, "settings").iter_rows())
    mappings = [one.mapping for one in loaded if one.mapping]
    zone = options.zone or next((m.zone for m in mappings if m.zone), "")
    currency = options.currency or next((one.currency for one in loaded if one.currency), "")
    free = {m.source or "main" for m in mappings if m.zero_price_is_purchase}
    free |= {name for name in before.get("zero_price_sources", "").split("\n") if name}
    rest = {key: value for key, value in before.items() if key not in {"zone", "currency", "zero_price_sources"}}
    now = {
        "zone": before.get("zone") or zone,
        "currency": before.get("currency") or currency,
        "zero_price_sources": "\n".join(sorted(free)),
        **rest,
    }
    return pl.DataFrame({"key": list(now), "value": list(now.values())}, schema=STORED["settings"])


__all__ = ["ImportReport", "Options", "SourceReport", "import_tables"]
