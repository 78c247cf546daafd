"""Sharing, bindings: does everybody have an owner, were they bound in time, who tried to take them?"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import polars as pl

from answers import sharing_rows as rows
from answers.registry import Result, address
from metrics import bound as metrics
from metrics.bound_latency import latency, timeliness
from schema.language import later, say

if TYPE_CHECKING:
    from answers.answer import Context

_LATENCY = later(
    "Seconds from registering to the first binding to a store, by local day of registration. Measured only where the "
    "registration reached us within 10 minutes (the others are historic); bound before registering is left out and "
    "counted as negative. Timely is within 60 s. P50 and P95 are interpolated."
)
_SPELL = [
    "customer_id", "store_id", "agent_id", "valid_from", "valid_to", "status", "confidence", "method", "cause",
    "end_reason", "tie_break", "guide_id", "registered_at", "bound_at", "protected_until", "expires_at", "dist_m",
    "runner_store_id", "runner_dist_m", "accuracy_m", "policy_version", "binding_id", "store_name", "agent_name",
]  # fmt: skip


def _notes(asked: Context) -> tuple[str, ...]:
    return () if asked.unknown or asked.marts.bindings.height else (say(rows.NOTHING_BOUND),)


@address(
    "sharing/bindings",
    ", ".join(_SPELL),
    meaning=later(
        "Spells of ownership that touch the period: who owned which customer, from when to when, how surely."
    ),
    definition=later(
        "One row a spell, half-open. Confidence is the chance that the nearest store is really the nearest, given the "
        "accuracy of the fix; contested is below 80 %. Only the owner reads the shop's own customer ids."
    ),
)
def bindings(asked: Context) -> Result:
    """Whose customer, from when to when? One row per spell that touches the period, by customer and time."""
    first = rows.midnight(asked, asked.from_on)
    kept = rows.spells(asked).filter(
        pl.col("valid_from") < pl.lit(rows.end(asked)).dt.convert_time_zone("UTC"),
        pl.col("valid_to").is_null() | (pl.col("valid_to") > pl.lit(first).dt.convert_time_zone("UTC")),
    )
    table = rows.with_names(asked, rows.called(asked, rows.discreet(asked, kept, "runner_store_id")))
    n = kept["customer_key"].n_unique()
    return Result(table.select(_SPELL).sort("customer_id", "valid_from"), n, say("customers"), notes=_notes(asked))


@address(
    "sharing/funnel",
    "step, customers, share",
    meaning=later("Members from registering to a sure owner, as of the end of the period."),
    definition=later(
        "Registered until the end of the period (cohort=period: in it). Located: a usable place is known. Bound: a "
        "store owns them, exactly, contested (confidence below 80 %) or provisionally (a rough or old place). Unassigned: head "
        "office's fund. Shares are of those registered."
    ),
    options={"cohort": ("all", "period")},
)
def funnel(asked: Context, cohort: str = "all") -> Result:
    """Does everybody have an owner? One row per step, in order; none while nobody is bound at all."""
    members = rows.members(asked)
    if cohort == "period":
        members = members.filter(pl.col("registered_on") >= asked.from_on)
    table = metrics.funnel(members, rows.spells(asked), rows.end(asked))
    if members.is_empty() or rows.spells(asked).is_empty():
        return Result(table.clear(), 0, say("members"), notes=_notes(asked))
    counts = dict(table.select("step", "customers").iter_rows())
    share = counts["bound"] / counts["registered"]
    waiting = counts["registered"] - counts["bound"] - counts["unassigned"]
    notes = (say("{n} members are not decided yet.", n=waiting),) if waiting else ()
    return Result(table, counts["registered"], say("members"), share, say("of members have an owner"), notes)


@address(
    "sharing/latency",
    "day, bound, p50_s, p95_s, timely, late, historic, negative",
    meaning=later("How long registrations waited for their owner, by local day of registration."),
    definition=_LATENCY,
)
def waits(asked: Context) -> Result:
    """Were they bound in time, day by day? One row per day with a first binding."""
    table = latency(rows.registered(asked), zone=asked.snapshot.zone)
    return Result(table, int(table["bound"].sum()), say("bindings"), notes=_notes(asked))


@address(
    "sharing/timeliness",
    "bound, timely_share, p50_s, p95_s, late, historic, negative, timely",
    meaning=later("Bindings of the period's registrations made within a minute."),
    definition=_LATENCY,
)
def in_time(asked: Context) -> Result:
    """Were they bound in time? One row; none without a first binding."""
    table = timeliness(rows.registered(asked))
    n = int(table["bound"].sum())
    whole = n + int(table["historic"].sum()) + int(table["negative"].sum())
    return Result(
        table, n, say("bindings"), n / whole if whole else None, say("of first bindings could be timed"), _notes(asked)
    )


@address(
    "sharing/methods",
    "method, cause, customers",
    meaning=later("What decided the bindings that hold at the end of the period."),
    definition=later(
        "Method: what told the owner (place, territory, scan, guide, city, decision, closed store); null is nobody's. "
        "Cause: why the spell began."
    ),
)
def decided(asked: Context) -> Result:
    """How did owners come about? One row per method and cause, most customers first."""
    held = rows.held(asked)
    return Result(metrics.methods(held), held.height, say("customers"), notes=_notes(asked))


@address(
    "sharing/attempts",
    "month, method, outcome, attempts, customers",
    meaning=later("Attempts to claim customers after they registered, by what came of them."),
    definition=later(
        "Accepted: the owner changed. Rejected: the owner was still protected, or the policy does not allow the claim. "
        "No change: the claimant owned them already. Every attempt is kept."
    ),
)
def claims(asked: Context) -> Result:
    """Who tries to take customers? One row per month, method and outcome."""
    found = rows.attempts(asked)
    return Result(metrics.attempts_by_month(found, zone=asked.snapshot.zone), found.height, say("attempts"))


@address(
    "sharing/expiring",
    "store_id, agent_id, customers, first_at, store_name, agent_name",
    meaning=later("Customers whose binding runs out within 30 days of as-of unless they buy."),
    definition=later(
        "A binding without a paid order runs out after its validity and is then decided anew with the stores open then."
    ),
)
def expiring(asked: Context) -> Result:
    """Whose customers are about to lapse? One row per owning store, most customers first."""
    now = rows.midnight(asked, asked.as_of)
    held = metrics.in_force(rows.spells(asked), now)
    table = rows.with_names(asked, metrics.expiring(held, now))
    last = asked.as_of + dt.timedelta(days=metrics.EXPIRING_DAYS - 1)
    notes = (
        (say("From {first} to {last}.", first=f"{asked.as_of:%Y-%m-%d}", last=f"{last:%Y-%m-%d}"),)
        if table.height
        else ()
    )
    return Result(table, int(table["customers"].sum()), say("customers"), notes=notes)
