import polars as pl
import pytest

from ledger import store
from ledger.accrue import accrue
from ledger.settle import settle
from ledger.verify import verify
from schema.scope import LOCAL_OWNER
from tests.ledger.world import balance, bind, found, local, order, orders, posted, refund, refunds, statement

NOVEMBER = local("2026-11-05 09:00:00")
T12 = order("O1", 128_499, "2026-10-03 10:00:00")


@pytest.mark.usefixtures("database_url")
def test_the_printed_split_is_posted_once():
    found()
    orders(T12)
    bind("C1", "S1", guide_id="G1")
    first = accrue("real", now=NOVEMBER)
    assert posted() == [
        ("2026-10", "accrual", "S1", 7_710),
        ("2026-10", "accrual", "A1", 5_139),
        ("2026-10", "accrual", "G1", 2_571),
    ]
    assert first.entries == {"accrual": 3}
    assert accrue("real", now=NOVEMBER).entries == {}


def test_without_a_guide_the_weight_goes_to_the_store(sqlite_home):
    found()
    orders(T12)
    bind("C1", "S1")
    accrue("real", now=NOVEMBER)
    assert balance() == {("S1", "CNY"): 10_281, ("A1", "CNY"): 5_139}


def test_a_known_customer_of_nobody_pays_the_fund_and_an_unknown_one_nobody(sqlite_home):
    found()
    orders(order("O1", 10_000, "2026-10-03 10:00:00"), order("O2", 10_000, "2026-10-03 10:00:00", customer=None))
    accrue("real", now=NOVEMBER)
    assert balance() == {("HQ", "CNY"): 1_200}


def test_the_owner_is_the_one_at_payment_to_the_second(sqlite_home):
    found()
    orders(order("O1", 10_000, "2026-04-10 19:59:59"), order("O2", 10_000, "2026-04-10 20:00:00"))
    bind("C1", "S1")
    bind("C1", "S2", since="2026-04-10 20:00:00", cause="takeover")
    accrue("real", now=NOVEMBER)
    rows = store.entries("real").select("order_id", "bound_store_id").unique().sort("order_id").rows()
    assert rows == [("O1", "S1"), ("O2", "S2")]


def test_an_upgraded_customer_moves_shares_of_an_open_month_by_signed_corrections(sqlite_home):
    found()
    orders(T12)
    refunds(refund("X1", "O1", 40_000, "2026-10-20 10:00:00"))
    bind("C1", "S1", guide_id="G1", status="provisional")
    accrue("real", now=NOVEMBER)
    before = posted()
    bind("C1", "S2", cause="upgraded")
    accrue("real", now=NOVEMBER)
    assert posted()[: len(before)] == before
    assert {kind for _, kind, _, _ in posted()[len(before) :]} == {"adjust"}
    assert balance() == {("S2", "CNY"): 7_081, ("A2", "CNY"): 3_540}
    assert accrue("real", now=NOVEMBER).entries == {}
    refunds(refund("X2", "O1", 88_499, "2026-11-02 10:00:00"), file="more.csv")
    accrue("real", now=NOVEMBER)
    assert balance() == {}


def test_an_owner_who_comes_and_goes_ends_where_it_began(sqlite_home):
    found()
    orders(T12)
    for where in ("S1", "S2", "S1", "S2", "S1"):
        bind("C1", where, cause="corrected")
        accrue("real", now=NOVEMBER)
    assert balance() == {("S1", "CNY"): 10_281, ("A1", "CNY"): 5_139}


def test_an_order_that_is_cancelled_and_paid_again_ends_at_its_shares(sqlite_home):
    found()
    orders(T12)
    bind("C1", "S1")
    accrue("real", now=NOVEMBER)
    orders(T12 | {"status": "cancelled"}, file="cancelled.csv")
    accrue("real", now=NOVEMBER)
    assert balance() == {}
    orders(T12 | {"status": "completed"}, file="again.csv")
    accrue("real", now=NOVEMBER)
    assert balance() == {("S1", "CNY"): 10_281, ("A1", "CNY"): 5_139}


def test_a_corrected_amount_in_an_open_month_is_posted_as_a_correction(sqlite_home):
    found()
    orders(T12)
    bind("C1", "S1")
    accrue("real", now=NOVEMBER)
    orders(order("O1", 64_250, "2026-10-03 10:00:00"), file="half.csv")
    accrue("real", now=NOVEMBER)
    assert balance() == {("S1", "CNY"): 5_140, ("A1", "CNY"): 2_570}


def test_partial_refunds_in_any_order_of_arrival_end_in_the_same_balances(sqlite_home):
    """Six orders like T12's; the same three refunds of each arrive in six ways."""
    found()
    orders(*[order(f"O{turn}", 128_499, "2026-10-03 10:00:00") for turn in range(6)])
    bind("C1", "S1", guide_id="G1")
    goods = (1, 40_000, 33_333)
    arrivals = [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]
    for wave in range(3):
        came = [
            refund(f"X{turn}{way[wave]}", f"O{turn}", goods[way[wave]], f"2026-10-{10 + way[wave]} 10:00:00")
            for turn, way in enumerate(arrivals)
        ]
        refunds(*came, file=f"wave{wave}.csv")
        accrue("real", now=NOVEMBER)
        taken = store.entries("real").filter(pl.col("kind") != "accrual")
        assert taken["kind"].unique().to_list() == ["clawback"]
        assert (taken["amount_minor"] < 0).all()
    # ⌊7710·73334/128499⌋ = 4400, ⌊5139·73334/128499⌋ = 2932, ⌊2571·73334/128499⌋ = 1467
    sums = store.entries("real").group_by("order_id", "receiver_id").agg(pl.col("amount_minor").sum())
    assert sorted(sums.select("receiver_id", "amount_minor").unique().rows()) == [
        ("A1", 2_207), ("G1", 1_104), ("S1", 3_310)
    ]  # fmt: skip


def test_nothing_after_now_counts(sqlite_home):
    found()
    orders(T12, order("O2", 10_000, "2026-11-05 09:00:01"))
    refunds(refund("X1", "O1", 128_499, "2026-11-06 10:00:00"))
    bind("C1", "S1")
    accrue("real", now=NOVEMBER)
    assert balance() == {("S1", "CNY"): 10_281, ("A1", "CNY"): 5_139}


def test_the_month_is_that_of_the_business_zone(sqlite_home):
    found()
    orders(order("O1", 10_000, "2026-10-31 23:59:59"), order("O2", 10_000, "2026-11-01 00:00:00"))
    accrue("real", now=NOVEMBER)
    assert [row[0] for row in posted()] == ["2026-10", "2026-11"]


def test_without_data_nothing_is_posted(sqlite_home):
    assert accrue("real", now=NOVEMBER).entries == {}


def test_a_month_worked_on_in_slices_of_days_posts_the_same(sqlite_home, monkeypatch):
    monkeypatch.setattr("ledger.accrue.SLICE_ORDERS", 1)
    found()
    orders(*[order(f"O{day}", 10_000 + day, f"2026-10-{day:02} 10:00:00") for day in (1, 2, 3, 15, 31)])
    refunds(refund("X1", "O1", 10_001, "2026-10-31 23:00:00"), refund("X2", "O31", 10_031, "2026-11-02 10:00:00"))
    bind("C1", "S1")
    accrue("real", now=NOVEMBER)
    # pools of O2, O3, O15: 1200, 1200, 1202, split 6667 to 3333: 800 + 800 + 801 and 400 + 400 + 401
    assert balance() == {("S1", "CNY"): 2_401, ("A1", "CNY"): 1_201}
    assert accrue("real", now=NOVEMBER).entries == {}


def _moved_to_october(net=10_000):
    """An order of S1's, filed under September, of a customer who went over to S2 on 1 October."""
    found()
    orders(order("O1", 10_000, "2026-09-30 10:00:00"))
    bind("C1", "S1")
    bind("C1", "S2", since="2026-10-01", cause="takeover")
    accrue("real", now=NOVEMBER)
    orders(order("O1", net, "2026-10-02 10:00:00"), file="again.csv")


@pytest.mark.usefixtures("database_url")
def test_an_order_that_a_later_import_moves_to_another_month_is_shared_once():
    _moved_to_october()
    accrue("real", now=NOVEMBER)
    assert balance() == {("S2", "CNY"): 800, ("A2", "CNY"): 400}
    assert verify("real").problems == ()
    assert accrue("real", now=NOVEMBER).entries == {}
    orders(order("O1", 10_000, "2026-08-03 10:00:00"), file="back.csv")
    accrue("real", now=NOVEMBER)
    assert balance() == {("S1", "CNY"): 800, ("A1", "CNY"): 400}
    assert accrue("real", now=NOVEMBER).entries == {}
    settle("real", "2026-10", LOCAL_OWNER, now=NOVEMBER)
    assert verify("real").ok


def test_an_order_that_moves_and_grows_is_corrected_to_its_new_share(sqlite_home):
    _moved_to_october(net=30_000)
    refunds(refund("X1", "O1", 10_000, "2026-10-20 10:00:00"))
    accrue("real", now=NOVEMBER)
    assert balance() == {("S2", "CNY"): 1_600, ("A2", "CNY"): 800}
    assert accrue("real", now=NOVEMBER).entries == {}


def test_an_order_that_moves_out_of_a_settled_month_keeps_its_shares_and_gets_no_others(sqlite_home):
    found()
    orders(order("O1", 10_000, "2026-09-30 10:00:00"))
    bind("C1", "S1")
    settle("real", "2026-09", LOCAL_OWNER, now=NOVEMBER)
    bind("C1", "S2", since="2026-10-01", cause="takeover")
    orders(order("O1", 10_000, "2026-10-02 10:00:00"), file="again.csv")
    accrue("real", now=NOVEMBER)
    assert balance() == {("S1", "CNY"): 800, ("A1", "CNY"): 400}


def test_the_only_order_of_a_month_that_was_never_paid_after_all_is_taken_back(sqlite_home):
    found()
    orders(order("O1", 10_000, "2026-09-30 10:00:00"), order("O2", 10_000, "2026-10-02 10:00:00"))
    bind("C1", "S1")
    accrue("real", now=NOVEMBER)
    unpaid = order("O1", 10_000, "2026-09-30 10:00:00") | {"paid_at": None}
    orders(unpaid, file="again.csv")
    accrue("real", now=NOVEMBER)
    assert balance() == {("S1", "CNY"): 800, ("A1", "CNY"): 400}
    settle("real", "2026-10", LOCAL_OWNER, now=NOVEMBER)
    assert statement("2026-10", "A1")["closing_minor"] == 400
    assert verify("real").ok


def test_a_refund_dated_long_before_its_order_is_taken_back_all_the_same(sqlite_home):
    found()
    orders(order("O1", 10_000, "2026-09-30 10:00:00"))
    refunds(refund("X1", "O1", 10_000, "2026-05-20 10:00:00"))
    bind("C1", "S1")
    accrue("real", now=NOVEMBER)
    assert balance() == {}


@pytest.mark.parametrize(
    ("now_worth", "left"),
    [
        (20_000, {("S1", "CNY"): 600, ("A1", "CNY"): 300}),
        (5_000, {}),
        (10_000, {("S1", "CNY"): 400, ("A1", "CNY"): 200}),
    ],
)
def test_what_came_back_of_a_settled_order_is_a_part_of_the_goods_that_it_has_now(sqlite_home, now_worth, left):
    found()
    orders(order("O1", 10_000, "2026-09-10 10:00:00"))
    refunds(refund("X1", "O1", 5_000, "2026-09-20 10:00:00"))
    bind("C1", "S1")
    settle("real", "2026-09", LOCAL_OWNER, now=NOVEMBER)
    assert balance() == {("S1", "CNY"): 400, ("A1", "CNY"): 200}
    orders(order("O1", now_worth, "2026-09-10 10:00:00"), file="again.csv")
    accrue("real", now=NOVEMBER)
    assert balance() == left
    assert accrue("real", now=NOVEMBER).entries == {}
    settle("real", "2026-10", LOCAL_OWNER, now=NOVEMBER)
    assert verify("real").ok
