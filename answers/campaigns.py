"""Audiences: did a campaign work, were several at once, and what would the next one show?"""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from answers import campaigns_sent
from answers.campaigns_sent import on_lists, own_people
from answers.memo import once
from answers.registry import Result, address
from metrics.lift import HOLDOUT_BPS, LEAST_HELD_OUT, MOST_HELD_OUT_BPS, lift, money_lift
from metrics.lift_counts import outcomes, shared_lists
from metrics.lift_power import detectable_lift
from metrics.rules import kept_purchases
from metrics.suppression import K
from records import campaigns as records
from schema.errors import UsageError
from schema.language import later, plural, say
from schema.phrases import whole_percent

if TYPE_CHECKING:
    from answers.answer import Context

RUNNING: Final = "running"
"""The verdict while days that count are still to come: a look ahead of time would prove too much."""

NO_HOLDOUT: Final = "no holdout"
"""The verdict where nobody was held out: what would have been bought anyway is not known."""

NONE_SENT: Final = later("No campaign was sent yet.")
RETURN_DAYS: Final = 30
SIZES: Final = (1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000)
MOST_PEOPLE: Final = 1_000_000_000
_NO_COSTS: Final = pl.DataFrame(schema={"campaign_id": pl.String, "cost_minor": pl.Int64})
_FALSE_ALARM: Final = 0.025

_RESULTS: Final = (
    "campaign, treated, converted, holdout, holdout_converted, lift, low, high, verdict, rate, holdout_rate, "
    "net_per_person_minor, holdout_net_per_person_minor, goods_minor, returned_minor, return_rate, "
    "holdout_return_rate, incremental, incremental_low, incremental_high, incremental_minor, incremental_low_minor, "
    "incremental_high_minor, sent_on, last_on, origin, cost_minor"
)


@address(
    "audiences/results",
    _RESULTS,
    meaning=later("Did each campaign work: who was written to against who was held out."),
    definition=later(
        "Held out at random before it was sent: a customer's bucket is the first eight hexadecimal digits of SHA-256 of "
        "salt|campaign|customer, modulo 10,000. A campaign loaded from a file (origin) has the groups that the file says, whether or "
        "not they were dealt at random, and is measured for 14 days from its first message; without anybody held out its verdict "
        "is no holdout. cost_minor: what its messages cost. Converted: a purchase that was kept, on the days that count (sent_on to "
        "last_on); everybody on a list counts, reached or not. lift is the difference of the shares, low to high "
        "its 95 % interval (Newcombe); proven when all of it is above zero, harmful when all is below, running until the last "
        "day has passed. incremental is the difference times the treated; its money has an interval of its own, net of "
        "returns. Place filters mean whose customer it is now; other filters and the period do not apply."
    ),
)
def results(asked: Context) -> Result:
    """Did it work? One row per campaign that was sent, newest first (T17)."""
    sent = campaigns_sent.sent(asked)
    lists = on_lists(asked, *sent["campaign"])
    found = outcomes(lists, sent, asked.marts.orders, currency=asked.currency)
    costs = campaigns_sent.costs(asked) if "loaded" in sent["origin"] else _NO_COSTS
    found = (
        _returns(money_lift(lift(found)))
        .join(costs, on="campaign_id", how="left", maintain_order="left")
        .with_columns(
            sent_on="from_on",
            last_on=pl.col("ends_on") - pl.duration(days=1),
            verdict=pl.when(~pl.col("has_holdout"))
            .then(pl.lit(NO_HOLDOUT))
            .when(pl.col("ends_on") > asked.as_of)
            .then(pl.lit(RUNNING))
            .otherwise("verdict"),
        )
    )
    few = 0
    if asked.scope.role == "agent":
        enough = (pl.col("treated") >= K) & ((pl.col("holdout") >= K) | ~pl.col("has_holdout"))
        few = found.filter(~enough, pl.sum_horizontal("treated", "holdout") > 0).height  # of others' they are not told
        found = found.filter(enough)
    table = found.select(name.strip() for name in _RESULTS.split(","))
    notes = (
        *_many(table),
        *_unproven(table),
        *_young(asked, table),
        *_hidden(few),
        *((say(NONE_SENT),) if (lists if asked.scope.role == "agent" else sent).is_empty() else ()),
    )
    people = lists.join(table.select("campaign"), on="campaign", how="semi")["customer_key"].n_unique()
    return Result(table, people, say("customers written to or held out"), notes=notes)


def _returns(found: pl.DataFrame) -> pl.DataFrame:
    return found.with_columns(
        pl.when(pl.col(f"{side}goods_minor") > 0)
        .then(pl.col(f"{side}returned_minor") / pl.col(f"{side}goods_minor"))
        .alias(f"{side}return_rate")
        for side in ("", "holdout_")
    )


def _many(table: pl.DataFrame) -> tuple[str, ...]:
    """Several looks at chance: how often one of them proves something that is not there."""
    done = table.filter(~pl.col("verdict").is_in([RUNNING, NO_HOLDOUT])).height
    if done < 2:  # noqa: PLR2004  (a single campaign is judged as its interval says)
        return ()
    chance = whole_percent(1 - (1 - _FALSE_ALARM) ** done)
    said = say(
        "{done} campaigns are judged, each at 95 %: had none of them any effect, one at least would still look proven with a "
        "chance of {chance}.", done=done, chance=chance,
    )  # fmt: skip
    return (said,)


def _unproven(table: pl.DataFrame) -> tuple[str, ...]:
    """What cannot be known of campaigns that were run elsewhere."""
    dealt = table.filter(pl.col("origin") == "loaded", pl.col("verdict") != NO_HOLDOUT)["campaign"].to_list()
    if not dealt:
        return ()
    return (
        say("Whether who was held out was dealt at random is not known here: {names}.", names=", ".join(dealt[:5])),
    )


def _young(asked: Context, table: pl.DataFrame) -> tuple[str, ...]:
    edge = asked.as_of - dt.timedelta(days=RETURN_DAYS)
    young = table.filter(pl.col("last_on") >= edge)["campaign"].to_list()
    if not young:
        return ()
    return (say("Returns may still come in: {names}.", names=", ".join(young[:5])),)


def _hidden(few: int) -> tuple[str, ...]:
    if not few:
        return ()
    return (
        plural(
            "{n} campaign with fewer than ten of your customers on either list is left out.",
            "{n} campaigns with fewer than ten of your customers on either list are left out.",
            few,
        ),
    )


@address(
    "audiences/overlaps",
    "campaign, other, customers, treated_both, campaign_only, other_only, held_out_both, share, shared_days",
    meaning=later("Which campaigns went to the same customers, and for how many days both were measured."),
    definition=later(
        "customers: on a list of both, written to or held out. campaign_only: written to by the first, held out by the "
        "other; other_only the reverse. share: of the smaller one's customers. Each campaign deals its customers anew, so "
        "another campaign meets treated and held out alike and biases neither; but what one brought while both were measured "
        "cannot be told from what both brought together."
    ),
)
def overlaps(asked: Context) -> Result:
    """Which campaigns ran into each other? One row per pair that shares customers, most first."""
    sent = campaigns_sent.sent(asked)
    table = shared_lists(on_lists(asked, *sent["campaign"]), sent)
    if asked.scope.role == "agent":
        table = table.filter(pl.col("customers") >= K)
    return Result(table, int(table["customers"].sum()), say("customers on lists of both"))


@address(
    "audiences/planned",
    "people, treated, holdout, base_rate, detectable_lift, incremental, is_asked",
    meaning=later("Which lift a campaign could prove before it is sent, by how many customers it has."),
    definition=later(
        "A tenth is held out, five hundred at least, half at most. detectable_lift: the smallest difference that would be "
        "called proven four times out of five (Newcombe, 95 %); empty when none would. base_rate: the share of customers who "
        "kept a purchase in the last days before as-of, without being written to; or as given. incremental: detectable_lift times "
        "the treated. Options: people (how many; the first row), base (percent), days (14)."
    ),
    options={"people": None, "base": None, "days": None},
)
def planned(asked: Context, people: str = "", base: str = "", days: str = "14") -> Result:
    """What would the next campaign show? One row per size; first the one that was asked for.

    Raises:
        UsageError: an option is not a number, or out of range.
    """
    window = int(_number("days", days, 1, records.MOST_WINDOW_DAYS))
    given = _number("base", base, 0, 100) / 100 if base else None
    mine = own_people(asked)
    rate = given if given is not None else _base_rate(asked, mine, window)
    wanted = int(_number("people", people, 2, MOST_PEOPLE)) if people else None
    sizes = [*([wanted] if wanted else []), *(size for size in SIZES if size != wanted)]
    rows = [] if rate is None else [_row(size, rate, is_asked=size == wanted) for size in sizes]
    table = pl.DataFrame(rows, schema=_PLANNED)
    return Result(table, mine.height, say("customers"))


_PLANNED: Final[dict[str, Any]] = {
    "people": pl.Int64, "treated": pl.Int64, "holdout": pl.Int64, "base_rate": pl.Float64, "detectable_lift": pl.Float64,
    "incremental": pl.Float64, "is_asked": pl.Boolean,
}  # fmt: skip


def _row(size: int, rate: float, *, is_asked: bool) -> dict[str, Any]:
    held = min(max(size * HOLDOUT_BPS // 10_000, LEAST_HELD_OUT), size * MOST_HELD_OUT_BPS // 10_000)
    found = detectable_lift(size - held, held, rate)
    more = None if found is None else found * (size - held)
    return dict(zip(_PLANNED, (size, size - held, held, rate, found, more, is_asked), strict=True))


@once
def _bought_lately(asked: Context, days: int) -> pl.Series:
    first = asked.as_of - dt.timedelta(days=days)
    rows = asked.marts.orders.filter(pl.col("local_on") >= first, pl.col("local_on") < asked.as_of)
    return kept_purchases(rows)["customer_key"].unique()


def _base_rate(asked: Context, people: pl.DataFrame, days: int) -> float | None:
    """Share of the customers who kept a purchase lately; None without customers."""
    if people.is_empty():
        return None
    return people.join(_bought_lately(asked, days).to_frame(), on="customer_key", how="semi").height / people.height


def _number(name: str, told: str, least: float, most: float) -> float:
    try:
        found = float(told)
    except ValueError:
        found = math.nan
    if not least <= found <= most:
        msg = say("{name}={told} is no number from {least} to {most}.", name=name, told=repr(told[:20]),
                  least=f"{least:g}", most=f"{most:g}")  # fmt: skip
        raise UsageError(msg)
    return found
