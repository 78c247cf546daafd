"""Everything that is described rather than happens: stores, agents, guides, products, customers, fixes, refunds, complaints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from loaders.checks import canonical, contract, settle_repeats
from loaders.identities import hashed, hide
from loaders.ids import row_ids
from loaders.money import Money
from loaders.places import read_places
from loaders.sale_words import channels
from loaders.shape_areas import territory_columns, travel_columns
from loaders.shape_care import complaint_columns, send_columns
from loaders.synonyms import plain_header, synonyms
from loaders.tracks import thin_tracks
from loaders.zones import check_zone
from schema.language import later, say
from schema.stored import stored
from schema.tables import CANONICAL

if TYPE_CHECKING:
    from loaders.work import Work

_FACTS: Final = ("refunds", "location_fixes")
"""Tables whose rows never change: a second body for one id is a contradiction, not an update."""
_NATURAL: Final = {
    "stores": ("name", "lat_raw", "lng_raw", "opened_on"),
    "location_fixes": ("customer_id", "fixed_at", "lat_raw", "lng_raw", "accuracy_m"),
    "refunds": ("order_id", "line_id", "product_id", "refunded_at", "goods_minor"),
    "guides": ("store_id", "active_from"),
    "agents": ("name",),
    "products": ("name", "category"),
    "territories": ("agent_id", "store_id", "kind", "value", "valid_from"),
    "complaints": ("customer_id", "order_id", "store_id", "kind", "opened_at"),
    "campaign_sends": ("campaign_id", "customer_id", "group", "channel", "sent_at"),
}
_PLACED: Final = {"stores": ("lat", "lng"), "customers": ("home_lat", "home_lng"), "location_fixes": ("lat", "lng")}
_SPECIAL: Final = frozenset({"lat", "lng", "lat_raw", "lng_raw", "datum_raw", "home_lat", "home_lng", "list_minor",
                             "goods_minor", "shipping_minor", "billed_minor", "fees_minor", "cost_minor", "currency", "channel",
                             "local_on", "source", "group"})  # fmt: skip
_READ: Final = {"territories": territory_columns, "travel": travel_columns, "complaints": complaint_columns,
                "campaign_sends": send_columns}  # fmt: skip
_AMOUNTS: Final = {"products": ("list_price",), "refunds": ("goods", "shipping"), "bills": ("billed", "fees")}


def build_table(work: Work) -> dict[str, pl.DataFrame]:
    """One canonical table from rows that are already one thing each."""
    table = work.mapping.shape
    columns = _plain(work, table)
    if table == "customers":
        _second_ids(work, columns["customer_id"])
    if table in _PLACED:
        columns |= _place(work, table)
    if table in _AMOUNTS:
        columns |= _amounts(work, table)
    if table in _READ:
        columns |= _READ[table](work, columns)
    if table == "refunds":
        columns |= {"source": pl.repeat(work.shop, work.rows, dtype=pl.String, eager=True), "channel": channels(work)}
        columns["local_on"], _ = work.local(columns["refunded_at"])
        work.minor = -columns["goods_minor"].fill_null(0)
    if table == "location_fixes":
        thin_tracks(work, columns)
    _keys(work, table, columns)
    columns["_row"], columns["_minor"] = work.row, work.minor
    frame = pl.DataFrame([part.alias(name) for name, part in columns.items()]).filter(work.kept)
    if table == "refunds":
        work.warnings["W08"] += int(frame["order_id"].null_count())
    wanted = {name: pl.col(name) for name in columns}
    return {table: canonical(table, wanted, frame)}


def _second_ids(work: Work, people: pl.Series) -> None:
    """A note when another column says that several of these customers are one person."""
    mine = work.mapping.columns.get("customer_id", "")
    known = set(synonyms("customers")["customer_id"])
    for name in work.frame.columns:
        if name == mine or plain_header(name) not in known:
            continue
        other = work.frame[name].drop_nulls().n_unique()
        if 1 < other < people.drop_nulls().n_unique():
            work.notes.append(
                stored(
                    later(
                        "{name} names {other} people behind {n} {mine}: each {mine} counts as a customer of its own. To count people, let the orders name {name} and map customer_id to it."
                    ),
                    name=repr(name),
                    other=other,
                    n=people.n_unique(),
                    mine=mine,
                )
            )


def _plain(work: Work, table: str) -> dict[str, pl.Series]:
    """Every column whose type alone says how to read it."""
    columns: dict[str, pl.Series] = {}
    for name, kind in contract(table).items():
        if name in _SPECIAL:
            continue
        if kind == pl.String:
            columns[name] = _words(work, name)
        elif kind == pl.Boolean:
            columns[name] = work.flags(name, missing=name == "accepts_binding")
        elif kind == pl.Date:
            columns[name] = work.day(name)
        elif isinstance(kind, pl.Datetime):
            columns[name] = work.stamp(name, "time_of_day" if name in {"fixed_at", "refunded_at"} else "")
        elif kind.is_float():
            columns[name] = _not_negative(work, name)
        else:
            columns[name] = work.number(name).round().cast(pl.Int64, strict=False)
    if "zone" in columns:
        for zone in columns["zone"].unique().drop_nulls():
            check_zone(zone)
    return columns


def _words(work: Work, name: str) -> pl.Series:
    """Text; an identity as its keyed hash, whether it comes in clear or hashed; reasons without addresses and numbers."""
    if name.endswith("_id"):
        return work.ident(name)
    texts = work.text(name)
    if name == "id_hash":
        return hashed(texts, "openid", work.key).alias(name)
    if name in ("reason", "link_reason") or (name == "kind" and work.mapping.shape == "complaints"):
        return texts.to_frame("words").select(hide(pl.col("words")).alias(name)).to_series()
    return texts


def _not_negative(work: Work, name: str) -> pl.Series:
    values = work.number(name)
    work.flag(values < 0, "E02", name, later("{column} is negative."))
    return values


def _place(work: Work, table: str) -> dict[str, pl.Series]:
    lat, lng = _PLACED[table]
    if not work.has(lat, lng, "latlng", "geohash", "lat", "lat_raw"):
        return {}
    names = (lat, lng) if work.has(lat) else ("lat", "lng") if work.has("lat") else ("lat_raw", "lng_raw")
    place = read_places(work, *names)
    if table == "customers":
        home = work.text("home_src").fill_null("given").set(place.lat.is_null(), None)
        return {"home_lat": place.lat, "home_lng": place.lng, "home_src": home}
    given = {"datum_raw": place.datum, "lat": place.lat, "lng": place.lng}
    if table == "stores":
        return {"lat_raw": place.lat_raw, "lng_raw": place.lng_raw, **given}
    work.flag(place.lat.is_null(), "E01", names[0], later("{column} is empty: a fix needs a position."))
    return {**given, "src": work.text("src").fill_null("gps")}


def _amounts(work: Work, table: str) -> dict[str, pl.Series]:
    if table == "products":
        if not work.has("list_price", "list_price_minor", "list_minor"):
            return {}
        if work.has("list_minor"):
            return {"list_minor": work.number("list_minor").round().cast(pl.Int64, strict=False)}
        price = Money(work, _AMOUNTS[table]).amount("list_price")
        return {"list_minor": price if price is not None else work.nothing(pl.Int64)}
    money = Money(work, _AMOUNTS[table])
    if table == "bills":
        return _billed(work, money)
    goods, shipping = money.amount("goods"), money.amount("shipping")
    if goods is None:
        work.ask(say("which column holds the amount that was refunded?"), "columns.goods", tuple(work.frame.columns))
        goods = work.nothing(pl.Int64)
    work.flag(goods.is_null(), "E02", "goods", later("{column} is empty: the refund has no amount."))
    none = pl.zeros(work.rows, dtype=pl.Int64, eager=True)
    back = none if shipping is None else shipping.fill_null(0).abs()
    return {"goods_minor": goods.abs(), "shipping_minor": back, "currency": money.currency}


def _billed(work: Work, money: Money) -> dict[str, pl.Series]:
    """What a bill says was paid and kept; a bill of one shop system may name it once in the mapping."""
    billed, fees = money.amount("billed"), money.amount("fees")
    if billed is None:
        work.ask(say("which column holds the amount that was paid?"), "columns.billed", tuple(work.frame.columns))
        billed = work.nothing(pl.Int64)
    work.flag(billed.is_null(), "E02", "billed", later("{column} is empty: the bill has no amount."))
    kept = work.nothing(pl.Int64) if fees is None else fees.abs()
    return {"billed_minor": billed, "fees_minor": kept, "currency": money.currency,
            "source": work.text("source").fill_null(work.shop)}  # fmt: skip


def _keys(work: Work, table: str, columns: dict[str, pl.Series]) -> None:
    """Every row has its id, no required column is empty, and no id stands for two bodies."""
    schema = CANONICAL[table]
    keys = [name for name in schema.primary_key() if name != "source" or table == "bills"]
    first = keys[0]
    if len(keys) == 1 and not work.has(first) and table in _NATURAL:
        natural = [columns[name] for name in _NATURAL[table] if name in columns]
        columns[first] = row_ids([work.shop, table, *natural])
    for name, column in schema.columns().items():
        if not column.nullable and name in columns and columns[name].null_count():
            work.require(columns[name], name)
    body = [part for name, part in columns.items() if name not in keys]
    updated = columns.get("updated_at") if table not in _FACTS else None
    settle_repeats(work, {name: columns[name] for name in keys}, body, updated_at=updated)
