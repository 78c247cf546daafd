"""What a call of ``forget`` did, as sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from warehouse.forget import ForgetReport


def forget_words(report: ForgetReport) -> list[str]:
    """The report for a person at the command line."""
    if report.allowed:
        return [f"{_many(report.allowed)} may come back with the next import. Published snapshot {report.snapshot}."]
    told = []
    if report.forgotten:
        told += [
            f"{_many(len(report.forgotten))} forgotten: {', '.join(report.forgotten)}. Published snapshot {report.snapshot}.",
            f"Deleted: {report.identities:,} identities, {report.fixes:,} positions, {report.complaints:,} complaints, {report.emptied:,} raw rows, copies of files.",
            "Every earlier snapshot is deleted too. Orders, bindings and shares stay under the pseudonym; no amount changed.",
        ]
    if report.already:
        told.append(f"{_many(report.already)} forgotten before; nothing of them was left.")
    if report.inbox:
        told.append(f"{len(report.inbox):,} files in the inbox are yours and may name them; delete them yourself:")
        told += [f"  {name}" for name in report.inbox[:20]]
    return told


def _many(people: int) -> str:
    return "1 customer" if people == 1 else f"{people:,} customers"
