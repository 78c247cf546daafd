"""Audiences: who fits a description, how many of them may be written to, and what else they have in common (T4)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

import numpy as np
import polars as pl

from answers import audience_rows as rows
from answers import audience_tables as tables
from answers.audience_members import fitting, members, reach_of, reached, read
from answers.audience_words import group_words
from answers.customers import pseudonyms
from answers.known import unknown_values
from answers.registry import ADDRESSES, NAMED, Result, address
from metrics import audience as metric
from metrics.buyers import number
from records import audiences as records
from schema.coding import spelled
from schema.errors import UsageError
from schema.filters import FILTER_NAMES, parse_filters
from schema.language import later, say
from warehouse import api as warehouse

if TYPE_CHECKING:
    from answers.answer import Context
    from schema.audience import Definition

    Who = str | tuple[str, ...]

__all__ = ["NARROWING", "asked_for", "members", "reached", "read", "reserved"]

_WHO: Final[dict[str, tuple[str, ...] | None]] = {"who": None}
"""Conditions, as in a link."""

_DAYS: Final = later(
    "Dwell and interest are of the last 91 days, lingering of 14, channels of 365, all to the period's last day; purchases "
    "are of all days. Place and segment filters narrow whom it is about; others do not."
)
_SCORE: Final = later(
    "Order: interest (Σ seconds × 0.5^(age in days ÷ 7), of products lingered on and not bought) × expected value ÷ its mean × "
    "nearness (it halves every 5 km to the nearest store). What is not known of somebody counts as the mean of the others."
)
_REACH: Final = later(
    "Reachable: consented to marketing (an agent's customers also to sharing with the agent), did not opt out, was on no "
    "list of contacts in the last 7 days, has no complaint that is open at the end of the period, and no identity of theirs is in "
    "conflict. Each of the others is counted once, at the first reason."
)
NO_COMPLAINTS: Final = later(
    "Open complaints are not known: load a table of them (complaint, customer, opened, closed) on Data."
)


def _checked(asked: Context, who: Who) -> Definition:
    """Nothing is guessed: what cannot be read is said, and selects nobody."""
    texts = (who,) if isinstance(who, str) else tuple(who)
    found = read(asked, tuple(one for one in texts if one))
    if found.unreadable:
        raise UsageError(" ".join(found.unreadable))
    return found


def _told(asked: Context, definition: Definition, table: pl.DataFrame, n: int) -> Result:
    notes = () if definition.groups else (say("An audience without a condition is nobody."),)
    off = tables.why_no_worth(tables.plain(asked)) if "score" in table.columns else ""
    return Result(table, n=n, n_label=say("customers"), notes=(*notes, *((off,) if off else ())))


@address(
    "audiences/people",
    "customer, reason, reach, interest, value_minor, distance_m, score",
    meaning=later("Who fits a description (who=…), why, and in which order they are worth a word; pseudonyms."),
    definition=(_DAYS, _SCORE, _REACH),
    options=_WHO,
    several=("who",),
)
def people(asked: Context, who: Who = ()) -> Result:
    """Who are they? One row per customer, highest score first."""
    return _listed(asked, _checked(asked, who))


def _listed(asked: Context, definition: Definition) -> Result:
    at, group = fitting(asked, definition)
    plain, base = tables.plain(asked), rows.base(asked)
    people = pl.DataFrame([
        pl.Series("customer_key", base.keys[at], dtype=pl.Int64),
        pl.Series("group", group, dtype=pl.Int32),
        tables.interests(plain).gather(at),
        tables.worth(plain).gather(at),
        asked.marts.people["nearest_m"].gather(base.rows[at]).alias("distance_m"),
        pl.Series("_at", at, dtype=pl.Int64),
    ])  # fmt: skip
    ranked = metric.scored_people(people)
    reasons = {number: group_words(asked, group) for number, group in enumerate(definition.groups)}
    table = ranked.with_columns(
        pl.Series("customer", pseudonyms(ranked["customer_key"]), dtype=pl.String),
        pl.col("group").replace_strict(reasons, return_dtype=pl.String).alias("reason"),
        metric.reasons(reach_of(asked)[ranked["_at"].to_numpy()]),
        pl.col("interest", "score").round(1),
        _hundreds("distance_m"),
    )
    return _told(asked, definition, table.select(*_LISTED), people.height)


_LISTED: Final = {
    "customer": pl.String, "reason": pl.String, "reach": pl.String, "interest": pl.Float64, "value_minor": pl.Int64,
    "distance_m": pl.Int64, "score": pl.Float64,
}  # fmt: skip


def _hundreds(column: str) -> pl.Expr:
    return ((pl.col(column) / 100).round() * 100).cast(pl.Int64)


@address(
    "audiences/reach",
    "reason, customers",
    meaning=later("How many of an audience (who=…) may be written to, and why not the others."),
    definition=(_REACH, _DAYS),
    options=_WHO,
    several=("who",),
)
def reach(asked: Context, who: Who = ()) -> Result:
    """May they be written to? One row per reason, first those who may."""
    definition = _checked(asked, who)
    at, _ = fitting(asked, definition)
    known = warehouse.has_complaints(asked.snapshot)
    reasons = [name for name in metric.REACH if known or name != "complaint"]
    counts = np.bincount(reach_of(asked)[at], minlength=len(metric.REACH)).tolist()
    table = metric.told_reach(dict(zip(metric.REACH, counts, strict=True)), reasons)
    told = _told(asked, definition, table.head(len(metric.REACH) if len(at) else 0), len(at))
    return told if known else replace(told, notes=(*told.notes, say(NO_COMPLAINTS)))


@address(
    "audiences/hints",
    "what, product_id, name, people, share, base_share, lift",
    meaning=later("What people of an audience (who=…) lingered on or bought more often than others."),
    definition=(
        later(
            "Lingered: a lingering view in the last 91 days. Bought: not fully refunded, any day. Lift: share of the "
            "audience ÷ share of all customers; at least 20 of the audience."
        ),
        _DAYS,
    ),
    options=_WHO,
    several=("who",),
)
def hints(asked: Context, who: Who = ()) -> Result:
    """People like these lingered on, and bought? One row per product, highest lift first."""
    definition, plain = _checked(asked, who), tables.plain(asked)
    at, _ = fitting(asked, definition)
    chosen = rows.narrowed(asked)
    some = None if chosen is None else np.flatnonzero(chosen)
    until, products = number(asked.to_on), rows.products(asked.marts)
    counted = pl.concat(
        pl.DataFrame({
            "what": pl.repeat(what, products.len(), eager=True), "product_id": products,
            "people": done.counted(at, until), "everybody": done.counted(some, until),
        }) for what, done in (("lingered", tables.lingered(plain)), ("bought", rows.bought(asked)))
    )  # fmt: skip
    named = {(one.kind, one.of) for one in definition.conditions if one.what == "product"}
    table = metric.hints_of(counted, len(at), len(rows.base(asked).keys) if some is None else len(some))
    rest = [(what, product) not in named for what, product in table.select("what", "product_id").iter_rows()]
    names = asked.marts.goods.select("product_id", "name")
    table = table.filter(pl.Series(rest, dtype=pl.Boolean)).join(
        names, on="product_id", how="left", maintain_order="left"
    )
    return _told(asked, definition, table, len(at))


@address(
    "audiences/lingered",
    "product_id, name, people, interest, value_minor, distance_m, score",
    meaning=later("Products lingered on and not bought, by whose interest is worth most."),
    definition=(
        later(
            "Members as in dwell/lingered. Expected value: what all of them are expected to bring in a year. Distance: the "
            "median of theirs."
        ),
        _SCORE,
        _DAYS,
    ),
)
def lingered(asked: Context) -> Result:
    """Whom to write to first, and about what? One row per product, highest score first."""
    plain, base = tables.plain(asked), rows.base(asked)
    wanted, chosen = tables.wanted(plain), rows.narrowed(asked)
    at = base.find(wanted["customer_key"])
    is_here = at < len(base.keys) if chosen is None else np.append(chosen, False)[at]
    at = np.unique(at[is_here])
    people = pl.DataFrame([
        pl.Series("customer_key", base.keys[at], dtype=pl.Int64),
        asked.marts.people["nearest_m"].gather(base.rows[at]).alias("distance_m"),
        tables.worth(plain).gather(at),
    ])  # fmt: skip
    wanted = wanted.select("customer_key", "product_id", "interest").filter(pl.Series(is_here, dtype=pl.Boolean))
    table = spelled(metric.ranked_products(metric.scored(wanted, people)))
    names = asked.marts.goods.select("product_id", "name")
    table = table.join(names, on="product_id", how="left", maintain_order="left").with_columns(
        pl.col("interest", "score").round(1), _hundreds("distance_m")
    )
    off = tables.why_no_worth(plain)
    return Result(table, n=len(at), n_label=say("members"), notes=(off,) if off else ())


@address(
    "audiences/saved",
    "name, customers, made_for, version, who, narrowed",
    meaning=later("Audiences that were saved; each can be asked for as audiences/<name>."),
)
def saved(asked: Context) -> Result:
    """Which audiences are there? One row each, first made first; customers: how many it held when it was saved."""
    schema: dict[str, Any] = {
        "name": pl.String, "customers": pl.Int64, "made_for": pl.Date, "version": pl.Int64, "who": pl.String,
        "narrowed": pl.String,
    }  # fmt: skip
    kept = () if asked.scope.role == "presenter" else records.audiences(asked.snapshot.mode, asked.scope)
    told = [(one.name, one.customers, one.made_for, one.version, " ".join(one.who), one.narrowed) for one in kept]
    return Result(pl.DataFrame(told, schema=schema, orient="row"), n=len(told), n_label=say("audiences"))


@address(
    "audiences/<name>",
    "customer, reason, reach, interest, value_minor, distance_m, score",
    meaning=later("Who fits a saved audience, why, and in which order they are worth a word; pseudonyms."),
    definition=(_DAYS, _SCORE, _REACH),
)
def of_name(asked: Context, named: str = NAMED) -> Result:
    """Who are they now? One row per customer of the audience as it was saved, counted anew."""
    if asked.scope.role == "presenter" or asked.unknown or named == NAMED:
        note = say("Say which audience: audiences/ and its name; audiences/saved lists them.")
        empty = pl.DataFrame(schema=_LISTED)
        return Result(empty, n=0, n_label=say("customers"), notes=(note,) if named == NAMED else ())
    kept = records.audience(asked.snapshot.mode, asked.scope, named)
    return _listed(asked_for(asked, kept), _checked(asked, kept.who))


def asked_for(asked: Context, kept: records.Audience) -> Context:
    """The question with the place and segment filters that the audience was saved with, beside those of the link.

    Raises:
        UsageError: one of them is not known any more.
    """
    pairs: dict[str, list[str]] = {}
    for name, value in parse_qsl(kept.narrowed):
        if name in FILTER_NAMES:
            pairs.setdefault(name, []).append(value)
    own = parse_filters(pairs)
    if bad := unknown_values(own, asked.marts, asked.snapshot, asked.scope):
        raise UsageError(" ".join(bad))
    wanted = {name: getattr(own, name) for name in NARROWING if getattr(own, name) and not getattr(asked.filters, name)}
    return replace(asked, filters=replace(asked.filters, **wanted), memo={})


NARROWING: Final = ("city", "agent", "store", "segment")
"""Filters that narrow whom an audience is about."""


def reserved() -> tuple[str, ...]:
    """Names that mean something else at ``audiences/``."""
    return tuple(name.split("/", 1)[1] for name in ADDRESSES if name.startswith("audiences/"))
