"""An agent's What-if: their own stores' shares under other rules, from their own entries alone. Nothing is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl
import streamlit as st

from answers.sharing_simulation import CHANGES
from charts.numbers import money_compact
from charts.sharing_money import winners_losers
from ledger import api as ledger
from schema.errors import CatchlightError
from schema.language import later, say
from ui import links
from ui.cards import card, draw, nothing_here, plain, trust_line
from ui.layout import columns
from ui.sharing_scenario import POINTS, given, points_of
from ui.sharing_words import figures, names_of
from ui.tables import show_table

if TYPE_CHECKING:
    from answers.answer import Answer
    from ui.view import View

_LABELS: Final = {
    "pool": later("Pool"),
    "agent_share": later("Agent"),
    "store_share": later("Store"),
    "guide_share": later("Guide"),
}
_MOST: Final = 20.0
_DRAWN: Final = 24
_COLUMNS: Final = ("name", "before_minor", "after_minor", "delta_minor")


def own_whatif(view: View) -> None:
    """Draw the tab for an agent: what the URL asks for is compared at once."""
    said = given(st.query_params)
    left, right = columns(1, 1.9)
    with left:
        _form(view, said)
    with right:
        found = _answers(view, said) if said else None
        if found is not None:
            _result(view, *found)
        elif not said:
            _nothing_asked()


def _form(view: View, said: dict[str, str]) -> None:
    rules = ["", *sorted({rule.rule_id for rule in ledger.rules_for(view.snapshot, view.scope) if rule.pool_bps})]
    points = {name: points_of(said.get(name, "")) for name in POINTS}
    one = next((rule for rule, value in points.values() if rule in rules and value), "")
    stamp = "&".join(f"{name}={value}" for name, value in said.items())
    if st.session_state.get("_own_whatif") != stamp:  # the URL changed: the form shows it, whatever was typed before
        st.session_state["_own_whatif"] = stamp
        st.session_state["wo-rule"] = one
        for name, (_, value) in points.items():
            st.session_state[f"wo-{name}"] = max(-_MOST, min(_MOST, value))
    with card(say("What if …"), say("Points of net sales added to the rules"), key="own-form"), st.form(
        "own-whatif", border=False
    ):  # fmt: skip
        st.session_state.setdefault("wo-rule", one)
        st.selectbox(
            say("In which rules"), rules, format_func=lambda rule: rule or say("All that share"), key="wo-rule"
        )
        left, right = st.columns(2, gap="small")
        for index, (name, label) in enumerate(_LABELS.items()):
            st.session_state.setdefault(f"wo-{name}", 0.0)
            (left, right)[index % 2].number_input(
                say(label), min_value=-_MOST, max_value=_MOST, step=0.5, format="%.2f", key=f"wo-{name}"
            )
        st.caption(say("Whose a customer is stays as it is: only head office tries other bindings."))
        st.form_submit_button(say("Compare"), type="primary", icon=":material/balance:", on_click=_submit)


def _submit() -> None:
    rule = str(st.session_state["wo-rule"] or "")
    for name in CHANGES:
        value = float(st.session_state[f"wo-{name}"]) if name in POINTS else 0.0
        links.write(name, [(f"{rule}:" if rule else "") + f"{value:+g}"] if value else ())


def _answers(view: View, said: dict[str, str]) -> tuple[Answer, Answer] | None:
    """What the agent's whole side and each own store would get; a refusal in its own words."""
    try:
        whole = view.ask("sharing/simulation", **said)
        return whole, view.ask("sharing/simulation", by="store", **said)
    except CatchlightError as refusal:
        st.warning(plain(str(refusal)), icon=":material/lock:")
        return None


def _result(view: View, whole: Answer, stores: Answer) -> None:
    if whole.is_empty:
        with card(say("What would change"), say("Your side, after refunds"), whole, key="own-result"):
            nothing_here(say("No order of yours was shared in these months."))
        return
    before, after, delta = (int(whole.table[name].sum()) for name in _COLUMNS[1:])
    money = [money_compact(value, whole.currency) for value in (before, after)]
    figures(
        [
            (say("You now"), money[0], say("What your side got over 12 months, after refunds.")),
            (say("You then"), money[1], say("What it would have got under these rules.")),
            (say("Change"), money_compact(delta, whole.currency, sign="always"), say("Then less now.")),
        ],
        key="ownwhatif",
    )
    change = money_compact(abs(delta), whole.currency)
    title = say("You would get the same")
    if delta:
        title = say("You would get {change} more", change=change) if delta > 0 else say(
            "You would get {change} less", change=change
        )  # fmt: skip
    _stores(view, title, stores)
    trust_line(whole)


def _stores(view: View, title: str, stores: Answer) -> None:
    names = names_of(view)
    rows = stores.table.with_columns(name=pl.col("store_id").replace(names))
    rows = rows.sort("delta_minor", "name", descending=[True, False])
    with card(
        title,
        say("What the stores themselves would get · your own share and the guides' come on top"),
        stores,
        key="own-result",
    ) as as_table:
        if not as_table:
            shown = rows.filter(pl.col("delta_minor") != 0).head(_DRAWN)
            if shown.height:
                draw(
                    winners_losers(shown, view.theme, currency=stores.currency, highlight=shown["name"][0], alt=title),
                    key="own-result",
                )
            show_table(rows, key="own-table", currency=stores.currency, height="content", columns=list(_COLUMNS))
        st.caption(say("A comparison never writes the ledger. It counts orders that are yours to read, and no others."))


def _nothing_asked() -> None:
    with card(say("What would change"), say("Choose what would be otherwise"), key="own-empty"):
        st.markdown(
            say(
                "Your orders of the last twelve months are shared out once by the rules in force and once by yours: what "
                "you and each of your stores would receive more or less. The link of the page holds the comparison."
            )
        )
