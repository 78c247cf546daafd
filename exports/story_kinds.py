"""How the steps of a story are drawn: which answers a picture needs, what it says, and the picture itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from answers.groups import sample
from answers.registry import ADDRESSES
from exports import story_grid
from schema.language import say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from charts.theme import Theme
    from exports.document import Native
    from exports.story_found import Found, Picture

TABLE: Final = "table"
"""The kind of everything that has no picture of its own."""


@dataclass(frozen=True)
class Kind:
    """One sort of picture.

    Attributes:
        name: such as ``dwell.quadrant``.
        address: whose answer it draws; empty for any.
        says: the finding as a sentence with its subject between stars, such as ``The evening belongs to *wool*``.
        about: measure, unit and what a mark is.
        draw: the picture.
        needs: further answers by name: from the address's options to (address, options).
        facts: words that captions and notes may name in braces, such as ``{index}``.
        has_places: whether it names or draws stores.
        cards: (page, card) on which it is offered in place of a table.
        native: the same chart for a slide that can be edited; None where it is copied as strokes.
    """

    name: str
    address: str
    says: Callable[[Found], str]
    about: Callable[[Found], str]
    draw: Callable[[Found, Theme], Picture]
    needs: Mapping[str, Callable[[Mapping[str, Any]], tuple[str, dict[str, Any]]]] = field(default_factory=dict)
    facts: Callable[[Found], dict[str, str]] = lambda _: {}
    has_places: bool = False
    cards: tuple[tuple[str, str], ...] = ()
    native: Callable[[Found, Theme], Native | None] = lambda *_: None


KINDS: Final[dict[str, Kind]] = {}


def kinds() -> dict[str, Kind]:
    """Every kind by name; their modules register themselves when this is first asked."""
    from exports import story_act, story_finding, story_money, story_place, story_see  # noqa: F401, PLC0415  (they import this)

    return KINDS


def kind_of(name: str) -> Kind:
    """A kind by name; one that is known no more is drawn as a table, so that an old story still opens."""
    return kinds().get(name, KINDS[TABLE])


def offered(page: str, card: str, address: str) -> str:
    """How the answer of a page's card is drawn."""
    for kind in kinds().values():
        if (page, card) in kind.cards and kind.address == address:
            return kind.name
    return TABLE


def register(kind: Kind) -> None:
    """Make a kind known."""
    KINDS[kind.name] = kind


def _meaning(found: Found) -> str:
    entry = ADDRESSES.get(found.main.address)
    return say(entry.meaning).rstrip(".。") if entry else found.main.address


register(
    Kind(
        TABLE,
        "",
        says=_meaning,
        about=lambda found: sample(found.main),
        draw=lambda found, _: story_grid.grid(found),
        has_places=True,
    )
)
