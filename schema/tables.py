"""Contracts of the canonical tables: one class a table, a unit, label and description on every column.

Timestamps are ``Datetime(us, UTC)``; ``local_on`` and ``hour_of_week`` (0 = Monday 00:00, 167 = Sunday 23:00) are
written once by the loader in the store's zone, else the business zone. Money is integer minor units of ``currency``.
Places are WGS-84 degrees; H3 cells are 64-bit integers (an H3 index never uses the sign bit).
Tables that name people by their source id (``customer_id``) leave the loader so; the warehouse replaces it with
``customer_key``.
"""

from __future__ import annotations

from typing import Any, Final

import dataframely as dy

CHANNELS: Final = (
    "wechat_mini",
    "mall",
    "h5_site",
    "app",
    "live",
    "pos",
    "web",
    "marketplace",
    "phone",
    "other",
)
OFFLINE_CHANNELS: Final = ("pos",)
MODELS: Final = ("C2C", "B2C", "O2O")
EVENT_TYPES: Final = ("view", "activity", "ping", "hide", "leave", "cart", "share", "scan")
ORDER_STATUSES: Final = ("placed", "paid", "completed", "cancelled", "refunded")
DATUMS: Final = ("WGS-84", "GCJ-02", "BD-09", "unknown")
ARMS: Final = ("treated", "holdout")
HOME_SOURCES: Final = ("address", "registration", "night", "place", "city", "given")


def _about(label: str, description: str, unit: str = "") -> dict[str, Any]:
    return {"metadata": {"label": label, "unit": unit}, "description": description}


def _text(label: str, description: str, unit: str = "", **rules: Any) -> dy.String:
    return dy.String(nullable=rules.pop("nullable", True), **_about(label, description, unit), **rules)


def _key(label: str, description: str, *, primary: bool = True) -> dy.String:
    return dy.String(nullable=False, min_length=1, primary_key=primary, **_about(label, description))


def _at(label: str, description: str, *, nullable: bool = True) -> dy.Datetime:
    return dy.Datetime(nullable=nullable, time_unit="us", time_zone="UTC", **_about(label, description, "UTC"))


def _on(label: str, description: str, *, nullable: bool = True) -> dy.Date:
    return dy.Date(nullable=nullable, **_about(label, description, "local date"))


def _whole(label: str, description: str, unit: str = "", **rules: Any) -> dy.Int64:
    return dy.Int64(nullable=rules.pop("nullable", True), **_about(label, description, unit), **rules)


def _minor(label: str, description: str, *, nullable: bool = False) -> dy.Int64:
    return dy.Int64(nullable=nullable, **_about(label, description, "minor units"))


def _flag(label: str, description: str) -> dy.Bool:
    return dy.Bool(nullable=False, **_about(label, description))


def _lat(*, nullable: bool = True) -> dy.Float64:
    return dy.Float64(nullable=nullable, min=-90, max=90, **_about("Latitude", "WGS-84 latitude.", "degrees"))


def _lng(*, nullable: bool = True) -> dy.Float64:
    return dy.Float64(nullable=nullable, min=-180, max=180, **_about("Longitude", "WGS-84 longitude.", "degrees"))


def _hour_of_week() -> dy.Int16:
    return dy.Int16(
        nullable=False, min=0, max=167, **_about("Hour of week", "0 = Monday 00:00 local … 167 = Sunday 23:00.", "hour")
    )


class Stores(dy.Schema):
    """One row per store."""

    store_id = _key("Store", "The store's id in its source.")
    name = _text("Name", "What people call the store.")
    type = _text("Type", "direct or franchise.")
    agent_id = _text("Agent", "The agent who runs a franchise store.")
    city = _text("City", "City, as given.")
    district = _text("District", "District or state, as given.")
    lat_raw = dy.Float64(nullable=True, **_about("Latitude as given", "Before any datum conversion.", "degrees"))
    lng_raw = dy.Float64(nullable=True, **_about("Longitude as given", "Before any datum conversion.", "degrees"))
    datum_raw = _text("Datum as declared", "WGS-84, GCJ-02, BD-09 or unknown.")
    lat = _lat()
    lng = _lng()
    area_m2 = dy.Float64(nullable=True, min=0, **_about("Area", "Sales floor.", "m²"))
    opened_on = _on("Opened", "First day of trade.")
    closed_on = _on("Closed", "First day without trade.")
    accepts_binding = _flag("Accepts binding", "Whether new customers may be bound to it.")
    zone = _text("Time zone", "IANA zone; the business zone when empty.")


class Agents(dy.Schema):
    """One row per agent."""

    agent_id = _key("Agent", "The agent's id.")
    name = _text("Name", "Trading name.")
    level = _text("Level", "Contract level.")
    contract_from = _on("Contract from", "First day of the contract.")
    contract_to = _on("Contract to", "First day after the contract.")
    receiver_type = _text("Receiver", "merchant or personal.")
    rail_cap_bps = _whole("Rail cap", "Largest share of a payment that may be split.", "bps")
    return_authorised = _flag("Return authorised", "Whether the receiver allowed returns of shares.")


class Guides(dy.Schema):
    """One row per shopping guide."""

    guide_id = _key("Guide", "The guide's id.")
    store_id = _text("Store", "Where the guide works.")
    upline_guide_id = _text("Upline", "The guide who brought them; depth at most 2.")
    active_from = _on("Active from", "First day.")
    active_to = _on("Active to", "First day after.")


class Territories(dy.Schema):
    """One row per area promised to an agent or a store."""

    territory_id = _key("Territory", "The territory's id.")
    agent_id = _text("Agent", "Whose it is.")
    store_id = _text("Store", "The store it lies around; needed for a radius.")
    kind = _text("Kind", "radius_m, h3_set or district.", nullable=False)
    value = _text("Value", "Metres; H3 cells separated by blanks; or a district's name.", nullable=False)
    protects = _text("Protects", "opening, binding or delivery; several separated by blanks.")
    valid_from = _on("Valid from", "First day.")
    valid_to = _on("Valid to", "First day after.")


class Travel(dy.Schema):
    """One row per cell and store: distance or time by road, in place of the straight line."""

    cell = _key("Cell", "H3 cell, as text, resolution 5 to 9.")
    store_id = _key("Store", "The store.")
    distance_m = dy.Float64(nullable=True, min=0, **_about("Distance", "By road or on foot.", "m"))
    duration_s = dy.Float64(nullable=True, min=0, **_about("Travel time", "Door to door.", "s"))


class Products(dy.Schema):
    """One row per product."""

    product_id = _key("Product", "The product's id (SKU or style).")
    style_id = _text("Style", "Style that groups sizes and colours.")
    name = _text("Name", "Product name.")
    category = _text("Category", "Category; empty is shown as Unmapped.")
    list_minor = _minor("List price", "Price before discount.", nullable=True)
    season = _text("Season", "Season, as given.")
    launched_on = _on("Launched", "First day on sale.")
    retired_on = _on("Retired", "First day off sale.")
    size = _text("Size", "Size, where the row is a variant.")
    colour = _text("Colour", "Colour, where the row is a variant.")


class Availability(dy.Schema):
    """One row per product, size, place and period in which the size was out of stock."""

    product_id = _key("Product", "The product.")
    size = _key("Size", "The size that was missing.")
    store_id = _text("Store", "The store; empty for a channel.")
    channel = _text("Channel", "The channel; empty for a store.")
    from_on = dy.Date(nullable=False, primary_key=True, **_about("From", "First day out of stock.", "local date"))
    to_on = _on("To", "First day back in stock.")


class Customers(dy.Schema):
    """One row per customer."""

    customer_id = _key("Customer", "The customer's id in the source.")
    registered_at = _at("Registered", "When the customer registered; never inferred for binding.")
    reg_channel = _text("Registration channel", "Where they registered.")
    city = _text("City", "Home city, as given.")
    home_lat = _lat()
    home_lng = _lng()
    home_src = _text("Home source", "address, registration, night, place, city or given.")
    home_precision_m = dy.Float64(nullable=True, min=0, **_about("Home precision", "Radius of doubt.", "m"))
    consent_marketing_at = _at("Marketing consent", "When given.")
    consent_location_at = _at("Location consent", "When given.")
    consent_share_agent_at = _at("Consent to share with agent", "When given.")
    opted_out_at = _at("Opted out", "When they opted out.")
    is_staff = _flag("Staff", "Left out of behaviour, kept in money.")
    is_test = _flag("Test", "Left out of everything.")
    updated_at = _at("Updated", "When the source last changed the row.")


class Identities(dy.Schema):
    """One row per identity and customer, hashed before it arrives or on arrival: several customers may give one."""

    id_type = _key("Kind", "unionid, openid, phone or card.")
    id_hash = _key("Hash", "Keyed hash of the identity.")
    customer_id = _key("Customer", "Whose it is.")
    app_id = _text("App", "The app of an openid.")
    verified = _flag("Verified", "Whether the source verified it.")
    first_seen = _at("First seen", "When it first appeared.")
    link_reason = _text("Link reason", "Why it was linked.")


class LocationFixes(dy.Schema):
    """One row per location fix of a customer."""

    fix_id = _key("Fix", "The fix's id.")
    customer_id = _key("Customer", "Whose fix.", primary=False)
    fixed_at = _at("Fixed", "When the position was taken.", nullable=False)
    lat = _lat()
    lng = _lng()
    accuracy_m = dy.Float64(nullable=True, min=0, **_about("Accuracy", "Radius of 68 %.", "m"))
    datum_raw = _text("Datum as declared", "WGS-84, GCJ-02, BD-09 or unknown.")
    src = _text("Source", "gps, fuzzy, address, ip or store_scan.")
    context_store_id = _text("Context store", "The store whose code was scanned, if any.")


class Events(dy.Schema):
    """One row per behaviour event."""

    event_id = _key("Event", "The event's id, or a hash of the row and its occurrence.")
    occurred_at = _at("Occurred", "When it happened.", nullable=False)
    ingested_at = _at("Ingested", "When the source received it.")
    anon_id = _text("Visitor", "Device or cookie.")
    customer_id = _text("Customer", "The member, if signed in.")
    channel = _text("Channel", "Where it happened.", nullable=False)
    type = _text("Type", "view, activity, ping, hide, leave, cart, share or scan.", nullable=False)
    local_on = _on("Local day", "Local date.", nullable=False)
    hour_of_week = _hour_of_week()
    product_id = _text("Product", "What was looked at.")
    store_id = _text("Store", "The store it happened in, if any.")
    guide_id = _text("Guide", "The guide who shared it, if any.")
    session_id = _text("Session", "The source's own session id, if any; T1 sessions are computed without it.")
    seq = _whole("Sequence", "Order among events of one instant.")
    fg_ms = _whole("Foreground time", "Measured dwell of a view.", "ms", min=0)


class Orders(dy.Schema):
    """One row per order."""

    source = _key("Source", "The shop system the order comes from.")
    order_id = _key("Order", "The order's id in its source.")
    customer_id = _text("Customer", "The member, if known.")
    channel = _text("Channel", "Where it was sold.", nullable=False)
    model = _text("Business model", "C2C, B2C or O2O.", nullable=False)
    currency = _text("Currency", "ISO 4217.", nullable=False)
    local_on = _on("Local day", "Local date of payment, else of placing.", nullable=False)
    hour_of_week = _hour_of_week()
    placed_at = _at("Placed", "When the order was placed.", nullable=False)
    paid_at = _at("Paid", "When it was paid; empty means unpaid.")
    completed_at = _at("Completed", "When it was completed.")
    status = _text("Status", "placed, paid, completed, cancelled or refunded.", nullable=False)
    selling_store_id = _text("Selling store", "The store that sold it.")
    fulfil_store_id = _text("Fulfilling store", "The store that handed it over.")
    guide_id = _text("Guide", "The guide credited.")
    goods_net_minor = _minor("Goods", "Goods after discounts, without shipping.")
    shipping_minor = _minor("Shipping", "Shipping paid.")
    paid_minor = _minor("Paid", "What was paid in all.")
    rail = _text("Payment rail", "How it was paid.")
    transaction_id = _text("Transaction", "The rail's id.")
    is_test = _flag("Test", "Left out of everything.")
    updated_at = _at("Updated", "When the source last changed the order.")


class OrderLines(dy.Schema):
    """One row per order line."""

    source = _key("Source", "The shop system.")
    order_id = _key("Order", "The order.")
    line_id = _key("Line", "The line's number in its source, or a hash of the row and its occurrence.")
    product_id = _text("Product", "What was bought.")
    qty = dy.Float64(nullable=False, **_about("Quantity", "Units; weights may be fractions."))
    gross_minor = _minor("Gross", "Before discounts.")
    discount_minor = _minor("Discount", "Discount, its share of the order's included (T12).")
    net_minor = _minor("Net", "After discounts.")
    size = _text("Size", "Size bought, when the product is a style.")


class Refunds(dy.Schema):
    """One row per refund."""

    source = _key("Source", "The shop system.")
    refund_id = _key("Refund", "The refund's id.")
    order_id = _text("Order", "The order refunded; empty is an unlinked return (W08).")
    line_id = _text("Line", "The line refunded; empty is the whole order.")
    customer_id = _text("Customer", "Who returned, if known.")
    channel = _text("Channel", "Where the order or return was made.", nullable=False)
    currency = _text("Currency", "ISO 4217.", nullable=False)
    product_id = _text("Product", "What came back, if named.")
    refunded_at = _at("Refunded", "When.", nullable=False)
    local_on = _on("Local day", "Local date of the refund.", nullable=False)
    goods_minor = _minor("Goods", "Goods refunded, positive.")
    shipping_minor = _minor("Shipping", "Shipping refunded, positive.")
    reason = _text("Reason", "Why.")


class Bills(dy.Schema):
    """One row per day, shop system and currency: what the platform or the payment rail says was paid."""

    billed_on = dy.Date(nullable=False, primary_key=True, **_about("Day", "Day of the bill.", "local date"))
    source = _key("Source", "The shop system that the bill is of, as its orders name it.")
    currency = _key("Currency", "ISO 4217.")
    billed_minor = _minor("Billed", "What was paid on that day by the bill.")
    orders = _whole("Orders", "How many orders the bill counts.", min=0)
    fees_minor = _minor("Fees", "What the platform kept of it.", nullable=True)


class Complaints(dy.Schema):
    """One row per complaint: open from ``opened_at`` until ``closed_at``; whoever has an open one is not written to."""

    source = _key("Source", "The shop system whose orders it names.")
    complaint_id = _key("Complaint", "The complaint's id, or a hash of the row and its occurrence.")
    customer_id = _text("Customer", "Who complained, if known.")
    order_id = _text("Order", "The order it is about, if any.")
    store_id = _text("Store", "The store it is about, if any.")
    channel = _text("Channel", "Where it was made; empty is the channel of its order.")
    kind = _text("Kind", "What it is about, such as delivery or quality.")
    opened_at = _at("Opened", "When it was made.", nullable=False)
    closed_at = _at("Closed", "When it was settled; empty is open.")
    local_on = _on("Local day", "Local date on which it was made.", nullable=False)
    updated_at = _at("Updated", "When the source last changed the row.")


class CampaignSends(dy.Schema):
    """One row per message of a campaign that was sent elsewhere, or per customer who was held out of it."""

    send_id = _key("Message", "The message's id, or a hash of the row and its occurrence.")
    campaign_id = _key("Campaign", "The campaign's id where it was sent.", primary=False)
    name = _text("Name", "What the campaign is called; its id when empty.")
    customer_id = _key("Customer", "Whom it was sent to, or who was held out.", primary=False)
    group = _text("Group", "treated or holdout.", nullable=False)
    channel = _text("Channel", "How it was sent, as given, such as sms or email.")
    sent_at = _at("Sent", "When it was sent; empty for those held out.")
    local_on = _on("Local day", "Local date on which it was sent.")
    cost_minor = _minor("Cost", "What the message cost.", nullable=True)
    currency = _text("Currency", "ISO 4217; of the cost.")


CANONICAL: Final[dict[str, type[dy.Schema]]] = {
    "stores": Stores,
    "agents": Agents,
    "guides": Guides,
    "territories": Territories,
    "travel": Travel,
    "products": Products,
    "availability": Availability,
    "customers": Customers,
    "identities": Identities,
    "location_fixes": LocationFixes,
    "events": Events,
    "orders": Orders,
    "order_lines": OrderLines,
    "refunds": Refunds,
    "bills": Bills,
    "complaints": Complaints,
    "campaign_sends": CampaignSends,
}
"""Every canonical table by name, parents before children."""

BY_MONTH: Final[dict[str, str]] = {"events": "local_on", "orders": "local_on", "order_lines": "", "refunds": "local_on"}
"""Fact tables partitioned by month, and the day that decides it (a line goes with its order)."""
