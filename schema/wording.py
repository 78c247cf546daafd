"""What a person reads about a number: labels, definitions and questions, by key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Word:
    """A label and the definition that stands behind its ⓘ."""

    label: str
    definition: str
    unit: str = ""


KPIS: Final[dict[str, Word]] = {
    "net_minor": Word(
        "Net sales", "Goods paid minus goods refunded, dated to the order; shipping left out.", "minor units"
    ),
    "orders": Word("Orders", "Valid orders (paid, not test, not cancelled) with at least one paid line.", "count"),
    "buyers": Word("Buyers", "Distinct members with at least one order that was not fully refunded.", "count"),
    "average_order_value_minor": Word("Average order", "Net sales ÷ orders.", "minor units"),
    "return_rate": Word(
        "Return rate", "Goods refunded ÷ goods paid, on orders at least 30 days old: the latest mature window.", "rate"
    ),
    "repeat_rate": Word(
        "Repeat rate",
        "Buyers with orders on two or more days ÷ buyers, over the 365 days to the end of the period.",
        "rate",
    ),
    "dwell_minutes": Word("Dwell", "Sum of known dwell on product views. Views of unknown dwell are left out.", "min"),
    "linger_rate": Word(
        "Linger rate",
        "Lingering views ÷ views of known dwell. A view lingers when it reaches the category's threshold of that "
        "month: the larger of 15 s and the P75 of the 90 days before.",
        "rate",
    ),
    "conversion_rate": Word(
        "Conversion, 14 d",
        "Members who bought a product they viewed within 14 days of first viewing it ÷ members whose first view in the "
        "window is at least 14 days old. Full refunds do not count as bought.",
        "rate",
    ),
    "new_members": Word("New members", "Members who registered in the period.", "count"),
    "binding_coverage": Word(
        "Bound",
        "Members who have a store at the end of the period ÷ members registered by then. With a place filter: members "
        "owned there ÷ these and the members without a store who live nearest to there.",
        "rate",
    ),
    "binding_timely": Word(
        "Bound within 60 s",
        "First bindings to a store made within 60 seconds of registering ÷ those of the period's registrations that "
        "reached us within 10 minutes. Place filters mean the owner.",
        "rate",
    ),
    "pool_accrued_minor": Word(
        "Pool accrued",
        "Shares credited to stores, agents, guides and the fund in the period, corrections included, clawbacks not. Place "
        "filters mean where the order was sold.",
        "minor units",
    ),
    "hq_retained_minor": Word(
        "Head office keeps",
        "Net sales of the period's orders minus their shares (after clawbacks and corrections) to everybody but the fund.",
        "minor units",
    ),
    "online_share": Word("Online share", "Net sales through online channels ÷ net sales.", "rate"),
}
"""The Overview's key figures in the order of the table, first six on screen first."""

CHANNEL_LABELS: Final[dict[str, str]] = {
    "wechat_mini": "Mini-program",
    "mall": "Mall",
    "h5_site": "Micro-site",
    "app": "App",
    "live": "Live stream",
    "pos": "Store till",
    "web": "Web shop",
    "marketplace": "Marketplace",
    "phone": "Phone",
    "other": "Other",
}

MODEL_LABELS: Final[dict[str, str]] = {
    "B2C": "B2C: shop to customer",
    "O2O": "O2O: online, by a store",
    "C2C": "C2C: person to person",
}

SEGMENT_LABELS: Final[dict[str, str]] = {
    "champions": "Champions",
    "loyal": "Loyal",
    "promising": "Promising",
    "new": "New",
    "at_risk": "At risk",
    "fading": "Fading",
    "lost": "Lost",
    "lapsed": "Lapsed",
}
"""RFM segments, best first."""

HOME_LABELS: Final[dict[str, str]] = {
    "address": "delivery address",
    "registration": "registration fix",
    "night": "night-time cell",
    "place": "uploaded place",
    "city": "city centre only",
    "given": "given home",
}

UNMAPPED: Final = "Unmapped"
"""Where products without a category are counted."""


def channel_label(channel: str) -> str:
    """A channel's name for people; an unknown one is shown as it is."""
    return CHANNEL_LABELS.get(channel, channel)
