"""A campaign before it is sent: who of an audience may be written to, and who of them is held out (T17)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from answers.audiences import asked_for, members, reached, read
from answers.memo import once_as_decided
from metrics.lift import arms, buckets, holdout_bps
from records import audiences as saved
from records import campaigns
from records.campaigns import Campaign
from schema.errors import RefusedError, UsageError
from schema.language import say
from warehouse import api as warehouse

if TYPE_CHECKING:
    from collections.abc import Hashable

    from answers.answer import Context
    from schema.audience import Definition


@dataclass(frozen=True)
class Drawn:
    """Both lists of a campaign, before it is kept.

    Attributes:
        treated: keys of those who are written to.
        holdout: keys of those who are held out.
        bps: customers in a bucket below it are held out.
    """

    treated: pl.Series
    holdout: pl.Series
    bps: int


def reachable(asked: Context, name: str = "") -> pl.DataFrame:
    """Who of a saved audience may be written to; of everybody, when none is named.

    Args:
        asked: an owner's question; place filters narrow whom it is about.
        name: of a saved audience.

    Returns:
        ``customer_key`` in order.

    Raises:
        RefusedError: anybody but an owner asks.
        UsageError: no such audience, or it names what is not known any more.
    """
    if asked.scope.role != "owner":
        msg = say("Head office sends the campaigns.")
        raise RefusedError(msg)
    if name:
        kept = saved.audience(asked.snapshot.mode, asked.scope, name)
        asked = asked_for(asked, kept)
        found = members(asked, _read(asked, kept.who))
    else:
        found = asked.marts.people.filter(~pl.col("is_staff"))
    rows = reached(asked, found)
    return rows.filter(pl.col("reach") == "reachable").select("customer_key").sort("customer_key")


def deciders(asked: Context, name: str = "") -> tuple[Hashable, ...]:
    """What people decide of who may be written to: the audience, the campaigns and lists that went out, who is one person.

    All else (consent, complaints, rows, days) is the snapshot's or the question's. Cheap: a few small rows are read.

    Args:
        asked: an owner's question.
        name: of a saved audience; empty is everybody.

    Raises:
        RefusedError, UsageError: as for ``reachable``.
    """
    mode = asked.snapshot.mode
    kept = saved.audience(mode, asked.scope, name) if name else None
    sent = tuple((one.name, one.sent_on, one.treated) for one in campaigns.campaigns(mode) if one.sent_on is not None)
    of_audience = None if kept is None else (kept.audience_id, kept.version)
    return asked.scope, of_audience, sent, saved.handed_out(mode), warehouse.decided(mode)


@once_as_decided(deciders)
def reachable_count(asked: Context, name: str = "") -> int:
    """How many of a saved audience may be written to, counted once as long as nothing that decides it changes."""
    return reachable(asked, name).height


def _read(asked: Context, who: tuple[str, ...]) -> Definition:
    found = read(asked, who)
    if found.unreadable:
        raise UsageError(" ".join(found.unreadable))
    return found


def draw(asked: Context, people: pl.DataFrame, *, name: str, salt: str) -> Drawn:
    """Deal customers by their shop ids, so that the shop's own system can deal them alike.

    Args:
        asked: an owner's question.
        people: of ``reachable``.
        name: the campaign's.
        salt: the campaign's.
    """
    ids = warehouse.customer_ids(asked.snapshot, asked.scope).join(people, on="customer_key", how="semi")
    bps = holdout_bps(buckets(salt, name, ids["customer_id"]))
    dealt = arms(ids, salt, name, bps)
    return Drawn(
        dealt.filter(~pl.col("is_holdout"))["customer_key"], dealt.filter("is_holdout")["customer_key"], bps
    )  # fmt: skip


def plan(asked: Context, *, name: str, audience: str = "", days: int = 14) -> Campaign:
    """Draw a campaign's two lists and keep it.

    Args:
        asked: an owner's question, in their own right.
        name: what the campaign is called.
        audience: name of a saved audience; empty is everybody who may be written to.
        days: for how many days it will be measured.

    Raises:
        RefusedError: anybody else asks.
        UsageError: the name is taken or unreadable, the audience is not known, or nobody is left.
        BusyError, StorageError: it cannot be written; nothing was.
    """
    people = reachable(asked, audience)
    salt = f"s{asked.as_of.year}"
    wanted = Campaign(campaigns.named(name), salt=salt, window_days=days)
    drawn = draw(asked, people, name=wanted.name, salt=salt)
    if audience:
        kept = saved.audience(asked.snapshot.mode, asked.scope, audience)
        wanted = replace(wanted, audience_id=kept.audience_id, audience_version=kept.version)
    wanted = replace(wanted, holdout_bps=drawn.bps)
    return campaigns.plan(asked.snapshot.mode, asked.scope, wanted, treated=drawn.treated, holdout=drawn.holdout)
