"""One finding of the Overview as a step: its number and sentence first, then the picture of the page that shows it."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlencode

from answers.stills import answer_of
from charts.numbers import percent, show
from exports import story as telling
from exports.story_found import Found, Said, parsed
from exports.story_kinds import Kind, register
from records.stories import Shown, Step, Story
from schema.errors import UsageError
from schema.language import from_python, later, say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from charts.theme import Theme
    from exports.story import MartsFor
    from warehouse.api import Snapshot

WHICH: Final = "finding"
"""Parameter of a step that names the finding by its kind: the sentence and its number move with the data."""

_CAPTIONS: Final = {"index": "{sentence}"}
_CAPTION: Final = "*{number}* {sentence}"
"""Most sentences go on after their number; that of an index names its group first."""

_GONE: Final = later("Does not stand out any more")


def found_number(value: float, unit: str) -> str:
    """The number that a finding is about, as it is said."""
    if unit == "index":
        return from_python(f"{value:.0f}")
    return percent(value, 0) if unit == "rate" else show(value, unit)


def pinned(
    row: Mapping[str, Any], query: str, into: Story, *, snapshot: Snapshot, marts_for: MartsFor
) -> tuple[Story, dict[str, str]]:
    """The story with this finding as its last step; the page that shows it stands behind the key where it can.

    Args:
        row: of ``overview/findings``: ``kind, unit, query``.
        query: the Overview's own parameters, days written out.
        into: the story.
        snapshot: whose rows ``marts_for`` hands out.
        marts_for: its rows for a scope.

    Raises:
        UsageError: in groups of ten and more nothing of the finding is left to say.
    """
    first = Shown(
        "overview", urlencode([*parse_qsl(query), (WHICH, row["kind"])]), "overview.finding", "overview/findings"
    )
    step = Step(uuid.uuid4().hex[:10], first, caption=_CAPTIONS.get(row["unit"], _CAPTION))
    ways = {"snapshot": snapshot, "marts_for": marts_for}
    alone, kept = telling.computed(step, **ways)  # type: ignore[arg-type]
    if row["kind"] not in answer_of(kept[alone.shown.results["main"]]).table["kind"].to_list():
        msg = say("In groups of ten and more nothing of this finding is left to say to a room.")
        raise UsageError(msg)
    picture = _PICTURES.get(row["kind"])
    if picture is not None:
        both = replace(step, reveal=picture(row["query"]))
        try:
            return telling.with_step(into, both, **ways)  # type: ignore[arg-type]
        except UsageError:  # the page has nothing for a room: the sentence stands alone
            pass
    return telling.with_step(into, step, **ways)  # type: ignore[arg-type]


def _row(found: Found) -> dict[str, Any] | None:
    rows = found.main.table.iter_rows(named=True)
    return next((row for row in rows if row["kind"] == found.given(WHICH)), None)


def _facts(found: Found) -> dict[str, str]:
    row = _row(found)
    if row is None:
        return {"number": "—", "sentence": say("does not stand out any more"), "detail": ""}
    return {
        "number": found_number(row["value"], row["unit"]),
        "sentence": row["sentence"],
        "detail": row["detail"],
    }


def _says(found: Found) -> str:
    row = _row(found)
    return telling.filled(_CAPTION if row is None else _CAPTIONS.get(row["unit"], _CAPTION), _facts(found))


def _draw(found: Found, _: Theme) -> tuple[Said, ...]:
    """The caption says the sentence; below stand the number and what it rests on."""
    if _row(found) is None:
        return (Said("—", say(_GONE), ""),)
    facts = _facts(found)
    first, *rest = facts["detail"].split(" · ")
    return (Said(facts["number"], first, " · ".join(rest)),)


def _with(query: str, **more: str) -> str:
    return urlencode([*(pair for pair in parse_qsl(query) if pair[0] not in more), *more.items()])


def _opening(query: str) -> Shown:
    new, _, old = parsed(query).get("opening", [""])[0].partition("|")
    return Shown("catchment", query, "catchment.opening", "catchment/cannibalisation", {"new_store": new, "store": old})


_PICTURES: Final[Mapping[str, Callable[[str], Shown]]] = {
    "dwell": lambda query: Shown(
        "dwell", query, "dwell.hours", "dwell/heatmap", {"group": "category", "medians": "no"}
    ),
    "hesitation": lambda query: Shown("dwell", query, "dwell.quadrant", "dwell/quadrant"),
    "overlap": lambda query: Shown(
        "catchment", _with(query, compare="agent"), "catchment.strip", "catchment/overlap", {"by": "agent"}
    ),
    "opening": _opening,
    "day": lambda query: Shown("overview", query, "overview.trend", "overview/trend"),
    "late_bindings": lambda query: Shown("sharing", query, "sharing.funnel", "sharing/funnel"),
}

register(
    Kind(
        "overview.finding",
        "overview/findings",
        _says,
        lambda _: say("Worth a look · ranked by surprise"),
        _draw,
        facts=_facts,
    )
)
