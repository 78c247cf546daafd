"""Every address, asked by every role: an agent gets exactly their own rows, and nobody else's word, amount or count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from answers.customers import key_of as who_is
from answers.registry import ADDRESSES
from schema.errors import UsageError
from schema.marts import MARTS
from schema.scope import LOCAL_OWNER, Scope
from tests.scope.company import AGENTS_OF_OTHERS, AMBER, BORROWED, FIRST, own_orders
from tests.scope.looking import NEIGHBOURS, asked_of, questions, told
from warehouse import api as warehouse
from warehouse.frames import load_marts

if TYPE_CHECKING:
    from tests.scope.conftest import Company

OWN = ("", "store=Amber-S1", "city=Amberton&channel=pos", "product=P2&from=2026-03-01&to=2026-10-31", "segment=new")
FORGED = (
    "store={}-S1",
    "store=Amber-S1&store={}-S1",
    "agent=AG-2",
    "city={}ton",
    "product={}-PX",
    "store={}-S1&agent=AG-1",
    "store=*",
    "store=%25",
    "agent=",
    "from=nonsense",
)
HASHES_OF_THE_CHAIN = frozenset({"digest", "chain_head"})


@pytest.fixture(autouse=True)
def at_home(first: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first company is looked at."""
    monkeypatch.setenv("CATCHLIGHT_HOME", str(first.home))


def secrets(name: str) -> tuple[str, ...]:
    """What may not be read at an address."""
    return FIRST.canaries if name in NEIGHBOURS else (*FIRST.canaries, *AGENTS_OF_OTHERS)


def found_in(name: str, said: str) -> list[str]:
    return [word for word in secrets(name) if word.lower() in said.lower()]


def member(company: Company) -> str:
    """What Amber's agent calls a member of theirs whom others tried to take."""
    ids = warehouse.customer_ids(company.snapshot, LOCAL_OWNER)
    key = int(ids.filter(ids["customer_id"] == "Amber-C100")["customer_key"][0])
    return f"C-{key & ((1 << 40) - 1):010x}"


def test_the_owner_reads_every_secret(first: Company) -> None:
    """The canaries are there: a test that finds none in an agent's answers would otherwise prove nothing."""
    marts = load_marts(first.snapshot, LOCAL_OWNER)
    everything = "\n".join(getattr(marts, name).write_csv() for name in MARTS)
    assert all(word in everything for word in (*FIRST.words, *AGENTS_OF_OTHERS, "GBP", "777001"))


@pytest.mark.parametrize("scope", [AMBER, BORROWED], ids=["agent", "borrowed"])
@pytest.mark.parametrize("mart", sorted(MARTS))
def test_no_frame_of_an_agent_holds_a_word_of_others(mart: str, scope: Scope, first: Company) -> None:
    said = getattr(load_marts(first.snapshot, scope), mart).write_csv()
    assert not [w for w in (FIRST.canaries if mart == "neighbours" else secrets("")) if w.lower() in said.lower()]


@pytest.mark.parametrize("name", sorted(ADDRESSES))
def test_no_answer_to_an_agent_says_a_word_of_others(name: str, first: Company) -> None:
    for query in OWN:
        for scope in (AMBER, BORROWED):
            asked = asked_of(first, scope, query)
            for _, options in questions((name,)):
                _, said = told(asked, name, options)
                assert not found_in(name, said), (query, options, said[:2_000])


@pytest.mark.parametrize("name", ["sharing/replay", "sharing/candidates"])
def test_the_story_of_a_contested_member_names_nobody_else(name: str, first: Company) -> None:
    answer, said = told(asked_of(first, AMBER), name, {"customer": member(first)})
    assert answer is not None
    assert answer.table.height
    assert "another store" in said
    assert not found_in(name, said)


@pytest.mark.parametrize("name", sorted(ADDRESSES))
def test_an_agents_answers_are_the_same_whatever_the_others_do(
    name: str, first: Company, second: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    for query in OWN:
        heard: list[list[str]] = []
        for company in (first, second):
            monkeypatch.setenv("CATCHLIGHT_HOME", str(company.home))
            asked = asked_of(company, AMBER, query)
            heard.append([_plainly(asked, name, options) for _, options in questions((name,))])
        assert heard[0] == heard[1], query


def _plainly(asked: Any, name: str, options: dict[str, Any]) -> str:
    """The answer without the ledger's hashes, which sign all rows; its numbers count an agent's alone."""
    answer, said = told(asked, name, options)
    if answer is None:
        return said
    table = answer.table.drop(HASHES_OF_THE_CHAIN & set(answer.table.columns))
    return table.write_csv() + said[len(answer.table.write_csv()) :]


@pytest.mark.parametrize("forged", FORGED)
@pytest.mark.parametrize("scope", [AMBER, BORROWED], ids=["agent", "borrowed"])
def test_a_foreign_id_in_the_link_selects_nothing_and_is_as_unknown_as_none(
    forged: str, scope: Scope, first: Company
) -> None:
    theirs, nobodys = asked_of(first, scope, forged.format("Basalt")), asked_of(first, scope, forged.format("Zzzzzz"))
    for name, options in questions():
        answer, said = told(theirs, name, options)
        _, other = told(nobodys, name, options)
        assert said.replace("Basalt", "Zzzzzz") == other, (name, options)
        assert answer is None or name.startswith(_UNFILTERED) or not _amounts(answer.table), (name, options)


_UNFILTERED: Final = ("catchment/neighbour", "audiences/saved")
"""No link narrows them: cells that are published once a month, and what the agent saved and how many it held then."""


def _amounts(table: Any) -> bool:
    """Whether money or people are told."""
    told_of = [c for c in table.columns if c.endswith("_minor") or c in {"customers", "orders", "buyers", "amount"}]
    return any((table[c].fill_null(0) != 0).any() for c in told_of if table.schema[c].is_numeric())


@pytest.mark.parametrize(
    ("name", "option"),
    [
        ("sharing/replay", "customer"), ("sharing/candidates", "customer"), ("sharing/statement", "receiver"),
        ("sharing/lines", "statement"), ("sharing/lines", "receiver"), ("sharing/split", "whose"),
        ("sharing/spending", "whose"), ("catchment/whatif", "store"), ("catchment/whatif", "agent"),
        ("catchment/cannibalisation", "store"), ("catchment/cannibalisation", "new_store"), ("catchment/huff", "city"),
        ("catchment/huff", "without"), ("catchment/neighbours", "of"), ("products/summary", "product"),
        ("products/buyers", "product"), ("catchment/pair", "a"), ("catchment/neighbour_cells", "of"),
        ("sharing/simulation", "pool"),
    ],
)  # fmt: skip
def test_a_foreign_id_in_an_option_is_answered_like_one_that_does_not_exist(
    name: str, option: str, first: Company
) -> None:
    asked = asked_of(first, AMBER)
    ids = warehouse.customer_ids(first.snapshot, LOCAL_OWNER)
    key = int(ids.filter(ids["customer_id"] == "Basalt-C200")["customer_key"][0])
    foreign = {
        "customer": ("Basalt-C200", f"C-{key & ((1 << 40) - 1):010x}"),
        "receiver": ("AG-2", "Basalt-S1", "Basalt-G1"),
        "statement": ("2026-07/agent/AG-2/EUR", "2026-07/store/Basalt-S1/EUR"),
        "whose": ("AG-2",), "agent": ("AG-2",), "of": ("AG-2",), "city": ("Basaltton",), "without": ("Basalt-S1",),
        "product": ("Basalt-PX",), "pool": ("Basalt-R:+1", "R9:+1"),
    }.get(option, ("Basalt-S1",))  # fmt: skip
    nobody = {"customer": "C-0123456789", "statement": "2026-07/agent/AG-9/EUR", "pool": "R77:+1"}.get(option, "Zzz")
    more = {"kind": "close"} if name == "catchment/whatif" and option == "store" else {}
    _, unknown = told(asked, name, {option: nobody, **more})
    for one in foreign:
        _, said = told(asked, name, {option: one, **more})
        assert said.replace(one.split(":")[0], "?") == unknown.replace(nobody.split(":")[0], "?"), one


@pytest.mark.parametrize("scope", [Scope("auditor", "eve"), Scope("agent", "eve", "AG-9")], ids=["role", "agent"])  # type: ignore[arg-type]
def test_whoever_is_not_known_gets_no_row(scope: Scope, first: Company) -> None:
    marts = load_marts(first.snapshot, scope)
    assert [name for name in MARTS if getattr(marts, name).height and name not in {"goods", "neighbours"}] == []
    asked = asked_of(first, scope)
    for name, options in questions():
        answer, said = told(asked, name, options)
        assert not found_in(name, said), (name, options)
        assert answer is None or name in NEIGHBOURS or not _amounts(answer.table), (name, options)


def test_an_unknown_role_reads_no_rule_product_or_neighbour(first: Company) -> None:
    scope = Scope("auditor", "eve")  # type: ignore[arg-type]
    asked = asked_of(first, scope)
    for name in ("sharing/rules", "products/summary", *NEIGHBOURS):
        answer, _ = told(asked, name, {})
        assert answer is None or answer.is_empty


def test_an_agents_sales_are_those_of_the_rows_that_are_theirs(first: Company) -> None:
    """Worked out from the files: members' orders anywhere, all orders in own stores, less the one refund of 20."""
    rows = own_orders()
    answer, _ = told(asked_of(first, AMBER), "purchases/summary", {"members": "all"})
    assert answer is not None
    row = answer.table.row(0, named=True)
    assert row["orders"] == len(rows) == 54
    assert row["gross_minor"] == sum(100 * int(str(order[3])) for order in rows)
    assert row["refunds_minor"] == 2_000
    assert row["buyers"] == len({order[1] for order in rows})


def test_a_pseudonym_of_anothers_customer_leads_nowhere(first: Company) -> None:
    asked = asked_of(first, AMBER)
    for said in ("Basalt-C200", "Amber-C100"):
        with pytest.raises(UsageError, match=f"No customer {said} here."):
            who_is(asked, said)
    assert who_is(asked, member(first))
