"""Campaigns that were run elsewhere: loaded from a file, measured as if they had been planned here."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from answers import all_addresses, campaign_plan, campaigns_sent
from answers import audiences as asking
from answers.periods import context
from answers.registry import ask
from exports.campaign_words import campaign_line, results_title
from metrics.intervals import wilson
from records import audiences, campaigns
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

SENT = "2026-03-05 10:00:00"


def customers() -> str:
    """1 to 400, odd ones live at S1; 401 is staff."""
    rows = [
        f"C{n},2026-01-05 10:00:00,{48.301 if n % 2 else 48.571},{10.601 if n % 2 else 10.291},2026-01-01 00:00:00,{n == 401}"
        for n in range(1, 402)
    ]
    head = "customer_id,registered_at,home_lat,home_lng,consent_marketing_at,is_staff"
    return "\n".join([head, *rows]) + "\n"


def orders() -> str:
    """Of 1 to 300 sixty bought, of 301 to 400 five; C1 again after the window, C400 the day before it began."""
    bought = [(n, "2026-03-07") for n in [*range(1, 61), *range(301, 306), 401]] + [
        (1, "2026-03-19"),
        (400, "2026-03-04"),
    ]
    rows = [f"O{k},C{n},{day} 10:00:00,pos,{'S1' if n % 2 else 'S2'},100.00" for k, (n, day) in enumerate(bought)]
    return "\n".join(["order_id,customer_id,order_date,channel,store_id,amount", *rows]) + "\n"


def sends() -> str:
    """K1 holds 301 to 400 out, and says of C300 both; K2 holds nobody out."""
    rows = [f"K1,Spring,C{n},treated,sms,{SENT},0.05" for n in [*range(1, 301), 401]]
    rows += [f"K1,Spring,C{n},holdout,,," for n in range(301, 401)]
    rows += ["K1,Spring,C300,holdout,,,"]
    rows += [f"K2,Spring,C{n},treated,email,2026-03-12 09:00:00," for n in range(1, 21)]
    return "\n".join(["campaign_id,campaign_name,customer_id,group,channel,sent_at,cost", *rows]) + "\n"


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop with both campaigns."""
    home = tmp_path_factory.mktemp("sent")
    files = {"stores": STORES, "customers": customers(), "orders": orders(), "sends": sends()}
    data = load(home, files)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CATCHLIGHT_HOME", str(data))
        again = warehouse.import_files([home / "sends.csv"], trusted=True)
    assert again.sources[0].duplicate == again.sources[0].rows_in == 422, "the same file twice adds nothing"
    return data


@pytest.fixture(autouse=True)
def at_home(company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The company is looked at."""
    monkeypatch.setenv("CATCHLIGHT_HOME", str(company))


def asked(query: str = "as_of=2026-03-20", scope: Scope = LOCAL_OWNER) -> Any:
    snapshot = warehouse.open_snapshot("real")
    assert snapshot is not None
    marts = warehouse.load_marts(snapshot, scope)
    return context(parse_filters(query), scope, snapshot, marts, page="audiences", all_data=True)


def told(query: str = "as_of=2026-03-20", scope: Scope = LOCAL_OWNER) -> Answer:
    return ask("audiences/results", asked(query, scope))


def test_a_loaded_campaign_is_measured_as_one_that_was_planned_here() -> None:
    """60 of 300 against 5 of 100: C300 is on both sides and was written to, staff are on neither, C1's later order is late."""
    row = told().table.filter(pl.col("campaign") == "Spring (K1)").row(0, named=True)
    assert (row["treated"], row["converted"], row["holdout"], row["holdout_converted"]) == (300, 60, 100, 5)
    assert row["lift"] == pytest.approx(0.15)
    low_1, high_2 = wilson(60, 300)[0], wilson(5, 100)[1]
    assert low_1 is not None
    assert high_2 is not None
    assert row["low"] == pytest.approx(0.15 - ((0.2 - low_1) ** 2 + (high_2 - 0.05) ** 2) ** 0.5)
    assert (row["verdict"], row["origin"]) == ("proven", "loaded")
    assert (row["sent_on"], row["last_on"]) == (dt.date(2026, 3, 5), dt.date(2026, 3, 18))
    assert row["cost_minor"] == 1_500
    assert "€15" in campaign_line(row, "EUR")


def test_without_a_holdout_it_says_plainly_that_lift_cannot_be_proven() -> None:
    answer = told("as_of=2026-03-30")
    row = answer.table.filter(pl.col("campaign") == "Spring (K2)").row(0, named=True)
    assert (row["treated"], row["converted"], row["holdout"], row["verdict"]) == (20, 1, 0, "no holdout")
    assert (row["lift"], row["low"], row["high"], row["incremental"], row["cost_minor"]) == (
        None,
        None,
        None,
        None,
        None,
    )
    assert "lift cannot be proven" in campaign_line(row, "EUR")
    assert results_title(answer) == "Spring (K1) worked: +15.0 pp"
    assert any("dealt at random is not known here: Spring (K1)" in note for note in answer.notes)
    assert not any("campaigns are judged" in note for note in answer.notes), "only one of the two is judged"


def test_before_its_days_have_passed_it_is_still_running_and_before_it_was_sent_it_is_not_there() -> None:
    assert told("as_of=2026-03-18").table.filter(pl.col("campaign") == "Spring (K1)")["verdict"].to_list() == [
        "running"
    ]
    assert told("as_of=2026-03-05").is_empty


def test_an_agent_reads_of_own_customers_alone() -> None:
    """Odd customers: 30 of 150 against 3 of 50; K2 went to ten of them."""
    rows = {row["campaign"]: row for row in told(scope=AGENT).table.iter_rows(named=True)}
    first = rows["Spring (K1)"]
    assert (first["treated"], first["converted"], first["holdout"], first["holdout_converted"]) == (150, 30, 50, 3)
    assert first["cost_minor"] == 750
    assert rows["Spring (K2)"]["treated"] == 10
    nobody = Scope("agent", "x", "AG9")
    question = asked(scope=nobody)
    assert warehouse.loaded_sends(question.snapshot, nobody, question.marts).is_empty()


def test_a_message_sent_elsewhere_counts_as_a_contact_for_seven_days() -> None:
    """K2 went out on 12 March to 1 to 20; K1 on the 5th, which is eight days before the end of the 12th."""
    question = asked("to=2026-03-12")
    everybody = asking.members(question, asking.read(question, ("binding:store:S1", "or", "binding:store:S2")))
    rows = asking.reached(question, everybody)
    assert rows.filter(pl.col("reach") == "contacted").height == 20
    question = asked("to=2026-03-08")
    rows = asking.reached(question, asking.members(question, asking.read(question, ("binding:store:S1",))))
    assert rows.filter(pl.col("reach") == "contacted").height == 150


def test_who_may_be_written_to_is_counted_again_only_when_something_decides_it(
    company: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted once for a question asked twice; anew for other days, another audience, a list handed out, a campaign sent."""
    shutil.copytree(company, tmp_path / "data")
    monkeypatch.setenv("CATCHLIGHT_HOME", str(tmp_path / "data"))
    counted: list[str] = []
    real = campaign_plan.reachable

    def counting(question: Any, name: str = "") -> pl.DataFrame:
        counted.append(name)
        return real(question, name)

    monkeypatch.setattr(campaign_plan, "reachable", counting)
    question = asked("to=2026-03-19")
    assert [campaign_plan.reachable_count(question) for _ in range(3)] == [400, 400, 400]
    assert campaign_plan.reachable_count(replace(question, memo={})) == 400
    assert counted == [""]
    assert campaign_plan.reachable_count(replace(question, to_on=dt.date(2026, 3, 18))) == 380, "K2 is seven days ago"
    first = audiences.keep(
        "real", LOCAL_OWNER, Audience("", "Near one", ("binding:store:S1",), dt.date(2026, 3, 19), 1, 200)
    )
    assert [campaign_plan.reachable_count(question, "Near one") for _ in range(2)] == [200, 200]
    audiences.keep("real", LOCAL_OWNER, replace(first, who=("binding:store:S2",), customers=200))
    campaign_plan.reachable_count(question, "Near one")
    assert counted == ["", "", "Near one", "Near one"]
    keys = real(question)["customer_key"].head(7).to_list()
    audiences.note_sent("real", LOCAL_OWNER, name="x", sent_on=dt.date(2026, 3, 18), keys=keys)
    assert campaign_plan.reachable_count(question) == 393
    campaign_plan.plan(question, name="Mine")
    assert campaign_plan.reachable_count(question) == 393, "a plan writes to nobody yet"
    campaigns.send("real", LOCAL_OWNER, "Mine", dt.date(2026, 3, 19))
    left = campaigns.campaign("real", "Mine").holdout_count
    assert campaign_plan.reachable_count(question) == left
    with pytest.raises(RefusedError):
        campaign_plan.reachable_count(replace(question, scope=AGENT))
    with pytest.raises(UsageError):
        campaign_plan.reachable_count(question, "nobody")


def test_an_agent_is_not_told_of_a_campaign_of_others_not_even_by_a_name(
    company: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A third campaign of one name went to C2 and C4 alone, who live at the other agent's store."""
    shutil.copytree(company, tmp_path / "data")
    monkeypatch.setenv("CATCHLIGHT_HOME", str(tmp_path / "data"))
    other = Scope("agent", "li", "AG2")
    before = {scope.agent_id: told(scope=scope).table for scope in (AGENT, other)}
    more = tmp_path / "more.csv"
    more.write_text(
        "campaign_id,campaign_name,customer_id,sent_at\n"
        "K3,Only theirs,C2,2026-03-06 10:00:00\nK4,Only theirs,C4,2026-03-06 10:00:00\n"
    )
    warehouse.import_files([more], trusted=True)
    assert told(scope=AGENT).table.equals(before["AG1"])
    assert campaigns_sent.sent(asked(scope=AGENT))["campaign"].to_list() == ["Spring (K2)", "Spring (K1)"]
    assert "Only theirs (K3)" in campaigns_sent.sent(asked(scope=other))["campaign"].to_list()
