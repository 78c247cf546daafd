"""Sync, sources: is everything there once, in time, and does the money agree?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from answers import narrow
from answers.registry import Result, address
from metrics.lost_hours import doubled_days, missing_hours
from schema.coding import spelled
from schema.errors import RefusedError
from schema.language import later, say
from schema.tables import OFFLINE_CHANNELS
from warehouse import api as warehouse

if TYPE_CHECKING:
    from answers.answer import Context

PROMISED_S: Final = {"online": 15 * 60.0, "store": 24 * 3600.0}
"""Within which 95 of 100 events should have arrived: 15 minutes online, a day from a shop."""
ALL_STORES: Final = later("Events of all stores: a visitor online is in none.")


@address(
    "sync/latency",
    "day, channel, events, negative, p50_s, p95_s, promised_s, is_late",
    meaning=later("How long events took to arrive, by day and channel, against what was promised."),
    definition=later(
        "Arrival less occurrence, as the source says both; 95 of 100 should arrive within 15 minutes online and "
        "within a day from a shop. Events that arrived before they happened (W02) are counted and in no percentile."
    ),
)
def latency(asked: Context) -> Result:
    """Does what happens arrive in time? One row per day and channel. Head office alone."""
    found = warehouse.arrivals(asked.snapshot, asked.scope, asked.from_on, asked.to_on)
    found = understood(asked, found)
    if asked.filters.channel:
        found = found.filter(pl.col("channel").is_in(asked.filters.channel))
    is_shop = pl.col("channel").is_in(OFFLINE_CHANNELS)
    table = found.with_columns(
        promised_s=pl.when(is_shop).then(pl.lit(PROMISED_S["store"])).otherwise(pl.lit(PROMISED_S["online"]))
    ).with_columns(is_late=pl.col("p95_s") > pl.col("promised_s"))
    notes = (say(ALL_STORES),) if by_place(asked) else ()
    return Result(table, n=int(table["events"].sum()), n_label=say("events with an arrival"), notes=notes)


@address(
    "sync/gaps",
    "day, source, from_hour, hours, expected",
    meaning=later("Hours in which a channel said nothing, although it always does."),
    definition=later(
        "An hour without a row is missing where the same hour of the four weeks before and after makes a silence "
        "of 25 rows and more; neighbouring hours are added up. Sources are visits (sessions) and orders by channel."
    ),
)
def gaps(asked: Context) -> Result:
    """Is an hour missing? One row per silent stretch of a day."""
    marts = asked.marts
    hour = (pl.col("hour_of_week") % 24).cast(pl.Int64)
    source = pl.format("{} {}", pl.lit("visits"), pl.col("channel").cast(pl.String))
    visits = marts.visits.group_by(source=source, local_on="local_on", hour=hour).agg(rows=pl.col("session").n_unique())
    source = pl.format("{} {}", pl.lit("orders"), pl.col("channel").cast(pl.String))
    orders = marts.orders.group_by(source=source, local_on="local_on", hour=hour).agg(rows=pl.len())
    both = pl.concat([visits, orders]).with_columns(pl.col("rows").cast(pl.Int64))
    table = missing_hours(both, asked.from_on, asked.to_on)
    return Result(table, n=both["source"].n_unique(), n_label=say("sources checked"))


@address(
    "sync/doubles",
    "day, store_id, channel, orders, twins, twins_minor",
    meaning=later("Days of a store that were perhaps loaded twice under other ids."),
    definition=later(
        "Twins are orders of the same instant, customer and money beyond the first; a day is told when they are "
        "five and more, and two fifths of its orders. The same rows with the same ids never count twice: the import drops them."
    ),
)
def doubles(asked: Context) -> Result:
    """Did a day come twice? One row per day, store and channel."""
    rows = narrow.orders(asked, "local_on", "store_id", "channel", "paid_at", "customer_key", "goods_net_minor")
    return Result(doubled_days(spelled(rows)), n=rows.height, n_label=say("orders checked"))


@address(
    "sync/loads",
    "source, loaded_at, rows_in, duplicate, waiting, quarantined, duplicate_minor",
    meaning=later("What each load brought again, and what it could not place."),
    definition=later(
        "Duplicate: rows that were there already and add nothing. Quarantined: set aside with a reason, among them "
        "waiting: lines, refunds and positions whose order or customer nobody knows (E04), tried again at each import."
    ),
)
def loads(asked: Context) -> Result:
    """What came twice, and what lacks its parent? One row per load with either, newest first. The owner alone."""
    if asked.scope.role != "owner":
        msg = say("Only the owner may see the load report.")
        raise RefusedError(msg)
    runs = warehouse.source_runs(asked.snapshot)
    waiting = pl.col("codes").str.json_path_match("$.E04").cast(pl.Int64).fill_null(0)
    table = (
        runs.with_columns(waiting=waiting)
        .filter((pl.col("duplicate") > 0) | (pl.col("waiting") > 0))
        .select("source", "loaded_at", "rows_in", "duplicate", "waiting", "quarantined", "duplicate_minor")
        .sort("loaded_at", "source", descending=[True, False])
    )
    return Result(table, n=runs.height, n_label=say("loads checked"))


def by_place(asked: Context) -> bool:
    """Whether the question is about some stores alone."""
    return bool(asked.filters.store or asked.filters.agent or asked.filters.city)


def understood(asked: Context, rows: pl.DataFrame) -> pl.DataFrame:
    """No rows where a filter could not be read: what nobody understands is never everything."""
    return rows.clear() if asked.unknown else rows
