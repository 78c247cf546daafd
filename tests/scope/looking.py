"""Every question as somebody asks it, and everything that comes back as text."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Final

from answers import all_addresses
from answers.periods import context
from answers.registry import ADDRESSES, ask
from schema.errors import CatchlightError
from schema.filters import parse_filters
from warehouse.frames import load_marts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from answers.answer import Answer, Context
    from schema.scope import Scope
    from tests.scope.conftest import Company

all_addresses()

NEIGHBOURS: Final = frozenset({"catchment/neighbours", "catchment/neighbour_cells"})
"""Where other agents are named, by design: groups of ten people and more."""
_TYPED: Final[dict[str, tuple[str, ...]]] = {
    "resolution": ("8",),
    "who": ("", "channel:pos", "bought:product:P1"),
    "product": ("", "P1"),
    "customer": ("", "C-0000000000"),
    "receiver": ("", "AG-1"),
    "month": ("", "2026-07"),
    "whose": ("", "AG-1"),
    "store": ("", "Amber-S1"),
    "new_store": ("", "Amber-S2"),
    "lat": ("31.31",),
    "lng": ("120.62",),
    "a": ("Amber-S1",),
    "b": ("Amber-S2",),
    "with": ("", "AG-2"),
    "of": ("", "AG-1"),
    "pool": ("", "+1"),
    "protection": ("", "180"),
}
"""Values for options that take any text; others are left out."""


def questions(addresses: tuple[str, ...] = ()) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every address with every combination of its options' values."""
    for name in addresses or sorted(ADDRESSES):
        options = ADDRESSES[name].options
        values = {
            option: allowed or _TYPED[option] for option, allowed in options.items() if allowed or option in _TYPED
        }
        if name == "catchment/pair":
            values |= {"by": ("store",)}
        for chosen in itertools.product(*values.values()):
            yield name, dict(zip(values, chosen, strict=True))


def asked_of(company: Company, scope: Scope, query: str = "", page: str = "sharing") -> Context:
    """What a question of a page is asked of."""
    marts = load_marts(company.snapshot, scope)
    return context(parse_filters(query), scope, company.snapshot, marts, page=page, all_data=True)


def told(asked: Context, name: str, options: dict[str, Any]) -> tuple[Answer | None, str]:
    """The answer, and every text in it; a refusal's words where there is none."""
    try:
        answer = ask(name, asked, **options)
    except CatchlightError as refusal:
        return None, f"{type(refusal).__name__}: {refusal}"
    said = [answer.table.write_csv(), answer.definition, answer.n_label, answer.coverage_label, *answer.notes]
    return answer, "\n".join([*said, str(answer.n), str(answer.coverage), answer.currency])
