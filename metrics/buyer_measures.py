"""The measures of purchases over ``OrderDays``, for any days.

Equal to those of ``purchases``, ``cohorts``, ``rfm`` and ``survival``
over rows, to the last minor unit.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import polars as pl

from metrics.buyers import NEVER_BEFORE, number
from metrics.rfm import F_BINS, M_BINS_MINOR, MIN_BUYERS, MIN_SPAN_DAYS, R_BINS_DAYS, SEGMENTS, segment_of
from metrics.survival import curve_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from metrics.buyer_states import BuyerStates
    from metrics.buyers import Days, Flags, Ints, OrderDays, OrderRows, Places

_CELLS: Final = 125
_AT_ONCE: Final = 65_536
"""So many customers are scored at once: what is in between stays near the processor."""
"""Scores of recency, frequency and money, five each."""

_EXACT: Final = 1 << 53
"""Whole numbers below this are exact as floating-point numbers."""


def frequency(kept: OrderDays, from_on: dt.date, to_on: dt.date) -> pl.DataFrame:
    """How many buyers came once, twice, three times? As ``purchases.orders_per_customer`` of these days."""
    first, last = kept.spans(number(from_on), number(to_on))
    return _histogram(last - first + 1, "orders", "customers")


def frequency_of(states: BuyerStates, from_on: dt.date, to_on: dt.date) -> pl.DataFrame:
    """``frequency`` of the rows that the states were made of."""
    counts = np.bincount(states.times_between(number(from_on), number(to_on)), minlength=1)
    counts[0] = 0
    return _counted(counts, "orders", "customers")


def gaps(kept: OrderDays, from_on: dt.date, to_on: dt.date) -> pl.DataFrame:
    """How many days pass between one purchase and the next? As ``purchases.purchase_gaps`` of these days."""
    inside = (kept.earlier >= number(from_on)) & (kept.day <= number(to_on))
    return _histogram(kept.day[inside] - kept.earlier[inside], "gap_days", "gaps")


def gaps_of(rows: OrderRows, from_on: dt.date, to_on: dt.date) -> pl.DataFrame:
    """``gaps`` of rows that are kept: of what is counted of them once, where that can be."""
    if rows.returns is None:
        return gaps(rows.kept, from_on, to_on)
    return _counted(rows.returns.waited(number(from_on), number(to_on)), "gap_days", "gaps")


def second_of(rows: OrderRows, from_on: dt.date, to_on: dt.date) -> tuple[pl.DataFrame, int]:
    """``second`` of rows that are kept, likewise."""
    if rows.returns is None:
        return second(rows, from_on, to_on)
    return rows.returns.second(number(from_on), number(to_on))


def _histogram(values: npt.NDArray[np.integer], name: str, count: str) -> pl.DataFrame:
    return _counted(np.bincount(values) if values.size else np.zeros(0, np.int64), name, count)


def _counted(counts: Ints, name: str, count: str) -> pl.DataFrame:
    found = np.flatnonzero(counts)
    return pl.DataFrame({name: found, count: counts[found]}, schema={name: pl.Int64, count: pl.Int64})


def nets(kept: OrderDays, from_on: dt.date, to_on: dt.date) -> Ints:
    """What did each buyer of these days spend in them? Minor units, smallest first."""
    spent = kept.spent(*kept.spans(number(from_on), number(to_on)))
    spent.sort()
    return spent


def nets_of(kept: BuyerStates, from_on: dt.date, to_on: dt.date) -> Ints:
    """``nets`` of the rows that the states were made of."""
    days = number(from_on), number(to_on)
    spent: Ints = kept.spent_between(*days)[kept.times_between(*days) > 0].astype(np.int64)
    spent.sort()
    return spent


@dataclass(frozen=True)
class Returning:
    """How many buyers there were in some days, and which part of them came back; None where nobody bought."""

    order_days: int
    buyers: int
    repeat_rate: float | None
    repeat_rate_orders: float | None


def returning(rows: OrderRows, from_on: dt.date, to_on: dt.date) -> Returning:
    """What ``purchases.purchase_summary`` says of people, of these days."""
    start, end = number(from_on), number(to_on)
    bought = np.count_nonzero((rows.bought.day >= start) & (rows.bought.day <= end))
    first, last = rows.kept.spans(start, end)
    if not first.size:
        return Returning(int(bought), 0, None, None)
    orders = rows.kept.orders[last + 1] - rows.kept.orders[first]
    again, several = (int(np.count_nonzero(many)) / first.size for many in (last > first, orders > 1))
    return Returning(int(bought), int(first.size), again, several)


def returning_of(bought: BuyerStates, kept: BuyerStates, from_on: dt.date, to_on: dt.date) -> Returning:
    """``returning`` of the rows that the states were made of: days with a paid order, and those with one that was kept."""
    days = number(from_on), number(to_on)
    order_days, times = bought.rows_between(*days), kept.times_between(*days)
    buyers = int(np.count_nonzero(times))
    if not buyers:
        return Returning(order_days, 0, None, None)
    many = times, kept.orders_between(*days)
    again, several = (int(np.count_nonzero(each > 1)) / buyers for each in many)
    return Returning(order_days, buyers, again, several)


def summary_of(
    sums: dict[str, int], people: Returning, returns: pl.DataFrame, currency: str, *, members: Literal["all", "known"]
) -> pl.DataFrame:
    """How much was bought, by how many, and how many came back? As ``purchases.purchase_summary`` of one currency.

    Args:
        sums: of the period's days (``MoneyDays.between``).
        people: its buyers.
        returns: ``RefundFacts`` of the period without an order.
        currency: of all of it.
        members: ``known`` leaves orders and returns without a customer out.
    """
    is_known = members == "known"
    part = "_known" if is_known else ""
    back = returns.drop_nulls("customer_key") if is_known else returns
    orders, gross = sums[f"purchases{part}"], sums[f"gross{part}"]
    refunds = sums[f"refunded{part}"] + int(back["goods_minor"].sum())
    average = (2 * (gross - refunds) + orders) // (2 * orders) if orders else None
    row = (
        *(orders, people.order_days, people.buyers, 0 if is_known else orders - sums["purchases_known"]),
        *(gross, refunds, gross - refunds, average, people.repeat_rate, people.repeat_rate_orders, currency),
    )
    is_told = sums[f"orders{part}"] or back.height
    return pl.DataFrame([row] if is_told else [], schema=_SUMMARY, orient="row")


_SUMMARY: Final = {
    "orders": pl.Int64, "order_days": pl.Int64, "buyers": pl.Int64, "orders_without_customer": pl.Int64,
    "gross_minor": pl.Int64, "refunds_minor": pl.Int64, "net_minor": pl.Int64, "average_order_value_minor": pl.Int64,
    "repeat_rate": pl.Float64, "repeat_rate_orders": pl.Float64, "currency": pl.String,
}  # fmt: skip


def cohorts(kept: OrderDays, as_of: dt.date) -> pl.DataFrame:
    """Of those who first bought in a month, how many bought again in each later month? As ``cohorts.cohort_retention``."""
    day, code, origin, width = kept.months
    last = as_of - dt.timedelta(days=1)
    now, complete = last.year * 12 + last.month - 1, as_of.year * 12 + as_of.month - 1
    counts = np.bincount(code[day < number(as_of)], minlength=width * width).reshape(width, width)
    sizes = counts.diagonal()
    found = np.flatnonzero(sizes)
    steps = np.maximum(now + 1 - origin - found, 0)
    cohort = np.repeat(found, steps)
    month = np.arange(len(cohort)) - np.repeat(np.cumsum(steps) - steps, steps)
    at = cohort + month
    active = np.where(at < width, counts[cohort, np.minimum(at, max(width - 1, 0))], 0)
    table = pl.DataFrame(
        {"cohort": cohort + origin, "month": month, "customers": sizes[cohort], "active": active},
        schema=dict.fromkeys(("cohort", "month", "customers", "active"), pl.Int64),
    )
    return table.select(
        pl.date(pl.col("cohort") // 12, pl.col("cohort") % 12 + 1, 1).alias("cohort"),
        *("month", "customers", "active"),
        retention=pl.when(pl.col("cohort") + pl.col("month") < complete).then(pl.col("active") / pl.col("customers")),
    )


@dataclass(frozen=True, eq=False)
class Scores:
    """RFM of everybody who ever bought before a day, by customer.

    Attributes:
        who: place among ``OrderRows.keys``; of those with an order in the window.
        recency, frequency, money: days since the last order, order-days and net in the window.
        r, f, m: their scores, 1–5.
        past: the others, who bought only before the window; *lapsed*.
        past_recency: days since their last order.
    """

    who: npt.NDArray[np.int32]
    recency: npt.NDArray[np.int32]
    frequency: Places
    money: Ints
    r: npt.NDArray[np.int8]
    f: npt.NDArray[np.int8]
    m: npt.NDArray[np.int8]
    past: npt.NDArray[np.int32]
    past_recency: npt.NDArray[np.int32]

    @property
    def everybody(self) -> int:
        """How many they are, those of the past included."""
        return int(self.who.size + self.past.size)

    @property
    def code(self) -> npt.NDArray[np.int16]:
        """The cell of those in the window: 25 R + 5 F + M, each from 0."""
        return (self.r.astype(np.int16) - 1) * 25 + (self.f - 1) * 5 + (self.m - 1)


def scores(
    kept: OrderDays,
    as_of: dt.date,
    *,
    preset: Literal["fixed", "quintiles"] = "fixed",
    window_days: int = 365,
    m_bins_minor: tuple[int, int, int, int] = M_BINS_MINOR,
) -> Scores:
    """How recently, how often and for how much has each customer bought? As ``rfm.rfm``, whose arguments these are."""
    end = number(as_of)
    since = end - window_days
    first, last = kept.spans(since, end - 1)
    recency, times, money = end - kept.day[last], last - first + 1, kept.spent(first, last)
    gone = np.flatnonzero((kept.day < since) & (kept.later >= end))
    if preset == "fixed":
        r = 5 - _passed([recency > edge for edge in R_BINS_DAYS], recency.size)
        f = 1 + _passed([times > edge for edge in F_BINS], recency.size)
        m = 1 + _passed([money >= edge for edge in m_bins_minor], recency.size)
    else:
        r, f, m = _fifths(-recency), _fifths(times), _fifths(money)
    return Scores(kept.who[last], recency, times, money, r, f, m, kept.who[gone], end - kept.day[gone])


def _passed(edges: list[Flags], size: int) -> npt.NDArray[np.int8]:
    found = np.zeros(size, np.int8)
    for edge in edges:
        found += edge.view(np.int8)  # as it lies there: a cast costs more than the sum
    return found


def _fifths(values: npt.NDArray[np.integer]) -> npt.NDArray[np.int8]:
    """1 + the whole fifths of all that lie strictly below, so equal values share a score.

    A value has k fifths below it when it is above the one that ends the k-th fifth: four numbers say it for all.
    """
    size = values.size
    if not size:
        return np.zeros(0, np.int8)
    ends = [-(-fifth * size // 5) - 1 for fifth in (1, 2, 3, 4)]
    cut = np.partition(values, ends)
    return 1 + _passed([values > cut[end] for end in ends], size)


def cells(scored: Scores) -> pl.DataFrame:
    """How many customers, and how much money, are in each cell of the grid? As ``rfm.rfm_cells``."""
    code = scored.code
    return _grid(np.bincount(code, minlength=_CELLS), _sums(code, scored.money, _CELLS), scored.past.size)


def cells_of(
    states: BuyerStates,
    as_of: dt.date,
    *,
    window_days: int = 365,
    m_bins_minor: tuple[int, int, int, int] = M_BINS_MINOR,
) -> tuple[pl.DataFrame, int]:
    """``cells`` of the fixed scores of the rows that the states were made of; and how many people they tell of."""
    end = number(as_of)
    since = end - window_days
    times, latest = states.times_between(since, end - 1), states.latest_before(end)
    money = states.spent_between(since, end - 1)
    today = end - states.first + 1
    customers, sums = np.zeros(_CELLS + 2, np.int64), np.zeros(_CELLS + 2, np.int64)
    is_exact = states.total < _EXACT / 2
    for start in range(0, len(times), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        often, late, spent = times[part], latest[part], money[part]
        code = 4 - _passed([late < today - edge for edge in R_BINS_DAYS], len(often))
        for edges in ([often > edge for edge in F_BINS], [spent >= edge for edge in m_bins_minor]):
            code *= np.int8(5)
            code += _passed(edges, len(often))
        np.putmask(code, often == 0, _CELLS)
        np.putmask(code, late == 0, _CELLS + 1)
        cell = code.astype(np.intp)
        customers += np.bincount(cell, minlength=_CELLS + 2)
        sums += np.bincount(cell, spent, _CELLS + 2).astype(np.int64) if is_exact else _sums(cell, spent, _CELLS + 2)
    past = int(customers[_CELLS])
    return _grid(customers[:_CELLS], sums[:_CELLS], past), int(customers[:_CELLS].sum()) + past


def _grid(customers: Ints, money: Ints, past: int) -> pl.DataFrame:
    """The cells of the grid with anybody in them, best first; who bought only before the window comes last."""
    found = np.flatnonzero(customers)[::-1]
    schema = {"r": pl.Int8, "f": pl.Int8, "m": pl.Int8, "customers": pl.Int64, "net_minor": pl.Int64}
    values = (found // 25 + 1, found // 5 % 5 + 1, found % 5 + 1, customers[found], money[found])
    table = pl.DataFrame(dict(zip(schema, values, strict=True)), schema=schema)
    if past:
        table = pl.concat([table, pl.DataFrame([(1, None, None, past, None)], schema=schema, orient="row")])
    return table.with_columns(segment=segment_of()).select("r", "f", "m", "segment", "customers", "net_minor")


def _sums(code: npt.NDArray[np.integer], values: npt.NDArray[np.integer], size: int) -> Ints:
    if float(np.abs(values.astype(np.float64)).sum()) < _EXACT / 2:
        return np.bincount(code, weights=values, minlength=size).astype(np.int64)
    found = np.zeros(size, np.int64)
    np.add.at(found, code, values)
    return found


_LAPSED: Final = SEGMENTS.index("lapsed")


def _segments() -> npt.NDArray[np.int8]:
    """The group of each cell, as its place in ``SEGMENTS``."""
    steps = pl.int_range(1, 6, dtype=pl.Int8, eager=True)
    grid = steps.alias("r").to_frame().join(steps.alias("f").to_frame(), how="cross")
    grid = grid.join(steps.alias("m").to_frame(), how="cross").with_columns(segment=segment_of())
    places = {name: place for place, name in enumerate(SEGMENTS)}
    found: npt.NDArray[np.int8] = grid["segment"].replace_strict(places, return_dtype=pl.Int8).to_numpy()
    return found


def segments(rows: OrderRows, scored: Scores) -> npt.NDArray[np.int8]:
    """Of every customer among ``OrderRows.keys``: the place in ``SEGMENTS``; −1 for who never bought."""
    found = np.full(len(rows.keys), -1, np.int8)
    found[scored.who] = _segments()[scored.code]
    found[scored.past] = _LAPSED
    return found


def movement(rows: OrderRows, before: Scores, after: Scores) -> pl.DataFrame:
    """Which groups did customers move from and to? As ``rfm.rfm_movement``."""
    width = len(SEGMENTS) + 1
    pairs = segments(rows, before).astype(np.int64) % width * width + segments(rows, after) % width
    counts = np.bincount(pairs, minlength=width * width)
    counts[-1] = 0  # who never bought at either day
    found = np.flatnonzero(counts)
    names = pl.Series([*SEGMENTS, None], dtype=pl.String)
    return pl.DataFrame(
        {
            "segment_before": names.gather(found // width),
            "segment": names.gather(found % width),
            "customers": pl.Series(counts[found], dtype=pl.Int64),
        }
    )


def is_sufficient(kept: OrderDays, to_on: dt.date) -> bool:
    """Is there enough to score people by until this day, inclusive? As ``rfm.is_sufficient``."""
    end = number(to_on)
    if kept.customers_until(end) < MIN_BUYERS:
        return False
    late = kept.held[kept.held >= kept.held[0] + MIN_SPAN_DAYS - 1]
    return bool(late.size) and int(late[0]) <= end


def second(
    rows: OrderRows, from_on: dt.date, to_on: dt.date, group: Callable[[Days], pl.Series] | None = None
) -> tuple[pl.DataFrame, int]:
    """When do those whose first order lies in these days come back? As ``survival.time_to_second_order``.

    Args:
        rows: the whole history.
        from_on: first local day.
        to_on: last local day, inclusive; later orders are not looked at.
        group: what first orders are compared by, given the rows of the table that ``rows`` was made of.

    Returns:
        The curve, and how many customers are followed (staff included).
    """
    start, end = number(from_on), number(to_on)
    kept = rows.kept
    new = (rows.first_kept >= start) & (rows.first_kept <= end)
    first = np.flatnonzero((kept.earlier == NEVER_BEFORE) & (kept.day <= end) & new[kept.who])
    is_back = kept.later[first] <= end
    day = np.where(is_back, kept.later[first], end) - kept.day[first]
    waits = pl.DataFrame({"day": day, "is_back": is_back}, schema={"day": pl.Int64, "is_back": pl.Boolean})
    if group is not None:
        waits = waits.with_columns(group(kept.row[first]).alias("group"))
    return curve_of(waits), int(np.count_nonzero(new))
