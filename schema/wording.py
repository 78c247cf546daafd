"""What a person reads about a number: labels, definitions and questions, by key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from schema.language import later, say


@dataclass(frozen=True, slots=True)
class Word:
    """A label and the definition that stands behind its ⓘ, both in the language of the moment."""

    written: str
    explained: str
    unit: str = ""

    @property
    def label(self) -> str:
        """What it is called."""
        return say(self.written)

    @property
    def definition(self) -> str:
        """What it counts."""
        return say(self.explained)


KPIS: Final[dict[str, Word]] = {
    "net_minor": Word(
        later("Net sales"),
        later("Goods paid minus goods refunded, dated to the order; shipping left out."),
        "minor units",
    ),
    "orders": Word(
        later("Orders"), later("Valid orders (paid, not test, not cancelled) with at least one paid line."), "count"
    ),
    "buyers": Word(
        later("Buyers"), later("Distinct members with at least one order that was not fully refunded."), "count"
    ),
    "average_order_value_minor": Word(later("Average order"), later("Net sales ÷ orders."), "minor units"),
    "return_rate": Word(
        later("Return rate"),
        later("Goods refunded ÷ goods paid, on orders at least 30 days old: the latest mature window."),
        "rate",
    ),
    "repeat_rate": Word(
        later("Repeat rate"),
        later("Buyers with orders on two or more days ÷ buyers, over the 365 days to the end of the period."),
        "rate",
    ),
    "dwell_minutes": Word(
        later("Dwell"), later("Sum of known dwell on product views. Views of unknown dwell are left out."), later("min")
    ),
    "linger_rate": Word(
        later("Linger rate"),
        later(
            "Lingering views ÷ views of known dwell. A view lingers when it reaches the category's threshold of that "
            "month: the larger of 15 s and the P75 of the 90 days before."
        ),
        "rate",
    ),
    "conversion_rate": Word(
        later("Conversion, 14 d"),
        later(
            "Members who bought a product they viewed within 14 days of first viewing it ÷ members whose first view in the "
            "window is at least 14 days old. Full refunds do not count as bought."
        ),
        "rate",
    ),
    "new_members": Word(later("New members"), later("Members who registered in the period."), "count"),
    "binding_coverage": Word(
        later("Bound"),
        later(
            "Members who have a store at the end of the period ÷ members registered by then. With a place filter: members "
            "owned there ÷ these and the members without a store who live nearest to there."
        ),
        "rate",
    ),
    "binding_timely": Word(
        later("Bound within 60 s"),
        later(
            "First bindings to a store made within 60 seconds of registering ÷ those of the period's registrations that "
            "reached us within 10 minutes. Place filters mean the owner."
        ),
        "rate",
    ),
    "pool_accrued_minor": Word(
        later("Pool accrued"),
        later(
            "Shares credited to stores, agents, guides and the fund in the period, corrections included, clawbacks not. Place "
            "filters mean where the order was sold."
        ),
        "minor units",
    ),
    "hq_retained_minor": Word(
        later("Head office keeps"),
        later(
            "Net sales of the period's orders minus their shares (after clawbacks and corrections) to everybody but the fund."
        ),
        "minor units",
    ),
    "online_share": Word(later("Online share"), later("Net sales through online channels ÷ net sales."), "rate"),
}
"""The Overview's key figures in the order of the table, first six on screen first."""

CHANNEL_LABELS: Final[dict[str, str]] = {
    "wechat_mini": later("Mini-program"),
    "mall": later("Mall"),
    "h5_site": later("Micro-site"),
    "app": later("App"),
    "live": later("Live stream"),
    "pos": later("Store till"),
    "web": later("Web shop"),
    "marketplace": later("Marketplace"),
    "phone": later("Phone"),
    "other": later("Other"),
}

MODEL_LABELS: Final[dict[str, str]] = {
    "B2C": later("B2C: shop to customer"),
    "O2O": later("O2O: online, by a store"),
    "C2C": later("C2C: person to person"),
}

SEGMENT_LABELS: Final[dict[str, str]] = {
    "champions": later("Champions"),
    "loyal": later("Loyal"),
    "promising": later("Promising"),
    "new": later("New"),
    "at_risk": later("At risk"),
    "fading": later("Fading"),
    "lost": later("Lost"),
    "lapsed": later("Lapsed"),
}
"""RFM segments, best first."""

HOME_LABELS: Final[dict[str, str]] = {
    "address": later("delivery address"),
    "registration": later("registration fix"),
    "night": later("night-time cell"),
    "place": later("uploaded place"),
    "city": later("city centre only"),
    "given": later("given home"),
}

UNMAPPED: Final = later("Unmapped")
"""Where products without a category are counted."""


def channel_label(channel: str) -> str:
    """A channel's name for people; an unknown one is shown as it is."""
    return say(CHANNEL_LABELS.get(channel, channel))
