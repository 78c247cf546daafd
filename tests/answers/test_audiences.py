"""Audiences over files as they are loaded: who fits, in which order, who may be written to, and who is told."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from answers import all_addresses
from answers import audiences as asking
from answers.periods import context
from answers.registry import ask
from records import audiences
from records.audiences import Audience
from schema.errors import RefusedError, UsageError
from schema.filters import parse_filters
from schema.scope import LOCAL_OWNER, Scope
from tests.answers.loaded import AGENT, STORES, load
from warehouse import api as warehouse

if TYPE_CHECKING:
    from pathlib import Path

    from answers.answer import Answer

all_addresses()

GUEST = Scope("presenter", "guest")
PRODUCTS = """product_id,name,category
P1,Coat,Coats
P2,Scarf,Scarves
P3,Thing,
"""
YES = "2026-01-01 00:00:00"
CUSTOMERS = f"""customer_id,registered_at,city,home_lat,home_lng,consent_marketing_at,consent_share_agent_at,opted_out_at
A,2026-01-05 10:00:00,Suzhou,48.301,10.601,{YES},{YES},
B,2026-01-05 10:00:00,Suzhou,48.302,10.602,,,
C,2026-01-05 10:00:00,Suzhou,48.303,10.603,{YES},{YES},{YES}
D,2026-01-05 10:00:00,Wuxi,48.571,10.291,{YES},{YES},
E,2026-01-05 10:00:00,Wuxi,48.572,10.292,{YES},,
F,2026-01-05 10:00:00,Suzhou,48.304,10.604,{YES},,
"""
VIEWS = (
    ("A", "03-07", "P1", 120), ("A", "03-14", "P1", 40), ("B", "03-10", "P1", 90), ("C", "03-10", "P1", 70),
    ("D", "03-12", "P1", 65), ("E", "03-12", "P2", 61), ("F", "03-14", "P1", 10), ("F", "03-13", "P3", 62),
)  # fmt: skip
EVENTS = "event_id,occurred_at,customer_id,channel,type,product_id,fg_ms\n" + "".join(
    f"V{n},2026-{day} 12:00:00,{who},app,view,{what},{seconds * 1000}\n"
    for n, (who, day, what, seconds) in enumerate(VIEWS)
)
LINES = """order_id,customer_id,order_date,channel,store_id,product_id,quantity,amount
O1,B,2026-03-11 10:00:00,pos,S1,P1,1,100.00
O2,D,2026-02-01 10:00:00,pos,S2,P1,1,100.00
O3,D,2026-03-13 10:00:00,pos,S2,P2,1,50.00
"""
IDENTITIES = """id_type,id_hash,customer_id,app_id,verified
phone,H1,D,,true
unionid,U1,D,,true
phone,H1,E,,true
unionid,U2,E,,true
"""


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six customers; of those who lingered on P1 only A, C and D did not buy it since."""
    home = tmp_path_factory.mktemp("audiences")
    files = {"stores": STORES, "products": PRODUCTS, "customers": CUSTOMERS, "events": EVENTS, "orders": LINES,
             "identities": IDENTITIES}  # fmt: skip
    return load(home, files)


@pytest.fixture(autouse=True)
def at_home(company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The company is looked at."""
    monkeypatch.setenv("CATCHLIGHT_HOME", str(company))


def asked(query: str = "", scope: Scope = LOCAL_OWNER) -> Any:
    snapshot = warehouse.open_snapshot("real")
    assert snapshot is not None
    return context(
        parse_filters(query), scope, snapshot, warehouse.load_marts(snapshot, scope), page="audiences", all_data=True
    )


def told(name: str, *who: str, scope: Scope = LOCAL_OWNER, query: str = "") -> Answer:
    options = {"who": who} if name in {"audiences/people", "audiences/reach", "audiences/hints"} else {}
    return ask(name, asked(query, scope), **options)


def ids(*who: str, scope: Scope = LOCAL_OWNER, query: str = "") -> str:
    """Whose they are, by the shop's own ids: ``AC``."""
    question = asked(query, scope)
    found = asking.members(question, asking.read(question, who))["customer_key"]
    snapshot = warehouse.open_snapshot("real")
    assert snapshot is not None
    known = warehouse.customer_ids(snapshot, LOCAL_OWNER)
    return "".join(sorted(known.filter(pl.col("customer_key").is_in(found.implode()))["customer_id"]))


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("lingered:product:P1", "ACD"),
        ("lingered:category:Coats", "ACD"),
        ("not:lingered:product:P1", "BEF"),
        ("lingered:product:P2", "E"),
        ("bought:product:P1", "BD"),
        ("bought:category:Scarves", "D"),
        ("interest:100:product:P1", "A"),
        ("interest:90:product:P1", "A"),
        ("dwell:160", "A"),
        ("dwell:161", ""),
        ("dwell:60:Scarves", "E"),
        ("dwell:62:Unmapped", "F"),
        ("lingered:category:Unmapped", "F"),
        ("lingered:product:P3", "F"),
        ("cohort:2026-02", "D"),
        ("cohort:2026-03", "B"),
        ("cohort:never", "ACEF"),
        ("place:city:Wuxi", "DE"),
        ("binding:store:S1", "ABCF"),
        ("binding:agent:AG2", "DE"),
        ("channel:pos", "BD"),
        ("channel:app", "ABCDEF"),
        ("contact:7", "ABCDEF"),
        ("not:contact:7", ""),
    ],
)
def test_each_condition_names_whom_the_files_say(who: str, expected: str) -> None:
    assert ids(who) == expected


def test_groups_and_filters_together() -> None:
    assert ids("lingered:product:P1", "place:city:Wuxi") == "D"
    assert ids("lingered:product:P1", "place:city:Wuxi", "or", "bought:product:P1", "not:place:city:Wuxi") == "BD"
    assert ids("lingered:product:P1", query="city=Suzhou") == "AC"
    assert ids("lingered:product:P1", query="to=2026-03-09") == "A"


def test_a_cell_of_a_home_is_found_at_every_resolution() -> None:
    import h3  # noqa: PLC0415

    for resolution in range(5, 10):
        at = h3.latlng_to_cell(48.301, 10.601, resolution)
        here = {one: h3.latlng_to_cell(*place, resolution) for one, place in
                {"A": (48.301, 10.601), "B": (48.302, 10.602), "C": (48.303, 10.603), "D": (48.571, 10.291),
                 "E": (48.572, 10.292), "F": (48.304, 10.604)}.items()}  # fmt: skip
        assert ids(f"place:cell:{at}") == "".join(one for one in here if here[one] == at)


def test_a_trade_area_is_the_cells_of_a_stores_buyers() -> None:
    """S1's one located buyer is B: the cell of B's home is its whole primary area."""
    import h3  # noqa: PLC0415

    homes = {"A": (48.301, 10.601), "B": (48.302, 10.602), "C": (48.303, 10.603), "D": (48.571, 10.291),
             "E": (48.572, 10.292), "F": (48.304, 10.604)}  # fmt: skip
    cells = {one: h3.latlng_to_cell(*place, 8) for one, place in homes.items()}
    assert ids("place:tier:primary:S1") == "".join(one for one in homes if cells[one] == cells["B"])
    assert ids("place:tier:fringe:S1") == ""


def test_people_come_in_the_order_of_their_interest_and_are_pseudonyms() -> None:
    """A: 120 s a week ago and 40 s today are 100; D: 65 s two days ago; C: 70 s four days ago. Nobody's value is known."""
    answer = told("audiences/people", "lingered:product:P1")
    assert answer.table["interest"].to_list() == [
        100.0,
        pytest.approx(65 * 0.5 ** (2 / 7), abs=0.06),
        pytest.approx(70 * 0.5 ** (4 / 7), abs=0.06),
    ]
    assert all(one.startswith("C-") for one in answer.table["customer"])
    assert answer.table["reason"].unique().to_list() == ["lingered on P1 and did not buy it"]
    assert answer.table["reach"].to_list() == ["reachable", "conflict", "opted_out"]
    assert answer.table["value_minor"].null_count() == 3
    assert "Off:" in answer.notes[0]


def test_everybody_is_counted_at_the_first_reason_that_holds() -> None:
    answer = told("audiences/reach", "channel:app")
    assert dict(answer.table.iter_rows()) == {
        "reachable": 2, "conflict": 2, "opted_out": 1, "no_consent": 1, "contacted": 0, "complaint": None,
    }  # fmt: skip
    assert answer.n == 6
    assert any("Open complaints are not known" in note for note in answer.notes)


def test_a_list_that_was_handed_out_counts_as_a_contact_for_seven_days() -> None:
    question = asked()
    keys = asking.members(question, asking.read(question, ("place:city:Suzhou",)))["customer_key"]
    audiences.note_sent("real", LOCAL_OWNER, name="x", sent_on=dt.date(2026, 3, 8), keys=keys.to_list())
    try:
        assert (
            told("audiences/reach", "channel:app").table.filter(pl.col("reason") == "contacted")["customers"].item()
            == 2
        )
        assert ids("not:contact:7") == "ABCF"
        assert ids("contact:6") == "ABCDEF"
        assert ids("not:contact:7", query="to=2026-03-15") == ""
    finally:
        from records import database  # noqa: PLC0415

        database.forget("real")


def test_products_are_ranked_and_hints_need_twenty_people() -> None:
    ranking = told("audiences/lingered")
    assert ranking.table.select("product_id", "name", "people").rows() == [
        ("P1", "Coat", 3),
        ("P3", "Thing", 1),
        ("P2", "Scarf", 1),
    ]
    assert ranking.n == 5
    assert told("audiences/hints", "channel:app").is_empty


def test_an_agent_is_told_of_their_own_customers_alone_and_consent_includes_sharing() -> None:
    assert ids("channel:app", scope=AGENT) == "ABCF"
    answer = told("audiences/reach", "channel:app", scope=AGENT)
    assert dict(answer.table.iter_rows())["reachable"] == 1
    assert all(one.startswith("C-") for one in told("audiences/people", "channel:app", scope=AGENT).table["customer"])
    with pytest.raises(UsageError, match=r"^No store S2 here\.$"):
        told("audiences/people", "binding:store:S2", scope=AGENT)


@pytest.mark.parametrize("name", ["people", "reach", "hints", "lingered", "saved", "Wool"])
def test_a_presenter_is_told_nothing(name: str) -> None:
    answer = told(f"audiences/{name}", "channel:app", scope=GUEST)
    assert answer.is_empty
    assert answer.n == 0


@pytest.mark.parametrize(
    ("who", "words"),
    [
        ("lingered:product:P9", "No product P9 here."),
        ("bought:category:Hats", "No category Hats here."),
        ("dwell:5:Hats", "No category Hats here."),
        ("place:city:Atlantis", "No city Atlantis here."),
        ("place:tier:primary:S9", "No store S9 here."),
        ("binding:agent:AG9", "No agent AG9 here."),
        ("segment:kings", "No segment kings here."),
        ("channel:tv", "No channel tv here."),
        ("value:100", "Off: "),
        ("nonsense", "The condition nonsense is none of "),
    ],
)
def test_what_is_not_known_here_selects_nobody_and_is_said(who: str, words: str) -> None:
    with pytest.raises(UsageError) as error:
        told("audiences/people", "channel:app", "or", who)
    assert words in str(error.value)


def test_an_audience_without_a_condition_is_nobody() -> None:
    answer = told("audiences/people")
    assert answer.is_empty
    assert answer.notes[0] == "An audience without a condition is nobody."


def test_a_saved_audience_has_an_address_of_its_own_and_keeps_its_filters() -> None:
    from records import database  # noqa: PLC0415

    wool = Audience("", "Wool eve", ("lingered:product:P1",), dt.date(2026, 3, 15), 1, 2, "city=Suzhou&channel=app")
    kept = audiences.keep("real", LOCAL_OWNER, wool, taken=asking.reserved())
    try:
        answer = told("audiences/Wool eve")
        assert answer.address == "audiences/Wool eve"
        assert answer.table.columns[:2] == ["customer", "reason"]
        assert answer.n == 2
        assert told("audiences/saved").table.row(0)[:2] == ("Wool eve", 2)
        with pytest.raises(UsageError, match=r"^There is no audience 'Wool eve' here\.$"):
            told("audiences/Wool eve", scope=AGENT)
        assert told("audiences/saved", scope=AGENT).is_empty
        with pytest.raises(UsageError, match="means something else here"):
            audiences.keep("real", LOCAL_OWNER, replace(kept, name="reach"), taken=asking.reserved())
    finally:
        database.forget("real")


def test_an_unknown_role_is_refused() -> None:
    with pytest.raises(RefusedError):
        told("audiences/people", "channel:app", scope=Scope("auditor", "eve"))  # type: ignore[arg-type]
