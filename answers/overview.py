"""Overview: what changed, where is money leaking, is the data fit?"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Literal

import polars as pl

from answers import buyers, takings
from answers.figures import FIGURES, figures
from answers.funnel_steps import visitors
from answers.periods import before, over
from answers.registry import Result, address
from answers.weekly import weekly_values
from metrics.conversion import funnel_table
from metrics.overview import ranking
from schema.coding import spelled
from schema.language import later, say
from schema.scope import ANOTHER_AGENT, ANOTHER_CITY, ANOTHER_STORE
from schema.wording import CHANNEL_LABELS, KPIS, UNMAPPED

if TYPE_CHECKING:
    from answers.answer import Context

_YEAR = 364
"""52 whole weeks: the same weekdays a year earlier."""
_WEEKS = 12


@address(
    "overview/kpis",
    "kpi, value, previous, unit, n",
    meaning=later("Key figures of the period beside the period before and the same weeks a year earlier."),
)
def kpis(asked: Context) -> Result:
    """What changed? One row per key figure; ``value`` is null where nothing stands behind it; ``note`` says why."""
    now, prior, year = figures(asked), figures(before(asked)), figures(_a_year_ago(asked))
    rows = [
        {
            "kpi": kpi,
            "value": now[kpi].value,
            "previous": prior[kpi].value,
            "year_ago": year[kpi].value,
            "unit": word.unit,
            "n": now[kpi].n,
            "from_on": now[kpi].from_on,
            "to_on": now[kpi].to_on,
            "note": now[kpi].note or None,
        }
        for kpi, word in KPIS.items()
    ]
    schema = {"kpi": pl.String, "value": pl.Float64, "previous": pl.Float64, "year_ago": pl.Float64, "unit": pl.String}
    table = pl.DataFrame(
        rows, schema={**schema, "n": pl.Int64, "from_on": pl.Date, "to_on": pl.Date, "note": pl.String}
    )
    return Result(table, n=now["orders"].n, n_label=say("orders"))


@address(
    "overview/weekly",
    "week_on, kpi, value",
    meaning=later("Key figures of the last twelve weeks, for the small lines."),
)
def weekly(asked: Context) -> Result:
    """How did each key figure move? One row per week and figure that can be told week by week."""
    ends = [asked.to_on - dt.timedelta(days=7 * back) for back in range(_WEEKS - 1, -1, -1)]
    weeks = [over(asked, end - dt.timedelta(days=6), end) for end in ends]
    found = weekly_values(asked, weeks)
    rows = [
        {"week_on": week.from_on, "kpi": kpi, "value": found[kpi][place]}
        for place, week in enumerate(weeks)
        for kpi in KPIS
        if kpi in FIGURES
    ]
    table = pl.DataFrame(rows, schema={"week_on": pl.Date, "kpi": pl.String, "value": pl.Float64})
    return Result(table, n=_WEEKS, n_label=say("weeks"))


@address(
    "overview/trend",
    "local_on, net_minor, previous_minor, orders",
    meaning=later("Net sales by local day beside the period before, aligned by day."),
)
def daily(asked: Context) -> Result:
    """How did sales run? One row per local day of the period, days without sales as 0 where sales exist at all."""
    now = _every_day(asked)
    prior = _every_day(before(asked)).select(
        (pl.col("local_on") + pl.duration(days=asked.days)).alias("local_on"),
        pl.col("net_minor").alias("previous_minor"),
        pl.col("orders").alias("previous_orders"),
    )
    if not now["orders"].sum() and not prior["previous_minor"].sum():
        return Result(now.join(prior, on="local_on", how="left").clear(), n=0, n_label=say("orders"))
    table = now.join(prior, on="local_on", how="left").select(
        "local_on", "net_minor", "previous_minor", "orders", "previous_orders"
    )
    return Result(table.sort("local_on"), n=int(now["orders"].sum()), n_label=say("orders"))


@address(
    "overview/ranking",
    "group, net_minor, previous_minor, change",
    meaning=later("Net sales by city, agent, store, channel or category beside the period before."),
    options={"by": ("city", "agent_id", "store_id", "channel", "category")},
)
def leaders(asked: Context, by: str = "city") -> Result:
    """Who leads, who grows? One row per group, largest first; sales without a group are shown as such."""
    which: Literal["orders", "lines"] = "lines" if by == "category" else "orders"
    now, prior = (takings.cells(of, which) for of in (asked, before(asked)))
    return Result(
        _labelled(asked, spelled(_counted(ranking(now, prior, by=by), now, prior, by)), by),
        n=int(now["rows"].sum()),
        n_label=say("orders") if by != "category" else say("order lines"),
    )


def _counted(table: pl.DataFrame, now: pl.DataFrame, prior: pl.DataFrame, by: str) -> pl.DataFrame:
    """With the orders (or lines) behind each sum, so that it can be told how few they are."""
    for name, rows in (("orders", now), ("previous_orders", prior)):
        counts = rows.group_by(pl.col(by).alias("group")).agg(pl.col("rows").sum().alias(name))
        table = table.join(counts, on="group", how="left", nulls_equal=True, maintain_order="left")
    return table.with_columns(pl.col("orders", "previous_orders").fill_null(0))


@address(
    "overview/funnel",
    "step, visitors, share",
    meaning=later("Visitors from viewing to a kept order."),
    definition=later(
        "Distinct visitors of the period who viewed, lingered, put into the cart, ordered, and kept an order. Each "
        "step counts only visitors of the step before it."
    ),
)
def steps(asked: Context) -> Result:
    """Where do people leave? One row per step, in order; share of those who viewed."""
    counts = visitors(asked)
    table = funnel_table(counts) if counts[0] else funnel_table(counts).clear()
    return Result(table, n=counts[0] or 0, n_label=say("visitors"))


def _labelled(asked: Context, table: pl.DataFrame, by: str) -> pl.DataFrame:
    """``label``: the group's name for people; a missing group is said to be missing."""
    places = asked.marts.places
    names: dict[str, str] = {}
    if by == "agent_id":
        names = dict(places.select("agent_id", "agent_name").drop_nulls().unique().iter_rows())
    elif by == "store_id":
        names = dict(places.select("store_id", "name").iter_rows())
    elif by == "channel":
        names = {code: say(name) for code, name in CHANNEL_LABELS.items()}
    names |= {one: say(one) for one in (ANOTHER_AGENT, ANOTHER_CITY, ANOTHER_STORE, UNMAPPED)}
    label = pl.col("group").replace(names).fill_null(say("Online, no store") if by != "category" else say(UNMAPPED))
    return table.with_columns(label.alias("label"))


def _a_year_ago(asked: Context) -> Context:
    shift = dt.timedelta(days=_YEAR)
    return over(asked, asked.from_on - shift, asked.to_on - shift)


def _every_day(asked: Context) -> pl.DataFrame:
    found = buyers.money(asked).trend(asked.from_on, asked.to_on)
    days = pl.DataFrame({"local_on": pl.date_range(asked.from_on, asked.to_on, eager=True)})
    return days.join(found, on="local_on", how="left").with_columns(pl.col("net_minor", "orders").fill_null(0))
