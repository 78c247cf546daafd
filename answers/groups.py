"""What a presenter reads of people: groups of ten and more, never a single one; decided here alone.

Every address says which of its columns count people (or their orders and views, of which one person may have several).
An address that says nothing shows a presenter nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import polars as pl

from metrics.suppression import K, hide_small
from schema.language import later, say, whole

if TYPE_CHECKING:
    from answers.answer import Answer
    from answers.registry import Result

SINGLE: Final = later("Single customers are not presented.")
FEW: Final = later("Groups of fewer than 10 people are not presented, nor what would reveal them.")
TOO_FEW: Final = later("Too few people are behind this to present it.")
"""In place of what an empty table would otherwise be taken for, such as that nobody bought."""
LEFT_OUT: Final = later("Shares of what can be presented: groups of fewer than 10 people are left out.")
"""Below a chart of shares of which groups are missing."""


@dataclass(frozen=True)
class Says:
    """What an address says of people.

    Attributes:
        counts: columns that count people. A row with 1 to 9 in one of them is left out.
        of_total: the rows are parts of a total: rows that would reveal those left out go too.
        within: columns of the parts that each have a total of their own.
        parts: (part, whole) columns: what is left of the whole must be 0, or ten and more, as well.
        rates: (rate, count) columns: a rate that says of how few of the count it speaks is null.
        null: columns that are null, instead of the row left out, where one of ``counts`` is small.
        as_one: one small count empties the whole table.
        steps: every two rows of the table are part and whole.
        n: what ``Result.n`` counts are people too: 1 to 9 empty the table.
        without: columns that name a single person, or could be subtracted from what stands elsewhere; always null.
    """

    counts: tuple[str, ...] = ()
    of_total: bool = False
    within: tuple[str, ...] = ()
    parts: tuple[tuple[str, str], ...] = ()
    rates: tuple[tuple[str, str], ...] = ()
    null: tuple[str, ...] = ()
    as_one: bool = False
    steps: bool = False
    n: bool = False
    without: tuple[str, ...] = ()


NOBODY: Final = Says()
"""Nothing in it is about people: stores, rules, money of agents, what was loaded, what is published anyway."""


def _of(
    *counts: str,
    parts: tuple[tuple[str, str], ...] = (),
    within: tuple[str, ...] = (),
    rates: tuple[tuple[str, str], ...] = (),
) -> Says:
    return Says(counts, of_total=True, within=within, parts=parts, rates=rates)


_LINGERED: Final = (("linger_rate", "known_views"), ("linger_rate", "views"))
_SIGN_INS: Final = ("joined", "customers", "devices", "anonymous")
_RUNNING: Final = ("timely", "late", "historic", "negative")

SAID: Final[dict[str, Says | None]] = {
    "audiences/<name>": None,
    "audiences/hints": None,
    "audiences/lingered": None,
    "audiences/people": None,
    "audiences/reach": None,
    "audiences/saved": None,
    "audiences/overlaps": Says(("treated_both", "campaign_only", "other_only", "held_out_both")),
    "audiences/planned": None,  # its base rate would tell how many bought
    "audiences/results": Says(
        ("treated", "converted", "holdout", "holdout_converted"),
        parts=(("converted", "treated"), ("holdout_converted", "holdout")),
    ),
    "catchment/actual": _of("orders", rates=(("leakage", "orders"),)),
    "catchment/breaches": Says(("count",)),
    "catchment/cannibalisation": Says(("switchers",)),
    "catchment/cells": _of("customers", within=("store_id",)),
    "catchment/contested": _of("customers", parts=(("contested", "customers"),)),
    "catchment/controls": Says(("pre_orders", "post_orders")),
    "catchment/customers": _of("customers"),
    "catchment/dominance": _of("customers"),
    "catchment/exposure": Says(("customers",), parts=(("exposed", "customers"),)),
    "catchment/flow": _of("customers", "orders"),
    "catchment/homes": _of("customers"),
    "catchment/huff": Says(("n", "held_out")),
    "catchment/huff_stores": _of("observed"),
    "catchment/interest": _of("customers"),
    "catchment/leakage": _of("orders", parts=(("away", "orders"),)),
    "catchment/nearest": None,
    "catchment/neighbour_cells": NOBODY,
    "catchment/neighbours": NOBODY,
    "catchment/overlap": Says(("n_a", "n_b"), without=("n_a", "n_b", "shared_buyers", "customers_b_in_ta_a")),
    "catchment/pair": _of("customers_a", "customers_b", parts=(("both", "customers_a"), ("both", "customers_b"))),
    "catchment/penetration": _of("members", parts=(("buyers", "members"),)),
    "catchment/radii": _of("customers"),
    "catchment/sales": _of("customers", "orders"),
    "catchment/switchers": Says(("customers",), parts=(("shared", "customers"), ("switchers", "shared"))),
    "catchment/territories": NOBODY,
    "catchment/whatif": None,  # a place chosen freely is a polygon chosen freely
    "data/codes": NOBODY,
    "data/freshness": NOBODY,
    "data/profile": None,
    "data/quarantine": None,
    "data/report": NOBODY,
    "dwell/coverage": _of("views"),
    "dwell/cross": _of("views", rates=_LINGERED),
    "dwell/dayparts": _of("views", rates=_LINGERED),
    "dwell/heatmap": _of("views", rates=_LINGERED),
    "dwell/lingered": Says(("people",)),
    "dwell/products": Says(("views", "customers", "viewers"), parts=(("buyers", "mature_viewers"),)),
    "dwell/quadrant": Says(("viewers",), parts=(("buyers", "mature_viewers"),)),
    "dwell/spikes": Says(("n",)),
    "overview/findings": Says(("n",)),
    "overview/funnel": Says(("visitors",), as_one=True, steps=True),
    "overview/kpis": Says(("n",), null=("value", "previous", "year_ago", "n")),
    "overview/ranking": _of("orders", "previous_orders"),
    "overview/trend": _of("orders", "previous_orders"),
    "overview/weekly": Says(n=False),
    "products/amount": _of("units"),
    "products/attach": Says(("together",)),
    "products/buyers": _of("customers"),
    "products/days": _of("customers"),
    "products/distance": _of("customers"),
    "products/frequency": _of("customers"),
    "products/hours": _of("orders"),
    "products/returns": _of("lines"),
    "products/sizes": _of("units"),
    "products/summary": Says(("orders", "buyers", "viewers"), as_one=True),
    "products/views": _of("views"),
    "purchases/btyd": Says(("customers", "repeaters", "repeat_days"), parts=(("repeaters", "customers"),), as_one=True),
    "purchases/cohorts": Says(("customers",), parts=(("active", "customers"),)),
    "purchases/concentration": Says(n=True),
    "purchases/frequency": _of("customers"),
    "purchases/gaps": _of("gaps"),
    "purchases/holdout": Says(("actual", "customers"), as_one=True, steps=True),
    "purchases/lorenz": Says(n=True),
    "purchases/models": _of(
        "orders",
        "buyers",
        "views",
        "viewers",
        "bound",
        parts=(("converted", "viewers"),),
        rates=(("linger_rate", "known_views"),),
    ),
    "purchases/movement": _of("customers"),
    "purchases/rfm": _of("customers"),
    "purchases/second": Says(n=True),
    "purchases/summary": Says(("orders", "order_days", "buyers"), as_one=True),
    "purchases/value": _of("customers", parts=(("repeaters", "customers"),)),
    "sharing/anomalies": Says(("n",), without=("customer_id",)),
    "sharing/attempts": _of("attempts", "customers"),
    "sharing/balance": _of("orders"),
    "sharing/bindings": None,
    "sharing/candidates": None,
    "sharing/disputes": None,
    "sharing/expiring": _of("customers"),
    "sharing/exposure": _of("orders"),
    "sharing/funnel": Says(("customers",), as_one=True, steps=True),
    "sharing/guides": None,  # guides are parts of stores
    "sharing/journey": _of("customers", "orders"),
    "sharing/latency": Says(("bound",), parts=tuple((name, "bound") for name in _RUNNING), null=(*_RUNNING, "bound")),
    "sharing/leakage": _of("customers", "orders"),
    "sharing/lines": None,
    "sharing/methods": _of("customers"),
    "sharing/policies": NOBODY,
    "sharing/replay": None,
    "sharing/rules": NOBODY,
    "sharing/simulation": NOBODY,
    "sharing/spending": _of("customers", "orders"),
    "sharing/split": Says(("entries", "orders")),
    "sharing/statement": Says(("entries",)),
    "sharing/timeliness": Says(("bound", "late"), parts=(("timely", "bound"),), as_one=True),
    "sync/after_sales": _of("orders", parts=(("refunded_orders", "orders"),)),
    "sync/causes": _of("orders", "customers"),
    "sync/channels": _of(
        "orders", "identified", "unified", parts=(("identified", "orders"), ("unified", "identified"))
    ),
    "sync/complaints": _of("complaints", "open", "settled"),
    "sync/conflicts": None,
    "sync/decisions": None,
    "sync/doubles": Says(("orders", "twins")),
    "sync/gaps": NOBODY,
    "sync/latency": Says(("events",), without=("negative",)),
    "sync/loads": None,
    "sync/match": None,  # stores are parts of the channels that are told
    "sync/mismatches": Says(("lines",)),
    "sync/persons": Says(("customers", "persons", "joined", "conflicts"), as_one=True),
    "sync/reconciliation": _of("orders"),
    "sync/sign_ins": Says(_SIGN_INS, as_one=True),
}
"""By address. None: its rows are single customers, or can be made to be; it is empty."""


def presented(name: str, found: Result) -> Result:
    """What of an answer a presenter reads; nothing of an address that says nothing.

    Args:
        name: the address.
        found: the whole answer.

    Returns:
        The same with small groups left out, and a note where something is.
    """
    says = SAID.get(name)
    if says is None:
        return replace(found, table=found.table.clear(), n=0, coverage=None, notes=(say(SINGLE),))
    if says is NOBODY:
        return found
    table = _shown(says, found)
    if name in _THINNED:
        table = _THINNED[name](table, found.n)
    found = _without_few_uncovered(found)
    if table.equals(found.table):
        return found
    n = found.n if _says_anybody(says, table) else 0
    return replace(found, table=table, n=n, notes=(*found.notes, say(FEW)))


def is_thinned(answer: Answer) -> bool:
    """Whether groups of the answer were left out for a presenter: what is not there need not be nothing."""
    return say(FEW) in answer.notes


def sample(answer: Answer) -> str:
    """How many stand behind it: ``n = 3,947 orders``; a dash where that would tell of few."""
    many = "—" if answer.n == 0 and is_thinned(answer) else whole(answer.n)
    return f"n = {many} {say(answer.n_label)}"


def _without_few_uncovered(found: Result) -> Result:
    """Without a coverage that says of how few of the ``n`` nothing, or anything, is known."""
    if found.coverage is None:
        return found
    known = round(found.coverage * found.n)
    is_few = any(0 < part < K for part in (known, found.n - known))
    return replace(found, coverage=None) if is_few else found


def _says_anybody(says: Says, table: pl.DataFrame) -> bool:
    """Whether anybody is left in the table: rows of nobody beside a total would tell how many were hidden."""
    counts = [name for name in says.counts if name in table.columns]
    return bool(table.height) and (not counts or any(table[name].sum() for name in counts))


def _shown(says: Says, found: Result) -> pl.DataFrame:
    table = found.table
    if says.n and 0 < found.n < K:
        return table.clear()
    counts = [name for name in says.counts if name in table.columns]
    table = table.with_columns(pl.lit(None).cast(table.schema[name]).alias(name) for name in says.without)
    is_small = pl.any_horizontal(
        pl.lit(value=False), *[_few(pl.col(name)) for name in counts], *[_parted(*pair) for pair in says.parts]
    )
    if says.as_one:
        if table.select(is_small.any()).item() or (says.steps and _steps_are_near(table[counts[0]])):
            return table.clear()
        return table
    if says.null:
        return table.with_columns(pl.when(~is_small).then(pl.col(name)).alias(name) for name in says.null)
    for rate, count in says.rates:
        table = table.with_columns(pl.when(~_parted_rate(rate, count)).then(pl.col(rate)).alias(rate))
    if not says.of_total:
        return table.filter(~is_small)
    return _without_small(table.with_columns(_small=is_small), counts, says.within)


def _without_small(table: pl.DataFrame, counts: list[str], within: tuple[str, ...]) -> pl.DataFrame:
    """Rows of small groups left out, and the next smallest with them until what is left out is no small group."""
    hidden = table["_small"]
    for count in counts:
        people = table.with_columns(
            pl.when(pl.col("_small")).then(pl.min_horizontal(count, K - 1)).otherwise(count).alias(count)
        )
        shown = hide_small(people, count, within=within)
        hidden = hidden | (shown[count].is_null() & table[count].is_not_null())
    return table.filter(~hidden).drop("_small")


def _few(count: pl.Expr) -> pl.Expr:
    return ((count > 0) & (count < K)).fill_null(value=False)


def _parted(part: str, whole: str) -> pl.Expr:
    return _few(pl.col(part)) | _few(pl.col(whole) - pl.col(part))


def _parted_rate(rate: str, count: str) -> pl.Expr:
    part = (pl.col(rate) * pl.col(count)).round()
    return _few(part) | _few(pl.col(count) - part)


def _steps_are_near(counts: pl.Series) -> bool:
    steps = sorted({int(count) for count in counts.drop_nulls()})
    return any(0 < after - before < K for before, after in pairwise(steps))


_TOLD_BY_DAY: Final = ("orders", "buyers", "new_members", "average_order_value_minor")
"""What counts people, or with the money told beside it counts orders: a week less the days shown would be a day."""


def _weeks(table: pl.DataFrame, _: int) -> pl.DataFrame:
    """Without the figures that count people week by week."""
    return table.filter(~pl.col("kpi").is_in(_TOLD_BY_DAY))


def _apart(table: pl.DataFrame, people: pl.Series) -> pl.DataFrame:
    """Points of a curve at least ten people apart, from the ends too."""
    kept, last, end = [], 0.0, float(people[-1]) if people.len() else 0.0
    for row, reached in enumerate(people):
        if reached in {0.0, end} or min(reached - last, end - reached) >= K:
            kept.append(row)
            last = reached
    return table[kept]


def _lorenz(table: pl.DataFrame, n: int) -> pl.DataFrame:
    return _apart(table, (table["customers_share"] * n).round())


def _second(table: pl.DataFrame, _: int) -> pl.DataFrame:
    """The curve alone, moved only where ten and more came back."""
    thin = _apart(table, table["events"].cum_sum())
    counts = ["at_risk", "events", "censored"]
    return thin.with_columns(pl.lit(None).cast(thin.schema[name]).alias(name) for name in counts)


_THINNED: Final = {"overview/weekly": _weeks, "purchases/lorenz": _lorenz, "purchases/second": _second}
