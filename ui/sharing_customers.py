"""One customer, found by what a viewer calls them, and the evidence pack about them."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

import polars as pl
import streamlit as st

from answers.customers import key_of as find
from answers.customers import named as called
from exports.files import safe_name
from metrics.bound_stories import worth_a_look
from schema.errors import UsageError
from schema.language import say
from ui.cards import plain
from ui.downloads import noted
from ui.sharing_rerun import replayed

if TYPE_CHECKING:
    from ui.view import View

_MOST = 200


def key_of(view: View, said: str) -> int | None:
    """The customer somebody means: ``C-`` and ten digits, or for the owner the shop's own id; None when nobody is."""
    try:
        return find(view.asked, said.strip())
    except UsageError:
        return None


def name_of_key(view: View, key: int) -> str:
    """What this viewer calls the customer."""
    return str(called(view.asked, pl.DataFrame({"customer_key": [key]}))["customer_id"][0])


@st.cache_resource(max_entries=16, show_spinner=False)
def _suggested(at: tuple[object, ...], _view: View) -> list[str]:
    """Customers worth a look, as ``worth_a_look`` orders them, as this viewer calls them."""
    del at
    keys = worth_a_look(_view.marts.bindings, _view.marts.attempts).head(_MOST)
    ids = dict(called(_view.asked, keys).select("customer_key", "customer_id").iter_rows())
    return [ids[key] for key in keys["customer_key"]]


def suggestions(view: View) -> list[str]:
    """Up to 200 customers, those with a whole story first; none for presenters."""
    if view.scope.role == "presenter":
        return []
    return _suggested((view.scope.key, view.snapshot.mode, view.snapshot.number, view.snapshot.published_at), view)


def customer_field(view: View, *, key: str) -> int | None:
    """Pick or type a customer, at first the one whom the URL names; None when nobody is meant or known."""
    known, meant = suggestions(view), st.query_params.get("customer", "")
    options = known if not meant or meant in known else [meant, *known]
    said = st.selectbox(
        say("Customer"),
        options,
        index=options.index(meant) if meant else None,
        key=key,
        accept_new_options=True,
        placeholder=say("Pick one, or type a customer's id"),
    )
    if not said:
        return None
    found = key_of(view, said)
    if found is None:
        st.caption(plain(say("No customer {said} with an owner here.", said=said[:60])))
    return found


def evidence_of(view: View, customer: int) -> bytes:
    """Everything the ledger says about one customer, as this viewer may read it: spells, claims, grounds and shares."""
    told = json.loads(replayed(view, customer).to_json(name_of_key(view, customer)))
    shares = view.marts.shares.filter(pl.col("customer_key") == customer).drop("customer_key").sort("seq")
    whole = {**told, "shares": shares.to_dicts(), "snapshot": view.snapshot.number, "as_of": view.asked.as_of}
    return json.dumps(whole, default=_text, ensure_ascii=False, indent=1).encode()


def evidence_button(view: View, customer: int, *, key: str) -> None:
    """Download what the ledger says about one customer."""
    st.download_button(
        say("Evidence pack (JSON)"),
        data=noted(lambda: evidence_of(view, customer), address="sharing/evidence", rows=1, form="json"),
        file_name=f"evidence-{safe_name(name_of_key(view, customer))}.json",
        mime="application/json",
        icon=":material/folder_zip:",
        on_click="ignore",
        key=key,
    )


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, dt.date | dt.datetime) else str(value)
