"""Rules, disputes and what-if, asked of a real ledger of a tiny company."""

import datetime as dt

import pytest

from answers.periods import context
from answers.registry import ADDRESSES, ask
from ledger import api as ledger
from records import database
from schema.errors import RefusedError, UsageError
from schema.filters import FILTER_NAMES, parse_filters
from schema.scope import LOCAL_OWNER, Scope
from schema.sharing import Rule
from tests.answers import tiny
from tests.ledger import world
from warehouse.api import load_marts, open_snapshot

A1 = Scope("agent", "wang", "A1")
A2 = Scope("agent", "li", "A2")
NOW = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Three customers, two of whom are owned, and four orders of which one was refunded by half."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CATCHLIGHT_HOME", str(tmp_path_factory.mktemp("books")))
        patch.delenv("CATCHLIGHT_DATABASE", raising=False)
        world.found()
        world.bind("C1", "S1")
        world.bind("C2", "S2")
        world.orders(
            world.order("O1", 10_000, "2026-10-05T12:00", customer="C1", completed="2026-10-06T12:00"),
            world.order("O2", 20_000, "2026-10-07T12:00", customer="C2", completed="2026-10-08T12:00"),
            world.order("O3", 5_000, "2026-10-09T12:00", customer="C1", channel="pos", selling_store_id="S2"),
            world.order("O4", 8_000, "2026-11-11T12:00", customer="C2", completed="2026-11-12T12:00"),
        )
        world.refunds(world.refund("F1", "O2", 10_000, "2026-10-20T12:00"))
        ledger.settle("real", "2026-10", LOCAL_OWNER, now=NOW)
        ledger.publish("real")
        yield
        database.dispose("real")


def answer(name, query="", *, scope=LOCAL_OWNER, **options):
    snapshot = open_snapshot("real")
    asked = context(parse_filters(query), scope, snapshot, load_marts(snapshot, scope), page="sharing")
    return ask(name, asked, **options)


def deltas(**options):
    table = answer("sharing/simulation", **options).table
    return {row["agent_id"]: row["delta_minor"] for row in table.iter_rows(named=True)}


@pytest.mark.usefixtures("home")
class TestBooks:
    def test_the_bar_holds_for_the_whole_ledger(self):
        table = answer("sharing/balance", "from=2026-10-01&to=2026-11-30").table
        # 12 % of 10,000 and of 20,000 online, 3 % of 5,000 in another store; then 12 % of 8,000
        assert table.select("month", "pool_minor", "distributed_minor", "unassigned_minor").rows() == [
            ("2026-10", 3_750, 3_750, 0),
            ("2026-11", 960, 960, 0),
        ]

    def test_the_settled_month_and_the_open_one_add_up(self):
        table = answer("sharing/statement", "from=2026-10-01&to=2026-11-30").table
        assert table.select("agent_id", "month", "opening_minor", "accrued_minor", "clawback_minor", "closing_minor",
                            "is_open").rows() == [
            ("A1", "2026-10", 0, 400, 0, 400, False),
            ("A1", "2026-11", 400, 0, 0, 400, True),
            ("A2", "2026-10", 0, 800, -400, 400, False),
            ("A2", "2026-11", 400, 320, 0, 720, True),
        ]  # fmt: skip

    def test_the_lines_of_a_statement_give_its_digest(self):
        row = answer("sharing/statement", "from=2026-10-01&to=2026-10-31", receiver="A2").table.row(0, named=True)
        lines = answer("sharing/lines", statement=row["statement_id"]).table
        assert ledger.digest_of(lines) == row["digest"]

    def test_rules_are_sentences(self):
        table = answer("sharing/rules").table
        assert table["rule_id"].to_list() == ["R1", "R2", "R3", "R4", "R5"]
        assert table["weights"][0] == "store 5000 agent 3333 guide 1667"
        assert all(sentence.endswith(".") for sentence in table["sentence"])

    def test_the_policy_is_a_sentence(self):
        row = answer("sharing/policies").table.row(0, named=True)
        assert (row["version"], row["choose"], row["claims"], row["protection_days"]) == (
            1,
            "nearest",
            "scan guide",
            90,
        )

    def test_nothing_changed_changes_nothing(self):
        table = answer("sharing/simulation").table
        assert table.select("agent_id", "before_minor", "delta_minor").sort("agent_id", nulls_last=True).rows()[:2] == [
            ("A1", 1_350, 0),
            ("A2", 1_560 + 600, 0),
        ]
        assert table["name"].to_list()[-1] == "Head office"

    def test_a_point_more_in_the_pools_is_head_offices_loss(self):
        # 1 % of 10,000 + 5,000 for A1's side; of 10,000 + 8,000 for A2's, who keep the half minor units of the refund:
        # of 1,733 and 867 they give back 866 and 433
        assert deltas(pool="+1") == {"A1": 150, "A2": 181, None: -331}
        assert deltas(agent_share="+1") == {"A1": 100, "A2": 180, None: -280}
        assert list(deltas(pool="R3:+1")) == ["A1", "A2", None]

    def test_stores_may_be_told_apart(self):
        table = answer("sharing/simulation", by="store", pool="R3:+1").table
        assert table.select("store_id", "agent_id", "delta_minor").rows() == [("S1", "A1", 50), ("S2", "A2", 0)]

    def test_an_agent_reads_their_own_row_alone(self):
        table = answer("sharing/simulation", scope=A1, pool="+1").table
        assert table.select("agent_id", "delta_minor").rows() == [("A1", 150)]

    def test_the_ledger_is_as_before(self):
        before = ledger.sequence("real")
        answer("sharing/simulation", pool="+5", protection="180")
        assert ledger.sequence("real") == before

    @pytest.mark.parametrize("months", ["0", "a year", "999"])
    def test_impossible_months_are_refused(self, months):
        with pytest.raises(UsageError, match="is not a number of months from 1 to 120"):
            answer("sharing/simulation", months=months)

    def test_disputes_name_the_other_side_to_head_office_alone(self):
        dispute = ledger.open_dispute(
            "real", A1, claim="wrong_store", words="She lives next door.", customer_key=world.key("C1"), at=NOW
        )
        row = answer("sharing/disputes").table.row(0, named=True)
        assert dispute == "D-A1-001"
        assert (row["dispute_id"], row["claim"], row["customer_id"], row["store_id"]) == (
            "D-001",
            "wrong_store",
            "C1",
            "S1",
        )
        mine = answer("sharing/disputes", scope=A1).table.row(0, named=True)
        assert mine["customer_id"].startswith("C-")
        assert answer("sharing/disputes", scope=A2).is_empty
        with pytest.raises(RefusedError, match="Disputes are not shown to presenters"):
            answer("sharing/disputes", scope=Scope("presenter", "guest"))

    def test_head_office_may_replay_a_customer_by_the_shops_own_id(self):
        table = answer("sharing/replay", customer="C1").table
        assert table["what"].to_list() == ["spell", "order", "order"]
        pseudonym = answer("sharing/bindings", scope=A1, query="from=2026-10-01&to=2026-10-31").table["customer_id"][0]
        assert answer("sharing/replay", customer=pseudonym).table.equals(table)

    def test_candidates_are_told_with_their_distance_and_whether_it_comes_out_the_same(self):
        found = answer("sharing/candidates", customer="C1")
        assert set(found.table["store_id"]) <= {"S1", "S2"}
        assert found.table["store_name"].null_count() == 0
        assert found.notes[-1].startswith(("Decided again from the stored facts", "The exact location"))
        with pytest.raises(UsageError, match=r"No customer C9 here\."):
            answer("sharing/candidates", customer="C9")


@pytest.mark.usefixtures("home")
def test_a_rule_of_other_agents_is_not_shown_to_an_agent():
    extra = Rule("R6", "A2's own", dt.date(2026, 12, 1), 1_400, (("agent", 10_000),), priority=30, sold="online",
                 bound="bound", agents=("A2",))  # fmt: skip
    ledger.save_rules("real", [*ledger.rules("real"), extra], by=LOCAL_OWNER, today=dt.date(2026, 11, 20))
    names = {scope.agent_id: answer("sharing/rules", scope=scope).table["rule_id"].to_list() for scope in (A1, A2)}
    assert "R6" not in names["A1"]
    assert "R6" in names["A2"]
    assert "R6" in answer("sharing/rules", versions="all").table["rule_id"].to_list()


def test_without_orders_there_is_nothing_to_replay():
    assert tiny.answer("sharing/simulation", pool="+1").is_empty


def test_no_option_is_called_like_a_filter():
    taken = {(name, option) for name, entry in ADDRESSES.items() for option in entry.options if option in FILTER_NAMES}
    assert not {pair for pair in taken if pair[0].startswith("sharing/")}
