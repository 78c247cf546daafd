"""The demo's five-minute meeting, made of addresses: every number in it is an answer's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from exports.story import refreshed
from records import acts, stories
from records.stories import Shown, Step, Story
from schema.errors import UsageError
from schema.language import later
from schema.scope import LOCAL_OWNER

if TYPE_CHECKING:
    from exports.story import MartsFor
    from warehouse.api import Snapshot

MADE: Final = later("made with the demo")
TITLE: Final = later("Five minutes with Hazel & Wool")
_AGENT: Final = "AG-06"
_PAIR: Final = {"by": "store", "a": "S-029", "b": "S-054"}
_OPENING: Final = {"new_store": "S-041", "store": "S-038"}
_MONTH: Final = "2026-10"
_SEASON: Final = "from=2026-10-01&to=2026-11-14"
"""The weeks in which wool is worn; over two years its evenings pale."""


def _shown(page: str, kind: str, address: str, query: str = "", **options: Any) -> Shown:
    return Shown(page, query, kind, address, options)


STEPS: Final = (
    Step(
        "why",
        _shown("overview", "overview.findings", "overview/findings"),
        caption=later("Sales {net_change}, and *{things} things* need you"),
        notes=later("0:00 Say the change first: {net} net, {net_change} on the four weeks before.\n"
        "Each line is a page; the next minutes open four of them. Nothing here was typed: every number is an answer."),
    ),
    Step(
        "evening",
        _shown("dwell", "dwell.dayparts", "dwell/dayparts", f"measure=minutes&{_SEASON}", group="category", medians="no"),
        reveal=_shown("dwell", "dwell.hours", "dwell/heatmap", f"measure=index&{_SEASON}", group="category", medians="no"),
        reveal_caption=later("The evening belongs to *{group}*"),
        notes=later("0:40 Total minutes: everything is busier in the evening. Ask the room what sells then. Then press → once.\n"
        "The index takes category and hour out. What is left belongs to {group}: {index} from {first} to {until} h, "
        "100 is usual, {views} views."),
    ),
    Step(
        "wc07",
        _shown("dwell", "dwell.quadrant", "dwell/quadrant"),
        caption=later("*{product}* holds attention and does not sell"),
        reveal=_shown("dwell", "dwell.lingered", "dwell/lingered"),
        reveal_caption=later("{people} members want *{product}*; {sizes} of its sizes are there"),
        notes=later("1:10 {name}: {dwell} median dwell, {rate} bought within 14 days, far below the others. Then →: it is not the "
        "price. The sizes are missing."),
    ),
    Step(
        "campaigns",
        _shown("audiences", "audiences.results", "audiences/results"),
        caption=later("{campaign} worked: *{lift}*; {other} is not proven"),
        notes=later("1:35 A tenth was held out, by a hash that anybody can compute again. {campaign}: {low} to {high}, {buyers} buyers "
        "who would not have come. {other} looks as good and is not proven: {other_low} to {other_high} holds zero."),
    ),
    Step(
        "overlap",
        _shown("catchment", "catchment.strip", "catchment/overlap", "compare=agent", by="agent"),
        caption=later("{a} and {b} share *{overlap}* of their demand"),
        reveal=_shown("catchment", "catchment.pair", "catchment/pair", "layer=overlap&compare=store&pair=S-029%7CS-054", **_PAIR),
        notes=later("1:50 Thirty-six pairs of agents, one dot far out. Every other pair stays at or below {others}.\n"
        "→ The map of two facing stores: amber is where both draw from. Customers' homes, not circles around shops."),
    ),
    Step(
        "tianfu",
        _shown("catchment", "catchment.opening", "catchment/cannibalisation", "section=openings", **_OPENING),
        caption=later("*{rate}* of {new}'s sales came from its neighbour"),
        notes=later("2:40 {new} opened {distance} from {old}. Be honest about the interval: {low} to {high}. Neighbours opened in "
        "the same way elsewhere did not fall: the grey lines."),
    ),
    Step(
        "taihu",
        _shown("overview", "overview.figures", "overview/kpis"),
        eyes=_AGENT,
        caption=later("The Taihu agent sees *own stores alone*"),
        reveal=_shown("sharing", "sharing.statement", "sharing/statement", f"tab=statements&month={_MONTH}", by="agent"),
        reveal_caption=later("{name} closes {month} with *{closing}*"),
        notes=later("3:30 The same page through the agent's eyes: own stores, own customers, nobody else's sales.\n"
        "→ The statement of the month, line by line and to the fen."),
    ),
    Step(
        "split",
        _shown("sharing", "sharing.split", "sharing/split", f"tab=statements&month={_MONTH}", month=_MONTH),
        notes=later("4:00 Every fen has an account: {lines} lines, {pool} in the pools, {unassigned} left over."),
    ),
    Step(
        "whatif",
        _shown("sharing", "sharing.simulation", "sharing/simulation", "tab=whatif&agent_share=%2B1&protection=180",
               agent_share="+1", protection="180"),
        caption=later("One point more for agents would cost head office *{office}*"),
        notes=later("4:20 Protection 180 days and one point more for the agents, on the last twelve months. Nothing is written; "
        "show who gains, and end on what it costs."),
    ),
    Step(
        "checked",
        _shown("data", "data.checked", "data/report"),
        notes=later("4:45 Close on trust: {rows_in} rows read, {duplicate} duplicates removed, {quarantined} set aside with their "
        "reasons, none lost."),
    ),
)  # fmt: skip


def ensure(snapshot: Snapshot, marts_for: MartsFor) -> None:
    """Make the demo's story where no story was ever made; a second who asks at the same time changes nothing.

    Args:
        snapshot: of the demo; other data get no story of somebody else's.
        marts_for: its rows for a scope.
    """
    if snapshot.mode != "demo" or stories.versions("demo", LOCAL_OWNER, "ST-001"):
        return
    made, bodies = refreshed(Story("", TITLE, STEPS), snapshot=snapshot, marts_for=marts_for)
    with acts.demo_story():
        if stories.versions("demo", LOCAL_OWNER, "ST-001"):
            return
        try:
            stories.keep("demo", LOCAL_OWNER, made, change=MADE, bodies=bodies)
        except UsageError:
            if not stories.versions("demo", LOCAL_OWNER, "ST-001"):
                raise
