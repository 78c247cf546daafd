"""One measured line, and how time is taken: processor time of this process, median of several runs."""

from __future__ import annotations

import statistics
import time
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

RUNS = 5


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the report.

    Attributes:
        id: what was measured.
        value: None when it could not be measured; ``detail`` then says why.
        goal: what it should be at most (or at least, for ``at_least``); None where there is none.
        passed: whether the goal is reached; None without goal or value.
        by_size: what the same cost at several numbers of events, smallest first.
    """

    id: str
    value: float | None
    goal: float | None
    unit: str
    detail: str = ""
    at_least: bool = False
    by_size: tuple[tuple[int, float], ...] = ()

    @property
    def passed(self) -> bool | None:
        """Whether the goal is reached."""
        if self.value is None or self.goal is None:
            return None
        return self.value >= self.goal if self.at_least else self.value <= self.goal

    def as_dict(self) -> dict[str, Any]:
        """The line as plain JSON values."""
        return {**asdict(self), "passed": self.passed}

    @classmethod
    def from_dict(cls, told: dict[str, Any]) -> Line:
        """The line that ``as_dict`` wrote, after its way through JSON."""
        known = {part.name: told[part.name] for part in fields(cls) if part.name in told}
        sizes = tuple((int(events), float(ms)) for events, ms in told.get("by_size", ()))
        return cls(**{**known, "by_size": sizes})


def cpu_ms(work: Callable[[], object]) -> float:
    """Processor time of one call, all threads, milliseconds."""
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1000


def median_cpu_ms(work: Callable[[], object], runs: int = RUNS) -> float:
    """Median processor time of several calls after one that does not count, milliseconds."""
    work()
    return statistics.median(cpu_ms(work) for _ in range(runs))


def interleaved(
    ours: Callable[[], object], other: Callable[[], object], runs: int = RUNS, *, is_warm: bool = False
) -> tuple[float, float]:
    """Median processor times of two ways, taken in turn so that both meet the same machine, milliseconds.

    Args:
        ours: one way.
        other: the other.
        runs: how many calls of each count.
        is_warm: each call that counts follows one that does not: neither way meets the processor's memory as the other
            left it, which matters where one takes a millisecond and the other reads gigabytes.
    """
    ours()
    other()

    def taken(work: Callable[[], object]) -> float:
        if is_warm:
            work()
        return cpu_ms(work)

    pairs = [(taken(ours), taken(other)) for _ in range(runs)]
    return statistics.median(p[0] for p in pairs), statistics.median(p[1] for p in pairs)


def report(lines: Sequence[Line]) -> str:
    """The lines as a table for people."""
    rows = [("id", "value", "goal", "", "")]
    for line in lines:
        value = "—" if line.value is None else f"{line.value:,.1f} {line.unit}"
        sign = "≥" if line.at_least else "≤"
        goal = "" if line.goal is None else f"{sign} {line.goal:,g} {line.unit}"
        rows.append((line.id, value, goal, {True: "ok", False: "MISSED", None: ""}[line.passed], line.detail))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(
        "  ".join([row[0].ljust(widths[0]), row[1].rjust(widths[1]), row[2].ljust(widths[2]), row[3].ljust(6), row[4]])
        for row in rows
    )
