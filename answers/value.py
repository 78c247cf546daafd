"""What known buyers will bring: the purchase model, whether it held on the year held out, and value by group (T8)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from answers import buyers, narrow
from answers.everybody import everybody, scored
from answers.headlines import OFF
from answers.memo import lately_a_scope, of_rows, once
from answers.registry import Result, address
from metrics.btyd import WEEK, Histories
from metrics.buyers import EPOCH, number
from metrics.customer_value import MIN_REPEATERS, Holdout, Model, each_value, holdout_of, model_of
from metrics.customer_value import value as value_of
from metrics.suppression import K
from schema.errors import UsageError
from schema.filters import Filters
from schema.language import later, say
from schema.money import minor_digits
from schema.phrases import percent
from schema.wording import SEGMENT_LABELS

if TYPE_CHECKING:
    from answers.answer import Context
    from metrics.buyers import Flags, OrderRows
    from schema.marts import Marts

ONCE_ONLY: Final = later(
    "Of who bought once the model knows nothing but their age: it takes every one of them for a buyer still, "
    "so nobody is called alive here."
)
NO_SEASON: Final = later("The model knows no season: within a year more or fewer may come than expected.")
_FEW: Final = later("{n} of the {need} repeat buyers that the purchase model needs.")
_UNSETTLED: Final = later("the purchase model does not settle on these orders.")
_SHORT: Final = later("half a year of orders is needed to hold a part of it out.")
_FAILED: Final = later("stationarity fails (seasonal goods): {said}.")
_REVENUE: Final = later("Value is net sales, not profit: no margin is given.")


@dataclass(frozen=True, eq=False)
class _Past:
    """Whose history, and the fits on it."""

    rows: OrderRows
    wanted: Flags | None
    seen: Histories


@address(
    "purchases/btyd",
    "r, alpha, a, b, log_likelihood, customers, p, q, v, repeaters, repeat_days, model",
    meaning=later("The purchase model of all known buyers: BG/NBD for orders, Gamma-Gamma for money."),
    definition=later(
        "The model is fitted on every known buyer of all days to the end of the period: x = order-days − 1, t_x = age at the last order-day (not RFM's recency), T = age, in weeks. "
        "Maximum likelihood; model is NBD, with a = 0, where drop-out explains nothing. p, q, v: Gamma-Gamma of the "
        "order-days after the first of those who came back, v in whole units of the currency."
    ),
)
def btyd(asked: Context) -> Result:
    """How do buyers come back? One row; empty where nobody came back or the fit does not settle."""
    past, found = _past(asked), _model(asked)
    notes = () if past.seen.repeaters >= MIN_REPEATERS else (_few(past),)
    row = [] if found is None else [_parameters(past, found)]
    if found is None and not notes:
        notes = (_off_since(say(_UNSETTLED)),)
    return _told(past, pl.DataFrame(row, schema=_BTYD, orient="row"), *notes)


_BTYD: Final = {
    "r": pl.Float64, "alpha": pl.Float64, "a": pl.Float64, "b": pl.Float64, "log_likelihood": pl.Float64,
    "customers": pl.Int64, "p": pl.Float64, "q": pl.Float64, "v": pl.Float64, "repeaters": pl.Int64,
    "repeat_days": pl.Int64, "model": pl.String,
}  # fmt: skip


def _parameters(past: _Past, found: Model) -> tuple[object, ...]:
    rates, spend = found.fitted.rates, found.spend
    money = (None, None, None) if spend is None else (spend.spend.p, spend.spend.q, spend.spend.v)
    b, kind = (None, "NBD") if rates.is_nbd else (rates.b, "BG/NBD")
    order = (rates.r, rates.alpha, rates.a, b, found.fitted.log_likelihood, len(past.seen.x))
    return (*order, *money, past.seen.repeaters, int(past.seen.x.sum()), kind)


@address(
    "purchases/holdout",
    "week, expected, actual, error, split_on, customers",
    meaning=later("Repeat order-days expected of the purchase model on the part held out, and those that came."),
    definition=later(
        "Fitted on the days to split_on, compared with the 52 weeks after it (half of a history of under two "
        "years); running sums, of buyers known by then. The model is shown only if the last row is off by at most 20 %."
    ),
)
def holdout(asked: Context) -> Result:
    """Did what was expected come? One row every four weeks after the split, the last one decides."""
    past, held = _past(asked), _holdout(asked)
    if held is None:
        return _told(past, pl.DataFrame(schema=_HOLDOUT), _off_since(say(_SHORT)))
    error = pl.when(pl.col("actual") > 0).then(pl.col("expected") / pl.col("actual") - 1)
    split = EPOCH + dt.timedelta(days=held.split)
    table = held.tracked.with_columns(error.alias("error"), split_on=pl.lit(split), customers=pl.lit(held.customers))
    said = checked(held)
    notes = (
        () if held.is_whole_years else (say("Less than two whole years: a season in the part held out is not seen."),)
    )
    verdict = say("Held out: {said}.", said=said) if held.has_passed else _off_since(say(_FAILED, said=said))
    return _told(past, table.cast(_HOLDOUT), verdict, *notes)  # type: ignore[arg-type]


_HOLDOUT: Final = {
    "week": pl.Int64, "expected": pl.Float64, "actual": pl.Int64, "error": pl.Float64, "split_on": pl.Date,
    "customers": pl.Int64,
}  # fmt: skip


def checked(held: Holdout) -> str:
    """``1,204 repeat orders expected in 52 weeks, 1,254 came (4.0 % fewer)``."""
    told = {"expected": round(held.expected), "weeks": held.weeks, "came": held.actual}
    if held.error is None:
        return say("{expected} repeat order-days expected in {weeks} weeks, {came} came", **told)
    off = percent(abs(held.error))
    if held.error > 0:
        return say(
            "{expected} repeat order-days expected in {weeks} weeks, {came} came ({part} too many expected)",
            part=off,
            **told,
        )
    return say(
        "{expected} repeat order-days expected in {weeks} weeks, {came} came ({part} too few expected)",
        part=off,
        **told,
    )


@address(
    "purchases/value",
    "group, label, customers, repeaters, expected_buyers, buyers_low, buyers_high, expected_orders, value_minor, "
    "low_minor, high_minor",
    meaning=later("Buyers expected in the next days and what all of a group bring in the next 52 weeks."),
    definition=later(
        "The model is fitted on every known buyer of all days to the end of the period, and summed over those who match the filters; by store and agent: whose customers they are "
        "now. expected_buyers: sum of each one's chance to order in the next 90 (180) days. value_minor: expected order-days "
        "of 52 weeks × expected spend × margin, without discounting. Intervals 95 %: doubt of the parameters (delta method) "
        "and chance. Shown only if the year held out was met within 20 %; groups of fewer than 10 are left out."
    ),
    options={"by": ("segment", "agent", "store"), "days": ("90", "180"), "margin": None},
)
def value(asked: Context, by: str = "segment", days: str = "90", margin: str = "") -> Result:
    """Who will buy, and what is it worth? One row a group, most valuable first."""
    share, past = _margin(margin), _past(asked)
    if why := _off(asked, past):
        return _told(past, pl.DataFrame(schema=_VALUE), why)
    found = _model(asked)
    if found is None:
        return _told(past, pl.DataFrame(schema=_VALUE), _off_since(say(_UNSETTLED)))
    groups = _groups(asked, by)
    names = groups["group"].unique().sort()
    place = groups.with_columns(at=pl.col("group").rank("dense").cast(pl.Int32) - 1)
    keys = pl.DataFrame({"customer_key": past.rows.keys[past.seen.who]})
    at = keys.join(place, on="customer_key", how="left", maintain_order="left")["at"].fill_null(-1).to_numpy()
    table = value_of(past.seen, found, at, max(names.len(), 1), buyer_weeks=int(days) / WEEK,
                     digits=minor_digits(asked.currency))  # fmt: skip
    named = table.with_columns(pl.col("group").replace_strict(range(names.len()), names, return_dtype=pl.String))
    money = [(pl.col(name) * share).round().cast(pl.Int64) for name in ("value_minor", "low_minor", "high_minor")]
    shown = _labelled(asked, by, named.with_columns(money)).filter(pl.col("customers") >= K)
    shown = shown.sort("value_minor", "expected_buyers", "group", descending=[True, True, False], nulls_last=True)
    notes = (*_said(asked), say(ONCE_ONLY), say(NO_SEASON), *(() if margin else (say(_REVENUE),)))
    return replace(_told(past, shown.select(*_VALUE), *notes), n=int(table["customers"].sum()))


_VALUE: Final = {
    "group": pl.String, "label": pl.String, "customers": pl.Int64, "repeaters": pl.Int64,
    "expected_buyers": pl.Float64, "buyers_low": pl.Float64, "buyers_high": pl.Float64, "expected_orders": pl.Float64,
    "value_minor": pl.Int64, "low_minor": pl.Int64, "high_minor": pl.Int64,
}  # fmt: skip


def _off(asked: Context, past: _Past) -> str:
    """Why nothing is shown; empty where it may be."""
    if past.seen.repeaters < MIN_REPEATERS:
        return _few(past)
    held = _holdout(asked)
    if held is None:
        return _off_since(say(_SHORT))
    return "" if held.has_passed else _off_since(say(_FAILED, said=checked(held)))


def _said(asked: Context) -> tuple[str, ...]:
    held = _holdout(asked)
    return () if held is None else (say("Held out: {said}.", said=checked(held)),)


def _few(past: _Past) -> str:
    return _off_since(say(_FEW, n=past.seen.repeaters, need=str(MIN_REPEATERS)))


def _off_since(why: str) -> str:
    return say(OFF, why=why)


def _told(past: _Past, table: pl.DataFrame, *notes: str) -> Result:
    return Result(table, n=len(past.seen.x), n_label=say("buyers"), notes=notes)


def _margin(said: str) -> float:
    if not said:
        return 1.0
    try:
        share = float(said)
    except ValueError:
        share = float("nan")
    if not 0 < share <= 100:  # noqa: PLR2004
        msg = say("purchases/value: margin={given} is no percentage above 0 and up to 100.", given=repr(said[:20]))
        raise UsageError(msg)
    return share / 100


def _groups(asked: Context, by: str) -> pl.DataFrame:
    """``customer_key, group`` of those who match the filters; of an agent's, those who are their own now."""
    mine = narrow.people(asked).select("customer_key", "owner_agent_id", "owner_store_id")
    if asked.scope.role == "agent":
        mine = mine.filter(pl.col("owner_agent_id").cast(pl.String) == asked.scope.agent_id)
    if by == "segment":
        segments = scored(asked.marts, asked.currency, asked.to_on + dt.timedelta(days=1))
        return mine.join(segments, on="customer_key").select("customer_key", group="segment")
    column = pl.col("owner_store_id" if by == "store" else "owner_agent_id").cast(pl.String)
    return mine.select("customer_key", group=column.fill_null(""))


def _labelled(asked: Context, by: str, table: pl.DataFrame) -> pl.DataFrame:
    """With the name that people call each group by."""
    if by == "segment":
        return table.with_columns(
            label=pl.col("group").replace({code: say(label) for code, label in SEGMENT_LABELS.items()})
        )
    wanted, named = ("store_id", "name") if by == "store" else ("agent_id", "agent_name")
    places = asked.marts.places.select(pl.col(wanted).cast(pl.String).alias("group"), pl.col(named).cast(pl.String))
    names = places.drop_nulls("group").unique("group", keep="first", maintain_order=True)
    nobody = say("No store") if by == "store" else say("No agent")
    label = pl.when(pl.col("group") == "").then(pl.lit(nobody)).otherwise(pl.coalesce(named, "group"))
    return table.join(names, on="group", how="left", maintain_order="left").with_columns(label=label)


def _is_whole(asked: Context) -> bool:
    """Whether every order counts: places and segments narrow whose value is told, never what is fitted."""
    chosen = asked.filters
    return not (chosen.channel or chosen.model or chosen.category or chosen.product)


def _everything(asked: Context) -> Context:
    return replace(asked, filters=replace(asked.filters, city=(), agent=(), store=(), segment=()))


@once
def _past(asked: Context) -> _Past:
    if _is_whole(asked):
        return _whole_past(replace(asked, filters=Filters(), from_on=asked.to_on))
    return _past_of(asked, buyers.people(_everything(asked)))


@lately_a_scope
def _whole_past(asked: Context) -> _Past:
    return _past_of(asked, everybody(asked.marts, asked.currency))


def _past_of(asked: Context, rows: OrderRows) -> _Past:
    wanted = _own(asked.marts, rows, asked.scope.agent_id) if asked.scope.role == "agent" else None
    return _Past(rows, wanted, Histories.until(rows.kept, number(asked.to_on), wanted))


def _own(marts: Marts, rows: OrderRows, agent: str | None) -> Flags:
    mine = marts.people.filter(pl.col("owner_agent_id").cast(pl.String) == agent)["customer_key"].to_numpy()
    found: Flags = np.isin(rows.keys, mine)
    return found


@once
def _model(asked: Context) -> Model | None:
    if not _is_whole(asked):
        return model_of(_past(asked).seen, minor_digits(asked.currency))
    return _whole_model(asked.marts, asked.currency, number(asked.to_on), _agent(asked))


@once
def _holdout(asked: Context) -> Holdout | None:
    if not _is_whole(asked):
        past = _past(asked)
        return holdout_of(past.rows.kept, number(asked.to_on), past.wanted)
    return _whole_holdout(asked.marts, asked.currency, number(asked.to_on), _agent(asked))


def _agent(asked: Context) -> str | None:
    return asked.scope.agent_id if asked.scope.role == "agent" else None


@of_rows
def _whole_model(marts: Marts, currency: str, end: int, agent: str | None) -> Model | None:
    rows = everybody(marts, currency)
    wanted = _own(marts, rows, agent) if agent else None
    return model_of(Histories.until(rows.kept, end, wanted), minor_digits(currency))


@of_rows
def _whole_holdout(marts: Marts, currency: str, end: int, agent: str | None) -> Holdout | None:
    rows = everybody(marts, currency)
    return holdout_of(rows.kept, end, _own(marts, rows, agent) if agent else None)


def off(asked: Context) -> str:
    """Why nothing is expected of anybody; empty where something may be."""
    past = _past(asked)
    if why := _off(asked, past):
        return why
    found = _model(asked)
    return _off_since(say(_UNSETTLED)) if found is None or found.spend is None else ""


def each(asked: Context) -> pl.DataFrame:
    """What is every known buyer expected to bring in the next 52 weeks?

    Returns:
        ``customer_key, value_minor``, without discounting and before any margin; no row where the model is ``off``.
    """
    schema = {"customer_key": pl.Int64, "value_minor": pl.Int64}
    past, found = _past(asked), _model(asked)
    if off(asked) or found is None:
        return pl.DataFrame(schema=schema)
    worth = each_value(past.seen, found, minor_digits(asked.currency))
    return pl.DataFrame({"customer_key": past.rows.keys[past.seen.who], "value_minor": worth}, schema=schema)
