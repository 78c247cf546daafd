"""What an import did with every row and every minor unit it was given."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import polars as pl

from schema.report import SourceReport
from warehouse.layout import SOURCE_RUNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loaders.load import Loaded

_DAYS = ("local_on", "fixed_at", "registered_at", "from_on")
_LATE = dt.timedelta(hours=24)


def source_reports(
    loaded: Sequence[Loaded], verdicts: pl.DataFrame, warnings: Sequence[dict[str, int]]
) -> list[SourceReport]:
    """One report a source: rows in = accepted + duplicate + quarantined, and the same sum in money.

    Args:
        loaded: what the loaders gave, with the rows they themselves set aside or found twice.
        verdicts: what became of every other counted row.
        warnings: remarks of the merge, by code, a source.
    """
    tallies = verdicts.group_by("_src", "verdict").agg(rows=pl.len(), minor=pl.col("_minor").sum())
    said = {(src, verdict): (rows, minor) for src, verdict, rows, minor in tallies.iter_rows()}
    return [_one_report(index, one, said, warnings[index]) for index, one in enumerate(loaded)]


def _one_report(
    index: int, one: Loaded, said: dict[tuple[int, str], tuple[int, int]], warnings: dict[str, int]
) -> SourceReport:
    def of(*verdicts: str) -> tuple[int, int]:
        found = [said.get((index, verdict), (0, 0)) for verdict in verdicts]
        return sum(rows for rows, _ in found), sum(minor for _, minor in found)

    accepted, updated, again, wrong = (
        of("accepted", "updated"),
        of("updated"),
        of("duplicate", "ignored", "forgotten"),
        of("E03", "E04"),
    )
    codes = dict(one.codes)
    for code in ("E03", "E04"):
        if of(code)[0]:
            codes[code] = codes.get(code, 0) + of(code)[0]
    for code, rows in warnings.items():
        codes[code] = codes.get(code, 0) + rows
    set_aside = one.quarantine.height
    set_aside_minor = int(one.quarantine["_minor"].sum()) if "_minor" in one.quarantine.columns else 0
    return SourceReport(
        source=one.source,
        shape=one.shape,
        rows_in=one.rows_in,
        accepted=accepted[0],
        updated=updated[0],
        duplicate=again[0] + one.duplicate,
        quarantined=wrong[0] + set_aside,
        rows_in_minor=one.rows_in_minor,
        accepted_minor=accepted[1],
        updated_minor=updated[1],
        duplicate_minor=again[1] + one.duplicate_minor,
        quarantined_minor=wrong[1] + set_aside_minor,
        currency=one.currency,
        encoding=one.encoding,
        preset=one.mapping.preset if one.mapping else "",
        codes=dict(sorted(codes.items())),
        notes=tuple(one.notes),
    )


def late_rows(one: Loaded) -> int:
    """Events that arrived more than 24 h after they happened (W01)."""
    events = one.tables.get("events")
    if events is None or "ingested_at" not in events.columns:
        return 0
    return int((events["ingested_at"] - events["occurred_at"] > _LATE).sum())


def run_rows(loaded: Sequence[Loaded], reports: Sequence[SourceReport], *, run_prefix: str, zone: str) -> pl.DataFrame:
    """One row per source for ``source_runs``."""
    rows = []
    for index, (one, report) in enumerate(zip(loaded, reports, strict=True)):
        first, last = _days(one)
        rows.append(
            asdict(report)
            | {
                "source_run": f"{run_prefix}{index + 1:03d}",
                "codes": json.dumps(report.codes),
                "notes": "\n".join(report.notes),
                "first_on": first,
                "last_on": last,
                "loaded_at": dt.datetime.now(dt.UTC),
                "datum": one.mapping.datum if one.mapping else "",
                "zone": (one.mapping.zone if one.mapping else "") or zone,
                "zero_price_is_purchase": bool(one.mapping and one.mapping.zero_price_is_purchase),
            }
        )
    return pl.DataFrame(rows, schema=SOURCE_RUNS)


def _days(one: Loaded) -> tuple[dt.date | None, dt.date | None]:
    """First and last day that a source's rows are about."""
    days = [
        frame[column].cast(pl.Date)
        for frame in one.tables.values()
        for column in _DAYS
        if column in frame.columns and frame[column].null_count() < frame.height
    ]
    if not days:
        return None, None
    return min(day.min() for day in days), max(day.max() for day in days)  # type: ignore[type-var,return-value]
