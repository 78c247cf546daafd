"""Quality codes: why a row was set aside (E…) or kept with a remark (W…)."""

from __future__ import annotations

from typing import Final

CODES: Final[dict[str, tuple[str, str]]] = {
    "E01": ("Missing key", "Fill in the column that names the row, or leave the row out."),
    "E02": ("Wrong type", "Write the value as the column expects it: a number, a date, a yes or no."),
    "E03": ("Two bodies for one id", "One id stands for two different rows; give each its own id or add updated_at."),
    "E04": ("Parent missing", "Load the order or customer it belongs to; the row is tried again at each import."),
    "E05": (
        "Impossible amount",
        "Amounts are numbers; a negative line must be a return; a refund is at most what was paid.",
    ),
    "E06": ("Impossible time", "Say the time zone; times lie after the source's start and not in the future."),
    "E07": ("Impossible place", "Latitude is within ±90 and longitude within ±180; check whether the two are swapped."),
    "E08": ("Datum unknown", "Say whether positions are WGS-84, GCJ-02 or BD-09."),
    "E09": ("Weights do not add up", "Weights must sum to 10,000."),
    "W01": ("Arrived late", "More than 24 h after it happened; kept."),
    "W02": ("Arrived before it happened", "A clock is wrong; kept, left out of latency."),
    "W03": ("Dwell capped", "A gap or foreground time above the cap was cut; kept."),
    "W04": ("Store moved", "A store's position moved more than 200 m since the last load; kept."),
    "W05": ("Datum suspect", "Positions look like GCJ-02 labelled WGS-84; kept, drawn with a warning ring."),
    "W06": ("Not described", "Refers to a customer, product or store that no table describes; kept."),
    "W07": ("Header disagreement", "Lines of one order disagree on its header; earliest time, first customer kept."),
    "W08": ("Unlinked return", "Names no original order: in money at its own date, in no product's history."),
    "W09": ("Zero price", "Kept; not a purchase unless the order has a paid line."),
    "W10": ("Unknown channel", "Kept as channel other."),
}
"""Code → (what it means, what to do)."""


def meaning(code: str) -> str:
    """What a code means in a few words, such as ``Missing key``."""
    return CODES[code][0]


def remedy(code: str) -> str:
    """What a person can do about a code."""
    return CODES[code][1]
