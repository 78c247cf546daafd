"""An audience's link and name as an agent may forge them: others' ids and names are as unknown as none at all."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import polars as pl
import pytest

from answers.registry import ask
from metrics.cells import parent
from schema.errors import CatchlightError, UsageError
from schema.scope import LOCAL_OWNER, Scope
from tests.scope.company import AMBER, BORROWED, FIRST, SECOND
from tests.scope.looking import asked_of

if TYPE_CHECKING:
    from tests.scope.conftest import Company

FORGED = (
    "binding:store:{}-S1", "binding:store:Amber-S1|{}-S1", "bought:product:{}-PX", "lingered:product:{}-PV",
    "interest:30:product:{}-PX", "place:city:{}ton", "place:tier:primary:{}-S1", "place:tier:fringe:{}-S2",
    "not:binding:store:{}-S1", "not:place:city:{}ton", "channel:{}", "segment:{}", "binding:status:{}",
)  # fmt: skip
ADDRESSES = ("audiences/people", "audiences/reach")


@pytest.fixture(autouse=True)
def at_home(first: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first company is looked at."""
    monkeypatch.setenv("CATCHLIGHT_HOME", str(first.home))


def said(company: Company, scope: Scope, name: str, who: tuple[str, ...] = ()) -> str:
    """What comes back, as text."""
    try:
        answer = ask(name, asked_of(company, scope, page="audiences"), **({"who": who} if who else {}))
    except CatchlightError as refusal:
        return str(refusal)
    return answer.table.write_csv() + "\n".join([str(answer.n), *answer.notes])


@pytest.mark.parametrize("forged", FORGED)
@pytest.mark.parametrize("scope", [AMBER, pytest.param(BORROWED, marks=pytest.mark.long)], ids=["agent", "borrowed"])
def test_a_condition_about_others_is_met_like_one_about_nobody(forged: str, scope: Scope, first: Company) -> None:
    own = "binding:store:Amber-S1"
    said(first, LOCAL_OWNER, ADDRESSES[0], (forged.format("Basalt"),))  # the owner warms what is kept
    for name, more in itertools.product(ADDRESSES, ((), ("or", own))):
        foreign, nobodys = (said(first, scope, name, (forged.format(one), *more)) for one in ("Basalt", "Zzzzzz"))
        assert foreign.replace("Basalt", "Zzzzzz") == nobodys, (name, more)


def test_the_owner_is_answered_about_the_same_conditions(first: Company) -> None:
    for forged in (FORGED[0], FORGED[2], FORGED[5]):
        assert said(first, LOCAL_OWNER, "audiences/people", (forged.format("Basalt"),)).count("\nC-") > 3


def test_the_ground_of_others_is_a_place_without_customers(first: Company) -> None:
    """A cell is a place anybody may name: what an agent is told there is of their own customers alone."""
    everybody = asked_of(first, LOCAL_OWNER).marts.people.with_columns(at=parent(pl.col("home_cell"), 8))
    agents = pl.col("owner_agent_id").cast(pl.String)
    own, theirs = (set(everybody.filter(agents == one)["at"].drop_nulls()) for one in ("AG-1", "AG-3"))
    cells = {f"{cell:x}" for cell in theirs - own}
    assert cells
    for cell in cells:
        found = said(first, AMBER, "audiences/people", (f"place:cell:{cell}",))
        assert FIRST.words[1] not in found
        assert found == said(first, AMBER, "audiences/people", ("place:cell:8828308281fffff",))  # elsewhere on Earth


@pytest.mark.parametrize("scope", [AMBER, BORROWED], ids=["agent", "borrowed"])
def test_an_audience_of_others_is_as_unknown_as_one_that_nobody_saved(scope: Scope, first: Company) -> None:
    for theirs in (f"{FIRST.words[0]} fans 0", f"{FIRST.words[1]} fans 0"):
        with pytest.raises(UsageError) as told:
            ask(f"audiences/{theirs}", asked_of(first, scope, page="audiences"))
        with pytest.raises(UsageError) as unknown:
            ask("audiences/Nobody's fans", asked_of(first, scope, page="audiences"))
        assert str(told.value).replace(theirs, "?") == str(unknown.value).replace("Nobody's fans", "?").replace(
            '"', "'"
        )
    saved = ask("audiences/saved", asked_of(first, scope, page="audiences"))
    assert saved.table["name"].to_list() == ["Ours"]


def test_campaigns_that_no_customer_of_theirs_was_in_are_told_to_no_agent(
    first: Company, second: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = []
    for company, others in ((first, FIRST), (second, SECOND)):
        monkeypatch.setenv("CATCHLIGHT_HOME", str(company.home))
        owners = ask("audiences/results", asked_of(company, LOCAL_OWNER, page="audiences")).table["campaign"].to_list()
        assert f"{others.words[0]} sale {others.more}" in owners
        heard.append(said(company, AMBER, "audiences/results"))
        assert "Autumn" in heard[-1]
        assert "1 campaign with fewer than ten of your customers" in heard[-1]
    assert heard[0] == heard[1]
