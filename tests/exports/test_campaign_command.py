"""Campaigns and audiences at the command line: the same rules, the same log, exact exit codes."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from exports.campaign_list import campaign_list
from records import audiences, audit, campaigns, database, viewers
from records.__main__ import main
from records.audiences import Audience
from schema.commands import run
from schema.scope import LOCAL_OWNER
from tests.answers.test_campaigns_sent import STORES, customers, orders, sends
from warehouse import api as warehouse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Told = Callable[..., tuple[int, str, str]]

OPEN = "complaint_id,customer_id,opened_at,closed_at\nK1,C101,2026-03-01 10:00:00,\nK2,C102,2026-03-01 10:00:00,2026-03-02 10:00:00\n"


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """400 customers, a campaign of elsewhere, and C101 with an open complaint."""
    home = tmp_path_factory.mktemp("command")
    files = {"stores": STORES, "customers": customers(), "orders": orders(), "sends": sends(), "complaints": OPEN}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CATCHLIGHT_HOME", str(home / "data"))
        for name, text in files.items():
            (home / f"{name}.csv").write_text(text, encoding="utf-8")
        warehouse.import_files([home / f"{name}.csv" for name in files], zone="UTC", currency="EUR", trusted=True)
    return home / "data"


@pytest.fixture
def told(
    company: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Told]:
    """Run the command on a copy: its exit code, what it printed and what it complained of."""
    shutil.copytree(company, tmp_path / "data")
    monkeypatch.setenv("CATCHLIGHT_HOME", str(tmp_path / "data"))

    def command(*words: str) -> tuple[int, str, str]:
        code = run(main, words)
        said = capsys.readouterr()
        return code, said.out, said.err

    yield command
    database.dispose("real")


def listed(told: Told, *words: str) -> Any:
    code, out, err = told(*words, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


def test_a_campaign_of_elsewhere_is_listed_shown_and_judged(told: Told) -> None:
    (first, second) = listed(told, "campaigns", "list")["campaigns"]
    assert (first["campaign"], first["origin"], first["treated"], first["holdout"]) == (
        "Spring (K1)",
        "loaded",
        300,
        100,
    )
    assert (second["campaign"], second["sent_on"], second["holdout"]) == ("Spring (K2)", "2026-03-12", 0)
    assert listed(told, "campaigns", "show", "Spring (K1)")["result"]["converted"] == 60
    found = {row["campaign"]: row for row in listed(told, "campaigns", "results")["results"]}
    assert found["Spring (K1)"]["lift"] == pytest.approx(0.15)
    assert found["Spring (K2)"]["verdict"] == "no holdout"
    code, out, _ = told("campaigns", "results", "Spring (K2)")
    assert code == 0
    assert "lift cannot be proven" in out


def test_a_campaign_is_planned_sent_and_every_step_is_on_the_log(told: Told, tmp_path: Path) -> None:
    """Of 400 members who agreed C101 complains; K2's twenty were written to on 12 March, eight days before: 399 are left."""
    dry = listed(told, "campaigns", "plan", "Mine", "--dry-run")["would_plan"]
    assert (dry["people"], campaigns.campaigns("real")) == (399, ())
    planned = listed(told, "campaigns", "plan", "Mine", "--days", "7")["planned"]
    assert (planned["treated"] + planned["holdout"], planned["days"]) == (399, 7)
    assert listed(told, "campaigns", "list")["campaigns"][0]["state"] == "waits"
    out = tmp_path / "list.csv"
    assert told("campaigns", "export", "Mine", "--out", str(out))[0] == 2, "no reason"
    assert not out.exists()
    reason = ("--reason", "the spring mailing")
    assert told("campaigns", "export", "Mine", *reason)[0] == 2, "never to the screen"
    said = listed(told, "campaigns", "export", "Mine", *reason, "--out", str(out))["exported"]
    assert said["contacts"] == planned["treated"] == len(out.read_text().splitlines()) - 1
    assert oct(out.stat().st_mode)[-3:] == "600"
    assert told("campaigns", "send", "Mine", "--on", "2026-03-18") == (0, "Sent: Mine, on 2026-03-18.\n", "")
    assert told("campaigns", "send", "Mine", "--on", "2026-03-17")[0] == 2
    assert told("campaigns", "withdraw", "Mine")[0] == 2
    told("campaigns", "plan", "Gone")
    assert told("campaigns", "withdraw", "Gone")[:2] == (0, "Withdrawn: Gone.\n")
    kinds = audit.entries()["kind"].to_list()
    assert kinds.count("campaign_change") == 4
    assert kinds.count("contact_export") == 1


def test_who_complains_after_the_draw_is_not_on_the_list(told: Told) -> None:
    """C102's complaint was settled on 2 March: on the first it was open."""
    told("campaigns", "plan", "Mine")
    snapshot = warehouse.open_snapshot("real")
    assert snapshot is not None
    early, late = (
        campaign_list(
            snapshot, LOCAL_OWNER, "Mine", reason="the spring mailing", now=dt.datetime(2026, 3, day, 12, tzinfo=dt.UTC)
        )
        for day in (1, 3)
    )
    gone = set(late.split()) - set(early.split())
    ids = warehouse.customer_ids(snapshot, LOCAL_OWNER)
    treated = campaigns.members("real", [(one := campaigns.campaign("real", "Mine")).treated])[one.treated]
    is_treated = "C102" in ids.filter(ids["customer_key"].is_in(treated.implode()))["customer_id"].to_list()
    assert gone == ({b"C102"} if is_treated else set())


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("campaigns",), 2),
        (("campaigns", "show", "nobody"), 2),
        (("campaigns", "results", "nobody"), 2),
        (("campaigns", "send", "nobody", "--on", "2026-03-01"), 2),
        (("campaigns", "send", "nobody", "--on", "soon"), 2),
        (("campaigns", "plan", "x|y"), 2),
        (("campaigns", "plan", "x", "--audience", "nobody"), 2),
        (("campaigns", "list", "--data", "demo"), 5),
        (("campaigns", "list", "--as", "V-009"), 6),
        (("audiences", "show", "nobody"), 2),
        (("audiences", "export", "nobody", "--tool", "fax"), 2),
    ],
)
def test_what_cannot_be_done_ends_with_its_own_code_and_one_line(told: Told, words: tuple[str, ...], code: int) -> None:
    found, out, err = told(*words)
    assert (found, out) == (code, "")
    assert err
    assert "Traceback" not in err


def test_an_agent_reads_results_and_does_nothing_else(told: Told) -> None:
    viewers.add_viewer(LOCAL_OWNER, email="boss@shop.example", role="owner")
    viewers.add_viewer(LOCAL_OWNER, email="ann@shop.example", role="agent", agent_id="AG1")
    rows = listed(told, "campaigns", "results", "--as", "ann@shop.example")["results"]
    assert {row["campaign"]: row["treated"] for row in rows} == {"Spring (K1)": 150, "Spring (K2)": 10}
    for words in (("list",), ("plan", "x"), ("export", "x", "--out", "x.csv"), ("withdraw", "x")):
        assert told("campaigns", *words, "--as", "V-002")[0] == 6
    refusals = audit.entries(kinds=["refusal"])
    assert refusals.height == 4


def test_audiences_are_listed_shown_and_handed_out_with_a_reason(told: Told, tmp_path: Path) -> None:
    assert told("audiences", "list")[1].startswith("No audience is saved yet")
    wanted = Audience(
        "", "Near one", who=("binding:store:S1",), made_for=dt.date(2026, 3, 19), snapshot=1, customers=200
    )
    audiences.keep("real", LOCAL_OWNER, wanted)
    (row,) = listed(told, "audiences", "list")["audiences"]
    assert (row["name"], row["customers"], row["who"]) == ("Near one", 200, "binding:store:S1")
    shown = listed(told, "audiences", "show", "near one")
    assert (shown["customers"], shown["reach"]["complaint"], shown["reach"]["contacted"]) == (200, 1, 0)
    out = tmp_path / "near.csv"
    assert told("audiences", "export", "Near one", "--out", str(out), "--reason", "short")[0] == 2
    said = listed(told, "audiences", "export", "Near one", "--out", str(out), "--reason", "the spring mailing")[
        "exported"
    ]
    assert said["contacts"] == shown["reach"]["reachable"] == 199
    assert "C101" not in out.read_text()
    assert audit.entries(kinds=["contact_export"]).height == 1
    assert listed(told, "audiences", "show", "Near one")["reach"]["contacted"] == 199, "nobody is written to twice"
