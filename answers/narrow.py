"""The rows a question is about: one place that turns filters into predicates.

``store``, ``agent`` and ``city`` mean the selling store for money and the owner at that instant (or the store a visit
happened in) for behaviour. Filters compare numbers (``schema.coding``); what leaves here is text. A question that names
its columns is given those alone, so that the text of the others is never spelled out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from answers import everybody
from answers.memo import of_rows, once, once_for_all_days
from schema.coding import spelled
from schema.wording import UNMAPPED

if TYPE_CHECKING:
    from answers.answer import Context
    from schema.marts import Marts


@once
def orders(asked: Context, *columns: str) -> pl.DataFrame:
    """Valid orders of the period. With a product or category filter, their money is that of the matching lines.

    Args:
        asked: the question.
        *columns: which columns; all when none is named.

    Returns:
        ``OrderFacts`` rows in one currency.
    """
    return _told(asked, "orders", columns)


@once
def _orders(asked: Context) -> pl.DataFrame:
    return _slice(asked, all_orders(asked), "orders")


@once_for_all_days
def all_orders(asked: Context) -> pl.DataFrame:
    """The same of all days: orders as they lie in the marts, text perhaps as numbers."""
    rows = _of_all_days(asked, "orders")
    if not (asked.filters.category or asked.filters.product):
        return rows
    parts = (
        _of_all_days(asked, "lines")
        .group_by("order_key")
        .agg(pl.col("net_minor").sum().alias("goods"), pl.col("refunded_minor").sum().alias("back"))
    )
    return (
        rows.join(parts, on="order_key", how="inner", maintain_order="left")
        .with_columns(
            pl.col("goods").alias("goods_net_minor"),
            pl.col("back").alias("refunded_minor"),
            (pl.col("goods") - pl.col("back")).alias("net_minor"),
            (pl.col("is_purchase") & (pl.col("goods") > 0)).alias("is_purchase"),
            (pl.col("is_kept") & (pl.col("goods") > pl.col("back"))).alias("is_kept"),
        )
        .drop("goods", "back")
    )


@once_for_all_days
def is_matching(asked: Context) -> pl.Series:
    """Of every order in the marts: whether it matches the filters other than the period and the goods."""
    return asked.marts.orders.select(_all_of(_money(asked))).to_series()


@once
def where(asked: Context, mart: str) -> tuple[slice, pl.Series | None]:
    """Which rows of a mart ``numbered`` would give, without copying any: a stretch, and which of it; None is all."""
    rows: pl.DataFrame = getattr(asked.marts, mart)
    found, of = stretch(asked, mart), wanted(asked, mart)
    if mart not in _by_day(asked.marts):
        of = [*of, pl.col("local_on").is_between(asked.from_on, asked.to_on)]
    return found, rows[found].select(_all_of(of)).to_series() if of else None


def stretch(asked: Context, mart: str) -> slice:
    """From which row to which of a mart the period's rows lie: all of them where they do not lie by day."""
    days: pl.Series = getattr(asked.marts, mart)["local_on"]
    if mart not in _by_day(asked.marts):
        return slice(0, len(days))
    first = int(days.search_sorted(asked.from_on, "left"))
    return slice(first, max(first, int(days.search_sorted(asked.to_on, "right"))))


def _all_of(wanted: list[pl.Expr]) -> pl.Expr:
    return pl.all_horizontal(wanted).fill_null(value=False) if wanted else pl.repeat(value=True, n=pl.len())


def matching(asked: Context, rows: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """``OrderFacts`` rows of any date that match the filters other than the period; of them these columns, or all."""
    found = rows.filter(*_money(asked))
    return spelled(found.select(columns) if columns else found)


@once
def lines(asked: Context, *columns: str) -> pl.DataFrame:
    """Order lines of the period, products and categories narrowed. ``LineFacts`` rows in one currency."""
    return _told(asked, "lines", columns)


@once
def later_lines(asked: Context, *columns: str) -> pl.DataFrame:
    """Order lines from the period's first day to as-of, so that a view near its end can still convert."""
    return _told(asked, "later_lines", columns)


@once
def _later_lines(asked: Context) -> pl.DataFrame:
    return _slice(replace(asked, to_on=asked.as_of), _lines_of_people(asked), "lines")


@once_for_all_days
def _lines_of_people(asked: Context) -> pl.DataFrame:
    return asked.marts.lines.filter(*of_segment(asked)) if asked.filters.segment else asked.marts.lines


@once
def refunds(asked: Context, *columns: str) -> pl.DataFrame:
    """Refunds of orders of the period, and unlinked returns dated in it. ``RefundFacts`` rows in one currency."""
    return _told(asked, "refunds", columns)


@once
def _refunds(asked: Context) -> pl.DataFrame:
    dated = pl.coalesce("order_local_on", "local_on").is_between(asked.from_on, asked.to_on)
    return asked.marts.refunds.filter(dated, *_money(asked), *_goods(asked))


@once
def unlinked_returns(asked: Context) -> pl.DataFrame:
    """Returns dated in the period that name no order. ``RefundFacts`` rows in one currency, text perhaps as numbers."""
    dated = pl.coalesce("order_local_on", "local_on").is_between(asked.from_on, asked.to_on)
    return _unlinked(asked).filter(dated)


@once_for_all_days
def _unlinked(asked: Context) -> pl.DataFrame:
    return asked.marts.refunds.filter(pl.col("order_key").is_null(), *_money(asked), *_goods(asked))


@once
def visits(asked: Context, *columns: str) -> pl.DataFrame:
    """Views of products in the period. ``Visits`` rows."""
    return _told(asked, "visits", columns)


@once
def actions(asked: Context, *columns: str) -> pl.DataFrame:
    """Cart, share and scan events of the period. ``Actions`` rows."""
    return _told(asked, "actions", columns)


def numbered(asked: Context, which: str) -> pl.DataFrame:
    """The same rows as they lie in memory, for sums that never tell a text: numbers in place of text.

    Args:
        asked: the question.
        which: ``orders``, ``lines``, ``later_lines``, ``refunds``, ``visits`` or ``actions``.
    """
    return _rows(asked, which)


def _told(asked: Context, which: str, columns: tuple[str, ...]) -> pl.DataFrame:
    """The columns that were named, or all of them, as text; questions share those that they both name."""
    rows = _rows(asked, which)
    kept = rows.select(columns) if columns else rows
    numbered = [name for name, kind in kept.schema.items() if isinstance(kind, pl.Enum)]
    return kept.with_columns(_spelled(asked, which, name) for name in numbered)


@once
def _spelled(asked: Context, which: str, column: str) -> pl.Series:
    return _rows(asked, which)[column].cast(pl.String)


def _rows(asked: Context, which: str) -> pl.DataFrame:
    apart = {"orders": _orders, "later_lines": _later_lines, "refunds": _refunds}
    return apart[which](asked) if which in apart else _in_period(asked, which)


def people(asked: Context) -> pl.DataFrame:
    """Customers whose owner matches the place filters. ``People`` rows."""
    return _of_segment(asked) if asked.filters.segment else _members(asked)


@once
def _of_segment(asked: Context) -> pl.DataFrame:
    return _members(asked).filter(*of_segment(asked))


@once_for_all_days
def _members(asked: Context) -> pl.DataFrame:
    return asked.marts.people.filter(*_owner(asked))


def places(asked: Context) -> pl.DataFrame:
    """Stores that match the place filters. ``Places`` rows."""
    chosen = asked.filters
    wanted = [
        pl.col(column).is_in(values)
        for column, values in (("city", chosen.city), ("agent_id", chosen.agent), ("store_id", chosen.store))
        if values
    ]
    return asked.marts.places.filter(*wanted)


@once_for_all_days
def scored(asked: Context) -> pl.DataFrame:
    """Every buyer's ``customer_key`` and RFM ``segment`` as of ``as_of``, on the whole base, before other filters (§9)."""
    return everybody.scored(asked.marts, asked.currency, asked.as_of)


@of_rows
def _by_day(marts: Marts) -> frozenset[str]:
    """Which marts lie in the order of their local days, so that a period is a slice of them."""
    dated = ("orders", "lines", "visits", "actions")
    return frozenset(name for name in dated if getattr(marts, name)["local_on"].is_sorted())


@once
def _in_period(asked: Context, mart: str) -> pl.DataFrame:
    """Rows of the period that match the filters.

    Those of all days are kept for the page's other periods.
    """
    return _slice(asked, _of_all_days(asked, mart), mart)


@once_for_all_days
def _of_all_days(asked: Context, mart: str) -> pl.DataFrame:
    rows: pl.DataFrame = getattr(asked.marts, mart)
    of = wanted(asked, mart)
    return rows.filter(*of) if of else rows


def _slice(asked: Context, rows: pl.DataFrame, mart: str) -> pl.DataFrame:
    if mart not in _by_day(asked.marts):
        return rows.filter(pl.col("local_on").is_between(asked.from_on, asked.to_on))
    first = rows["local_on"].search_sorted(asked.from_on, "left")
    return rows.slice(first, rows["local_on"].search_sorted(asked.to_on, "right") - first)


def wanted(asked: Context, mart: str) -> list[pl.Expr]:
    """Whether a row of a mart as it lies matches the filters other than the period."""
    if mart in {"visits", "actions"}:
        return [*_behaviour(asked), *_goods(asked)]
    one = _currencies(asked.marts, mart) == {asked.currency}  # rows are not copied to leave none out
    return [*([] if one else [_currency(asked)]), *of_sales(asked, mart)]


@of_rows
def _currencies(marts: Marts, mart: str) -> frozenset[str]:
    return frozenset(getattr(marts, mart)["currency"].unique().cast(pl.String))


def _money(asked: Context) -> list[pl.Expr]:
    return [_currency(asked), *of_sales(asked, "orders")]


def _currency(asked: Context) -> pl.Expr:
    return pl.col("currency") == asked.currency


def of_sales(asked: Context, mart: str) -> list[pl.Expr]:
    """Whether a row of money in the question's currency matches the filters; lines are narrowed to goods, orders are not."""
    chosen = asked.filters
    return [
        *(
            pl.col(column).is_in(values)
            for column, values in (
                ("city", chosen.city),
                ("agent_id", chosen.agent),
                ("store_id", chosen.store),
                ("channel", chosen.channel),
                ("model", chosen.model),
            )
            if values
        ),
        *of_segment(asked),
        *(_goods(asked) if mart == "lines" else ()),
    ]


def _behaviour(asked: Context) -> list[pl.Expr]:
    chosen = asked.filters
    channel = [pl.col("channel").is_in(chosen.channel)] if chosen.channel else []
    return [*of_places(asked), *channel, *of_segment(asked)]


def of_places(asked: Context) -> list[pl.Expr]:
    """Whether a view or action belongs to the places that are asked for: by its owner then, or where it happened."""
    chosen = asked.filters
    places: list[pl.Expr] = []
    for values, owner, column in (
        (chosen.store, "owner_store_id", "store_id"),
        (chosen.agent, "owner_agent_id", "agent_id"),
        (chosen.city, "owner_city", "city"),
    ):
        if values:
            here = asked.marts.places.filter(pl.col(column).is_in(values))["store_id"].to_list()
            places.append(pl.col(owner).is_in(values).fill_null(value=False) | pl.col("store_id").is_in(here))
    return places


def _owner(asked: Context) -> list[pl.Expr]:
    chosen = asked.filters
    return [
        pl.col(column).is_in(values)
        for column, values in (
            ("owner_city", chosen.city),
            ("owner_agent_id", chosen.agent),
            ("owner_store_id", chosen.store),
        )
        if values
    ]


def _goods(asked: Context) -> list[pl.Expr]:
    wanted = []
    if asked.filters.category:
        wanted.append(pl.col("category").fill_null(UNMAPPED).is_in(asked.filters.category))
    if asked.filters.product:
        wanted.append(pl.col("product_id").is_in(asked.filters.product))
    return wanted


def of_segment(asked: Context) -> list[pl.Expr]:
    """Whether a row is of a member of the segments that are asked for."""
    if not asked.filters.segment:
        return []
    members = scored(asked).filter(pl.col("segment").is_in(asked.filters.segment))["customer_key"]
    return [pl.col("customer_key").is_in(members.implode())]
