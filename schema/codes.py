"""Quality codes: why a row was set aside (E…) or kept with a remark (W…)."""

from __future__ import annotations

from typing import Final

from schema.language import later, say

CODES: Final[dict[str, tuple[str, str]]] = {
    "E01": (later("Missing key"), later("Fill in the column that names the row, or leave the row out.")),
    "E02": (later("Wrong type"), later("Write the value as the column expects it: a number, a date, a yes or no.")),
    "E03": (
        later("Two bodies for one id"),
        later("One id stands for two different rows; give each its own id or add updated_at."),
    ),
    "E04": (
        later("Parent missing"),
        later("Load the order or customer it belongs to; the row is tried again at each import."),
    ),
    "E05": (
        later("Impossible amount"),
        later("Amounts are numbers; a negative line must be a return; a refund is at most what was paid."),
    ),
    "E06": (
        later("Impossible time"),
        later("Say the time zone; times lie after the source's start and not in the future."),
    ),
    "E07": (
        later("Impossible place"),
        later("Latitude is within ±90 and longitude within ±180; check whether the two are swapped."),
    ),
    "E08": (later("Datum unknown"), later("Say whether positions are WGS-84, GCJ-02 or BD-09.")),
    "E09": (later("Weights do not add up"), later("Weights must sum to 10,000.")),
    "W01": (later("Arrived late"), later("More than 24 h after it happened; kept.")),
    "W02": (later("Arrived before it happened"), later("A clock is wrong; kept, left out of latency.")),
    "W03": (later("Dwell capped"), later("A gap or foreground time above the cap was cut; kept.")),
    "W04": (later("Store moved"), later("A store's position moved more than 200 m since the last load; kept.")),
    "W05": (
        later("Datum suspect"),
        later("Positions look like GCJ-02 labelled WGS-84; kept, drawn with a warning ring."),
    ),
    "W06": (later("Not described"), later("Refers to a customer, product or store that no table describes; kept.")),
    "W07": (
        later("Header disagreement"),
        later("Lines of one order disagree on its header; earliest time, first customer kept."),
    ),
    "W08": (
        later("Unlinked return"),
        later("Names no original order: in money at its own date, in no product's history."),
    ),
    "W09": (later("Zero price"), later("Kept; not a purchase unless the order has a paid line.")),
    "W10": (later("Unknown channel"), later("Kept as channel other.")),
}
"""Code → (what it means, what to do)."""


def meaning(code: str) -> str:
    """What a code means in a few words, such as ``Missing key``."""
    return say(CODES[code][0])


def remedy(code: str) -> str:
    """What a person can do about a code."""
    return say(CODES[code][1])
