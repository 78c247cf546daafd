"""The demo's two campaigns (P10): whom they went to is chosen so that exactly the planted numbers bought."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from demo.clock import DAY_S, day_index, to_utc_us
from demo.files import customers_of
from demo.people import MEMBERS, ids
from demo.refunds import kept_money
from metrics.lift import HOLDOUT_BPS, bucket, buckets, newcombe
from records import campaigns
from records.acts import demo_story
from records.campaigns import Campaign
from schema.errors import StorageError
from schema.scope import LOCAL_OWNER
from warehouse import api as warehouse

if TYPE_CHECKING:
    from demo.clock import Bools, Ints
    from demo.world import World
    from schema.settings import DataMode

MODE: Final[DataMode] = "demo"
SALT: Final = "s2026"
WINDOW_DAYS: Final = 14
_PAID_AFTER_S: Final = 20


@dataclass(frozen=True)
class Plan:
    """One campaign: when it was sent, and how many of how many bought."""

    name: str
    sent_on: dt.date
    treated: tuple[int, int]
    holdout: tuple[int, int]


PLANS: Final = (
    Plan("scarf-week", dt.date(2026, 9, 18), (270, 4_500), (20, 500)),
    Plan("wool-eve", dt.date(2026, 9, 29), (540, 9_000), (40, 1_000)),
)
"""Windows end before the middle of October, so that what was bought has come back or stays."""


@dataclass(frozen=True)
class Drawn:
    """Numbers of the members on both lists of a campaign."""

    plan: Plan
    treated: Ints
    holdout: Ints


def draw_campaigns(world: World) -> tuple[Drawn, ...]:
    """Who was written to, and who was held out?

    Members are dealt by the same hash as any campaign's (T17). Of those who may be written to, buyers and others are
    taken in an order of the campaign's own until each list holds what was planted.
    """
    return tuple(_drawn(world, plan) for plan in PLANS)


def truth_of(world: World, drawn: tuple[Drawn, ...]) -> dict[str, Any]:
    """P10 as planted, and as counted from the orders as drawn."""
    told = {}
    for one in drawn:
        bought = _buyers(world, one.plan)
        counts = [(int(bought[side].sum()), len(side)) for side in (one.treated, one.holdout)]
        low, high = newcombe(*counts)
        told[one.plan.name] = {
            "treated": counts[0][1], "converted": counts[0][0], "holdout": counts[1][1],
            "holdout_converted": counts[1][0], "low": low, "high": high,
        }  # fmt: skip
    first, second = (np.concatenate([one.treated, one.holdout]) for one in drawn)
    return {
        "planted": {
            plan.name: {"sent_on": plan.sent_on.isoformat(), "days": WINDOW_DAYS,
                        "treated": list(plan.treated), "holdout": list(plan.holdout)}
            for plan in PLANS
        },
        "measured": told | {"in_both": len(np.intersect1d(first, second))},
    }  # fmt: skip


@demo_story()
def keep_campaigns(drawn: tuple[Drawn, ...]) -> None:
    """Write both campaigns into the demo's book, by the keys that the import gave the members.

    Raises:
        StorageError: the demo was not imported.
    """
    snapshot = warehouse.open_snapshot(MODE)
    if snapshot is None:
        message = "The demo has no members to write to."
        raise StorageError(message)
    known = warehouse.customer_ids(snapshot, LOCAL_OWNER)
    for one in drawn:
        sides = [known.join(pl.DataFrame({"customer_id": ids(side)}), on="customer_id", how="semi")["customer_key"]
                 for side in (one.treated, one.holdout)]  # fmt: skip
        wanted = Campaign(one.plan.name, salt=SALT, holdout_bps=HOLDOUT_BPS, window_days=WINDOW_DAYS)
        campaigns.plan(MODE, LOCAL_OWNER, wanted, treated=sides[0], holdout=sides[1])
        campaigns.send(MODE, LOCAL_OWNER, one.plan.name, one.plan.sent_on)


def _drawn(world: World, plan: Plan) -> Drawn:
    names = ids(np.arange(MEMBERS))
    held = (buckets(SALT, plan.name, names) < HOLDOUT_BPS).to_numpy()
    turn = np.array([bucket("turn", plan.name, name) for name in names])
    order = np.argsort(turn, kind="stable")
    reachable = _reachable(world, plan)[order]
    held, bought = held[order], _buyers(world, plan)[order]
    sides = []
    for (buyers, size), arm in ((plan.treated, ~held), (plan.holdout, held)):
        who = [np.flatnonzero(reachable & arm & side) for side in (bought, ~bought)]
        sides.append(np.sort(order[np.concatenate([who[0][:buyers], who[1][: size - buyers]])]).astype(np.int64))
    return Drawn(plan, *sides)


def _reachable(world: World, plan: Plan) -> Bools:
    """Members who had agreed to be written to when it was sent, and never took it back."""
    sent = pl.lit(int(to_utc_us(np.array([day_index(plan.sent_on) * DAY_S]))[0])).cast(pl.Datetime("us", "UTC"))
    agreed = (pl.col("consent_marketing_at") < sent) & pl.col("opted_out_at").is_null()
    own = ~pl.col("is_staff") & ~pl.col("is_test")
    return customers_of(world).select((agreed & own).fill_null(value=False)).to_series().to_numpy()


def _buyers(world: World, plan: Plan) -> Bools:
    """Which members kept something they paid within the window."""
    orders = world.orders
    day = (orders.placed_s + _PAID_AFTER_S) // DAY_S - day_index(plan.sent_on)
    kept = (kept_money(orders, world.refunds) > 0) & (orders.member >= 0)
    bought = np.zeros(MEMBERS, dtype=bool)
    bought[orders.member[kept & (day >= 0) & (day < WINDOW_DAYS)]] = True
    return bought
