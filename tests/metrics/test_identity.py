"""Customers joined to persons: what proves it, what forbids it, and whatever order the rows come in."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.identity import Unified, unify
from metrics.identity_conflicts import Decision

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

A, B, C, D, E = 1, 2, 3, 4, 5
T19 = [
    (A, "openid", "openid1"), (A, "unionid", "U1"), (B, "phone", "H1"), (B, "card", "C1"), (C, "phone", "H1"),
    (C, "unionid", "U1"), (D, "phone", "H1"), (D, "card", "C2"), (E, "unionid", "U2"), (E, "phone", "H1"),
]  # fmt: skip
Row = tuple[int, str, str]


def table(rows: Sequence[Row], *, verified: bool = True, days: Sequence[int | None] = ()) -> pl.DataFrame:
    """Identities as they are stored; ``days`` are when each was first seen."""
    seen = [None if day is None else dt.datetime(2026, 1, day, tzinfo=dt.UTC) for day in days] or [None] * len(rows)
    return pl.DataFrame(
        [(*row, verified, at) for row, at in zip(rows, seen, strict=True)],
        schema={
            "customer_key": pl.Int64, "id_type": pl.String, "id_hash": pl.String, "verified": pl.Boolean,
            "first_seen": pl.Datetime("us", "UTC"),
        },
        orient="row",
    )  # fmt: skip


def persons(found: Unified) -> dict[int, int]:
    return dict(found.people.select("customer_key", "person").iter_rows())


def test_three_registrations_are_one_person_and_a_second_wechat_account_stays_apart() -> None:
    found = unify(table(T19))
    assert persons(found) == {A: A, B: A, C: A, D: A, E: E}
    assert found.conflicts.select("id_hash", "kind", "customer_key", "person").rows() == [
        ("H1", "two_unionids", B, A), ("H1", "two_unionids", C, A), ("H1", "two_unionids", D, A),
        ("H1", "two_unionids", E, E),
    ]  # fmt: skip


def test_two_cards_of_one_person_are_a_warning() -> None:
    assert unify(table(T19)).warnings.rows() == [(A, 2)]


def test_who_gave_a_telephone_first_keeps_it() -> None:
    first_e = table(T19, days=[1, 1, 5, 5, 6, 6, 7, 7, 2, 2])
    assert persons(unify(first_e)) == {A: A, B: B, C: A, D: B, E: B}


def test_every_join_is_told_by_what_made_it() -> None:
    assert unify(table(T19)).links.rows() == [
        (A, "phone", "H1", B), (A, "phone", "H1", C), (A, "phone", "H1", D), (A, "unionid", "U1", A),
        (A, "unionid", "U1", C),
    ]  # fmt: skip


def test_a_telephone_that_nobody_verified_joins_nobody_and_is_counted() -> None:
    found = unify(table([(1, "phone", "H"), (2, "phone", "H")], verified=False))
    assert persons(found) == {1: 1, 2: 2}
    assert found.unverified == 1


def test_an_openid_joins_nobody() -> None:
    assert persons(unify(table([(1, "openid", "o"), (2, "openid", "o")]))) == {1: 1, 2: 2}


def test_equal_hashes_of_two_kinds_are_two_identities() -> None:
    assert persons(unify(table([(1, "phone", "x"), (2, "card", "x")]))) == {1: 1, 2: 2}


def test_a_telephone_of_a_whole_shop_joins_nobody() -> None:
    shop = [(key, "phone", "H") for key in range(1, 5)]
    assert set(persons(unify(table(shop), shared_above=4)).values()) == {1}
    found = unify(table(shop), shared_above=3)
    assert persons(found) == {1: 1, 2: 2, 3: 3, 4: 4}
    assert found.shared.rows() == [("phone", "H", 4)]


def test_a_unionid_joins_however_many_apps_gave_it() -> None:
    apps = [(key, "unionid", "U") for key in range(1, 41)]
    assert set(persons(unify(table(apps), shared_above=3)).values()) == {1}


def test_a_third_telephone_stays_apart() -> None:
    chain = [(1, "phone", "H1"), (2, "phone", "H1"), (2, "phone", "H2"), (3, "phone", "H2"), (3, "phone", "H3")]
    found = unify(table(chain))
    assert persons(found) == {1: 1, 2: 1, 3: 3}
    assert found.conflicts.select("id_hash", "kind", "customer_key", "person").rows() == [
        ("H2", "many_phones", 2, 1), ("H2", "many_phones", 3, 3),
    ]  # fmt: skip


def test_a_customer_with_two_unionids_is_told_and_joins_nobody() -> None:
    found = unify(table([(1, "unionid", "U1"), (1, "unionid", "U2"), (2, "unionid", "U2"), (3, "unionid", "U3")]))
    assert persons(found) == {1: 1, 2: 2, 3: 3}
    assert set(found.conflicts["kind"]) == {"two_unionids"}
    alone = unify(table([(7, "unionid", "U1"), (7, "unionid", "U2")]))
    assert alone.conflicts.select("id_hash", "customer_key", "person").rows() == [("U1", 7, 7), ("U2", 7, 7)]


def test_no_identities_are_nobody() -> None:
    found = unify(table([]))
    assert not any(getattr(found, part).height for part in ("people", "links", "conflicts", "shared", "warnings"))


IDENTITIES = st.lists(
    st.tuples(st.integers(1, 9), st.sampled_from(["unionid", "phone", "card", "openid"]), st.sampled_from("abcde")),
    max_size=30,
)
SEEN = st.one_of(st.none(), st.integers(1, 5))


@st.composite
def dated(draw: st.DrawFn) -> pl.DataFrame:
    rows = draw(IDENTITIES)
    return table(rows, days=[draw(SEEN) for _ in rows])


def same(one: Unified, other: Unified) -> bool:
    parts = ("people", "links", "conflicts", "shared", "warnings")
    return all(getattr(one, part).equals(getattr(other, part)) for part in parts)


@settings(deadline=None)
@given(dated(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing_nor_does_a_row_that_comes_again(rows: pl.DataFrame, chance: object) -> None:
    order = list(range(rows.height)) * 2
    chance.shuffle(order)  # type: ignore[attr-defined]
    assert same(unify(rows, shared_above=3), unify(rows[order], shared_above=3))


@settings(deadline=None)
@given(dated())
def test_no_person_of_several_customers_has_two_unionids_or_three_telephones(rows: pl.DataFrame) -> None:
    found = unify(rows, shared_above=3)
    told = rows.join(found.people, on="customer_key").join(found.shared, on=["id_type", "id_hash"], how="anti")
    several = told.filter(pl.col("customer_key").n_unique().over("person") > 1)
    counts = several.group_by("person", "id_type").agg(n=pl.col("id_hash").n_unique())
    assert counts.filter((pl.col("id_type") == "unionid") & (pl.col("n") > 1)).is_empty()
    assert counts.filter((pl.col("id_type") == "phone") & (pl.col("n") > 2)).is_empty()


@settings(deadline=None)
@given(dated())
def test_the_links_alone_make_the_same_persons_and_without_them_all_stand_alone(rows: pl.DataFrame) -> None:
    found = unify(rows, shared_above=3)
    group = {key: key for key in found.people["customer_key"]}
    for _ in group:
        for _, part in found.links.group_by("person", "id_type", "id_hash"):
            least = min(group[key] for key in part["customer_key"])
            group |= dict.fromkeys(part["customer_key"], least)
    assert group == persons(found)


@settings(deadline=None)
@given(dated(), dated())
def test_persons_depend_on_their_own_group_alone(rows: pl.DataFrame, others: pl.DataFrame) -> None:
    """So what an import adds changes only the groups that it names: incremental is from scratch."""
    far = others.with_columns(pl.col("customer_key") + 100, pl.format("{}-far", "id_hash").alias("id_hash"))
    both, one, two = (unify(part, shared_above=3) for part in (pl.concat([far, rows]), rows, far))
    for part in ("people", "links", "conflicts", "warnings"):
        apart = pl.concat([getattr(one, part), getattr(two, part)])
        assert getattr(both, part).sort(pl.all()).equals(apart.sort(pl.all()))


SHARED = [(1, "unionid", "U1"), (1, "phone", "H"), (2, "unionid", "U2"), (2, "phone", "H")]


def test_head_office_may_say_that_two_wechat_accounts_are_one_person() -> None:
    assert unify(table(SHARED)).conflicts.height == 2
    found = unify(table(SHARED), decisions=[Decision(is_one=True, groups=((1,), (2,)))])
    assert persons(found) == {1: 1, 2: 1}
    assert found.conflicts.is_empty()


def test_a_third_registration_of_either_account_joins_the_decided_person_and_a_third_account_does_not() -> None:
    more = [*SHARED, (3, "unionid", "U2"), (4, "unionid", "U4"), (4, "phone", "H")]
    found = unify(table(more), decisions=[Decision(is_one=True, groups=((1,), (2,)))])
    assert persons(found) == {1: 1, 2: 1, 3: 1, 4: 4}
    assert found.conflicts["customer_key"].to_list() == [1, 2, 4]


def test_who_was_kept_apart_stays_so_when_a_card_would_join_them_and_is_not_asked_again() -> None:
    apart = [Decision(is_one=False, groups=((1,), (2,)))]
    plain = [(1, "phone", "H"), (2, "phone", "H"), (1, "card", "C"), (2, "card", "C")]
    assert persons(unify(table(plain))) == {1: 1, 2: 1}
    found = unify(table(plain), decisions=apart)
    assert persons(found) == {1: 1, 2: 2}
    assert found.conflicts.is_empty()
    third = unify(table([*SHARED, (3, "phone", "H"), (3, "unionid", "U3")]), decisions=apart)
    assert third.conflicts["customer_key"].to_list() == [1, 2, 3]


def test_a_customer_who_has_nothing_but_a_name_of_one_app_joins_whom_the_decision_says() -> None:
    rows = table([*SHARED, (9, "openid", "o")])
    found = unify(rows, decisions=[Decision(is_one=True, groups=((2,), (9,)))])
    assert persons(found) == {1: 1, 2: 2, 9: 2}


def test_the_last_word_holds() -> None:
    one, apart = Decision(is_one=True, groups=((1,), (2,))), Decision(is_one=False, groups=((1,), (2,)))
    assert persons(unify(table(SHARED), decisions=[one, apart])) == {1: 1, 2: 2}
    assert persons(unify(table(SHARED), decisions=[apart, one])) == {1: 1, 2: 1}
    assert unify(table(SHARED), decisions=[apart, one]).conflicts.is_empty()


def test_a_decision_about_customers_who_are_forgotten_does_nothing() -> None:
    gone = [Decision(is_one=True, groups=((8,), (9,))), Decision(is_one=False, groups=((9,), (2,)))]
    assert persons(unify(table(SHARED), decisions=gone)) == persons(unify(table(SHARED)))


@given(
    rows=st.lists(st.tuples(st.integers(1, 6), st.sampled_from(["unionid", "phone", "card"]), st.sampled_from("xyz")),
                  unique=True, max_size=14),
    pair=st.lists(st.integers(1, 6), min_size=2, max_size=2, unique=True),
    is_one=st.booleans(),
    order=st.randoms(use_true_random=False),
)  # fmt: skip
def test_decisions_hold_in_whatever_order_rows_come(
    rows: list[Row], pair: list[int], *, is_one: bool, order: random.Random
) -> None:
    decision = Decision(is_one=is_one, groups=((pair[0],), (pair[1],)))
    found = persons(unify(table(rows), decisions=[decision]))
    if all(key in found for key in pair):
        assert (found[pair[0]] == found[pair[1]]) == is_one
    mixed = list(rows)
    order.shuffle(mixed)
    assert persons(unify(table(mixed), decisions=[decision])) == found
    assert all(name == min(key for key in found if found[key] == name) for name in found.values())
