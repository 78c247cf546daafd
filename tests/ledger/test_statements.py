import hashlib
import json

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger import store
from ledger.accrue import accrue
from ledger.settle import settle
from ledger.statements import DIGEST_FIELDS, digest_of, digest_rows, statement_id, statement_lines
from ledger.verify import verify
from records import database
from schema.scope import LOCAL_OWNER
from tests.ledger.world import bind, found, local, order, orders, refund, refunds, statement

NOVEMBER = local("2026-11-05 09:00:00")
NEXT_YEAR = local("2027-02-05 09:00:00")


def october():
    found()
    orders(order("O1", 128_499, "2026-10-03 10:00:00"), order("O2", 70_000, "2026-10-04 10:00:00", customer="C2"))
    refunds(refund("X1", "O1", 40_000, "2026-10-20 10:00:00"))
    bind("C1", "S1", guide_id="G1")
    bind("C2", "S1")
    settle("real", "2026-10", LOCAL_OWNER, now=NOVEMBER)


def test_an_agent_can_check_the_digest_with_an_exported_file_and_nothing_of_ours(sqlite_home, tmp_path):
    october()
    one = statement("2026-10", "A1")
    file = tmp_path / "statement.json"
    file.write_text(json.dumps(digest_rows(statement_lines("real", one["statement_id"]))), encoding="utf-8")
    lines = json.loads(file.read_text(encoding="utf-8"))
    assert [(line["kind"], line["amount_minor"]) for line in lines] == [
        ("accrual", 5_139), ("accrual", 2_800), ("clawback", -1_599)
    ]  # fmt: skip
    taken = hashlib.sha256()
    for line in lines:
        kept = {name: value for name, value in line.items() if value is not None}
        taken.update((json.dumps(kept, sort_keys=True, separators=(",", ":")) + "\n").encode())
    assert taken.hexdigest() == one["digest"]


def test_a_csv_serves_as_well(sqlite_home):
    october()
    one = statement("2026-10", "A1")
    lines = pl.DataFrame(digest_rows(statement_lines("real", one["statement_id"])))
    whole = {"seq", "amount_minor", "rule_version", "base_minor", "pool_minor"}
    taken = hashlib.sha256()
    for row in lines.write_csv().splitlines()[1:]:
        cells = dict(zip(DIGEST_FIELDS, row.split(","), strict=True))
        kept = {name: int(cell) if name in whole else cell for name, cell in cells.items() if cell}
        taken.update((json.dumps(kept, sort_keys=True, separators=(",", ":")) + "\n").encode())
    assert taken.hexdigest() == one["digest"]


def test_one_changed_unit_changes_the_digest(sqlite_home):
    october()
    one = statement("2026-10", "A1")
    lines = statement_lines("real", one["statement_id"])
    assert digest_of(lines) == one["digest"]
    assert digest_of(lines.with_columns(pl.col("amount_minor") + 1)) != one["digest"]


def test_a_statement_names_the_head_of_the_ledger(sqlite_home):
    october()
    with database.reading("real") as connection:
        head = connection.exec_driver_sql("SELECT row_hash FROM entries ORDER BY seq DESC LIMIT 1").scalar_one()
    assert statement("2026-10", "A1")["chain_head"] == head


def test_a_statement_has_one_name_for_ever():
    assert statement_id("2026-10", "agent", "A1", "CNY") == "2026-10/agent/A1/CNY"


def test_all_statements_of_a_month_add_up_to_its_pools(sqlite_home):
    october()
    rows = store.statements("real")
    pools = store.entries("real").filter(pl.col("kind") == "accrual").unique(["order_id", "rule_id"])["pool_minor"]
    assert rows["accrued_minor"].sum() == pools.sum() == 15_420 + 8_400


def test_a_forgotten_customer_leaves_every_sum_as_it_was(sqlite_home):
    """The ledger holds random keys alone, so that there is nothing to take out of it."""
    october()
    before = store.statements("real")
    names = store.entries("real").columns
    assert "customer_id" not in names
    accrue("real", now=NOVEMBER)
    assert store.statements("real").equals(before)
    assert digest_of(statement_lines("real", "2026-10/agent/A1/CNY")) == statement("2026-10", "A1")["digest"]


sales = st.lists(
    st.tuples(
        st.integers(1, 200_000),
        st.sampled_from(["2026-10", "2026-11", "2026-12"]),
        st.integers(1, 28),
        st.sampled_from(["C1", "C2", "C3"]),
        st.integers(0, 100),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sold=sales, upgraded=st.booleans())
def test_a_closing_is_the_sum_of_all_entries_so_far(tmp_path_factory, sold, upgraded):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CATCHLIGHT_HOME", str(tmp_path_factory.mktemp("books")))
        found()
        orders(*[
            order(f"O{n}", net, f"{month}-{day:02} 12:00:00", customer=who)
            for n, (net, month, day, who, _) in enumerate(sold)
        ])  # fmt: skip
        back = [
            refund(f"X{n}", f"O{n}", max(1, net * share // 100), f"{month}-{day:02} 18:00:00")
            for n, (net, month, day, _, share) in enumerate(sold) if share
        ]  # fmt: skip
        if back:
            refunds(*back)
        bind("C1", "S1", guide_id="G1")
        bind("C2", "S2")
        accrue("real", now=NOVEMBER)
        if upgraded:
            bind("C1", "S2", cause="upgraded")
        settle("real", "2026-12", LOCAL_OWNER, now=NEXT_YEAR)
        _check_sums()
        database.dispose("real")


def _check_sums():
    entries, rows = store.entries("real"), store.statements("real")
    key = ["receiver_kind", "receiver_id", "currency"]
    for month in store.settled_months("real"):
        summed = entries.filter(pl.col("month") <= month).group_by(key).agg(pl.col("amount_minor").sum())
        closed = rows.filter(pl.col("month") == month).select(*key, "closing_minor")
        both = summed.join(closed, on=key, how="full", coalesce=True).fill_null(0)
        assert (both["amount_minor"] == both["closing_minor"]).all()
    assert (rows["held_minor"] >= 0).all()
    assert verify("real").ok
