"""Who belongs to an audience, and who of them may be written to: the choice alone, before anything is told of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import polars as pl

from answers import audience_tables as tables
from answers import narrow
from answers.campaigns_sent import written_to
from answers.known import options
from metrics import audience as metric
from records import audiences as records
from records import campaigns
from schema.audience import NEVER, Condition, Definition, parse_definition
from schema.language import say
from schema.money import minor_digits
from schema.wording import UNMAPPED

if TYPE_CHECKING:
    from collections.abc import Callable

    from answers.answer import Context


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
    people = base(asked)
    found = metric.fitting(definition, lambda one: _holds(asked, people, one), people.height)
    return people.with_columns(found).filter(pl.col("group").is_not_null())


def base(asked: Context) -> pl.DataFrame:
    """Customers who can be in an audience of this viewer at all, by key; ``People`` rows."""
    people = narrow.people(asked).filter(~pl.col("is_staff")).sort("customer_key")
    if asked.scope.role == "agent":
        return people.filter(pl.col("owner_agent_id").cast(pl.String) == asked.scope.agent_id)
    return people.clear() if asked.scope.role != "owner" else people


def _holds(asked: Context, people: pl.DataFrame, one: Condition) -> pl.Series:
    plain = tables.plain(asked)
    if one.kind == "place":
        if one.what == "cell":
            return tables.lives_in_cell(people, one.of)
        if one.what == "tier":
            tier, _, store = one.of.partition(":")
            return tables.lives_in(people, tables.tier_cells(plain, store, tier))
        return people.select((pl.col("city").cast(pl.String) == one.of).fill_null(value=False)).to_series()
    if one.kind == "binding" and one.what != "status":
        return people.select(
            (pl.col(f"owner_{one.what}_id").cast(pl.String) == one.of).fill_null(value=False)
        ).to_series()
    keys = _keys(asked, plain, one)
    is_in = people["customer_key"].is_in(keys.implode())
    return ~is_in if one.kind == "contact" or (one.kind == "cohort" and one.of == NEVER) else is_in


def _keys(asked: Context, plain: Context, one: Condition) -> pl.Series:
    """Whose keys a condition names; of ``contact`` and the cohort that never bought, whose it leaves out."""
    if one.kind in {"dwell", "interest"}:
        return _attentive(plain, one)
    if one.kind in {"lingered", "bought"}:
        wanted = tables.wanted if one.what == "product" else tables.wanted_of_category
        return _of_goods((tables.bought if one.kind == "bought" else wanted)(plain), one)
    if one.kind == "value":
        least = one.least * 10 ** minor_digits(asked.currency)
        return tables.worth(plain).filter(pl.col("value_minor") >= least)["customer_key"]
    if one.kind == "contact":
        age = (pl.lit(tables.end_of(asked)) - pl.col("contacted_on")).dt.total_days()
        return contacted(asked).filter(age <= one.least)["customer_key"]
    table, column = _NAMED[one.kind]
    rows = table(plain)
    return (rows if one.of == NEVER else rows.filter(pl.col(column) == one.of))["customer_key"]


_NAMED: Final[dict[str, tuple[Callable[[Context], pl.DataFrame], str]]] = {
    "segment": (tables.segments, "segment"),
    "channel": (tables.channels, "channel"),
    "cohort": (tables.cohorts, "month"),
    "binding": (tables.statuses, "status"),
}


def _attentive(plain: Context, one: Condition) -> pl.Series:
    rows = tables.interest(plain)
    if one.of:
        rows = rows.filter(_is_of(one))
    column = "dwell_s" if one.kind == "dwell" else "interest"
    sums = rows.group_by("customer_key").agg(pl.col(column).sort().sum())
    return sums.filter(pl.col(column) >= one.least)["customer_key"]


def _of_goods(rows: pl.DataFrame, one: Condition) -> pl.Series:
    return rows.filter(_is_of(one))["customer_key"].unique()


def _is_of(one: Condition) -> pl.Expr:
    """Whether a row is of the condition's product, or of its category; without one it is Unmapped."""
    if one.what == "product":
        return pl.col("product_id") == one.of
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
    rows = pl.concat([records.contacted(mode), *parts, written_to(tables.plain(asked))])
    return tables.by_person(tables.plain(asked), rows).group_by("customer_key").agg(pl.col("contacted_on").max())


def reached(asked: Context, people: pl.DataFrame) -> pl.DataFrame:
    """``customer_key, reach`` of these customers, as of ``metrics.audience.reach``."""
    plain = tables.plain(asked)
    found = people.select("customer_key").join(
        tables.agreements(plain), on="customer_key", how="left", maintain_order="left"
    )
    rows = found.join(contacted(asked), on="customer_key", how="left", maintain_order="left").with_columns(
        pl.col("has_consent", "has_opted_out").fill_null(value=False),
        is_in_conflict=pl.col("customer_key").is_in(tables.conflicts(plain).implode()),
        has_complaint=pl.col("customer_key").is_in(tables.complaining(plain).implode()),
    )
    return metric.reach(rows, tables.end_of(asked))
