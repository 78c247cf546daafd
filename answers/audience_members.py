"""Who belongs to an audience, and who of them may be written to: the choice alone, before anything is told of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from answers import audience_rows as rows
from answers import audience_tables as tables
from answers.campaigns_sent import written_to
from answers.known import options
from metrics import audience as metric
from metrics.buyers import number
from metrics.rules import kept_lines
from records import audiences as records
from records import campaigns
from schema.audience import NEVER, Condition, Definition, parse_definition
from schema.language import say
from schema.money import minor_digits
from schema.wording import UNMAPPED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from answers.answer import Context

    Flags = NDArray[np.bool_]
    Reasons = NDArray[np.int8]
    Whole = NDArray[np.integer]


def read(asked: Context, texts: tuple[str, ...]) -> Definition:
    """A description as a link has it; what this viewer's data do not know is unreadable too."""
    found = parse_definition(texts)
    said = [why for one in found.conditions if (why := _unknown(asked, one))]
    return replace(found, unreadable=tuple(dict.fromkeys((*found.unreadable, *said))))


def _unknown(asked: Context, one: Condition) -> str:
    known = options(asked.marts)
    name = {"interest": one.what, "lingered": one.what, "bought": one.what, "binding": one.what}.get(one.kind, one.kind)
    value = one.of
    if one.kind == "dwell" and one.of:
        name = "category"
    elif one.kind == "place":
        name = {"city": "city", "tier": "store"}.get(one.what, "")
        value = one.of.partition(":")[2] if one.what == "tier" else one.of
    if one.kind == "value" and (why := tables.why_no_worth(tables.plain(asked))):
        return why
    if name not in known or value in known[name]:
        return ""
    if name == "city" and value in set(asked.marts.people["city"].drop_nulls()):
        return ""
    return say("No {name} {value} here.", name=name, value=value[:60])


def members(asked: Context, definition: Definition) -> pl.DataFrame:
    """Everybody of an audience: ``People`` rows with ``group``, the number of the first group that fits, by key.

    Staff are nobody's audience; an agent's are the customers who are their own now.
    """
    at, group = fitting(asked, definition)
    return asked.marts.people[rows.base(asked).rows[at]].with_columns(group)


def fitting(asked: Context, definition: Definition) -> tuple[Whole, pl.Series]:
    """The same people as places in ``audience_rows.base``, and their groups."""
    held: dict[Condition, pl.Series] = {}

    def holds(one: Condition) -> pl.Series:
        plain = replace(one, is_not=False)
        if plain not in held:
            held[plain] = pl.Series(_holds(asked, one), dtype=pl.Boolean)
        return held[plain]

    group = metric.fitting(definition, holds, len(rows.base(asked).keys))
    fits = group.is_not_null().to_numpy()
    chosen = rows.narrowed(asked)
    at = np.flatnonzero(fits if chosen is None else fits & chosen)
    return at, group.gather(at)


def _holds(asked: Context, one: Condition) -> Flags:  # noqa: PLR0911  (one way a kind)
    """By place: whether a condition holds."""
    plain, here = tables.plain(asked), rows.base(asked)
    if one.kind == "place":
        return _lives(plain, one)
    if one.kind == "binding" and one.what != "status":
        return rows.is_of(asked, f"owner_{one.what}_id", one.of)
    if one.kind == "segment":
        return rows.of_segment(plain, one.of, tables.end_of(asked))
    if one.kind == "channel":
        return tables.seen_on(plain).get(one.of, np.zeros(len(here.keys), np.bool_))
    if one.kind == "cohort":
        return _first_bought(plain, one)
    if one.kind == "value":
        least = one.least * 10 ** minor_digits(asked.currency)
        found: Flags = (tables.worth(plain) >= least).fill_null(value=False).to_numpy()
        return found
    if one.kind == "contact":
        age = (pl.lit(tables.end_of(asked)) - pl.col("contacted_on")).dt.total_days()
        return ~here.marked(contacted(asked).filter(age <= one.least)["customer_key"])
    return here.marked(_keys(plain, one))


def _lives(plain: Context, one: Condition) -> Flags:
    if one.what == "cell":
        return tables.lives_in_cell(plain, one.of)
    if one.what == "tier":
        tier, _, store = one.of.partition(":")
        return rows.lives_in(plain, tables.tier_cells(plain, store, tier), tables.RESOLUTION)
    return rows.is_of(plain, "city", one.of)


def _first_bought(plain: Context, one: Condition) -> Flags:
    """Who bought first in a month (2026-03), or never yet."""
    first = rows.first_kept(plain)
    is_buyer = first < number(tables.end_of(plain))
    if one.of == NEVER:
        return ~is_buyer
    found: Flags = is_buyer & (first.astype("datetime64[D]").astype("datetime64[M]") == np.datetime64(one.of, "M"))
    return found


def _keys(plain: Context, one: Condition) -> pl.Series:
    """Whose keys a condition names."""
    if one.kind in {"dwell", "interest"}:
        return _attentive(plain, one)
    if one.kind == "binding":
        return tables.statuses(plain).filter(pl.col("status") == one.of)["customer_key"]
    if one.kind == "lingered":
        found = tables.wanted(plain) if one.what == "product" else tables.wanted_of_category(plain)
        is_of = pl.col("product_id") == one.of
        return found.filter(is_of if one.what == "product" else _is_in_category(one))["customer_key"]
    if one.what == "category":
        return tables.bought_of_category(plain, one.of)
    lines = plain.marts.lines.select(
        "customer_key", "product_id", "local_on", "net_minor", "refunded_minor", "is_staff"
    )
    return kept_lines(lines.filter(pl.col("product_id") == one.of, pl.col("local_on") <= plain.to_on))["customer_key"]


def _attentive(plain: Context, one: Condition) -> pl.Series:
    column = "dwell_s" if one.kind == "dwell" else "interest"
    if one.of:
        each = tables.attention_to(plain, one.what or "category", one.of)
        sums = each.group_by("customer_key").agg(pl.col(column).sort().sum())
    else:
        sums = tables.attention(plain)
    return sums.filter(pl.col(column) >= one.least)["customer_key"]


def _is_in_category(one: Condition) -> pl.Expr:
    """Whether a row is of the condition's category; without one it is Unmapped."""
    return pl.col("category").fill_null(UNMAPPED) == one.of


def contacted(asked: Context) -> pl.DataFrame:
    """``customer_key, contacted_on``: when each was last on a list handed out, or written to by a campaign."""
    mode = asked.snapshot.mode
    sent = [one for one in campaigns.campaigns(mode) if one.sent_on is not None]
    keys = campaigns.members(mode, [one.treated for one in sent])
    parts = [
        keys[one.treated].to_frame("customer_key").with_columns(pl.lit(one.sent_on, pl.Date).alias("contacted_on"))
        for one in sent
    ]
    every = pl.concat([records.contacted(mode), *parts, written_to(tables.plain(asked))])
    return tables.by_person(tables.plain(asked), every).group_by("customer_key").agg(pl.col("contacted_on").max())


def reached(asked: Context, people: pl.DataFrame) -> pl.DataFrame:
    """``customer_key, reach`` of these customers, as of ``metrics.audience.reach``; all of them are in the base."""
    codes = reach_of(asked)[rows.base(asked).find(people["customer_key"])]
    return people.select("customer_key", metric.reasons(codes))


def reach_of(asked: Context) -> Reasons:
    """By place: whether somebody may be written to, as the place of the reason in ``metrics.audience.REACH``."""
    plain, here = tables.plain(asked), rows.base(asked)
    age = (pl.lit(tables.end_of(plain)) - pl.col("contacted_on")).dt.total_days()
    lately = contacted(asked).filter(age <= metric.CAP_DAYS)["customer_key"]
    return metric.first_reasons(
        tables.agreed(plain),
        is_in_conflict=here.marked(tables.conflicts(plain)),
        was_contacted=here.marked(lately),
        has_complaint=here.marked(tables.complaining(plain)),
    )
