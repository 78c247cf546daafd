"""Members who look before they sign in: the web shop and the app do not know them until the last view of the visit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from demo.behaviour import CART, SHARE, VIEW
from demo.clock import rng
from demo.faults import choose_event_faults
from demo.people import CHANNELS, MEMBERS

if TYPE_CHECKING:
    from demo.clock import Bools
    from demo.world import World

_LATE: Final = {"h5_site": 0.20, "app": 0.05}
"""Of the members' visits on these channels so many begin without a sign-in."""


def before_sign_in(world: World) -> Bools:
    """Which events name nobody, though a member made them: all before the last view of visits chosen by lot.

    Visits whose rows an import sets aside are not chosen, so that each of these events finds its sign-in.
    """
    events, people = world.events, world.people
    visits = int(events.visit.max()) + 1
    last = np.full(visits, -1, dtype=np.int64)
    views = events.kind == VIEW
    np.maximum.at(last, events.visit[views], events.at_ms[views])
    timeless, future, _ = choose_event_faults(world.seed, events)
    whole = np.ones(visits, dtype=bool)
    whole[events.visit[np.concatenate([timeless, future])]] = False
    chance = np.array([_LATE.get(name, 0.0) for name in CHANNELS])
    late = rng(world.seed, "sign-ins").random(visits) < chance[world.visits.channel[:visits]]
    of_visit = events.visit >= 0
    of_visit[of_visit] = (late & whole)[events.visit[of_visit]]
    member = np.where(events.actor < MEMBERS, events.actor, 0)
    known = (events.actor < MEMBERS) & ~people.is_staff[member] & ~people.is_test[member]
    return np.asarray(of_visit & known & (events.at_ms < last[events.visit]))


def sign_ins_truth(world: World) -> dict[str, Any]:
    """How many looks join how many members, and how many devices never sign in."""
    events = world.events
    looks = before_sign_in(world) & np.isin(events.kind, [VIEW, CART, SHARE])
    return {
        "looks": int(looks.sum()),
        "members": len(np.unique(events.actor[looks])),
        "devices": len(np.unique(events.actor[(events.actor >= MEMBERS) & np.isin(events.kind, [VIEW, CART, SHARE])])),
    }
