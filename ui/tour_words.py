"""The tour's stops: where each is, and what is said there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from schema.language import later

if TYPE_CHECKING:
    from collections.abc import Mapping

PARAMETER: Final = "tour"
"""Of the address: which stop is shown, counted from 1."""


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop.

    Attributes:
        page: the page's path.
        title: what is to be seen.
        text: two or three sentences; no numbers, since data move on.
        query: the page's parameters.
    """

    page: str
    title: str
    text: str
    query: Mapping[str, str] = field(default_factory=dict)


STOPS: Final = (
    Stop(
        "overview",
        later("Begin with what needs you"),
        later(
            "*Worth a look* holds at most five findings, most surprising first; each opens the page that shows it. Every number "
            "has an ⓘ that tells how it is computed, and the line at the bottom tells how far to trust it."
        ),
    ),
    Stop(
        "dwell",
        later("What holds people, and when"),
        later(
            "The index takes out that everything is busier in the evening. What is left, above 100, belongs to a category and its "
            "hours. Below, products that hold attention and do not sell."
        ),
        {"measure": "index"},
    ),
    Stop(
        "catchment",
        later("Where two agents draw from the same homes"),
        later(
            "Hexagons are where customers live, not circles around shops. Amber is demand that both share: here talks about "
            "territories begin with a number."
        ),
        {"layer": "overlap"},
    ),
    Stop(
        "catchment",
        later("What a new store took from its neighbour"),
        later(
            "What the old store would have sold is measured on stores like it that had no new neighbour; the interval says how "
            "sure that is."
        ),
        {"section": "openings"},
    ),
    Stop(
        "sharing",
        later("Where every cent went"),
        later(
            "One owner for each customer at every moment, and a statement that an agent can compute again. All parts add up to "
            "100 %."
        ),
        {"tab": "statements"},
    ),
    Stop(
        "story",
        later("Say it in a meeting"),
        later(
            "Any card becomes a step by *Pin to story*. Present it with the arrow keys, offline, from one frozen state of the data; "
            "rooms see groups of ten and more."
        ),
    ),
    Stop(
        "data",
        later("Now your own"),
        later(
            "Drop orders, views, stores or customers here; any of them is a start. Nothing is kept until you accept it, and no row "
            "is lost: what does not fit is set aside with its reason."
        ),
    ),
)


def stops(role: str) -> tuple[Stop, ...]:
    """The stops for a role: agents make no stories."""
    return tuple(stop for stop in STOPS if role != "agent" or stop.page != "story")
