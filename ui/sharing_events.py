"""One customer's days in words: the decisions about whose they are, and the orders with what was credited for them."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import polars as pl
import streamlit as st

from charts.numbers import count, digits, money, percent, symbol
from schema.days import long_day_year
from schema.language import plural, say
from schema.sharing_labels import METHODS
from schema.wording import CHANNEL_LABELS
from ui.cards import card, plain
from ui.sharing_words import CAUSES, OUTCOMES, in_words, named, names_of, store_name

if TYPE_CHECKING:
    import datetime as dt

    from ui.view import View

_ICONS: Final = {
    "spell": ":material/storefront:",
    "accepted": ":material/check_circle:",
    "no_change": ":material/radio_button_unchecked:",
}
_SHORT: Final = 9
_REFUSED: Final = ":material/block:"


def clock(at: dt.datetime, zone: ZoneInfo) -> str:
    """``2026-10-31 14:02:11`` in the business zone."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def event_words(view: View, row: dict[str, Any], zone: ZoneInfo) -> str:
    """One thing that happened, in words."""
    if row["what"] == "order":
        return say("order of {net}, after refunds", net=money(row["net_minor"], row["currency"]))
    if row["what"] == "attempt":
        return say(
            "{method} for {store}: {outcome}",
            method=named(METHODS, row["method"]).lower(),
            store=store_name(view, row["store_id"]),
            outcome=named(OUTCOMES, row["outcome"]),
        )
    owner = say("nobody (head office's fund)") if row["store_id"] is None else store_name(view, row["store_id"])
    said = say("belongs to {owner}: {cause}", owner=owner, cause=named(CAUSES, row["cause"]))
    if row["confidence"] is not None:
        said = say("{said}, {share} sure", said=said, share=percent(row["confidence"]))
    if row["protected_until"]:
        said = say("{said}, protected until {time}", said=said, time=clock(row["protected_until"], zone))
    return said


def decisions_card(view: View, rows: list[dict[str, Any]]) -> None:
    """Owners and claims by day, all of them; visits to the own store, which decide nothing, are only counted."""
    zone = ZoneInfo(view.asked.snapshot.zone)
    told = [
        row for row in rows if row["what"] == "spell" or (row["what"] == "attempt" and row["outcome"] != "no_change")
    ]
    visits = [row for row in rows if row["what"] == "attempt" and row["outcome"] == "no_change"]
    with card(say("What decided it"), say("Owners and claims, to the second, {zone} time", zone=zone.key), key="days"):
        for day, of_day in groupby(told, key=lambda row: row["at"].astimezone(zone).date()):
            said = [f"**{long_day_year(day)}**", ""]
            # the new owner first: it is what the day is remembered for
            for row in sorted(of_day, key=lambda row: (row["what"] != "spell", row["at"])):
                icon = _ICONS.get("spell" if row["what"] == "spell" else row["outcome"], _REFUSED)
                said.append(f"{icon} {row['at'].astimezone(zone):%H:%M:%S} {plain(event_words(view, row, zone))}  ")
            st.markdown("\n".join(said))
        if visits:
            said_of_visits = plural(
                "Scanned or named at the own store once, last on {day}: no change.",
                "Scanned or named at the own store {n} times, last on {day}: no change.",
                len(visits),
                day=long_day_year(visits[-1]["at"].astimezone(zone)),
            )
            st.caption(plain(said_of_visits))


def shares_by_order(view: View, customer: int) -> pl.DataFrame:
    """What was credited for each order of a customer: one row an order, newest first, in its own currency."""
    found = view.marts.shares.filter(
        (pl.col("customer_key") == customer) & (pl.col("kind") != "payout") & pl.col("order_id").is_not_null()
    )
    granted = pl.col("refund_id").is_null()
    return (
        found.group_by("source", "order_id", "currency")
        .agg(
            pl.col("at").filter(granted).min(),
            pl.col("amount_minor").sum(),
            pl.col("channel", "bound_store_id").first(),
            rule=pl.format("{} v{}", pl.col("rule_id").first(), pl.col("rule_version").first()),
        )
        .drop_nulls("at")
        .sort("at", "order_id", descending=True)
    )


def orders_card(view: View, rows: list[dict[str, Any]], shares: pl.DataFrame, order_id: str | None) -> None:
    """Every order with what was credited for it; the one asked for first."""
    orders = pl.DataFrame(
        [{name: row[name] for name in ("at", "channel", "store_id", "net_minor", "currency")} for row in rows if row["what"] == "order"],
        schema={"at": pl.Datetime("us", "UTC"), "channel": pl.String, "store_id": pl.String, "net_minor": pl.Int64,
                "currency": pl.String},
    )  # fmt: skip
    if orders.is_empty():
        return
    credited = shares.unique(["at", "currency"], keep="first").select(
        "at", "currency", "order_id", "amount_minor", "bound_store_id", "rule"
    )
    table = orders.join(credited, on=["at", "currency"], how="left").sort("at", descending=True)
    this = pl.col("order_id").eq_missing(pl.lit(order_id)) & pl.lit(order_id is not None)
    table = table.sort(this, descending=True, maintain_order=True)
    shared = int(table["amount_minor"].is_not_null().sum())
    title = (
        say("{shared} of {all} orders brought shares", shared=count(shared), all=count(table.height))
        if table.height > 1
        else say("One order")
    )
    with card(title, say("Orders after refunds, newest first, and what all receivers got for each"), key="orders"):
        if order_id is not None and shared:
            said = say("First row: order **{order}**, from the statement.", order=plain(order_id))
            st.markdown(f":material/target: {said}")
        _table(view, table)


def _table(view: View, table: pl.DataFrame) -> None:
    currency = view.asked.currency
    sign, names = symbol(currency).strip(), names_of(view)
    shown = table.with_columns(
        pl.col("net_minor", "amount_minor") / 10 ** digits(currency),
        pl.col("at").dt.convert_time_zone(view.asked.snapshot.zone).dt.strftime("%Y-%m-%d %H:%M:%S"),
        pl.col("channel").replace(in_words(CHANNEL_LABELS)),
        pl.col("store_id", "bound_store_id").replace(names),
    )
    headings: dict[str, Any] = {
        "at": say("Paid at"), "order_id": say("Order"), "channel": say("Channel"), "store_id": say("Bought at"),
        "bound_store_id": say("Owner then"), "rule": say("Rule"),
        "net_minor": st.column_config.NumberColumn(say("Net {sign}", sign=sign), format="accounting"),
        "amount_minor": st.column_config.NumberColumn(say("Shared {sign}", sign=sign), format="accounting"),
    }  # fmt: skip
    every = ["at", "order_id", "channel", "store_id", "bound_store_id", "net_minor", "amount_minor", "rule"]
    wanted = ["at", "amount_minor"] if view.is_phone else every
    st.dataframe(shown.select(wanted), hide_index=True, row_height=36, key="replay-orders", placeholder="—",
                 height="auto" if shown.height <= _SHORT else 400, column_config=headings)  # fmt: skip
