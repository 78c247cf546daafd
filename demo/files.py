"""The company's exports as its shop systems write them: Parquet and CSV, each with the mapping that reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from demo.behaviour import events_table, guide_ids, names_of
from demo.catalogue import SIZES, availability_table, products_table
from demo.clock import DAY_S, DAYS, ZONE, Ints, to_utc_us
from demo.complaints import complaints_table
from demo.faults import (
    AGAIN_FILE,
    DOUBLE_FILE,
    UNKNOWN_AREA,
    choose_event_faults,
    doubled_orders,
    with_event_faults,
    with_guideless_orders,
    with_keyless_customers,
    with_swapped_fixes,
)
from demo.fixes import fixes_table, guides_table
from demo.identities import identities_table
from demo.people import CHANNELS, customers_table, ids
from demo.places import agents_table, stores_table, territories_table
from demo.refunds import reasons
from demo.sign_ins import before_sign_in
from demo.trade import POS
from schema.mapping import Mapping

if TYPE_CHECKING:
    from pathlib import Path

    from demo.world import World

CURRENCY: Final = "CNY"
TILL: Final = "till"
SHOP: Final = "shop"
_UTC: Final = pl.Datetime("us", "UTC")


def write_files(folder: Path, world: World) -> dict[str, Mapping]:
    """Write every export of the company; which file is what and how is it read?

    Args:
        folder: where the files go; it exists.
        world: the company.

    Returns:
        File name → mapping, parents before children.
    """
    mappings: dict[str, Mapping] = {}

    def put(
        name: str, shape: str, frame: pl.DataFrame, *, channel: str = "", datum: str = "", source: str = ""
    ) -> None:
        if name.endswith(".csv"):
            frame.write_csv(folder / name)
        else:
            frame.write_parquet(folder / name, compression="zstd", statistics=False)
        mappings[name] = Mapping(
            shape,
            {column: column for column in frame.columns},
            {"channel": channel} if channel else {},
            zone=ZONE,
            currency=CURRENCY,
            decimal="." if name.endswith(".csv") else "",
            datum=datum,
            source=source,
        )

    put("agents.csv", "agents", agents_table())
    put("stores.csv", "stores", stores_table(world.places, UNKNOWN_AREA), datum="WGS-84")
    put("territories.csv", "territories", territories_table(world.places))
    put("guides.csv", "guides", guides_table(world))
    put("products.csv", "products", products_table(world.catalogue))
    put("availability.csv", "availability", availability_table())
    put("customers.parquet", "customers", with_keyless_customers(world.seed, customers_of(world)), datum="WGS-84")
    put("identities.parquet", "identities", identities_table(world.seed, world.people))
    fixes, _ = with_swapped_fixes(world.seed, fixes_table(world))
    put("location_fixes.parquet", "location_fixes", fixes, datum="WGS-84")
    for name, frame in _online_orders(world).items():
        put(name, "order_lines", frame, source=SHOP)
    for name, frame in _till_orders(world).items():
        put(name, "order_lines", frame, source=TILL, channel=CHANNELS[POS])
    online, till = _refunds(world)
    put("refunds_online.parquet", "refunds", online, source=SHOP)
    put("refunds_pos.parquet", "refunds", till, source=TILL, channel=CHANNELS[POS])
    put("bills.csv", "bills", _bills(world))
    told = complaints_table(world, order_ids(world))
    for name, source, is_till in (("online", SHOP, False), ("pos", TILL, True)):
        put(f"complaints_{name}.parquet", "complaints", told.filter(is_till=is_till).drop("is_till"), source=source)
    for name, channel, frame in _events(world):
        put(name, "events", frame, channel=channel)
    return mappings


def order_ids(world: World) -> pl.Series:
    """Ids of all orders, numbered by time; the letter says which system."""
    numbers = pl.Series(np.arange(1, len(world.orders) + 1)).cast(pl.String).str.zfill(7)
    return names_of(["W", "P"], (world.orders.channel == POS).astype(np.int64)) + numbers


def customers_of(world: World) -> pl.DataFrame:
    """The members as the company exports them, before anything in the file goes wrong."""
    online = np.zeros(len(world.people.lat), dtype=bool)
    buys = world.orders.is_paid & (world.orders.channel != POS)
    online[world.orders.member[buys]] = True
    return customers_table(world.seed, world.people, world.places, online)


def _sales(world: World) -> pl.DataFrame:
    """One row an order line, its order's header repeated."""
    orders, lines = world.orders, world.lines
    stores = world.places.store_id
    placed = pl.Series(to_utc_us(orders.placed_s)).cast(_UTC)
    wait = np.where(orders.channel == POS, 0, (2 + np.arange(len(orders)) % 4) * DAY_S)
    done = np.where(orders.is_paid & (orders.placed_s + wait < DAYS * DAY_S), orders.placed_s + wait, -1)
    header = pl.DataFrame(
        {
            "order_id": order_ids(world),
            "customer_id": ids(orders.member),
            "channel": names_of(list(CHANNELS), orders.channel),
            "placed_at": placed,
            "is_paid": orders.is_paid,
            "completed_at": pl.Series(to_utc_us(done)).cast(_UTC),
            "is_done": done >= 0,
            "selling_store_id": names_of(stores, orders.store),
            "fulfil_store_id": names_of(stores, orders.fulfil),
            "guide_id": guide_ids(with_guideless_orders(world.seed, orders)),
            "shipping_minor": orders.shipping,
        }
    ).with_columns(
        pl.when("is_paid").then(pl.col("placed_at") + pl.duration(seconds=20)).alias("paid_at"),
        pl.when("is_done").then("completed_at").alias("completed_at"),
        status=pl.when(~pl.col("is_paid"))
        .then(pl.lit("cancelled"))
        .when("is_done")
        .then(pl.lit("completed"))
        .otherwise(pl.lit("paid")),
    )
    turn = np.arange(len(lines.order)) - np.searchsorted(lines.order, lines.order) + 1
    body = pl.DataFrame(
        {
            "line_id": pl.Series(turn).cast(pl.String),
            "product_id": names_of(world.catalogue.style, lines.style),
            "size": names_of(list(SIZES), lines.size),
            "qty": lines.qty,
            "gross_minor": lines.gross,
            "discount_minor": lines.discount,
            "net_minor": lines.net,
        }
    )
    return pl.concat([header[lines.order].drop("is_paid", "is_done"), body], how="horizontal")


def _online_orders(world: World) -> dict[str, pl.DataFrame]:
    sales = _sales(world).filter(pl.Series(world.orders.channel[world.lines.order] != POS))
    sales = sales.drop("selling_store_id", "guide_id")
    local = pl.col("placed_at").dt.convert_time_zone(ZONE)
    year = sales.with_columns(year=local.dt.year()).partition_by("year", as_dict=True, include_key=False)
    return {f"online_orders_{key[0]}.parquet": frame for key, frame in sorted(year.items())}


def _till_orders(world: World) -> dict[str, pl.DataFrame]:
    """Shop sales: one Parquet file a quarter; the doubled export of 9 September as CSV, in yuan and local time."""
    order = world.lines.order
    sales = _sales(world).with_columns(
        doubled=pl.Series(np.isin(order, doubled_orders(world.orders, world.lines))),
        quarter=pl.col("placed_at").dt.convert_time_zone(ZONE).dt.strftime("%Y")
        + "Q"
        + pl.col("placed_at").dt.convert_time_zone(ZONE).dt.quarter().cast(pl.String),
    )
    sales = sales.filter(pl.Series(world.orders.channel[order] == POS))
    sales = sales.drop("channel", "shipping_minor", "fulfil_store_id", "status", "completed_at")
    csv = _as_till_csv(sales.filter("doubled").drop("doubled", "quarter"))
    quarters = sales.filter(~pl.col("doubled")).drop("doubled").partition_by("quarter", as_dict=True, include_key=False)
    files = {f"pos_{key[0]}.parquet": frame for key, frame in sorted(quarters.items())}
    return files | {DOUBLE_FILE: csv, AGAIN_FILE: csv}


def _as_till_csv(sales: pl.DataFrame) -> pl.DataFrame:
    amounts = [
        (pl.col(f"{name}_minor") // 100).cast(pl.String)
        + "."
        + (pl.col(f"{name}_minor") % 100).cast(pl.String).str.zfill(2)
        for name in ("gross", "discount", "net")
    ]
    times = [
        pl.col(name).dt.convert_time_zone(ZONE).dt.strftime("%Y-%m-%d %H:%M:%S") for name in ("placed_at", "paid_at")
    ]
    plain = sales.with_columns(
        *times, *(a.alias(n) for a, n in zip(amounts, ("gross", "discount", "net"), strict=True))
    )
    return plain.drop("gross_minor", "discount_minor", "net_minor")


def _refunds(world: World) -> tuple[pl.DataFrame, pl.DataFrame]:
    refunds, orders = world.refunds, world.orders
    at_pos = pl.Series(orders.channel[refunds.order] == POS)
    frame = pl.DataFrame(
        {
            "refund_id": "R" + pl.Series(np.arange(1, len(refunds.order) + 1)).cast(pl.String).str.zfill(6),
            "order_id": order_ids(world).gather(pl.Series(refunds.order)),
            "customer_id": ids(orders.member[refunds.order]),
            "channel": names_of(list(CHANNELS), orders.channel[refunds.order]),
            "refunded_at": pl.Series(to_utc_us(refunds.refunded_s)).cast(_UTC),
            "goods_minor": refunds.goods,
            "shipping_minor": refunds.shipping,
            "reason": names_of(list(reasons()), refunds.reason),
        }
    )
    return frame.filter(~at_pos), frame.filter(at_pos).drop("channel")


def _bills(world: World) -> pl.DataFrame:
    """What the payment rails say was paid, by day and shop system; each order once, whatever file came twice (P8)."""
    at_pos = pl.Series(world.orders.channel[world.lines.order] == POS)
    sales = _sales(world).with_columns(source=pl.when(at_pos).then(pl.lit(TILL)).otherwise(pl.lit(SHOP)))
    shipping = pl.when(pl.col("source") == SHOP).then("shipping_minor").otherwise(0)
    each = sales.drop_nulls("paid_at").group_by("source", "order_id").agg(
        billed_on=pl.col("paid_at").dt.convert_time_zone(ZONE).dt.date().first(),
        billed_minor=pl.col("net_minor").sum() + shipping.first(),
    )  # fmt: skip
    days = each.group_by("billed_on", "source").agg(pl.col("billed_minor").sum(), orders=pl.len())
    return days.sort("billed_on", "source")


def _events(world: World) -> list[tuple[str, str, pl.DataFrame]]:
    """One file a channel; faults lie in the channels with measured dwell."""
    events = world.events
    chosen = choose_event_faults(world.seed, events)
    nameless = before_sign_in(world)
    files = []
    for n, name in enumerate(CHANNELS):
        here = np.flatnonzero(events.channel == n)
        table = events_table(world.seed, n, events.take(here), world.catalogue, world.places.store_id)
        unknown = pl.Series(nameless[here])
        table = table.with_columns(table["customer_id"].set(unknown, None))
        faults = [_within(rows, here) for rows in chosen]
        files.append((f"events_{name}.parquet", name, with_event_faults(table, *faults)))
    return files


def _within(rows: Ints, here: Ints) -> Ints:
    """Positions within a channel of those rows that lie in it."""
    at = np.searchsorted(here, rows).clip(0, len(here) - 1)
    return np.sort(at[here[at] == rows]).astype(np.int64)
