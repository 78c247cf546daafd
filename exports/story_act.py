"""Pictures of the page Audiences: which campaigns worked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from answers.campaigns import NO_HOLDOUT, RUNNING
from charts.lift import lift_intervals
from charts.numbers import count, points
from exports import story_grid
from exports.campaign_words import results_about
from exports.story_kinds import Kind, register
from schema.language import plural, say

if TYPE_CHECKING:
    from typing import Any

    from charts.theme import Theme
    from exports.story_found import Found, Picture


def _judged(found: Found) -> list[dict[str, Any]]:
    """Campaigns whose last day has passed and that held somebody out; the proven ones with the greatest lift first."""
    rows = [row for row in found.main.table.iter_rows(named=True) if row["verdict"] not in {RUNNING, NO_HOLDOUT}]
    return sorted(rows, key=lambda row: (row["verdict"] != "proven", -(row["lift"] or 0.0)))


def _said(found: Found) -> str:
    rows = _judged(found)
    if not rows:
        return say("Did it work?")
    first = rows[0]
    if first["verdict"] != "proven":
        return plural("The campaign is not proven", "None of {n} campaigns is proven", len(rows))
    return say("{campaign} worked: *{lift}*", campaign=first["campaign"], lift=points(first["lift"]))


def _draw(found: Found, theme: Theme) -> Picture:
    return story_grid.grid(found) if found.main.is_empty else lift_intervals(found.main.table, theme)


def _facts(found: Found) -> dict[str, str]:
    rows = _judged(found)
    if not rows:
        return {}
    best, last = rows[0], rows[-1]
    return {
        "campaign": best["campaign"], "lift": points(best["lift"]), "low": points(best["low"]),
        "high": points(best["high"]), "buyers": count(best["incremental"]), "other": last["campaign"],
        "other_low": points(last["low"]), "other_high": points(last["high"]),
    }  # fmt: skip


register(
    Kind("audiences.results", "audiences/results", _said, lambda _: results_about(), _draw, facts=_facts,
         cards=(("audiences", "results"),))
)  # fmt: skip
