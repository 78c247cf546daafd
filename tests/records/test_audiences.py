"""Saved audiences are versions of one's own; lists that were handed out are remembered by keys alone."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records import audiences, audit, database
from records.audiences import Audience
from records.kept_lists import packed, unpacked
from schema.errors import RefusedError, StorageError, UsageError
from schema.scope import LOCAL_OWNER, Scope

GUEST = Scope("presenter", "V-002")
AGENT = Scope("agent", "V-003", "A1")
OTHER = Scope("agent", "V-004", "A2")
BORROWED = Scope("agent", "local", "A1", is_borrowed=True)
DAY = dt.date(2026, 11, 15)
WOOL = Audience("", "Wool eve", ("lingered:product:WC-07", "or", "segment:loyal"), DAY, 3, 421, "city=Wuxi")


def test_an_audience_comes_back_as_it_was_kept(database_url):
    del database_url
    made = audiences.keep("demo", LOCAL_OWNER, WOOL)
    assert (made.audience_id, made.version, made.changed_by) == ("AU-001", 1, "local")
    assert audiences.audience("demo", LOCAL_OWNER, "wool EVE") == made
    assert (made.who, made.made_for, made.customers, made.narrowed) == (WOOL.who, DAY, 421, "city=Wuxi")
    assert audiences.audiences("real", LOCAL_OWNER) == ()


def test_every_change_is_a_version_and_the_same_again_is_none(database_url):
    del database_url
    first = audiences.keep("demo", LOCAL_OWNER, WOOL)
    assert audiences.keep("demo", LOCAL_OWNER, first) == first
    second = audiences.keep("demo", LOCAL_OWNER, replace(first, who=("value:500",), customers=7))
    assert [(one.version, one.customers) for one in audiences.versions("demo", LOCAL_OWNER, "AU-001")] == [
        (1, 421),
        (2, 7),
    ]
    with pytest.raises(UsageError, match=r"^The audience 'Wool eve' was changed meanwhile in another window"):
        audiences.keep("demo", LOCAL_OWNER, replace(first, customers=9))
    assert audiences.audience("demo", LOCAL_OWNER, "Wool eve") == second


def test_a_deleted_one_is_gone_its_number_is_not_given_again_and_its_name_is_free(sqlite_home):
    del sqlite_home
    first = audiences.keep("demo", LOCAL_OWNER, WOOL)
    audiences.keep("demo", LOCAL_OWNER, replace(first, is_deleted=True))
    assert audiences.audiences("demo", LOCAL_OWNER) == ()
    with pytest.raises(UsageError, match=r"^There is no audience 'Wool eve' here\.$"):
        audiences.audience("demo", LOCAL_OWNER, "Wool eve")
    assert audiences.keep("demo", LOCAL_OWNER, WOOL).audience_id == "AU-002"


def test_each_agent_has_their_own_and_sees_no_other(sqlite_home):
    del sqlite_home
    audiences.keep("demo", LOCAL_OWNER, WOOL)
    mine = audiences.keep("demo", AGENT, replace(WOOL, customers=5))
    assert mine.audience_id == "AU-002"
    assert audiences.audiences("demo", AGENT) == (mine,) == audiences.audiences("demo", BORROWED)
    assert audiences.audiences("demo", OTHER) == ()
    assert [one.customers for one in audiences.audiences("demo", LOCAL_OWNER)] == [421]
    assert audiences.versions("demo", OTHER, "AU-002") == ()
    with pytest.raises(UsageError, match="was changed meanwhile"):
        audiences.keep("demo", OTHER, mine)


@pytest.mark.parametrize("scope", [GUEST, BORROWED])
def test_who_may_only_look_keeps_nothing(scope, sqlite_home):
    del sqlite_home
    with pytest.raises(RefusedError):
        audiences.keep("demo", scope, WOOL)
    assert audiences.audiences("demo", LOCAL_OWNER) == ()


def test_a_presenter_reads_no_audience(sqlite_home):
    del sqlite_home
    audiences.keep("demo", LOCAL_OWNER, WOOL)
    for ask in (audiences.audiences, lambda mode, scope: audiences.versions(mode, scope, "AU-001")):
        with pytest.raises(RefusedError, match=r"^Audiences are of single customers: they are not presented\.$"):
            ask("demo", GUEST)


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (replace(WOOL, name=" "), "An audience needs a name of letters and digits"),
        (replace(WOOL, name="a/b"), "An audience needs a name of letters and digits"),
        (replace(WOOL, name="a?b=c"), "An audience needs a name of letters and digits"),
        (replace(WOOL, name="=cmd"), "An audience needs a name of letters and digits"),
        (replace(WOOL, name="x" * 61), "The name has 61 characters; at most 60 are kept."),
        (replace(WOOL, name="People"), "The name 'People' means something else here; take another one."),
        (
            replace(WOOL, name="WOOL EVE"),
            "There is an audience 'Wool eve' already; change that one, or take another name.",
        ),
        (replace(WOOL, name="New", who=()), "The audience describes nobody; add a condition first."),
        (replace(WOOL, name="New", who=("x" * 20_001,)), "The audience has too many conditions to be kept."),
    ],
)
def test_what_cannot_be_kept_says_why_and_nothing_is(wanted, words, sqlite_home):
    del sqlite_home
    audiences.keep("demo", LOCAL_OWNER, WOOL)
    with pytest.raises(UsageError) as error:
        audiences.keep("demo", LOCAL_OWNER, wanted, taken=("people", "reach"))
    assert words in str(error.value)
    assert len(audiences.audiences("demo", LOCAL_OWNER)) == 1


def test_saving_is_on_the_log_without_the_name(sqlite_home):
    del sqlite_home
    made = audiences.keep("demo", LOCAL_OWNER, WOOL)
    audiences.keep("demo", LOCAL_OWNER, replace(made, is_deleted=True))
    lines = audit.entries(kinds=("audience_change",))
    assert [line["viewer"] for line in lines.to_dicts()] == ["local", "local"]
    assert '"change":"deleted"' in lines["what"][0].replace(" ", "") + lines["what"][1].replace(" ", "")
    assert "Wool" not in "".join(lines["what"])


def test_lists_that_were_handed_out_are_remembered_by_their_last_day(database_url):
    del database_url
    audiences.note_sent("demo", LOCAL_OWNER, name="Wool eve", sent_on=dt.date(2026, 11, 1), keys=[5, -3, 2**62])
    audiences.note_sent("demo", LOCAL_OWNER, name="", sent_on=dt.date(2026, 11, 9), keys=[5])
    audiences.note_sent("demo", LOCAL_OWNER, name="none", sent_on=dt.date(2026, 11, 9), keys=[])
    found = audiences.contacted("demo")
    assert found.rows() == [(-3, dt.date(2026, 11, 1)), (5, dt.date(2026, 11, 9)), (2**62, dt.date(2026, 11, 1))]
    assert audiences.contacted("real").is_empty()


@pytest.mark.parametrize("scope", [GUEST, AGENT, BORROWED])
def test_only_head_office_hands_out_lists(scope, sqlite_home):
    del sqlite_home
    with pytest.raises(RefusedError):
        audiences.note_sent("demo", scope, name="x", sent_on=DAY, keys=[1])
    assert audiences.contacted("demo").is_empty()


@given(st.sets(st.integers(-(2**63), 2**63 - 1), max_size=50))
def test_keys_come_back(keys):
    assert list(unpacked(packed(keys))) == sorted(keys)


@pytest.mark.parametrize("text", ["", "no keys", "eJw=", "////"])
def test_keys_that_were_never_written_are_a_damaged_database(text):
    with pytest.raises(StorageError, match=r"^A list of customers holds what was never written"):
        unpacked(text)


def test_the_chain_of_audiences_verifies(sqlite_home):
    del sqlite_home
    audiences.keep("demo", LOCAL_OWNER, WOOL)
    audiences.note_sent("demo", LOCAL_OWNER, name="x", sent_on=DAY, keys=[1, 2])
    with database.reading("demo") as connection:
        assert connection.exec_driver_sql("select count(*) from audience_sent").scalar_one() == 1
