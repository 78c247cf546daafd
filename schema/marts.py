"""Contracts of the marts: the small tables derived from one snapshot, from which every answer is computed.

Owner columns (``owner_store_id``, ``owner_agent_id``, ``owner_city``) say whose customer it was at that instant: the
binding where the ledger has one, else the nearest then-open store. ``Bindings``, ``Attempts``, ``Shares`` and
``Statements`` are copies of the ledger as of the snapshot. ``store_id``, ``agent_id`` and ``city`` say
where the money was made. Rows of test customers and test orders are in no mart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dataframely as dy

if TYPE_CHECKING:
    import polars as pl


def _col(kind: type[dy.Column], about: str, *, nullable: bool = True, **rules: Any) -> Any:
    return kind(nullable=nullable, description=about, **rules)


def _utc(about: str, *, nullable: bool = False) -> Any:
    return dy.Datetime(nullable=nullable, time_unit="us", time_zone="UTC", description=about)


class OrderFacts(dy.Schema):
    """One row per valid order (paid, not test, not cancelled)."""

    order_key = _col(dy.Int64, "Row id of the order within the snapshot.", nullable=False, primary_key=True)
    customer_key = _col(dy.Int64, "The member; null for an anonymous order.")
    paid_at = _utc("When it was paid.")
    local_on = _col(dy.Date, "Local day of payment.", nullable=False)
    hour_of_week = _col(dy.Int16, "0 = Monday 00:00 local.", nullable=False)
    channel = _col(dy.String, "Channel.", nullable=False)
    model = _col(dy.String, "C2C, B2C or O2O.", nullable=False)
    currency = _col(dy.String, "ISO 4217.", nullable=False)
    store_id = _col(dy.String, "Selling store.")
    agent_id = _col(dy.String, "Agent of the selling store.")
    city = _col(dy.String, "City of the selling store.")
    fulfil_store_id = _col(dy.String, "Fulfilling store.")
    owner_store_id = _col(dy.String, "Owner (or nearest) store of the customer.")
    owner_agent_id = _col(dy.String, "Agent of that store.")
    owner_city = _col(dy.String, "City of that store.")
    goods_net_minor = _col(dy.Int64, "Goods after discounts (Σ lines).", nullable=False)
    refunded_minor = _col(dy.Int64, "Goods refunded on this order so far, positive.", nullable=False)
    net_minor = _col(dy.Int64, "goods_net_minor − refunded_minor.", nullable=False)
    is_purchase = _col(dy.Bool, "At least one paid line (W09).", nullable=False)
    is_kept = _col(dy.Bool, "A purchase that is not fully refunded.", nullable=False)
    is_staff = _col(dy.Bool, "Bought by staff.", nullable=False)


class LineFacts(dy.Schema):
    """One row per line of a valid order."""

    order_key = _col(dy.Int64, "The order.", nullable=False)
    customer_key = _col(dy.Int64, "The member; null for an anonymous order.")
    paid_at = _utc("When it was paid.")
    local_on = _col(dy.Date, "Local day of payment.", nullable=False)
    hour_of_week = _col(dy.Int16, "0 = Monday 00:00 local.", nullable=False)
    channel = _col(dy.String, "Channel.", nullable=False)
    model = _col(dy.String, "C2C, B2C or O2O.", nullable=False)
    currency = _col(dy.String, "ISO 4217.", nullable=False)
    store_id = _col(dy.String, "Selling store.")
    agent_id = _col(dy.String, "Agent of the selling store.")
    city = _col(dy.String, "City of the selling store.")
    owner_store_id = _col(dy.String, "Owner (or nearest) store of the customer.")
    owner_agent_id = _col(dy.String, "Agent of that store.")
    owner_city = _col(dy.String, "City of that store.")
    product_id = _col(dy.String, "The product.")
    category = _col(dy.String, "Its category; null is Unmapped.")
    size = _col(dy.String, "Size bought.")
    qty = _col(dy.Float64, "Units.", nullable=False)
    gross_minor = _col(dy.Int64, "Before discounts.", nullable=False)
    discount_minor = _col(dy.Int64, "Discounts.", nullable=False)
    net_minor = _col(dy.Int64, "After discounts, before refunds.", nullable=False)
    refunded_minor = _col(
        dy.Int64, "Refunded on this line; an order-level refund is apportioned (T12).", nullable=False
    )
    is_staff = _col(dy.Bool, "Bought by staff.", nullable=False)


class RefundFacts(dy.Schema):
    """One row per refund, linked or not."""

    order_key = _col(dy.Int64, "The order refunded; null for an unlinked return (W08).")
    customer_key = _col(dy.Int64, "Who returned.")
    local_on = _col(dy.Date, "Local day of the refund.", nullable=False)
    order_local_on = _col(dy.Date, "Local day of the order; null for an unlinked return.")
    channel = _col(dy.String, "Channel.", nullable=False)
    model = _col(dy.String, "Business model of the order; null for an unlinked return.")
    currency = _col(dy.String, "ISO 4217.", nullable=False)
    store_id = _col(dy.String, "Selling store of the order.")
    agent_id = _col(dy.String, "Its agent.")
    city = _col(dy.String, "Its city.")
    owner_store_id = _col(dy.String, "Owner store of the customer at the order.")
    owner_agent_id = _col(dy.String, "Agent of that store.")
    owner_city = _col(dy.String, "City of that store.")
    product_id = _col(dy.String, "What came back, if named.")
    category = _col(dy.String, "Its category.")
    goods_minor = _col(dy.Int64, "Goods refunded, positive.", nullable=False)
    shipping_minor = _col(dy.Int64, "Shipping refunded, positive.", nullable=False)
    reason = _col(dy.String, "Why.")


class Visits(dy.Schema):
    """One row per view of a product (T1); those of staff are left out."""

    visitor = _col(dy.Int64, "The member's key, else a stable number of the anonymous visitor.", nullable=False)
    customer_key = _col(dy.Int64, "The member, also of what their device did before; null for an anonymous visitor.")
    at = _utc("When the view began.")
    local_on = _col(dy.Date, "Local day.", nullable=False)
    hour_of_week = _col(dy.Int16, "0 = Monday 00:00 local.", nullable=False)
    channel = _col(dy.String, "Channel.", nullable=False)
    session = _col(dy.Int64, "Session within the snapshot (T1).", nullable=False)
    product_id = _col(dy.String, "What was looked at; null for a page without product.")
    category = _col(dy.String, "Its category; null is Unmapped.")
    store_id = _col(dy.String, "Store it happened in, if any.")
    owner_store_id = _col(dy.String, "Owner (or nearest) store of the customer then.")
    owner_agent_id = _col(dy.String, "Agent of that store.")
    owner_city = _col(dy.String, "City of that store.")
    dwell_ms = _col(dy.Int64, "Dwell; null is unknown, never 0 for unknown.")
    evidence = _col(dy.String, "measured, pings, gap or unknown.", nullable=False)
    is_capped = _col(dy.Bool, "Whether a cap cut it (W03).", nullable=False)
    is_linger = _col(dy.Bool, "Dwell reached the category's threshold of that month; null when dwell is unknown.")
    before_sign_in = _col(dy.Bool, "Named nobody: the member signed in on that device afterwards.", nullable=False)


class Actions(dy.Schema):
    """One row per cart, share or scan event; those of staff are left out."""

    visitor = _col(dy.Int64, "As in Visits.", nullable=False)
    customer_key = _col(dy.Int64, "The member, if known.")
    at = _utc("When.")
    local_on = _col(dy.Date, "Local day.", nullable=False)
    channel = _col(dy.String, "Channel.", nullable=False)
    type = _col(dy.String, "cart, share or scan.", nullable=False)
    product_id = _col(dy.String, "What it was about.")
    category = _col(dy.String, "Its category.")
    store_id = _col(dy.String, "Store it happened in, if any.")
    owner_store_id = _col(dy.String, "Owner store of the customer then.")
    owner_agent_id = _col(dy.String, "Agent of that store.")
    owner_city = _col(dy.String, "City of that store.")
    before_sign_in = _col(dy.Bool, "As in Visits.", nullable=False)


class People(dy.Schema):
    """One row per known customer, described by a customers table or only seen in orders and events."""

    customer_key = _col(dy.Int64, "The key.", nullable=False, primary_key=True)
    is_described = _col(dy.Bool, "Whether a customers table has the row (else W06).", nullable=False)
    registered_at = _utc("When registered.", nullable=True)
    registered_on = _col(dy.Date, "Local day of registration.")
    reg_channel = _col(dy.String, "Where.")
    city = _col(dy.String, "City as given, else that of the nearest store, else of the owner.")
    home_cell = _col(dy.Int64, "Home H3 cell, resolution 9 (5 when only the city is known); null when unknown.")
    home_lat = _col(dy.Float64, "Home, WGS-84; null when unknown.")
    home_lng = _col(dy.Float64, "Home, WGS-84; null when unknown.")
    home_src = _col(dy.String, "address, registration, night, place, city or given; null when unknown.")
    home_precision_m = _col(dy.Float64, "Radius of doubt in metres.")
    owner_store_id = _col(dy.String, "Owner (or nearest open) store now.")
    owner_agent_id = _col(dy.String, "Its agent.")
    owner_city = _col(dy.String, "Its city.")
    nearest_store_id = _col(dy.String, "Nearest open store now.")
    nearest_m = _col(dy.Float64, "Great-circle distance to it, metres.")
    is_staff = _col(dy.Bool, "Staff.", nullable=False)


class Places(dy.Schema):
    """One row per store with a usable id."""

    store_id = _col(dy.String, "The store.", nullable=False, primary_key=True)
    name = _col(dy.String, "Name; the id when none is given.", nullable=False)
    type = _col(dy.String, "direct or franchise.")
    agent_id = _col(dy.String, "Its agent.")
    agent_name = _col(dy.String, "The agent's name, else its id.")
    city = _col(dy.String, "City.")
    district = _col(dy.String, "District.")
    lat = _col(dy.Float64, "WGS-84; null when unusable.")
    lng = _col(dy.Float64, "WGS-84; null when unusable.")
    cell = _col(dy.Int64, "H3 cell, resolution 9.")
    area_m2 = _col(dy.Float64, "Sales floor.")
    opened_on = _col(dy.Date, "First day of trade.")
    closed_on = _col(dy.Date, "First day without trade.")
    is_datum_suspect = _col(dy.Bool, "W05: looks like GCJ-02 labelled WGS-84.", nullable=False)


class Goods(dy.Schema):
    """One row per product, described by a products table or only seen in orders and events."""

    product_id = _col(dy.String, "The product.", nullable=False, primary_key=True)
    style_id = _col(dy.String, "Its style.")
    name = _col(dy.String, "Name; the id when none is given.", nullable=False)
    category = _col(dy.String, "Category; null is Unmapped.")
    list_minor = _col(dy.Int64, "List price.")
    is_described = _col(dy.Bool, "Whether a products table has the row (else W06).", nullable=False)


class StockOuts(dy.Schema):
    """One row per product, size, place and period out of stock."""

    product_id = _col(dy.String, "The product.", nullable=False)
    size = _col(dy.String, "The size.", nullable=False)
    store_id = _col(dy.String, "The store, if one.")
    channel = _col(dy.String, "The channel, if one.")
    from_on = _col(dy.Date, "First day out of stock.", nullable=False)
    to_on = _col(dy.Date, "First day back.")


class Bindings(dy.Schema):
    """One row per spell of ownership as known when the snapshot was published; spells of a customer never overlap.

    From registration on every customer the ledger knows has exactly one spell at each instant; ``unassigned`` is one.
    """

    binding_id = _col(dy.String, "The ledger's row.", nullable=False, primary_key=True)
    customer_key = _col(dy.Int64, "The customer.", nullable=False)
    store_id = _col(dy.String, "Owning store; null is unassigned (head office's fund).")
    agent_id = _col(dy.String, "Its agent; null for a direct store.")
    status = _col(dy.String, "exact, contested, provisional or unassigned.", nullable=False)
    method = _col(dy.String, "geo, territory, scan, guide, first_purchase, city, manual or store_closed; null: none.")
    cause = _col(dy.String, "Why the spell began (schema.sharing.CAUSES).", nullable=False)
    end_reason = _col(dy.String, "Why it ended; null while it lasts.")
    tie_break = _col(dy.String, "Which rule told equally near stores apart; empty: none.", nullable=False)
    guide_id = _col(dy.String, "The guide who brought the customer, if one.")
    registered_at = _utc("When the customer registered.")
    arrived_at = _utc("When the registration reached this system.", nullable=True)
    bound_at = _utc("When the spell was first decided.")
    valid_from = _utc("First instant.")
    valid_to = _utc("First instant after; null while it lasts.", nullable=True)
    protected_until = _utc("Nobody may take over before; null: never contestable.", nullable=True)
    expires_at = _utc("When it is decided anew unless an order is paid; null: never.", nullable=True)
    dist_m = _col(dy.Float64, "Location at registration to the store, metres.")
    runner_store_id = _col(dy.String, "The second nearest open store.")
    runner_dist_m = _col(dy.Float64, "Distance to it, metres.")
    accuracy_m = _col(dy.Float64, "68 % radius of the fix, metres.")
    confidence = _col(dy.Float64, "Chance that the nearest is the nearest (T15); null without a fix.")
    cell = _col(dy.Int64, "H3 cell (resolution 9) of the location used.")
    policy_version = _col(dy.Int64, "The binding policy that decided.", nullable=False)
    recorded_at = _utc("When the ledger wrote the row.")


class Attempts(dy.Schema):
    """One row per attempt to claim a customer after registration, granted or not.

    For an agent the other side's ids are null, and so is a customer who never was theirs.
    """

    customer_key = _col(dy.Int64, "The customer; null where the viewer may not know.")
    at = _utc("When.")
    claimed_store_id = _col(dy.String, "For which store; null where the viewer may not know.")
    claimed_agent_id = _col(dy.String, "Its agent.")
    owner_store_id = _col(dy.String, "Whose the customer was then.")
    owner_agent_id = _col(dy.String, "Its agent.")
    method = _col(dy.String, "scan, guide, first_purchase or manual.", nullable=False)
    guide_id = _col(dy.String, "The guide, if one.")
    outcome = _col(dy.String, "accepted, rejected_protected, rejected_policy or no_change.", nullable=False)
    protected_until = _utc("Until when the owner was protected then.", nullable=True)


class Shares(dy.Schema):
    """One row per ledger entry; their sum per receiver is what is owed to it."""

    seq = _col(dy.Int64, "The ledger's number of the entry.", nullable=False, primary_key=True)
    kind = _col(dy.String, "accrual, clawback, payout or adjust.", nullable=False)
    receiver_kind = _col(dy.String, "store, agent, guide or fund.", nullable=False)
    receiver_id = _col(dy.String, "Whose account.", nullable=False)
    role = _col(dy.String, "In which role (schema.sharing.ROLES); null for payouts.")
    store_id = _col(dy.String, "The receiver's store (a store's own id, a guide's store).")
    agent_id = _col(dy.String, "The receiver's agent (an agent's own id, that of the store or the guide's store).")
    amount_minor = _col(dy.Int64, "Signed; clawbacks and payouts are negative.", nullable=False)
    currency = _col(dy.String, "ISO 4217.", nullable=False)
    at = _utc("When it counts: payment, refund, payout or correction.")
    local_on = _col(dy.Date, "Its local day.", nullable=False)
    month = _col(dy.String, "Local month, 2026-10.", nullable=False)
    eligible_on = _col(dy.Date, "First day it may be paid out; null: not yet known.")
    source = _col(dy.String, "Shop system of the order.")
    order_id = _col(dy.String, "The order.")
    customer_key = _col(dy.Int64, "Its customer.")
    order_on = _col(dy.Date, "Local day of the order's payment.")
    channel = _col(dy.String, "Channel of the order.")
    bound_store_id = _col(dy.String, "Whose customer it was at payment.")
    selling_store_id = _col(dy.String, "Where it was sold, if in a store.")
    rule_id = _col(dy.String, "The rule.")
    rule_version = _col(dy.Int64, "Its version.")
    base_minor = _col(dy.Int64, "Net of the order's lines under that rule.")
    pool_minor = _col(dy.Int64, "The pool that was split.")
    refund_id = _col(dy.String, "The refund behind a clawback.")
    statement_id = _col(dy.String, "The statement that holds it; null while the month is open.")


class Statements(dy.Schema):
    """One row per receiver, settled month and currency; opening + accrued + clawback + paid + adjust = closing."""

    statement_id = _col(dy.String, "Month, receiver and currency.", nullable=False, primary_key=True)
    month = _col(dy.String, "Local month, 2026-10.", nullable=False)
    receiver_kind = _col(dy.String, "store, agent, guide or fund.", nullable=False)
    receiver_id = _col(dy.String, "Whose account.", nullable=False)
    store_id = _col(dy.String, "The receiver's store, as in Shares.")
    agent_id = _col(dy.String, "The receiver's agent, as in Shares.")
    currency = _col(dy.String, "ISO 4217.", nullable=False)
    opening_minor = _col(dy.Int64, "Closing of the month before.", nullable=False)
    accrued_minor = _col(dy.Int64, "Σ accruals, ≥ 0.", nullable=False)
    clawback_minor = _col(dy.Int64, "Σ clawbacks, ≤ 0.", nullable=False)
    paid_minor = _col(dy.Int64, "Σ payouts, ≤ 0.", nullable=False)
    adjust_minor = _col(dy.Int64, "Σ corrections, signed.", nullable=False)
    closing_minor = _col(dy.Int64, "What is owed at the end; negative is netted next month.", nullable=False)
    held_minor = _col(dy.Int64, "Part of closing that may not be paid out yet.", nullable=False)
    payable_minor = _col(dy.Int64, "max(0, closing − held): paid on the payout day of the next month.", nullable=False)
    entries = _col(dy.Int64, "How many entries.", nullable=False)
    digest = _col(dy.String, "SHA-256 over its lines (ledger.statements says how to check it).", nullable=False)
    chain_head = _col(dy.String, "Hash of the ledger's last entry when it was settled.", nullable=False)
    settled_at = _utc("When.")


class Territories(dy.Schema):
    """One row per area promised to an agent or store."""

    territory_id = _col(dy.String, "The territory.", nullable=False, primary_key=True)
    agent_id = _col(dy.String, "Whose.")
    store_id = _col(dy.String, "Around which store, if one.")
    kind = _col(dy.String, "radius_m, h3_set or district.", nullable=False)
    value = _col(dy.String, "Metres; cells separated by blanks; or a district's name.", nullable=False)
    protects = _col(dy.String, "opening, binding or delivery; several separated by blanks.")
    valid_from = _col(dy.Date, "First day.")
    valid_to = _col(dy.Date, "First day after.")


class Travel(dy.Schema):
    """One row per home cell and store: an uploaded distance or travel time in place of the straight line."""

    cell = _col(dy.Int64, "H3 cell, any resolution from 5 to 9.", nullable=False)
    store_id = _col(dy.String, "The store.", nullable=False)
    distance_m = _col(dy.Float64, "By road or on foot, metres.")
    duration_s = _col(dy.Float64, "Travel time, seconds.")


class Neighbours(dy.Schema):
    """One row per unit of what agents may know of each other's catchments: an r7 cell and a run of closed months.

    Units are disjoint, each holds at least 10 people, and each stays as it was published. Every agent reads it whole.
    """

    agent_id = _col(dy.String, "Whose customers.", nullable=False, primary_key=True)
    agent_name = _col(dy.String, "The agent's name, else its id.")
    cell = _col(dy.Int64, "H3 cell, resolution 7, of the customers' homes.", nullable=False, primary_key=True)
    from_on = _col(dy.Date, "First day of its first month.", nullable=False)
    to_on = _col(dy.Date, "First day after its last month.", nullable=False, primary_key=True)
    customer_months = _col(dy.Int64, "Distinct located buyers at physical stores, added over months.", nullable=False)
    persons = _col(dy.Int64, "Distinct over all its months; null for an agent.")
    apart = _col(dy.Int64, "Those of them whom no other agent's rows show; null for an agent.")
    is_published = _col(dy.Bool, "False once too few of its people were unknown to others.", nullable=False)


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class Marts:
    """The frames of one snapshot as one scope may see them; empty frames where nothing was loaded. Never mutated.

    Two of them are the same only when they are one object, so that what is derived from one can be kept beside it.
    """

    orders: pl.DataFrame
    lines: pl.DataFrame
    refunds: pl.DataFrame
    visits: pl.DataFrame
    actions: pl.DataFrame
    people: pl.DataFrame
    places: pl.DataFrame
    goods: pl.DataFrame
    stock_outs: pl.DataFrame
    bindings: pl.DataFrame
    attempts: pl.DataFrame
    shares: pl.DataFrame
    statements: pl.DataFrame
    territories: pl.DataFrame
    travel: pl.DataFrame
    neighbours: pl.DataFrame


MARTS: dict[str, type[dy.Schema]] = {
    "orders": OrderFacts,
    "lines": LineFacts,
    "refunds": RefundFacts,
    "visits": Visits,
    "actions": Actions,
    "people": People,
    "places": Places,
    "goods": Goods,
    "stock_outs": StockOuts,
    "bindings": Bindings,
    "attempts": Attempts,
    "shares": Shares,
    "statements": Statements,
    "territories": Territories,
    "travel": Travel,
    "neighbours": Neighbours,
}
"""Every mart's contract by the name of its field in ``Marts``."""
