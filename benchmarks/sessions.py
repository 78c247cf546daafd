"""Sessions and dwell by DuckDB: its window over the same events, and whether both tell the same of every view."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

from benchmarks.measure import Line, cpu_ms, interleaved
from metrics.sessions import sessionise

if TYPE_CHECKING:
    import polars as pl

_GOAL: Final = 2.5
_COLUMNS: Final = ("visitor", "occurred_at", "product_id", "type")

_WINDOW: Final = (
    "SELECT visitor, occurred_at, sum(n) OVER (PARTITION BY visitor ORDER BY occurred_at) AS session, gap FROM "
    "(SELECT *, occurred_at - lag(occurred_at) OVER w AS gap, CASE WHEN occurred_at - lag(occurred_at) OVER w <= "
    "INTERVAL 30 MINUTE THEN 0 ELSE 1 END AS n FROM frame WINDOW w AS (PARTITION BY visitor ORDER BY occurred_at))"
)
"""Sessions and gaps alone: less than ours, which tells each view's dwell and what it rests on and keeps its columns."""

_DWELL: Final = """
WITH clocked AS (
    SELECT *, epoch_us(occurred_at) AS clock,
        CASE WHEN type IN ('hide', 'leave') THEN 0 WHEN type = 'view' THEN 1 ELSE 2 END AS turn FROM whole
), begun AS (
    SELECT *, CASE WHEN clock - lag(clock) OVER w <= 1800000000 THEN 0 ELSE 1 END AS begins FROM clocked
    WINDOW w AS (PARTITION BY visitor ORDER BY clock, seq NULLS FIRST, turn, event_id)
), seated AS (
    SELECT *, sum(begins) OVER (PARTITION BY visitor ORDER BY clock, seq NULLS FIRST, turn, event_id) AS session FROM begun
), cut AS (
    SELECT *, lead(clock) OVER w - clock AS gap, count(*) FILTER (WHERE turn < 2) OVER w AS page,
        count(*) FILTER (WHERE type = 'view') OVER w AS look FROM seated
    WINDOW w AS (PARTITION BY visitor, session ORDER BY clock, seq NULLS FIRST, turn, event_id)
), paged AS (
    SELECT visitor, session, page, sum(least(gap, 180000000)) // 1000 AS gap_ms, max(look) AS look, max(fg_ms) FILTER
        (WHERE type = 'view') AS fg_ms, count(*) FILTER (WHERE type = 'view') AS views FROM cut WHERE page > 0 GROUP BY ALL
), pinged AS (
    SELECT visitor, session, look, count(DISTINCT clock // 10000000) * 10000 - 5000 AS ping_ms FROM cut
    WHERE type = 'ping' AND look > 0 GROUP BY ALL
), told AS (
    SELECT views, CASE WHEN fg_ms IS NOT NULL THEN least(fg_ms, 600000) WHEN ping_ms IS NOT NULL THEN
        least(ping_ms, 600000) WHEN page < max(page) OVER (PARTITION BY visitor, session) THEN gap_ms END AS dwell_ms
    FROM paged LEFT JOIN pinged USING (visitor, session, look)
)
SELECT count(*), count(dwell_ms), sum(dwell_ms), (SELECT sum(begins) FROM begun) FROM told WHERE views = 1
"""
"""Views, known dwells, their sum and the sessions, from the same rules in SQL (T1)."""


def duckdb_line(events: pl.DataFrame) -> Line:
    """How much less processor time than DuckDB's window do sessions and dwell take?

    Args:
        events: as ``metrics.sessions.sessionise`` takes them, each event once.

    Returns:
        One line; without a value where DuckDB is missing, or where its dwells differ from ours.
    """
    try:
        duckdb: Any = importlib.import_module("duckdb")
    except ModuleNotFoundError:
        said = "not measured: duckdb is not installed (pip install -r requirements-dev.txt)"
        return _line(None, said)
    link = duckdb.connect()
    link.register("frame", events.select(_COLUMNS).to_arrow())
    link.register("whole", events.select(*_COLUMNS, "event_id", "seq", "fg_ms").to_arrow())
    told: list[tuple[int, ...]] = []
    whole = cpu_ms(lambda: told.extend(link.query(_DWELL).fetchall()))
    views = sessionise(events)
    ours = (views.height, views["dwell_ms"].count(), views["dwell_ms"].sum())
    if tuple(int(number) for number in told[0][:3]) != ours:
        return _line(None, f"not comparable: DuckDB counts {told[0][:3]} views, known dwells and their ms, we {ours}")
    fast, slow = interleaved(lambda: sessionise(events), lambda: link.query(_WINDOW).to_arrow_table())
    said = (
        f"{fast:.0f} ms against {slow:.0f} ms for sessions alone; the same {ours[1]:,} dwells take it {whole:,.0f} ms"
    )
    return _line(slow / fast, said)


def _line(ratio: float | None, said: str) -> Line:
    return Line("sessionise_duckdb", ratio, _GOAL, "× less than DuckDB", said, at_least=True)
