"""Nobody sees another's rows: requests drawn at random over addresses, options, filters and roles, own, foreign and forged."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from answers.periods import context
from answers.registry import ADDRESSES, ask
from schema.errors import CatchlightError
from schema.filters import parse_filters
from schema.scope import Scope
from tests.scope.company import AGENTS_OF_OTHERS, AMBER, BORROWED, FIRST
from tests.scope.looking import NEIGHBOURS
from warehouse.frames import load_marts

if TYPE_CHECKING:
    from answers.answer import Context
    from schema.marts import Marts
    from tests.scope.conftest import Company

SCOPES = (AMBER, AMBER, BORROWED, Scope("agent", "eve", "AG-9"), Scope("auditor", "eve"))  # type: ignore[arg-type]
IDS = (
    "Amber-S1", "Amber-S2", "Basalt-S1", "Cobalt-S2", "Dolomite-S1", "AG-1", "AG-2", "AG-3", "Amberton", "Basaltton",
    "P1", "P2", "Basalt-PX", "Cobalt-PV", "Coats", "pos", "web", "B2C", "new", "R8", "R9:+1", "+1", "2026-07", "2026-10",
    "Basalt-C100", "C-0123456789", "another store", "another agent", "*", "' OR 1=1 --", "", "8", "31.31", "120.6", "12",
)  # fmt: skip
FILTERS = ("store", "agent", "city", "channel", "model", "category", "product", "segment")
DAYS = ("2026-01-01", "2026-06-30", "2026-09-07", "2026-10-29")


def drawn(dice: random.Random) -> tuple[str, dict[str, Any], str]:
    """One request: an address, its options, and a query."""
    name = dice.choice(sorted(ADDRESSES))
    options = {
        option: dice.choice(allowed or IDS)
        for option, allowed in ADDRESSES[name].options.items()
        if dice.random() < 0.6
    }
    query = [f"{dice.choice(FILTERS)}={dice.choice(IDS)}" for _ in range(dice.choice((0, 0, 1, 1, 2)))]
    query += [f"{end}={dice.choice(DAYS)}" for end in ("from", "to", "as_of") if dice.random() < 0.2]
    return name, options, "&".join(query)


def answered(asked: Context, name: str, options: dict[str, Any]) -> tuple[str, str]:
    """What the table holds, and what is said beside it; a refusal is only said."""
    try:
        answer = ask(name, asked, **options)
    except CatchlightError as refusal:
        return "", str(refusal)
    return answer.table.write_csv(), " ".join([answer.definition, *answer.notes, str(answer.n), answer.currency])


def foreign_words(company: Company, marts: dict[tuple[str, str], Marts], dice: random.Random) -> str:
    """A request in which a word of others came back, in words; empty where none did. Echoes of what was asked are not told."""
    scope = dice.choice(SCOPES)
    name, options, query = drawn(dice)
    filters = parse_filters(query)
    asked = context(filters, scope, company.snapshot, marts[scope.key], page=name.split("/")[0], all_data=True)
    table, said = answered(asked, name, options)
    for echo in sorted({*map(str, options.values()), *(pair.partition("=")[2] for pair in query.split("&"))}, key=len):
        said = said.replace(echo, "") if echo else said
    words = FIRST.canaries if name in NEIGHBOURS else (*FIRST.canaries, *AGENTS_OF_OTHERS)
    hits = [word for word in words if word.lower() in (table + said).lower()]
    return f"{scope.key} {name} {options} {query}: {hits}" if hits else ""


def leaks(company: Company, count: int, seed: int) -> list[str]:
    """The requests of so many in which a word of others came back."""
    dice = random.Random(seed)  # noqa: S311  (requests to try, not secrets)
    marts = {scope.key: load_marts(company.snapshot, scope) for scope in SCOPES}
    return [found for _ in range(count) if (found := foreign_words(company, marts, dice))]


@pytest.fixture(autouse=True)
def at_home(first: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """The company is looked at."""
    monkeypatch.setenv("CATCHLIGHT_HOME", str(first.home))


def test_no_foreign_row_comes_back_in_a_sample_of_requests(first: Company) -> None:
    assert leaks(first, 400, seed=20261122) == []


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20))
def test_no_foreign_row_comes_back_in_a_hundred_thousand_requests(seed: int, first: Company) -> None:
    assert leaks(first, 5_000, seed) == []
