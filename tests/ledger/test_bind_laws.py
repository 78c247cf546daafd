"""What must hold of every world: one owner at each instant, whatever order rows come in."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from ledger.bind_changes import changes, seen
from ledger.spells import pinned
from ledger.spells import spells as spells_of
from metrics.binding import BindingFacts, decide
from schema.marts import Bindings
from schema.sharing import BindingPolicy
from tests.metrics.binding_world import at_m, facts, local

START = local("2026-01-01")
DAYS = 800
STORES = ("S1", "S2", "S3", "S4")
NOBODY = pl.DataFrame(schema={"customer_key": pl.Int64, "arrived_at": pl.Datetime("us", "UTC"), "bound_at": pl.Datetime("us", "UTC")})  # fmt: skip

_when = st.integers(0, DAYS * 24).map(lambda hours: START + dt.timedelta(hours=hours))
_place = st.tuples(st.integers(-6, 6), st.integers(-6, 6)).map(lambda p: at_m(p[0] * 500.0, p[1] * 500.0))
_who = st.integers(1, 4)
_day = st.one_of(st.none(), st.integers(-100, DAYS).map(lambda n: dt.date(2026, 1, 1) + dt.timedelta(days=n)))


@st.composite
def worlds(draw: st.DrawFn) -> BindingFacts:
    stores = [
        {"store_id": one, **draw(_place), "opened_on": draw(_day), "closed_on": draw(_day), "agent_id": draw(st.sampled_from(["A", "B", None])),
         "accepts_binding": draw(st.integers(0, 9)) > 0, "area_m2": draw(st.sampled_from([None, 100.0, 300.0]))}
        for one in STORES
    ]  # fmt: skip
    people: list[dict[str, Any]] = []
    for key in range(1, 5):
        home = draw(st.one_of(st.none(), _place))
        row: dict[str, Any] = {"customer_key": key, "registered_at": draw(_when)}
        if home:
            row |= {"home_lat": home["lat"], "home_lng": home["lng"], "home_src": "address"}
        people.append(row)
    fixes = [
        {"fix_id": f"F{n}", "customer_key": draw(_who), "fixed_at": draw(_when), **draw(_place), "accuracy_m": 50.0,
         "src": draw(st.sampled_from(["gps", "fuzzy", "ip"]))}
        for n in range(draw(st.integers(0, 6)))
    ]  # fmt: skip
    claims = [
        {"customer_key": draw(_who), "at": draw(_when), "store_id": draw(st.sampled_from([*STORES, "S9"])),
         "guide_id": None, "method": draw(st.sampled_from(["scan", "scan", "guide", "manual"]))}
        for _ in range(draw(st.integers(0, 14)))
    ]  # fmt: skip
    orders = [
        {"customer_key": draw(_who), "paid_at": draw(_when), "store_id": draw(st.sampled_from([*STORES, None]))}
        for _ in range(draw(st.integers(0, 8)))
    ]
    return facts(stores, people, fixes=fixes, claims=claims, orders=orders)


policies = st.lists(
    st.builds(
        BindingPolicy,
        version=st.integers(1, 9),
        effective_from=st.one_of(st.none(), _when),
        choose=st.sampled_from(["nearest", "huff", "seller_takes", "territory_first"]),
        protection_days=st.sampled_from([-2, -1, 0, 30, 90]),
        validity_days=st.sampled_from([-1, 60, 365]),
        tie_m=st.sampled_from([0.0, 600.0]),
        claims=st.sampled_from([(), ("scan",), ("scan", "guide", "first_purchase")]),
    ),
    max_size=2,
)
horizons = st.lists(_when, min_size=1, max_size=4).map(sorted)


def _shuffled(world: BindingFacts, seed: int) -> BindingFacts:
    frames = {f.name: getattr(world, f.name) for f in dataclasses.fields(world) if f.name not in {"zone", "pinned"}}
    return BindingFacts(
        **{n: f.sample(fraction=1, shuffle=True, seed=seed) for n, f in frames.items()}, zone=world.zone
    )


def _as_log(decided: pl.DataFrame) -> pl.DataFrame:
    """What the ledger derives when it holds just these rows."""
    return decided.with_row_index("seq", offset=1).with_columns(
        arrived_at=pl.lit(None, pl.Datetime("us", "UTC")), bound_at="known_at", recorded_at="known_at"
    )


@settings(max_examples=30, deadline=None)
@given(worlds(), policies)
def test_every_customer_has_exactly_one_owner_at_each_instant(world: BindingFacts, rules: list[BindingPolicy]) -> None:
    until = START + dt.timedelta(days=DAYS)
    decided = decide(world, rules, until).spells
    derived = spells_of(_as_log(decided))
    registered = world.customers.filter(pl.col("registered_at") < until)
    assert sorted(derived["customer_key"].unique()) == sorted(registered["customer_key"])
    for key, registered_at in registered.select("customer_key", "registered_at").iter_rows():
        mine = derived.filter(pl.col("customer_key") == key).sort("valid_from")
        assert mine["valid_from"][0] == registered_at
        assert mine["valid_to"].to_list() == [*mine["valid_from"].to_list()[1:], None]
        assert (mine["valid_from"].diff().drop_nulls() > dt.timedelta(0)).all()
    Bindings.validate(derived)
    assert seen(decided).height == derived.height


@settings(max_examples=20, deadline=None)
@given(worlds(), policies, st.integers(0, 99))
def test_the_order_of_rows_never_shows(world: BindingFacts, rules: list[BindingPolicy], seed: int) -> None:
    until = START + dt.timedelta(days=DAYS)
    one, other = decide(world, rules, until), decide(_shuffled(world, seed), list(reversed(rules)), until)
    if len({(p.effective_from, p.version) for p in rules}) == len(rules):
        assert_frame_equal(one.spells, other.spells)
        assert_frame_equal(one.attempts, other.attempts)


def _run(log: pl.DataFrame, world: BindingFacts, rules: list[BindingPolicy], until: dt.datetime) -> pl.DataFrame:
    """One binding run on a ledger in memory."""
    held = dataclasses.replace(world, pinned=pinned(log))
    rows = changes(decide(held, rules, until).spells, spells_of(log), NOBODY, until)
    fresh = rows.drop("is_known", "owner_changed").with_columns(
        recorded_at=pl.lit(until).cast(pl.Datetime("us", "UTC")), seq=pl.int_range(pl.len()) + log.height + 1
    )
    return pl.concat([log, fresh.select(pl.col(name).cast(kind) for name, kind in log.schema.items())])


def _empty() -> pl.DataFrame:
    from ledger.store import BINDING_LOG  # noqa: PLC0415

    return pl.DataFrame(schema=BINDING_LOG)


_NOT_FACTS = ["binding_id", "arrived_at", "bound_at", "recorded_at", "cause", "end_reason"]


@settings(max_examples=30, deadline=None)
@given(worlds(), policies, horizons)
def test_run_after_run_ends_where_one_run_from_scratch_does(
    world: BindingFacts, rules: list[BindingPolicy], until: list[dt.datetime]
) -> None:
    log = _empty()
    for horizon in until:
        log = _run(log, world, rules, horizon)
        assert _run(log, world, rules, horizon).height == log.height
    scratch = _run(_empty(), world, rules, until[-1])
    assert_frame_equal(spells_of(log).drop(_NOT_FACTS), spells_of(scratch).drop(_NOT_FACTS))


@settings(max_examples=30, deadline=None)
@given(worlds(), policies, st.data())
def test_acts_that_arrive_late_end_in_the_same_history(
    world: BindingFacts, rules: list[BindingPolicy], data: st.DataObject
) -> None:
    until = START + dt.timedelta(days=DAYS)
    log = _empty()
    part = dict.fromkeys(("claims", "orders"), 0)
    for _ in range(3):
        part = {name: data.draw(st.integers(size, getattr(world, name).height)) for name, size in part.items()}
        some = dataclasses.replace(world, **{name: getattr(world, name).head(size) for name, size in part.items()})
        log = _run(log, some, rules, until)
    log = _run(log, world, rules, until)
    scratch = _run(_empty(), world, rules, until)
    assert_frame_equal(spells_of(log).drop(_NOT_FACTS), spells_of(scratch).drop(_NOT_FACTS))


@settings(max_examples=30, deadline=None)
@given(worlds(), policies, horizons)
def test_a_late_run_never_shortens_a_right(
    world: BindingFacts, rules: list[BindingPolicy], until: list[dt.datetime]
) -> None:
    in_time, late = _empty(), _run(_empty(), world, rules, until[-1])
    for horizon in until:
        in_time = _run(in_time, world, rules, horizon)
    right = ["customer_key", "valid_from", "store_id", "protected_until"]
    assert spells_of(in_time).select(right).rows() == spells_of(late).select(right).rows()


def _moved(world: BindingFacts, places: list[dict[str, float] | None], known_at: dt.datetime) -> BindingFacts:
    """The same world when everybody lives somewhere else, or nowhere known, and no fix is kept any more."""
    homes: list[Any] = [one or {"lat": None, "lng": None} for one in places]
    people = world.customers.sort("customer_key").with_columns(
        pl.Series("home_lat", [one["lat"] for one in homes], dtype=pl.Float64),
        pl.Series("home_lng", [one["lng"] for one in homes], dtype=pl.Float64),
        home_src=pl.lit("address"),
        home_known_at=pl.lit(known_at, pl.Datetime("us", "UTC")),
    )
    return dataclasses.replace(world, customers=people, fixes=world.fixes.clear())


_OWNED = ["customer_key", "valid_from", "store_id", "status", "protected_until"]
_homes = st.lists(st.one_of(st.none(), _place), min_size=4, max_size=4)


@settings(max_examples=30, deadline=None)
@given(worlds(), policies, _homes, _homes)
def test_who_moves_keeps_every_owner_until_a_new_act(
    world: BindingFacts, rules: list[BindingPolicy], homes: list[Any], others: list[Any]
) -> None:
    run_at = START + dt.timedelta(days=DAYS)
    log = _run(_empty(), world, rules, run_at)
    before = spells_of(log).select(_OWNED).rows()
    for places in (homes, others):
        # whoever is better known than provisionally keeps the owner; a home known by now betters nobody any more
        after = _moved(world, places, run_at)
        log = _run(log, after, rules, run_at)
        assert _run(log, after, rules, run_at).height == log.height
        assert spells_of(log).select(_OWNED).rows() == before


@settings(max_examples=30, deadline=None)
@given(worlds(), policies, _homes, horizons)
def test_who_moves_keeps_every_owner_that_was_told_and_later_ones_are_told_once(
    world: BindingFacts, rules: list[BindingPolicy], homes: list[Any], until: list[dt.datetime]
) -> None:
    log = _run(_empty(), world, rules, until[0])
    end = START + dt.timedelta(days=2 * DAYS)
    told = spells_of(log).select(_OWNED)
    after = _moved(world, homes, until[0])
    log = _run(log, after, rules, end)
    now = spells_of(log).select(_OWNED).filter(pl.col("valid_from") < until[0])
    known = now["customer_key"].is_in(told["customer_key"].unique().implode())
    sure = told.filter(~pl.col("status").is_in(["provisional", "unassigned"]))["customer_key"].unique()
    unsure = told.filter(pl.col("status").is_in(["provisional", "unassigned"]))["customer_key"].unique()
    certain = pl.col("customer_key").is_in(sure.implode()) & ~pl.col("customer_key").is_in(unsure.implode())
    assert now.filter(known).filter(certain).rows() == told.filter(certain).rows()
    assert _run(log, after, rules, end).height == log.height
