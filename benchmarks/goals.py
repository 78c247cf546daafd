"""The lines that every run must have, and what each goal made of several measurements is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks.measure import Line

if TYPE_CHECKING:
    from collections.abc import Sequence

GOALS: Final[dict[str, tuple[float, str, bool]]] = {
    "heatmap": (2_000.0, "× less than a scan", True),
    "scale_free": (1.1, "× the smaller", False),
    "sessionise": (5.0, "× the decode bound", False),
    "ingest_memory": (1.2, "× the smaller import", False),
    "rfm": (100.0, "× less than raw", True),
    "distinct": (300.0, "× less than raw", True),
    "nearest": (12.0, "× less than numpy", True),
    "h3_parent": (100.0, "× cheaper", True),
    "new_day": (0.3, "% of a rebuild", False),
    "first_page": (2.0, "× a page with a title only", False),
    "payload": (1.0, "× its goal", False),
    "peers": (8.0, "questions ahead", True),
}
"""Ids of the goals' table in the order in which they are told: the goal, its unit, and whether it is a least value."""


def complete(lines: Sequence[Line]) -> list[Line]:
    """Every goal once and first, in the table's order; what no part measured says so.

    Args:
        lines: what was measured, in any order.
    """
    found = {line.id: line for line in lines}
    goals = [found.get(name) or unmeasured(name, "not measured in this run") for name in GOALS]
    return [*goals, *(line for line in lines if line.id not in GOALS)]


def unmeasured(name: str, why: str) -> Line:
    """A line without a value; of a goal with what it should have been."""
    goal, unit, at_least = GOALS.get(name, (None, "", False))
    return Line(name, None, goal, unit, why, at_least)


def worst(name: str, lines: Sequence[Line], unit: str = "× its goal") -> Line:
    """One goal of several limits: the one that is missed most, as a multiple of its limit.

    Args:
        name: the goal's id.
        lines: measured against limits that they should not exceed.
        unit: what the value counts.
    """
    parts = [(line.value / line.goal, line) for line in lines if line.value is not None and line.goal]
    if not parts or len(parts) < len(lines):
        return unmeasured(name, "not measured: " + "; ".join(line.detail for line in lines if line.value is None))
    most, line = max(parts, key=lambda part: part[0])
    return Line(name, most, 1.0, unit, f"{line.id}: {line.value:,.1f} {line.unit}; the others are further below")
