"""Behaviour: one row an event, whatever evidence of dwell it carries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from loaders.checks import canonical, settle_repeats
from loaders.ids import ids_at_turn, row_ids
from loaders.places import read_places
from schema.language import later, say
from schema.stored import stored

if TYPE_CHECKING:
    from loaders.work import Work

_IDS: Final = ("anon_id", "customer_id", "product_id", "store_id", "guide_id", "session_id")
NATURAL: Final = ("occurred_at", "anon_id", "customer_id", "type", "product_id", "store_id", "session_id", "channel",
                  "seq", "fg_ms")  # fmt: skip
"""What tells an event without an id from others."""

_DWELL: Final = {"fg_ms": 1.0, "fg_s": 1_000.0, "fg_min": 60_000.0}
"""Columns of measured foreground time and how many milliseconds their unit has."""
_HOUR_US: Final = 3_600_000_000


def build_events(work: Work) -> dict[str, pl.DataFrame]:
    """What did visitors do, when and on what?"""
    columns = {name: work.ident(name) for name in _IDS}
    if not work.has("customer_id", "anon_id"):
        choices = tuple(work.frame.columns)
        work.ask(say("which column says who did it, a customer or a visitor?"), "columns.customer_id", choices)
    columns["occurred_at"] = _occurred(work)
    columns["ingested_at"] = work.stamp("ingested_at")
    columns["type"] = _types(work)
    columns["channel"] = _channels(work)
    columns["fg_ms"] = _foreground(work)
    columns["seq"] = work.number("seq").cast(pl.Int64, strict=False)
    work.require(columns["occurred_at"], "occurred_at")
    nobody = columns["customer_id"].is_null() & columns["anon_id"].is_null()
    who = "customer_id" if work.has("customer_id") else "anon_id"
    work.flag(nobody, "E01", who, later("{column} is empty: nobody did it."))
    fixes = _fixes(work, columns)
    if work.has("event_id"):
        columns["event_id"] = work.ident("event_id")
        if columns["event_id"].null_count():
            columns["event_id"] = columns["event_id"].fill_null(_made_ids(work, columns))
        settle_repeats(work, {"event_id": columns["event_id"]}, [v for n, v in columns.items() if n != "event_id"])
    else:
        columns["event_id"] = _made_ids(work, columns)
    columns["local_on"], columns["hour_of_week"] = work.local(columns["occurred_at"], columns["store_id"])
    columns["_row"] = work.row
    frame = pl.DataFrame([part.alias(name) for name, part in columns.items()])
    frame = frame if bool(work.kept.all()) else frame.filter(work.kept)
    tables = {"events": canonical("events", {name: pl.col(name) for name in columns}, frame)}
    return tables | fixes | _products(work, columns)


def _made_ids(work: Work, columns: dict[str, pl.Series]) -> pl.Series:
    """An id for events without one, from what they say."""
    return row_ids([work.shop, "event", *(columns[name] for name in NATURAL)])


def ids_of_later_piece(events: pl.DataFrame, shop: str, known: pl.Series) -> pl.Series:
    """Ids of a file's later events that have none: identical rows go on counting where earlier pieces ended.

    Args:
        events: events of one piece, with the ids that they would have in a file of their own.
        shop: the name of the source's shop system.
        known: ids of the earlier pieces.

    Returns:
        The ids that they would have if the file had been read at once.
    """
    parts: list[pl.Series | str] = [shop, "event", *(events[name] for name in NATURAL)]
    first = row_ids(parts, one_each=False)
    turn = pl.DataFrame({"first": first}).select(turn=pl.int_range(pl.len()).over("first"))["turn"]
    ids = events["event_id"]
    while (taken := first.filter(ids.is_in(known.implode())).unique()).len():
        turn = turn + first.is_in(taken.implode()).cast(pl.Int64)
        ids = ids_at_turn(parts, turn)
    return ids.alias("event_id")


def _occurred(work: Work) -> pl.Series:
    if not work.has("occurred_at"):
        message = say("which column says when an event happened?")
        work.ask(message, "columns.occurred_at", tuple(work.frame.columns))
    at = work.stamp("occurred_at", "time_of_day")
    if at.len() and bool((at.dt.epoch("us") % _HOUR_US == 0).all()):
        work.notes.append(
            stored(later("Times are whole hours: visits can be counted by hour, but time on a page cannot be told."))
        )
    return at


def _types(work: Work) -> pl.Series:
    if not work.has("type"):
        work.notes.append(stored(later("No column for the kind of event: every row counts as a view.")))
        return pl.repeat("view", work.rows, dtype=pl.String, eager=True)
    read, words = work.word("type", "type")
    strange = words.is_not_null() & read.is_null()
    if strange.any():
        common = words.filter(strange).value_counts(sort=True).head(5)[words.name].to_list()
        work.notes.append(
            stored(
                later("{n} events of other kinds ({common}) count as activity."),
                n=int(strange.sum()),
                common=", ".join(common),
            )
        )
    work.require(words, "type")
    return read.fill_null("activity")


def _channels(work: Work) -> pl.Series:
    if not work.has("channel"):
        work.notes.append(
            stored(later("No channel column: every event counts as web; set constants.channel to say otherwise."))
        )
        return pl.repeat("web", work.rows, dtype=pl.String, eager=True)
    read, words = work.word("channel", "channel")
    strange = int((words.is_not_null() & read.is_null()).sum())
    if strange:
        work.warnings["W10"] += strange
    return read.fill_null("other") if read.null_count() else read


def _foreground(work: Work) -> pl.Series:
    for name, factor in _DWELL.items():
        if work.has(name):
            values = work.values(name)
            if values is not None and values.dtype.is_integer() and factor == 1:
                measured = values.cast(pl.Int64)
            else:
                measured = (work.number(name) * factor).round().cast(pl.Int64, strict=False)
            work.flag(measured < 0, "E02", name, later("{column} is negative: no page is read for less than no time."))
            return measured
    return work.nothing(pl.Int64)


def _fixes(work: Work, columns: dict[str, pl.Series]) -> dict[str, pl.DataFrame]:
    """Positions that known customers' events carry."""
    if not work.has("lat", "latlng", "geohash") or not work.has("customer_id"):
        return {}
    place = read_places(work)
    frame = pl.DataFrame(
        {"customer_id": columns["customer_id"], "fixed_at": columns["occurred_at"], "lat": place.lat, "lng": place.lng,
         "datum_raw": place.datum}
    )  # fmt: skip
    frame = frame.filter(work.kept & place.lat.is_not_null() & columns["customer_id"].is_not_null()).unique(
        maintain_order=True
    )
    ids = row_ids([work.shop, "fix", *(frame[n] for n in ("customer_id", "fixed_at", "lat", "lng"))])
    frame = frame.with_columns(ids.alias("fix_id"))
    named = {name: pl.col(name) for name in frame.columns}
    return {"location_fixes": canonical("location_fixes", {**named, "src": pl.lit("gps")}, frame)}


def _products(work: Work, columns: dict[str, pl.Series]) -> dict[str, pl.DataFrame]:
    """Products that events describe: the first known name and category of each."""
    if not work.has("category", "product_name"):
        return {}
    frame = pl.DataFrame(
        {"product_id": columns["product_id"], "name": work.text("product_name"), "category": work.text("category")}
    )
    found = frame.filter(work.kept & columns["product_id"].is_not_null()).group_by("product_id", maintain_order=True)
    described = found.agg(pl.all().drop_nulls().first())
    return {"products": canonical("products", {name: pl.col(name) for name in described.columns}, described)}
