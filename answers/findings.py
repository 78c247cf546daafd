"""Worth a look: at most five findings, each a sentence with its number, its n and a link to what shows it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import polars as pl

from answers import buyers, narrow, takings
from answers.attention_spikes import spikes
from answers.catchment import overlap
from answers.catchment_depth import took
from answers.dwell import quadrants
from answers.headlines import worst_hesitation
from answers.periods import MATURE_RETURN_DAYS, ending, mature
from answers.registry import Result, address
from answers.sharing import waits
from answers.sharing_anomalies import rushes, said_at
from answers.sharing_headlines import duration, late_day
from metrics.findings import unusual_days
from schema.coding import spelled
from schema.days import long_day, weekday
from schema.filters import Filters
from schema.language import later, say
from schema.phrases import percent, whole_percent
from schema.wording import UNMAPPED, channel_label

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from answers.answer import Context

_MOST = 5
_HISTORY_DAYS = 84
_DWELL_DAYS = 91
_FEW = 30
_OVERLAP_FLOOR = 0.2
_RETURN_FLOOR = 0.1
_TAKEN_FLOOR = 0.1
_BY_CHANCE = 0.25
"""Many openings are measured at once: where more of the controls fell as far behind, chance is as good a reason."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence worth a look. ``value`` is shown large in ``unit``; ``weight`` orders findings of different kinds."""

    kind: str
    value: float
    unit: str
    sentence: str
    detail: str
    n: int
    page: str
    query: str
    weight: float


_SCHEMA = {
    "kind": pl.String,
    "value": pl.Float64,
    "unit": pl.String,
    "sentence": pl.String,
    "detail": pl.String,
    "n": pl.Int64,
    "page": pl.String,
    "query": pl.String,
    "weight": pl.Float64,
}


@address(
    "overview/findings",
    "kind, value, unit, sentence, detail, n, page, query",
    meaning=later("What is worth a look, at most five, most surprising first."),
    definition=later(
        "Days further than 3 median absolute deviations from the 8 same weekdays before (n ≥ 30) and "
        "beyond what chance gives (5 % false ones at most), evening or daytime "
        "dwell that a category does not share, products that hold attention and do not sell, overlap between agents, a new "
        "store whose 90 % interval of what it took from a neighbour leaves out 0 and that few controls match by chance, returns "
        "of a channel far above the others, a day of late bindings, a guide who binds too many at once (13 weeks), and faults in "
        "the data."
    ),
)
def findings(asked: Context) -> Result:
    """What needs me? One row per finding."""
    kinds: tuple[Callable[[Context], list[Finding]], ...] = (
        _dwell,
        _hesitation,
        _overlap,
        _opening,
        _days,
        _returns,
        _datum,
        _late,
        _rush,
    )
    found = [finding for kind in kinds for finding in kind(asked)]
    rows = sorted(found, key=lambda f: (-f.weight, f.kind, f.sentence))[:_MOST]
    table = pl.DataFrame([{name: getattr(row, name) for name in _SCHEMA} for row in rows], schema=_SCHEMA)
    return Result(table, n=table.height, n_label=say("findings"))


def _link(asked: Context, **more: str) -> str:
    """The question's own filters, some of them replaced."""
    return urlencode([*(pair for pair in asked.filters.to_query() if pair[0] not in more), *more.items()])


def _dwell(asked: Context) -> list[Finding]:
    found = spikes(ending(asked, max(asked.days, _DWELL_DAYS)))
    return [
        Finding(
            "dwell",
            row["index"],
            "index",
            say(
                "{group} hold people from {first} to {until} h",
                group=say(UNMAPPED) if row["group"] == UNMAPPED else row["group"],
                first=row["first_hour"],
                until=row["last_hour"] + 1,
            ),
            say("dwell index, 100 is usual · n = {n} views", n=row["n"]),
            row["n"],
            "dwell",
            _link(asked, measure="index"),
            5 + row["index"] / 100,
        )
        for row in found.head(1).iter_rows(named=True)
    ]


def _hesitation(asked: Context) -> list[Finding]:
    window = ending(asked, max(asked.days, _DWELL_DAYS))
    table = quadrants(window)
    worst = worst_hesitation(table)
    if worst is None:
        return []
    row = table.table.filter(pl.col("product_id") == worst).row(0, named=True)
    return [
        Finding(
            "hesitation",
            int(row["mature_viewers"]),
            "count",
            say(
                "viewed {product}, {part} bought it",
                product=worst,
                part=percent(row["conversion_rate"]),
            ),
            say(
                "{seconds} s median dwell · 95 % interval {low} – {high}",
                seconds=f"{row['median_dwell_s']:.0f}",
                low=percent(row["low"]),
                high=percent(row["high"]),
            ),
            int(row["mature_viewers"]),
            "dwell",
            _link(asked, category=row["category"]) if row["category"] else _link(asked),
            6,
        )
    ]


def _overlap(asked: Context) -> list[Finding]:
    if asked.scope.role == "agent":
        return []
    table = overlap(asked, by="agent").table.filter(pl.col("a") < pl.col("b"))
    if table.is_empty() or table["overlap_index"][0] < _OVERLAP_FLOOR:
        return []
    names = dict(asked.marts.places.select("agent_id", "agent_name").drop_nulls().unique().iter_rows())
    row = table.row(0, named=True)
    rest = table["overlap_index"][1:].max()
    n = say("n = {n_a} and {n_b} buyers", n_a=row["n_a"], n_b=row["n_b"])
    beside = say("next highest pair {part}", part=whole_percent(rest)) if isinstance(rest, float) else ""
    return [
        Finding(
            "overlap",
            row["overlap_index"],
            "rate",
            say("of {a} and {b} demand overlaps", a=names.get(row["a"], row["a"]), b=names.get(row["b"], row["b"])),
            f"{beside} · {n}" if beside else n,
            row["n_a"] + row["n_b"],
            "catchment",
            _link(asked, layer="overlap", compare="agent", pair=f"{row['a']}|{row['b']}"),
            5 + row["overlap_index"],
        )
    ]


def _opening(asked: Context) -> list[Finding]:
    """Every opening is measured once a snapshot; the filters only choose among them."""
    if asked.unknown:
        return []
    table = took(replace(asked, filters=Filters(as_of=asked.filters.as_of))).table
    here = narrow.places(asked)["store_id"].implode()
    sure = table.filter(
        pl.col("new_store").is_in(here) | pl.col("store_id").is_in(here),
        pl.col("low") > 0,
        pl.col("rate") >= _TAKEN_FLOOR,
        pl.col("placebo_share").fill_null(0) <= _BY_CHANCE,
    )
    names = dict(asked.marts.places.select("store_id", "name").iter_rows())
    return [
        Finding(
            "opening",
            row["rate"],
            "rate",
            say(
                "of {new}'s sales came from {old}",
                new=names.get(row["new_store"], row["new_store"]),
                old=names.get(row["store_id"], row["store_id"]),
            ),
            say(
                "90 % interval {low} – {high} · n = {n} who went over",
                low=whole_percent(row["low"]),
                high=whole_percent(row["high"]),
                n=row["switchers"],
            ),
            row["switchers"],
            "catchment",
            _link(asked, section="openings", opening=f"{row['new_store']}|{row['store_id']}"),
            4.9 + min(row["rate"], 1),
        )
        for row in sure.sort("loss_minor", "new_store", "store_id", descending=[True, False, False])
        .head(1)
        .iter_rows(named=True)
    ]


def _days(asked: Context) -> list[Finding]:
    window = ending(asked, asked.days + _HISTORY_DAYS)
    daily = buyers.money(window).trend(window.from_on, window.to_on)
    days = daily.select("local_on", pl.col("net_minor").cast(pl.Float64).alias("value"), pl.col("orders").alias("n"))
    odd = unusual_days(days).filter(pl.col("local_on").is_between(asked.from_on, asked.to_on))
    above, below = later("above the usual {weekday} on {day}"), later("below the usual {weekday} on {day}")
    found = []
    for row in odd.sort(pl.col("change").abs(), descending=True).head(1).iter_rows(named=True):
        day: dt.date = row["local_on"]
        found.append(
            Finding(
                "day",
                abs(row["change"]),
                "rate",
                say(above if row["change"] > 0 else below, weekday=weekday(day), day=long_day(day)),
                say("net sales against the median of 8 weeks · n = {n} orders", n=row["n"]),
                row["n"],
                "overview",
                _link(asked),
                4 + min(abs(row["change"]), 1),
            )
        )
    return found


def _returns(asked: Context) -> list[Finding]:
    rows = takings.cells(mature(ending(asked, max(asked.days, _DWELL_DAYS)), MATURE_RETURN_DAYS), "orders")
    by = (
        spelled(rows.select("channel", "refunded_minor", "goods_net_minor", "rows"))
        .group_by("channel")
        .agg(pl.col("refunded_minor").sum(), pl.col("goods_net_minor").sum(), pl.col("rows").sum().alias("n"))
        .filter((pl.col("n") >= _FEW) & (pl.col("goods_net_minor") > 0))
        .with_columns((pl.col("refunded_minor") / pl.col("goods_net_minor")).alias("rate"))
        .sort("rate", "channel", descending=[True, False])
    )
    if by.height < 2 or by["rate"][0] - by["rate"][1:].median() < _RETURN_FLOOR:  # noqa: PLR2004
        return []
    row, rest = by.row(0, named=True), by["rate"][-1]
    return [
        Finding(
            "returns",
            row["rate"],
            "rate",
            say("of {channel} sales come back", channel=channel_label(row["channel"]).lower()),
            say("lowest channel {part} · orders 30 days and older, n = {n}", part=percent(rest), n=row["n"]),
            row["n"],
            "purchases",
            _link(asked, channel=row["channel"]),
            4.5,
        )
    ]


def _datum(asked: Context) -> list[Finding]:
    suspects = asked.marts.places.filter(pl.col("is_datum_suspect"))
    if suspects.is_empty():
        return []
    agents = suspects["agent_name"].drop_nulls().unique().sort().to_list()
    said = (
        say("{agent} stores look like GCJ-02 labelled WGS-84", agent=agents[0])
        if len(agents) == 1
        else say("stores look like GCJ-02 labelled WGS-84")
    )
    return [
        Finding(
            "datum",
            suspects.height,
            "count",
            said,
            say("their points lie about half a kilometre off · W05"),
            suspects.height,
            "data",
            _link(asked),
            4.2,
        )
    ]


def _late(asked: Context) -> list[Finding]:
    table = waits(asked)
    worst = late_day(table)
    if worst is None:
        return []
    day, late = worst
    row = table.table.filter(pl.col("day") == day).row(0, named=True)
    return [
        Finding(
            "late_bindings",
            late,
            "count",
            say("customers waited over a minute for their owner on {day}", day=long_day(day)),
            say(
                "95 % were bound within {duration} · n = {n} registrations",
                duration=duration(row["p95_s"]),
                n=row["bound"],
            ),
            row["bound"],
            "sharing",
            _link(asked, tab="binding"),
            4.6,
        )
    ]


def _rush(asked: Context) -> list[Finding]:
    found = rushes(ending(asked, max(asked.days, _DWELL_DAYS)))
    return [
        Finding(
            "guide_rush",
            row["n"],
            "count",
            say("people bound by {guide} at once from one spot", guide=row["guide_id"]),
            say("from {time} · more than 20 in ten minutes", time=said_at(asked, row["at"])),
            row["n"],
            "sharing",
            _link(asked, tab="money"),
            4.7,
        )
        for row in found.head(1).iter_rows(named=True)
    ]
