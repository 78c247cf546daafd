"""Whose customer, whose money: the words that binding, rules, ledger and simulator share.

Money is integer minor units, rates are basis points, spells of ownership are half-open ``[from, to)`` in UTC. The terms
follow the profit-sharing and guide programmes of large commerce platforms (protection and validity in days, −1 and −2
with the meaning they give them).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from schema.language import later

if TYPE_CHECKING:
    import datetime as dt

Status = Literal["exact", "contested", "provisional", "unassigned"]
STATUSES: Final = ("exact", "contested", "provisional", "unassigned")
"""How sure a binding is: a good fix, a fix near the middle of two stores, a rough or old fix, none."""

METHODS: Final = ("geo", "territory", "scan", "guide", "first_purchase", "city", "manual", "store_closed")
"""What decided a binding. ``store_closed``: handed on when the store closed."""

CAUSES: Final = ("registered", "upgraded", "takeover", "store_closed", "expired", "manual", "corrected")
"""Why a spell began: registration, a better fix, a rival after protection, the store's end, validity run out, a
decision by head office, or better facts about the past (a datum fixed, a late batch)."""

OUTCOMES: Final = ("accepted", "rejected_protected", "rejected_policy", "no_change")
"""What became of somebody's attempt to claim a customer."""

TIE_BREAKS: Final = ("", "territory", "visited", "opened", "store_id")
"""Which rule told two equally near stores apart; empty when none was needed."""

CHOICES: Final = ("nearest", "territory_first", "huff", "seller_takes")
"""Binding policies: the nearest store; a territory before distance; the store most likely by Huff; whoever sells first."""

NEVER: Final = -2
ALWAYS: Final = -1
"""``protection_days``: −1 is always contestable, −2 never; ``validity_days``: −1 is for ever."""


@dataclass(frozen=True, slots=True)
class BindingPolicy:
    """How a customer gets an owner. The defaults are T16's.

    Attributes:
        version: 1, 2, 3 …
        effective_from: from this instant on registrations and claims follow it; None is since ever.
        choose: one of ``CHOICES``.
        claims: which acts may claim a customer, at registration and after protection: scan, guide, first_purchase.
        protection_days: how long nobody may take over; ``ALWAYS`` or ``NEVER`` (contestable).
        validity_days: without a paid order so long, the binding is decided anew; −1 is for ever.
        tie_m: stores whose distances differ by at most so much are equally near.
        contested_below: confidence under which a binding is contested.
        far_m: no store nearer than this: unassigned.
        fix_minutes: a fix farther in time from registration is provisional.
        upgrade_days: so long a first exact fix replaces a provisional or missing one, once.
        scan_before_s: a scan or guide's code so long before registering still counts as registering with it.
        scan_after_s: the same, after registering.
        visit_days: a store visited or scanned so recently wins a tie.
        handover_m: a closed store's customers go to the same agent's nearest store within this, else to the nearest.
        huff_alpha: exponent of floor area when ``choose`` is ``huff``.
        huff_beta: exponent of distance when ``choose`` is ``huff``.
        cities: city → store id where only the city is known; empty leaves such customers unassigned.
    """

    version: int = 1
    effective_from: dt.datetime | None = None
    choose: str = "nearest"
    claims: tuple[str, ...] = ("scan", "guide")
    protection_days: int = 90
    validity_days: int = 365
    tie_m: float = 50.0
    contested_below: float = 0.80
    far_m: float = 50_000.0
    fix_minutes: int = 10
    upgrade_days: int = 30
    scan_before_s: int = 600
    scan_after_s: int = 60
    visit_days: int = 30
    handover_m: float = 10_000.0
    huff_alpha: float = 1.0
    huff_beta: float = 2.0
    cities: tuple[tuple[str, str], ...] = ()


ROLES: Final = ("store", "fulfiller", "seller", "agent", "guide", "upline", "fund")
"""Who may receive, in the order that settles ties of the split: the bound store, the fulfilling store, the selling
store, the bound store's agent, the guide, the guide's upline, head office's regional fund."""

RECEIVERS: Final = ("store", "agent", "guide", "fund")
"""Kinds of receiver accounts."""

KINDS: Final = ("accrual", "clawback", "payout", "adjust")
SOLD: Final = ("any", "online", "own_store", "other_store")
FULFILLED: Final = ("any", "own_store", "other_store", "nobody")
BOUND: Final = ("any", "bound", "unassigned")
BASES: Final = ("net_sales",)
"""What may be paid on: net sales alone, never recruiting or entry fees (G4)."""

FUND: Final = "HQ"
"""Receiver id of head office's regional fund."""

DEFAULT_RAIL_CAP_BPS: Final = 3_000
MAX_PROMOTION_LEVELS: Final = 2
ELIGIBLE_AFTER_DAYS: Final = 15
PAYOUT_DAY: Final = 10
"""Day of the following month on which a statement's payable amount is paid."""
RAIL_RETURN_DAYS: Final = 180
REFUND_DAYS: Final = 365


@dataclass(frozen=True, slots=True)
class Rule:
    """Which part of which sales goes to whom. Empty tuples and ``any`` mean no restriction.

    A line takes the matching rule of highest ``priority``, then the most specific, then the newest
    (``effective_from``), then the smallest ``rule_id``. Lines of one order under one rule share one pool.

    Attributes:
        rule_id: such as ``R1``; stays the same over versions.
        version: 1, 2, 3 …
        name: a few words.
        effective_from: first local day (of payment).
        effective_to: first local day after; None is open.
        priority: higher wins.
        pool_bps: pool as a part of the lines' net.
        weights: (role, bps) of the pool, Σ 10,000.
        sold: one of ``SOLD``: online channel, in the customer's own (bound) store, in another physical store.
        fulfilled: one of ``FULFILLED``, against the bound store.
        bound: one of ``BOUND``; orders without a known customer match only ``any``.
        channels: channels, ids.
        categories: product categories.
        products: product ids.
        agents: agents of the bound store.
        levels: levels of that agent.
        basis: one of ``BASES``.
    """

    rule_id: str
    name: str
    effective_from: dt.date
    pool_bps: int
    weights: tuple[tuple[str, int], ...]
    version: int = 1
    effective_to: dt.date | None = None
    priority: int = 0
    sold: str = "any"
    fulfilled: str = "any"
    bound: str = "any"
    channels: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    basis: str = field(default="net_sales")

    @property
    def specificity(self) -> int:
        """How many ways the rule is restricted."""
        words = (self.sold, self.fulfilled, self.bound)
        lists = (self.channels, self.categories, self.products, self.agents, self.levels)
        return sum(word != "any" for word in words) + sum(bool(one) for one in lists)


def standard_rules(since: dt.date) -> tuple[Rule, ...]:
    """The five rules to start from: R1 online, R2 own store, R3 another store, R4 handed over elsewhere, R5 nobody's."""
    return (
        Rule("R1", later("Online, bound"), since, 1_200, (("store", 5_000), ("agent", 3_333), ("guide", 1_667)),
             priority=10, sold="online", bound="bound"),
        Rule("R2", later("Bought in the own store"), since, 0, (("store", 10_000),), priority=10, sold="own_store",
             bound="bound"),
        Rule("R3", later("Bought in another store"), since, 300, (("store", 10_000),), priority=10, sold="other_store",
             bound="bound"),
        Rule("R4", later("Online, handed over by another store"), since, 1_800,
             (("store", 4_000), ("fulfiller", 4_000), ("agent", 2_000)), priority=20, sold="online",
             fulfilled="other_store", bound="bound"),
        Rule("R5", later("Nobody's customer"), since, 1_200, (("fund", 10_000),), priority=10, bound="unassigned"),
    )  # fmt: skip
