"""The Data page's contacts and its way to forget a customer: for the owner alone, logged, and said in plain words."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from records import audit
from records import viewers as people
from schema.scope import LOCAL_OWNER, Scope
from ui import contacts, signin
from warehouse import api as warehouse

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.testing.v1 import AppTest

    from tests.ui.conftest import Shop

CUSTOMERS = """customer_id,registered_at,consent_marketing_at,opted_out_at
MEMBER-000777,2026-01-10 10:00:00,2026-01-10 10:00:00,
MEMBER-000778,2026-01-11 10:00:00,2026-01-11 10:00:00,
MEMBER-000779,2026-01-12 10:00:00,2026-01-12 10:00:00,2026-02-01 10:00:00
"""
ORDERS = """order_id,customer_id,order_date,amount,channel
O1,MEMBER-000777,2026-02-01 10:00:00,100.00,pos
O2,MEMBER-000778,2026-02-15 10:00:00,50.00,pos
"""
GONE = "MEMBER-000777"


@pytest.fixture
def company(shop: Shop) -> Shop:
    """Two customers who may be written to, and one who opted out."""
    shop.load("customers.csv", CUSTOMERS)
    shop.load("orders.csv", ORDERS)
    return shop


def said(at: AppTest) -> str:
    kinds = (at.markdown, at.caption, at.subheader, at.success, at.error)
    return "\n".join(str(one.value) for kind in kinds for one in kind).replace("\\", "").replace("\u2060", "")


def fill(at: AppTest, label: str, words: str) -> AppTest:
    next(box for box in at.text_input if box.label == label).input(words)
    return at.run()


def logged(kind: audit.Kind) -> list[tuple[str, dict[str, object]]]:
    return [(row["viewer"], json.loads(row["what"])) for row in audit.entries(kinds=[kind]).to_dicts()]


def there() -> list[str]:
    snapshot = warehouse.open_snapshot("real")
    assert snapshot is not None
    return sorted(snapshot.read("customer_keys")["customer_id"])


def export_button(at: AppTest) -> Any:
    (button,) = [one for one in at.get("download_button") if getattr(one, "label", "") == "Export contacts"]
    return button


def test_the_file_waits_for_a_reason_and_its_line_is_on_the_log(company: Shop, app: Callable[..., AppTest]) -> None:
    at = app("data", section="contacts")
    assert not at.exception
    assert "**2** customers may be written to." in said(at)
    assert export_button(at).proto.disabled
    at = fill(at, "Reason", "invitation to the autumn sale")
    assert not export_button(at).proto.disabled
    assert logged("contact_export") == []  # nothing leaves before it is pressed
    view: Any = SimpleNamespace(snapshot=warehouse.open_snapshot("real"), scope=LOCAL_OWNER)
    made = contacts._handed_out(view, "invitation to the autumn sale", "")()  # what the button hands out
    assert made.decode().splitlines()[1].startswith("MEMBER-00077")
    assert len(made.splitlines()) == 3
    what = {"reason": "invitation to the autumn sale", "rows": 2, "for": "head office"}
    assert logged("contact_export") == [("local", what)]


@pytest.mark.parametrize(
    "scope", [Scope("agent", "V-002", "A1"), Scope("presenter", "V-003"), Scope("owner", "V-001", is_borrowed=True)]
)
def test_nobody_else_finds_contacts_or_forgetting(
    scope: Scope, company: Shop, app: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    seat = signin.Seat(scope, scope, "Li", is_signed_in=False)
    monkeypatch.setattr(signin, "_seat_now", lambda: seat)
    at = app("data", section="contacts")
    assert not at.exception
    assert "Contacts who agreed" not in said(at)
    assert "Forget a customer" not in said(at)
    assert not [one for one in at.button if one.label == "Forget for good"]


def test_a_customer_is_forgotten_after_the_id_was_typed_twice(company: Shop, app: Callable[..., AppTest]) -> None:
    at = fill(app("data", section="contacts"), "Customer", GONE)
    (button,) = [one for one in at.button if one.label == "Forget for good"]
    assert button.disabled
    at = fill(at, "Type the customer once more to confirm", "MEMBER-000778")
    assert "The two are not the same." in said(at)
    assert next(one for one in at.button if one.label == "Forget for good").disabled
    at = fill(at, "Type the customer once more to confirm", GONE)
    at = fill(at, "Reason (optional)", "asked in writing")
    next(one for one in at.button if one.label == "Forget for good").click()
    at.run()
    assert not at.exception
    assert there() == ["MEMBER-000778", "MEMBER-000779"]
    ((viewer, what),) = logged("forget")
    assert (viewer, what["reason"]) == ("local", "asked in writing")
    assert f"1 customer is forgotten, by the pseudonym {what['customer']} on the audit log." in said(at)
    assert next(box for box in at.text_input if box.label == "Customer").value == ""
    assert "**1** customer may be written to." in said(at)


@pytest.mark.parametrize(
    ("who", "reason", "refusal"),
    [
        ("MEMBER-1", "", "No customer MEMBER-1 in the real data"),
        (GONE, f"{GONE} asked", "The reason names the customer"),
    ],
)
def test_a_refusal_is_said_and_nobody_is_forgotten(
    who: str, reason: str, refusal: str, company: Shop, app: Callable[..., AppTest]
) -> None:
    at = fill(app("data", section="contacts"), "Customer", who)
    at = fill(at, "Reason (optional)", reason)
    at = fill(at, "Type the customer once more to confirm", who)
    next(one for one in at.button if one.label == "Forget for good").click()
    at.run()
    assert not at.exception
    assert refusal in said(at)
    assert GONE in there()
    assert logged("forget") == []


def test_an_owner_who_became_a_presenter_meanwhile_forgets_nobody(
    company: Shop, app: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    people.add_viewer(LOCAL_OWNER, role="owner", email="bo@shop.example")
    ada = people.add_viewer(LOCAL_OWNER, role="owner", email="ada@shop.example")
    own = people.scope_of(ada)
    monkeypatch.setattr(signin, "_seat_now", lambda: signin.Seat(own, own, "Ada", is_signed_in=False))
    at = fill(fill(app("data", section="contacts"), "Customer", GONE), "Type the customer once more to confirm", GONE)
    people.change_viewer(LOCAL_OWNER, ada.viewer_id, role="presenter")
    next(one for one in at.button if one.label == "Forget for good").click()
    at.run()
    assert "What you may see was changed meanwhile" in said(at)
    assert GONE in there()
