"""A link's filters: read once, written in full, never wider than they were."""

from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schema.filters import FILTER_NAMES, LISTS, Filters, parse_filters

IDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8).map(str.strip).filter(bool)
DAYS = st.dates()


@st.composite
def readable(draw):
    first, last = sorted((draw(DAYS), draw(DAYS)))
    lists = {name: tuple(draw(st.lists(IDS, max_size=3, unique=True))) for name in LISTS}
    return Filters(
        from_on=draw(st.sampled_from([None, first])), to_on=draw(st.sampled_from([None, last])),
        as_of=draw(st.none() | DAYS), **lists, currency=draw(st.sampled_from(["", "CNY", "USD"])),
        data=draw(st.sampled_from(["", "demo", "real"])), lang=draw(st.sampled_from(["", "en", "zh-CN", "es"])),
    )  # fmt: skip


@given(readable())
def test_a_link_that_was_written_reads_back_the_same(filters):
    assert parse_filters(urlencode(filters.to_query())) == filters


@given(readable())
def test_a_link_split_by_name_reads_the_same_as_its_text(filters):
    query = urlencode(filters.to_query())
    assert parse_filters(parse_qs(query, keep_blank_values=True)) == parse_filters("?" + query)


NAMES = st.sampled_from([*FILTER_NAMES, "page", "cell", "utm_source"])
JUNK = st.one_of(st.text(max_size=12), st.sampled_from(["2026-11-01", "S-001", "demo", "a,b", "null", "all", "*", "%"]))


@given(st.lists(st.tuples(NAMES, JUNK), max_size=6))
@settings(max_examples=300)
def test_no_value_is_ever_lost_without_a_word(pairs):
    found = parse_filters(urlencode(pairs))
    assert isinstance(found, Filters)
    kept = set(found.to_query())
    for name, value in pairs:
        if name in LISTS and value.strip():
            assert (name, value.strip()) in kept
        elif name in FILTER_NAMES and (name, value) not in kept:
            is_same_day = name in ("from", "to", "as_of") and any(kind == name for kind, _ in kept)
            is_nothing = name == "currency" and not value
            assert found.unreadable or is_same_day or is_nothing


@given(readable(), st.lists(st.tuples(NAMES, JUNK), max_size=3))
def test_more_in_a_link_never_widens_it(filters, more):
    found = parse_filters(urlencode([*filters.to_query(), *more]))
    for name in LISTS:
        before, after = getattr(filters, name), getattr(found, name)
        assert set(before) <= set(after)
        assert not before or after
    for name in ("from_on", "to_on", "as_of", "currency", "data", "lang"):
        if getattr(filters, name) and not getattr(found, name):
            assert found.unreadable


@pytest.mark.parametrize(
    ("query", "sentences"),
    [
        ("from=2026-13-01", ["The date from=2026-13-01 is not a day like 2026-10-31."]),
        ("to=", ["The date to= is not a day like 2026-10-31."]),
        ("as_of=2026-11-01&as_of=2026-11-02", ["The date as_of is given 2 times."]),
        (
            "from=2026-11-02&to=2026-11-01",
            ["The period starts on 2026-11-02 and ends on 2026-11-01: the end lies before the start."],
        ),
        ("store=", ["The filter store has an empty value."]),
        ("store=S1&store=+", ["The filter store has an empty value."]),
        ("data=live", ["The parameter data=live is none of demo, real."]),
        ("lang=fr", ["The parameter lang=fr is none of en, zh-CN, es."]),
        ("currency=CNY&currency=USD", ["The parameter currency is given 2 times."]),
        (
            "from=x&lang=y",
            ["The date from=x is not a day like 2026-10-31.", "The parameter lang=y is none of en, zh-CN, es."],
        ),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(query, sentences):
    found = parse_filters(query)
    assert list(found.unreadable) == sentences
    assert not found.is_readable


def test_a_comma_is_part_of_an_id_not_a_list():
    assert parse_filters("store=S1,S2").store == ("S1,S2",)


def test_an_id_given_twice_counts_once():
    assert parse_filters("store=S1&store=S2&store=S1").store == ("S1", "S2")


def test_parameters_that_are_no_filters_are_left_to_others():
    assert parse_filters("cell=88&layer=sales") == Filters()


def test_unreadable_links_have_another_key_than_no_filters():
    assert parse_filters("store=").key != Filters().key
    assert parse_filters("store=S1").key == "store=S1"


def test_dates_are_written_in_full_and_in_a_fixed_order():
    found = parse_filters("store=S2&store=S1&to=2026-11-02&from=2026-11-01&city=Wuxi")
    assert found.to_query() == [
        ("from", "2026-11-01"), ("to", "2026-11-02"), ("city", "Wuxi"), ("store", "S2"), ("store", "S1"),
    ]  # fmt: skip
