"""Answers in the reader's language: every definition can be translated, nothing kept is told in somebody else's."""

import datetime as dt

import polars as pl

from answers import all_addresses, headlines
from answers.registry import ADDRESSES, Result
from schema.catalogues import spoken
from schema.language import speaking


def test_what_every_address_means_is_marked_to_be_translated():
    all_addresses()
    said = set(spoken(("answers",)))
    unmarked = {name: part for name, one in ADDRESSES.items() for part in (*one.parts, one.meaning) if part not in said}
    assert not unmarked


def test_a_headline_of_one_table_is_told_to_each_reader_in_their_own_language():
    days = [dt.date(2026, 10, day) for day in range(1, 11)]
    table = pl.DataFrame({"local_on": days, "net_minor": [100] * 9 + [300], "previous_minor": [0] * 10})
    told = Result(table, 10, "orders")
    assert headlines.peak(told) == (days[-1], "10 Oct: +200\u202f% on the median day")
    for code, day in (("es", "10 oct"), ("zh-CN", "10月10日"), ("en", "10 Oct")):
        with speaking(code):
            found = headlines.peak(told)
        assert found is not None
        assert day in found[1]
