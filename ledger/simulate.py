"""What would others have got? The last months replayed under other rules, without writing anything."""

from __future__ import annotations

import dataclasses
import datetime as dt
import time
from typing import TYPE_CHECKING, Final

import polars as pl

from ledger.lines import next_month, order_lines_in_context, refund_lines
from ledger.rules import newest, policies
from ledger.rules import rules as book_of_rules
from ledger.simulate_owners import Owners, in_force, owners_changed, owners_under
from ledger.simulate_result import HEAD_OFFICE, Outcome, Replayed, Simulation, compared
from metrics.sharing_rules import choose_rules
from metrics.sharing_totals import groups_after_refunds, shares_of_groups
from schema.errors import UsageError
from schema.language import say
from schema.sharing import BindingPolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from schema.sharing import Rule
    from warehouse.api import Snapshot

    Progress = Callable[[float, str], None]

__all__ = ["HEAD_OFFICE", "Outcome", "Scenario", "Simulation", "scenario_now", "simulate"]

SLICE_ORDERS: Final = 1_000_000
"""Orders of more are read month by month, so that memory depends on a month's size."""


@dataclasses.dataclass(frozen=True, slots=True)
class Scenario:
    """Rules and a binding policy as if they had held all through the months replayed.

    Attributes:
        rules: one version of each rule counts, and as if it had no first and last day: of ``before`` the one in force
            on the last day, of ``after`` the newest.
        policy: how registrations and claims within the months are decided; earlier ones keep their owners.
    """

    rules: tuple[Rule, ...]
    policy: BindingPolicy = dataclasses.field(default_factory=BindingPolicy)


def scenario_now(snapshot: Snapshot) -> Scenario:
    """The rules and the binding policy in force on the snapshot's last complete day."""
    on = snapshot.as_of - dt.timedelta(days=1)
    return Scenario(newest(_in_force_on(book_of_rules(snapshot.mode), on)), in_force(policies(snapshot.mode), snapshot))


def simulate(
    snapshot: Snapshot,
    before: Scenario,
    after: Scenario,
    *,
    months: int = 12,
    currency: str = "",
    progress: Progress | None = None,
) -> Simulation:
    """Who would gain and who would lose, had other rules held for the last months?

    Shares count after what refunds took back. Owners are those published as long as the policy is the one in force;
    under another policy they are decided anew. Nothing is written anywhere.

    Args:
        snapshot: what to replay.
        before: what to compare with, such as ``scenario_now``.
        after: what might be.
        months: how many, back from the snapshot's last complete day.
        currency: whose orders; empty is the snapshot's largest.
        progress: called with a share of 1 and what is being done.

    Raises:
        UsageError: fewer than one month, or a currency that the data do not hold.
        StorageError: the data cannot be read.
    """
    started = time.perf_counter()
    money = currency or snapshot.currency
    if months < 1 or (currency and currency not in snapshot.currencies):
        held = ", ".join(snapshot.currencies) or say("none")
        msg = say(
            "{months} months in {currency} cannot be replayed; give at least 1 month and one of: {held}.",
            months=months,
            currency=money or say("no currency"),
            held=held,
        )
        raise UsageError(msg)
    told = progress or (lambda _share, _text: None)
    end = snapshot.as_of
    first = _months_before(end, months)
    told(0.0, say("Looking up owners"))
    owners = owners_under(snapshot, before.policy, after.policy, first)
    on = end - dt.timedelta(days=1)
    books = (
        _as_if_always(before.rules, first, on, is_now=True),
        _as_if_always(after.rules, first, on, is_now=False),
    )
    sums = _replay(snapshot, owners, books, (first, end, money), told)
    told(1.0, say("Done"))
    return compared(snapshot, sums, owners_changed(owners, snapshot), (first, end, money), started)


def add_slice(
    sums: Replayed,
    lines: tuple[pl.DataFrame, pl.DataFrame],
    refunds: pl.DataFrame,
    books: tuple[Sequence[Rule], Sequence[Rule]],
    stores: pl.DataFrame,
) -> None:
    """Replay some whole orders under both scenarios; where their owners are the same, both frames are one object."""
    key = ["source", "order_id"]
    own, others = lines
    paid = own.group_by(key).agg(pl.col("net_minor").sum())
    back = refunds.join(paid.select(key), on=key, how="semi")
    given = back.group_by(key).agg(pl.col("goods_minor").clip(0).sum())
    held = paid.join(given, on=key, how="inner").select(
        pl.min_horizontal("goods_minor", pl.col("net_minor").clip(0)).sum()
    )
    sums.net_minor += paid["net_minor"].sum() - held.item()
    sums.orders += paid.height
    chosen, again = choose_rules(own, books[0]), choose_rules(others, books[1])
    groups = groups_after_refunds(chosen, back)
    sums.before.append(shares_of_groups(groups, books[0], stores))
    alike = others is own and chosen["rule_id"].equals(again["rule_id"])
    sums.after.append(shares_of_groups(groups if alike else groups_after_refunds(again, back), books[1], stores))


def _replay(
    snapshot: Snapshot,
    owners: Owners,
    books: tuple[Sequence[Rule], Sequence[Rule]],
    window: tuple[dt.date, dt.date, str],
    told: Progress,
) -> Replayed:
    first, end, money = window
    stores, agents = snapshot.read("stores"), snapshot.read("agents")
    every = _months(first, end)
    slices = [every] if snapshot.rows.get("orders", 0) <= SLICE_ORDERS else [[month] for month in every]
    told(0.1, say("Reading refunds"))
    refunds = refund_lines(snapshot).filter(pl.col("local_on") < end)
    inside = (pl.col("local_on") >= first) & (pl.col("local_on") < end) & (pl.col("currency") == money)
    sums = Replayed()
    for at, part in enumerate(slices):
        told(
            0.15 + 0.8 * at / len(slices),
            say("Replaying {month}", month=part[0]) if len(part) == 1 else say("Replaying the orders"),
        )
        own = order_lines_in_context(snapshot, months=part, spells=owners.before, agents=agents).filter(inside)
        others = own
        if owners.after is not owners.before:
            others = order_lines_in_context(snapshot, months=part, spells=owners.after, agents=agents).filter(inside)
        add_slice(sums, (own, others), refunds, books, stores)
    return sums


def _as_if_always(rules: Iterable[Rule], since: dt.date, on: dt.date, *, is_now: bool) -> list[Rule]:
    """One version of each rule, as if it held all along: the one in force (``is_now``), else the newest."""
    every = list(rules)
    chosen = {rule.rule_id: rule for rule in newest(every, on)}
    if is_now:
        chosen |= {rule.rule_id: rule for rule in newest(_in_force_on(every, on))}
    return [
        dataclasses.replace(rule, version=1, effective_from=min(rule.effective_from, since), effective_to=None)
        for _, rule in sorted(chosen.items())
    ]


def _in_force_on(rules: Iterable[Rule], on: dt.date) -> list[Rule]:
    return [
        rule for rule in rules if rule.effective_from <= on and (rule.effective_to is None or rule.effective_to > on)
    ]


def _months_before(day: dt.date, months: int) -> dt.date:
    """The same day so many months earlier, or that month's last day."""
    month = next_month(f"{day:%Y-%m}", -months)
    after = dt.date.fromisoformat(f"{next_month(month)}-01")
    return min(dt.date.fromisoformat(f"{month}-01") + dt.timedelta(days=day.day - 1), after - dt.timedelta(days=1))


def _months(first: dt.date, end: dt.date) -> list[str]:
    """Local months that the days lie in."""
    months = [f"{first:%Y-%m}"]
    while months[-1] < f"{end - dt.timedelta(days=1):%Y-%m}":
        months.append(next_month(months[-1]))
    return months
