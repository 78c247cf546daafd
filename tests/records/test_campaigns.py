"""A campaign keeps both lists as they were drawn, is sent once, and only head office plans it."""

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest
import sqlalchemy as sa

from records import audit, campaigns, chain, database
from records.campaign_table import lists
from records.campaigns import Campaign
from records.heads import read_heads
from records.kept_lists import digest_of, packed
from schema.errors import RefusedError, StorageError, UsageError
from schema.scope import LOCAL_OWNER, Scope

OTHERS = (Scope("presenter", "V-002"), Scope("agent", "V-003", "A1"), Scope("owner", "V-004", is_borrowed=True))
WOOL = Campaign("wool-eve", "AU-001", 3, "s2026", 1_000, 14)
TREATED = pl.Series("customer_key", [2**62 + 5, -7, 11])
HELD = pl.Series("customer_key", [3, 4])
ON = dt.date(2026, 9, 24)


def planned(wanted=WOOL, treated=TREATED, holdout=HELD, by=LOCAL_OWNER):
    return campaigns.plan("demo", by, wanted, treated=treated, holdout=holdout)


def test_both_lists_come_back_as_they_were_drawn(database_url):
    del database_url
    made = planned()
    assert (made.version, made.treated_count, made.holdout_count, made.sent_on) == (1, 3, 2, None)
    assert campaigns.campaigns("demo") == (made,)
    found = campaigns.members("demo", [made.treated, made.holdout])
    assert found[made.treated].to_list() == [-7, 11, 2**62 + 5]
    assert found[made.holdout].to_list() == [3, 4]
    assert campaigns.campaigns("real") == ()


def test_a_retry_adds_nothing_and_another_campaign_needs_another_name(sqlite_home):
    del sqlite_home
    first = planned()
    assert planned() == first
    with pytest.raises(UsageError, match=r"^There is a campaign wool-eve already; choose another name\.$"):
        planned(treated=pl.Series([1]))
    second = planned(replace(WOOL, name="wool eve 2"))
    assert [one.name for one in campaigns.campaigns("demo")] == ["wool-eve", "wool eve 2"]
    assert second.treated == first.treated


def test_it_is_sent_once_and_measured_from_that_day(sqlite_home):
    del sqlite_home
    planned()
    sent = campaigns.send("demo", LOCAL_OWNER, "wool-eve", ON)
    assert (sent.version, sent.sent_on, sent.ends_on) == (2, ON, dt.date(2026, 10, 8))
    assert campaigns.send("demo", LOCAL_OWNER, "wool-eve", ON) == sent
    with pytest.raises(UsageError, match="was sent already"):
        campaigns.send("demo", LOCAL_OWNER, "wool-eve", dt.date(2026, 9, 25))
    with pytest.raises(UsageError, match="its result stays"):
        campaigns.withdraw("demo", LOCAL_OWNER, "wool-eve")
    with pytest.raises(UsageError, match="There is no campaign other here"):
        campaigns.send("demo", LOCAL_OWNER, "other", ON)


def test_what_was_never_sent_can_be_withdrawn_and_its_name_stays_taken(sqlite_home):
    del sqlite_home
    planned()
    campaigns.withdraw("demo", LOCAL_OWNER, "wool-eve")
    assert campaigns.campaigns("demo") == ()
    with pytest.raises(UsageError, match="There is no campaign wool-eve here"):
        campaigns.campaign("demo", "wool-eve")
    with pytest.raises(UsageError, match="already"):
        planned()


@pytest.mark.parametrize("by", OTHERS)
def test_nobody_but_an_owner_as_themselves_plans_or_sends(sqlite_home, by):
    del sqlite_home
    planned()
    for deed in (
        lambda: planned(replace(WOOL, name="x"), by=by),
        lambda: campaigns.send("demo", by, "wool-eve", ON),
        lambda: campaigns.withdraw("demo", by, "wool-eve"),
    ):
        with pytest.raises(RefusedError):
            deed()
    assert campaigns.campaign("demo", "wool-eve").version == 1


@pytest.mark.parametrize(
    ("wanted", "treated", "holdout", "message"),
    [
        (replace(WOOL, name=" "), TREATED, HELD, "needs a name and a salt"),
        (replace(WOOL, salt=""), TREATED, HELD, "needs a name and a salt"),
        (replace(WOOL, name="a|b"), TREATED, HELD, "hold no | sign"),
        (replace(WOOL, name="x" * 81), TREATED, HELD, "at most 80"),
        (replace(WOOL, window_days=0), TREATED, HELD, "1 to 365 days"),
        (WOOL, TREATED, HELD.clear(), "one of the two lists is empty"),
        (WOOL, TREATED, pl.Series([11]), "1 customers are on both lists"),
    ],
)
def test_what_cannot_be_measured_is_not_planned(sqlite_home, wanted, treated, holdout, message):
    del sqlite_home
    with pytest.raises(UsageError) as told:
        planned(wanted, treated, holdout)
    assert message in str(told.value)
    assert campaigns.campaigns("demo") == ()


def test_every_change_is_on_the_log_without_a_customer(sqlite_home):
    del sqlite_home
    planned()
    campaigns.send("demo", LOCAL_OWNER, "wool-eve", ON)
    lines = audit.entries(kinds=("campaign_change",))
    assert lines["kind"].to_list() == ["campaign_change"] * 2
    assert "4611686018427387909" not in str(lines.rows())


def test_a_list_that_was_tampered_with_or_is_gone_is_not_used(sqlite_home):
    del sqlite_home
    made = planned()
    with pytest.raises(StorageError, match="is missing"):
        campaigns.members("demo", ["0" * 64])
    body = packed(HELD)
    assert campaigns.keys_of(digest_of(body), body).to_list() == [3, 4]
    with pytest.raises(StorageError, match="not what was written"):
        campaigns.keys_of(made.treated, body)


def test_the_lists_are_chained(sqlite_home):
    del sqlite_home
    planned()
    with database.reading("demo") as connection:
        assert chain.verify(connection, lists, head=read_heads("demo").get("campaign_lists")).rows == 2
        with pytest.raises(sa.exc.DBAPIError):
            connection.execute(sa.delete(lists))
