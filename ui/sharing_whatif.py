"""The What-if tab: the last twelve months under other rules, side by side with what was. Nothing is written."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl
import streamlit as st

from charts.numbers import count, money_compact, number
from charts.sharing_money import winners_losers
from ledger.simulate import Scenario, Simulation, scenario_now, simulate
from schema.errors import CatchlightError
from schema.sharing import ALWAYS, CHOICES, NEVER
from ui.cards import card, draw, nothing_here, plain
from ui.layout import columns
from ui.sharing_scenario import changed
from ui.sharing_words import CHOICES as CHOICE_WORDS
from ui.sharing_words import figures, is_owner
from ui.tables import show_table

if TYPE_CHECKING:
    from ui.view import View

_STATE = "_whatif"
_MONTHS = 12
_DRAWN = 24


@dataclass(frozen=True)
class Asked:
    """What would be otherwise."""

    pool: float
    agent: float
    protection_days: int
    choose: str


def whatif_tab(view: View) -> None:
    """Draw the tab."""
    if not is_owner(view):
        nothing_here("Head office compares rules here.")
        return
    now = scenario_now(view.snapshot)
    left, right = columns(1, 1.9)
    with left:
        asked = _form(now)
    kept: dict[tuple[Any, ...], Simulation] = st.session_state.setdefault(_STATE, {})
    key = (view.snapshot.mode, view.snapshot.number, view.asked.currency, now.rules, now.policy, asked)
    with right:
        if asked is not None and key not in kept:
            found = _run(view, now, asked)
            if found is None:
                return
            kept[key] = found
        if asked is None:
            with card("What would change", "Choose on the left what would be otherwise", key="whatif-empty"):
                st.markdown(
                    "The orders of the last twelve months are shared out once by the rules in force and once by yours: "
                    "who would receive more, who less, and what head office would keep."
                )
            return
        _result(view, kept[key])


def _form(now: Scenario) -> Asked | None:
    """The numbers; None until they were submitted once in this visit."""
    policy = now.policy
    with (
        card("What if …", "Rules and binding of the last twelve months", key="whatif-form"),
        st.form("whatif", border=False),
    ):
        pool = st.number_input(
            "Pool, points of net", value=0.0, min_value=-20.0, max_value=20.0, step=0.5,
            help="Added to the pool of every rule that shares; all its receivers get more or less alike.",
        )  # fmt: skip
        agent = st.number_input(
            "Agent's part, points of net", value=0.0, min_value=-10.0, max_value=10.0, step=0.5,
            help="Added for the agent alone, in rules that pay one.",
        )  # fmt: skip
        days = st.number_input(
            "Protected for so many days", value=policy.protection_days, min_value=NEVER, max_value=3_650, step=30,
            help=f"Now {policy.protection_days}. {ALWAYS}: always contestable. {NEVER}: never.",
        )  # fmt: skip
        choose = st.selectbox(
            "Who gets a new customer", CHOICES, index=CHOICES.index(policy.choose), format_func=CHOICE_WORDS.__getitem__
        )
        if st.form_submit_button("Compare", type="primary", icon=":material/balance:"):
            st.session_state[f"{_STATE}_asked"] = Asked(float(pool), float(agent), int(days), str(choose))
        st.caption("A comparison never writes the ledger: no rule, binding or share changes.")
    asked = st.session_state.get(f"{_STATE}_asked")
    return asked if isinstance(asked, Asked) else None


def _run(view: View, now: Scenario, asked: Asked) -> Simulation | None:
    after = Scenario(
        changed(now.rules, pool=asked.pool, agent=asked.agent),
        dataclasses.replace(now.policy, protection_days=asked.protection_days, choose=asked.choose),
    )
    bar = st.progress(0.0, "Comparing …")

    def told(share: float, text: str) -> None:
        bar.progress(max(0.0, min(1.0, share)), plain(text))

    try:
        return simulate(
            view.snapshot,
            now,
            after,
            months=_MONTHS,
            currency=view.asked.currency,
            progress=told,
        )
    except CatchlightError as refusal:
        st.error(plain(str(refusal)), icon=":material/error:")
        return None
    finally:
        bar.empty()


def _result(view: View, found: Simulation) -> None:
    currency = found.currency
    delta = found.after.head_office_minor - found.before.head_office_minor
    change = money_compact(abs(delta), currency)
    title = (
        f"Head office would keep {change} {'more' if delta > 0 else 'less'}"
        if delta
        else "Head office would keep the same"
    )
    title += f"; {found.winners} agents gain, {found.losers} lose"
    said = f"{count(found.orders)} orders, {found.first_on} to {found.end_on}, after refunds · change for each agent's side"
    unequal = f"Gini of agents' shares: 0 is all alike, towards 1 all to one. Now it is {number(found.before.gini, 3)}."
    with card(title, said, key="whatif"):
        figures(
            [
                (
                    "Agents' side now",
                    money_compact(found.before.agents_minor, currency),
                    "What goes to agents, their stores and guides by the rules in force.",
                ),
                ("Agents then", money_compact(found.after.agents_minor, currency), "The same under your rules."),
                ("Inequality", number(found.after.gini, 3), unequal),
                ("Other owners", count(found.owner_changes), "Customers who would belong to another store."),
            ],
            key="whatif",
        )
        rows = _rows(found)
        draw(winners_losers(rows, view.theme, currency=currency, highlight="Head office", alt=title), key="whatif")
        with st.expander("As table"):
            show_table(found.agents, key="whatif-table", currency=currency,
                       columns=["name", "before_minor", "after_minor", "delta_minor"])  # fmt: skip


def _rows(found: Simulation) -> pl.DataFrame:
    """Head office first, then the agents whose change is largest, gains on top."""
    office = found.agents.filter(pl.col("agent_id").is_null())
    agents = found.agents.filter(pl.col("agent_id").is_not_null())
    largest = agents.sort(pl.col("delta_minor").abs(), "name", descending=[True, False]).head(_DRAWN)
    return pl.concat([office, largest.sort("delta_minor", "name", descending=[True, False])]).select(
        "name", "delta_minor"
    )
