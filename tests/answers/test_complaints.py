"""Complaints over files as they are loaded: who is not written to because of one, and how they are settled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from answers import all_addresses
from answers import audiences as asking
from answers.periods import context
from answers.registry import ask
from records import audit
from schema.filters import parse_filters
from schema.scope import LOCAL_OWNER, Scope
from tests.answers.loaded import AGENT, STORES, load
from warehouse import api as warehouse

if TYPE_CHECKING:
    from pathlib import Path

    from answers.answer import Answer

all_addresses()

GUEST = Scope("presenter", "guest")
YES = "2026-01-01 00:00:00"
CUSTOMERS = "customer_id,registered_at,city,home_lat,home_lng,consent_marketing_at,consent_share_agent_at\n" + "".join(
    f"{who},2026-01-05 10:00:00,X,{lat},{lng},{YES},{YES}\n"
    for who, lat, lng in (
        ("A", 48.301, 10.601), ("A2", 48.301, 10.601), ("B", 48.302, 10.602), ("D", 48.571, 10.291),
        ("E", 48.572, 10.292), ("F", 48.304, 10.604),
    )
)  # fmt: skip
LINES = """order_id,customer_id,order_date,channel,store_id,product_id,quantity,amount
O1,B,2026-03-11 10:00:00,app,S1,P1,1,100.00
O2,D,2026-02-01 10:00:00,pos,S2,P1,1,100.00
O3,D,2026-03-13 10:00:00,pos,S2,P2,1,50.00
O4,F,2026-03-14 10:00:00,pos,S2,P2,1,50.00
"""
IDENTITIES = "id_type,id_hash,customer_id,app_id,verified\nunionid,U1,A,,true\nunionid,U1,A2,,true\n"
COMPLAINTS = """complaint_id,customer_id,order_id,store_id,channel,kind,opened_at,closed_at
K1,A2,,S1,app,late,2026-03-10 10:00:00,
K2,,O1,,,torn,2026-03-12 10:00:00,2026-03-14 10:00:00
K3,D,O2,,,torn,2026-02-03 10:00:00,2026-03-05 10:00:00
K4,F,O4,,,rude,2026-03-14 23:00:00,
K5,E,,,app,late,2026-03-01 10:00:00,2026-03-20 10:00:00
"""


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six registrations of five people; A and A2 are one, and the one of the two without an open complaint is named first."""
    home = tmp_path_factory.mktemp("complaints")
    files = {
        "stores": STORES,
        "customers": CUSTOMERS,
        "orders": LINES,
        "identities": IDENTITIES,
        "complaints": COMPLAINTS,
    }
    return load(home, files)


@pytest.fixture(autouse=True)
def at_home(company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The company is looked at."""
    monkeypatch.setenv("CATCHLIGHT_HOME", str(company))


def asked(query: str = "", scope: Scope = LOCAL_OWNER) -> Any:
    snapshot = warehouse.open_snapshot("real")
    assert snapshot is not None
    marts = warehouse.load_marts(snapshot, scope)
    return context(parse_filters(query), scope, snapshot, marts, page="sync", all_data=True)


def told(name: str, query: str = "", scope: Scope = LOCAL_OWNER, **options: Any) -> Answer:
    return ask(name, asked(query, scope), **options)


def open_of(query: str) -> str:
    """The shop's ids of those whose complaint keeps them from being written to."""
    question = asked(query)
    everybody = asking.members(question, asking.read(question, ("binding:store:S1", "or", "binding:store:S2")))
    rows = asking.reached(question, everybody).filter(pl.col("reach") == "complaint")
    ids = warehouse.customer_ids(question.snapshot, LOCAL_OWNER)
    return " ".join(sorted(ids.join(rows, on="customer_key", how="semi")["customer_id"]))


@pytest.mark.parametrize(
    ("to", "who"),
    [
        ("2026-02-02", ""),
        ("2026-02-03", "D"),
        ("2026-03-04", "D E"),
        ("2026-03-05", "E"),
        ("2026-03-12", "A|A2 B E"),  # B's complaint names only the order
        ("2026-03-13", "A|A2 B E"),
        ("2026-03-14", "A|A2 E F"),
    ],
)
def test_whoever_has_a_complaint_open_at_the_end_of_the_last_day_is_not_written_to(to: str, who: str) -> None:
    """A and A2 are one person, told under either id."""
    found = open_of(f"to={to}")
    assert found in {who.replace("A|A2", one) for one in ("A", "A2")}


def test_reach_counts_them_and_says_no_longer_that_nothing_is_known() -> None:
    answer = told("audiences/reach", "to=2026-03-14", who=("binding:store:S1", "or", "binding:store:S2"))
    assert dict(answer.table.iter_rows()) == {
        "reachable": 2, "conflict": 0, "opted_out": 0, "no_consent": 0, "contacted": 0, "complaint": 3,
    }  # fmt: skip
    assert not any("complaints are not known" in note for note in answer.notes)


def test_an_agent_is_told_of_own_customers_alone() -> None:
    """A, B and F live nearest to S1: F complained of an order at S2, whose channel counts and whose store does not show."""
    answer = told("audiences/reach", "to=2026-03-14", AGENT, who=("binding:store:S1",))
    assert dict(answer.table.iter_rows())["complaint"] == 2
    question = asked(scope=AGENT)
    rows = warehouse.complaints(question.snapshot, AGENT, question.marts)
    assert rows.select("store_id", "agent_id", "channel").rows() == [
        ("S1", "AG1", "app"), ("S1", "AG1", "app"), (None, None, "pos"),
    ]  # fmt: skip
    by_agent = told("sync/complaints", "from=2026-03-01&to=2026-03-14", AGENT, by="agent").table
    assert by_agent["group"].to_list() == ["AG1"]


def test_others_are_handed_out_nothing_of_single_people() -> None:
    question = asked(scope=GUEST)
    nobody = Scope("agent", "x", "AG9")
    assert warehouse.complaints(question.snapshot, nobody, asked(scope=nobody).marts).is_empty()
    assert told("sync/complaints", "from=2026-03-01&to=2026-03-14", GUEST).is_empty, "groups below ten"


def test_complaints_by_channel_and_agent_worked_by_hand() -> None:
    """1 to 14 March. app: K1, K2, K5 made, K1 and K5 open, K2 settled after 2 days, one order (O1).

    pos: K4 made and open, K3 settled after 30 days, orders O3 and O4.
    """
    rows = told("sync/complaints", "from=2026-03-01&to=2026-03-14").table
    assert rows.rows() == [("app", 3, 2, 1, 2.0, 1, 3.0, "late"), ("pos", 1, 1, 1, 30.0, 2, 0.5, "rude")]
    by_agent = told("sync/complaints", "from=2026-03-01&to=2026-03-14", by="agent").table
    assert by_agent.rows() == [("AG1", 2, 1, 1, 2.0, 1, 2.0, "late"), ("AG2", 1, 1, 1, 30.0, 2, 0.5, "rude")]


def test_filters_of_places_and_channels_narrow_them() -> None:
    period = "from=2026-03-01&to=2026-03-14"
    assert told("sync/complaints", f"{period}&store=S2").table["group"].to_list() == ["pos"]
    assert told("sync/complaints", f"{period}&city=Suzhou").table["group"].to_list() == ["app"]
    assert told("sync/complaints", f"{period}&channel=pos").table["complaints"].to_list() == [1]
    assert told("sync/complaints", f"{period}&agent=AG1").table["complaints"].to_list() == [2]


def test_a_later_file_that_settles_a_complaint_lets_the_customer_be_written_to(
    company: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil  # noqa: PLC0415

    shutil.copytree(company, tmp_path / "data")
    monkeypatch.setenv("CATCHLIGHT_HOME", str(tmp_path / "data"))
    later = tmp_path / "later.csv"
    later.write_text("complaint_id,customer_id,opened_at,closed_at\nK1,A2,2026-03-10 10:00:00,2026-03-13 10:00:00\n")
    report = warehouse.import_files([later], trusted=True)
    assert (report.sources[0].accepted, report.sources[0].updated) == (1, 1)
    assert open_of("to=2026-03-12") in {"A B E", "A2 B E"}
    assert open_of("to=2026-03-14") == "E F"
    (row,) = warehouse.open_snapshot("real").read("complaints").filter(pl.col("complaint_id") == "K1").to_dicts()  # type: ignore[union-attr]
    assert (row["store_id"], row["kind"]) == ("S1", "late"), "what a file has no column for stays"


def test_whoever_is_forgotten_takes_their_complaints_along(
    company: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B's names only an order of theirs."""
    import shutil  # noqa: PLC0415

    shutil.copytree(company, tmp_path / "data")
    monkeypatch.setenv("CATCHLIGHT_HOME", str(tmp_path / "data"))
    report = warehouse.forget("real", ["B", "A2"], by=LOCAL_OWNER)
    assert report.complaints == 2
    left = warehouse.open_snapshot("real").read("complaints")  # type: ignore[union-attr]
    assert sorted(left["complaint_id"]) == ["K3", "K4", "K5"]
    assert len(audit.entries(kinds=["forget"])) == 2
    again = tmp_path / "complaints.csv"
    again.write_text(COMPLAINTS)
    warehouse.import_files([again], trusted=True)
    left = warehouse.open_snapshot("real").read("complaints")  # type: ignore[union-attr]
    assert sorted(left["complaint_id"]) == ["K2", "K3", "K4", "K5"], "K2 names an order, and nobody any more"
