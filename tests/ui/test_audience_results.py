"""A campaign is drawn, handed out for a reason, sent and then told with its doubt; nobody but an owner plans one."""

from __future__ import annotations

import datetime as dt
import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from answers import campaign_plan
from answers.periods import context
from metrics.lift import bucket
from records import audiences, audit, campaigns
from records.audiences import Audience
from schema.errors import RefusedError, UsageError
from schema.filters import parse_filters
from schema.scope import LOCAL_OWNER, Scope
from ui import audience_plan, signin
from ui.view import marts_of
from warehouse import api as warehouse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from streamlit.testing.v1 import AppTest

    from tests.ui.conftest import Shop

OTHERS = [Scope("agent", "V-002", "A1"), Scope("presenter", "V-003"), Scope("owner", "V-001", is_borrowed=True)]


@pytest.fixture
def company(shop: Shop) -> Shop:
    """Forty customers who may be written to, two who opted out, and two orders."""
    rows = [f"M-{n:03d},2026-01-10 10:00:00,2026-01-10 10:00:00," for n in range(40)]
    rows += [f"N-{n},2026-01-10 10:00:00,2026-01-10 10:00:00,2026-02-01 10:00:00" for n in range(2)]
    head = "customer_id,registered_at,consent_marketing_at,opted_out_at\n"
    shop.load("customers.csv", head + "\n".join(rows) + "\n")
    shop.load(
        "orders.csv",
        "order_id,customer_id,order_date,amount,channel\nO1,M-000,2026-02-01 10:00:00,100.00,pos\n"
        "O2,M-001,2026-03-15 10:00:00,50.00,pos\n",
    )
    return shop


def said(at: AppTest) -> str:
    kinds = (at.markdown, at.caption, at.subheader, at.success, at.error, at.warning)
    return "\n".join(str(one.value) for kind in kinds for one in kind).replace("\\", "").replace("\u2060", "")


def button(at: AppTest, label: str) -> Any:
    return next(one for one in at.button if one.label == label)


def named(at: AppTest, words: str) -> AppTest:
    next(box for box in at.text_input if box.label == "Name of the campaign").input(words)
    return at.run()


def drawn(app: Callable[..., AppTest]) -> AppTest:
    at = named(app("audiences"), "spring")
    return button(at, "Draw both lists").click().run()


def test_the_demos_campaigns_are_told_as_planted(demo: Path, app: Callable[..., AppTest]) -> None:
    at = app("audiences")
    assert not at.exception
    words = said(at)
    assert "wool-eve worked: +2.0 pp; 1 of 2 campaigns are proven" in words
    assert "540 of 9,000 written to bought (6.0 %), 40 of 1,000 held out (4.0 %)" in words
    assert "180 more buyers (47 to 285)" in words
    assert "1,952 customers were on the lists of wool-eve and scarf-week" in words
    (figure,) = [one for one in at.get("plotly_chart") if "not proven" in one.proto.spec]
    assert "+2.0 pp" in figure.proto.spec


def test_a_campaign_is_drawn_by_the_hash_and_sent(company: Shop, app: Callable[..., AppTest]) -> None:
    at = app("audiences")
    assert not at.exception
    assert "40 customers" in said(at)
    assert button(at, "Draw both lists").disabled
    at = drawn(app)
    assert not at.exception
    one = campaigns.campaign("real", "spring")
    salted = [bucket("s2026", "spring", f"M-{n:03d}") < one.holdout_bps for n in range(40)]
    assert (one.treated_count, one.holdout_count) == (40 - sum(salted), sum(salted))
    assert f"spring is drawn: {one.treated_count} to write to, {one.holdout_count} held out." in said(at)
    assert "spring waits to be sent" in said(at)
    at.date_input[-1].set_value(dt.date(2026, 3, 10))
    at = button(at, "It was sent").click().run()
    assert not at.exception
    assert campaigns.campaign("real", "spring").sent_on == dt.date(2026, 3, 10)
    assert "spring is measured from that day on." in said(at)
    assert "written to bought" in said(at)
    assert "Not judged before its last day has passed." in said(at)


def test_a_name_that_is_taken_is_refused_in_words(company: Shop, app: Callable[..., AppTest]) -> None:
    drawn(app)
    at = button(named(app("audiences"), "a|b"), "Draw both lists").click().run()
    assert not at.exception
    assert "hold no | sign" in said(at)
    at = button(drawn(app), "Withdraw").click().run()
    assert campaigns.campaigns("real") == ()
    at = drawn(app)
    assert not at.exception
    assert "There is a campaign spring already; choose another name." in said(at)


def test_whom_to_write_to_leaves_for_a_reason_and_without_those_held_out(
    company: Shop, app: Callable[..., AppTest]
) -> None:
    at = drawn(app)
    (export,) = [one for one in at.get("download_button") if getattr(one, "label", "") == "Export whom to write to"]
    assert export.proto.disabled
    snapshot = warehouse.open_snapshot("real")
    assert snapshot is not None
    owner = Scope("owner", "local")
    view: Any = SimpleNamespace(snapshot=snapshot, scope=owner, marts=marts_of(snapshot, owner))
    made = audience_plan._handed_out(view, "spring", "invitation to the spring sale")().decode().splitlines()
    one = campaigns.campaign("real", "spring")
    assert made[0].endswith("customer_id")
    assert len(made) == one.treated_count + 1
    assert not [name for name in made[1:] if bucket("s2026", "spring", name) < one.holdout_bps]
    (line,) = audit.entries(kinds=["contact_export"]).to_dicts()
    assert json.loads(line["what"]) == {
        "reason": "invitation to the spring sale", "rows": one.treated_count, "for": "campaign spring",
    }  # fmt: skip


def test_a_saved_audience_is_drawn_as_it_was_saved(company: Shop) -> None:
    del company
    saved = Audience("", "never bought", ("cohort:never",), dt.date(2026, 3, 16), 1, 38)
    audiences.keep("real", LOCAL_OWNER, saved)
    snapshot = warehouse.open_snapshot("real")
    assert snapshot is not None
    marts = warehouse.load_marts(snapshot, LOCAL_OWNER)
    asked = context(parse_filters(""), LOCAL_OWNER, snapshot, marts, page="audiences")
    made = campaign_plan.plan(asked, name="come back", audience="never bought", days=7)
    assert (made.audience_id, made.audience_version, made.window_days) == ("AU-001", 1, 7)
    assert made.treated_count + made.holdout_count == 38
    with pytest.raises(UsageError, match="There is no audience"):
        campaign_plan.plan(asked, name="x", audience="nobody")
    for scope in OTHERS[:2]:
        with pytest.raises(RefusedError):
            campaign_plan.reachable(context(parse_filters(""), scope, snapshot, marts, page="audiences"))


@pytest.mark.parametrize("scope", OTHERS)
def test_nobody_else_plans_a_campaign(
    scope: Scope, company: Shop, app: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    seat = signin.Seat(scope, scope, "Li", is_signed_in=False)
    monkeypatch.setattr(signin, "_seat_now", lambda: seat)
    at = app("audiences")
    assert not at.exception
    assert not [one for one in at.button if one.label == "Draw both lists"]
    assert not [box for box in at.text_input if box.label == "Name of the campaign"]
