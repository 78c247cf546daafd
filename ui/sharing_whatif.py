"""The What-if tab: the last twelve months under other rules, side by side with what was. Nothing is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import polars as pl
import streamlit as st

from answers.sharing_simulation import CHANGES, otherwise
from charts.numbers import count, money_compact, number
from charts.sharing_money import winners_losers
from exports.files import csv_bytes
from ledger.simulate import Scenario, scenario_now, simulate
from schema.errors import CatchlightError
from schema.language import plural, say
from ui import links
from ui.cards import card, draw, nothing_here, plain
from ui.downloads import noted
from ui.layout import columns
from ui.sharing_scenario import given, presets
from ui.sharing_whatif_form import form
from ui.sharing_whatif_own import own_whatif
from ui.sharing_words import figures, is_owner
from ui.tables import show_table

if TYPE_CHECKING:
    from ledger.simulate_result import Simulation
    from ui.view import View

_STATE: Final = "_whatif"
_MONTHS: Final = 12
_DRAWN: Final = 24
_KEPT: Final = 12


def whatif_tab(view: View) -> None:
    """Draw the tab: what the URL asks for is compared at once."""
    if view.scope.role == "agent":
        own_whatif(view)
        return
    if not is_owner(view):
        nothing_here(say("Head office compares rules here."))
        return
    now = scenario_now(view.snapshot)
    said = given(st.query_params)
    _presets(now, said)
    found = _compared(view, now, said) if said else None
    if found is not None:
        _figures(found)
    left, right = columns(1, 1.9)
    with left:
        form(now, said)
    with right:
        if found is not None:
            _result(view, found)
        elif not said:
            _nothing_asked()
    if found is not None:
        _table(found)


def ask_for(said: dict[str, str]) -> None:
    """Write a comparison into the URL, and nothing of the one before."""
    for name in CHANGES:
        links.write(name, [said[name]] if said.get(name) else ())


def _presets(now: Scenario, said: dict[str, str]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="presets"):
        for index, (words, preset) in enumerate(presets(now.rules).items()):
            is_on = preset == said
            st.button(plain(words), key=f"preset-{index}", type="primary" if is_on else "secondary",
                      on_click=ask_for, args=({} if is_on else preset,))  # fmt: skip
        if said:
            st.button(
                say("Clear"), key="whatif-clear", type="tertiary", icon=":material/close:", on_click=ask_for, args=({},)
            )


def _nothing_asked() -> None:
    with card(
        say("What would change"),
        say("Choose what would be otherwise, or one of the comparisons above"),
        key="whatif-empty",
    ):
        st.markdown(
            say(
                "The orders of the last twelve months are shared out once by the rules in force and once by yours: "
                "who would receive more, who less, and what head office would keep.\n\n"
                "The link of the page holds the comparison: whoever opens it sees the same."
            )
        )


def _compared(view: View, now: Scenario, said: dict[str, str]) -> Simulation | None:
    """The comparison, computed once a visit; what cannot be understood is said, and nothing is compared."""
    kept: dict[tuple[Any, ...], Simulation] = st.session_state.setdefault(_STATE, {})
    at = (view.snapshot.mode, view.snapshot.number, view.snapshot.published_at)
    key = (*at, view.asked.currency, now.rules, now.policy, tuple(sorted(said.items())))
    if key not in kept:
        found = _run(view, now, said)
        if found is None:
            return None
        while len(kept) >= _KEPT:
            kept.pop(next(iter(kept)))
        kept[key] = found
    return kept[key]


def _run(view: View, now: Scenario, said: dict[str, str]) -> Simulation | None:
    bar = st.progress(0.0, say("Comparing …"))

    def told(share: float, text: str) -> None:
        bar.progress(max(0.0, min(1.0, share)), plain(text))

    try:
        return simulate(
            view.snapshot, now, otherwise(now, said), months=_MONTHS, currency=view.asked.currency, progress=told
        )
    except CatchlightError as refusal:
        st.error(plain(str(refusal)), icon=":material/error:")
        return None
    finally:
        bar.empty()


def _kept_delta(found: Simulation) -> int:
    return found.after.head_office_minor - found.before.head_office_minor


def _figures(found: Simulation) -> None:
    currency, delta = found.currency, _kept_delta(found)
    gini = f"{number(found.before.gini, 3)} → {number(found.after.gini, 3)}"
    kept = say(
        "What head office keeps more or less. Agents' sides get {before} now, {after} then.",
        before=money_compact(found.before.agents_minor, currency),
        after=money_compact(found.after.agents_minor, currency),
    )
    figures(
        [
            (say("Head office"), money_compact(delta, currency, sign="always"), kept),
            (say("Agents who gain"), count(found.winners), say("Agents whose side would receive more.")),
            (say("Agents who lose"), count(found.losers), say("Agents whose side would receive less.")),
            (say("Other owners"), count(found.owner_changes), say("Customers who would belong to another store.")),
            (say("Inequality"), gini, say("Gini of agents' shares, now → then: 0 is all alike, towards 1 all to one.")),
        ],
        key="whatif",
    )  # fmt: skip


def _result(view: View, found: Simulation) -> None:
    delta = _kept_delta(found)
    change = money_compact(abs(delta), found.currency)
    office = say("Head office keeps the same")
    if delta:
        more, less = (
            say("Head office keeps {amount} more", amount=change),
            say("Head office keeps {amount} less", amount=change),
        )
        office = more if delta > 0 else less
    title = say(
        "{office}; {winners}, {losers}", office=office, winners=_winning(found.winners), losers=_losing(found.losers)
    )
    said = say(
        "{n} orders, {first} to before {end}, after refunds · change for each agent's side",
        n=count(found.orders),
        first=found.first_on,
        end=found.end_on,
    )
    with card(title, said, key="whatif"):
        rows = _rows(found)
        draw(
            winners_losers(rows, view.theme, currency=found.currency, highlight=say("Head office"), alt=f"{title}."),
            key="whatif",
        )
        st.caption(
            say(
                "A comparison never writes the ledger: no rule, binding or share changes. The page's link shows it again."
            )
        )


def _winning(n: int) -> str:
    return plural("{n} agent gains", "{n} agents gain", n) if n else say("no agent gains")


def _losing(n: int) -> str:
    return plural("{n} loses", "{n} lose", n) if n else say("none loses")


def _table(found: Simulation) -> None:
    before = pl.col("before_minor")
    table = _named(found).with_columns(change=pl.when(before != 0).then(pl.col("delta_minor") / before))
    with card(
        say("Agent by agent"),
        say("What each side gets over {n} months, now and then", n=_MONTHS),
        key="whatif-agents",
    ):
        show_table(table, key="whatif-table", currency=found.currency,
                   height="content", columns=["name", "before_minor", "after_minor", "delta_minor", "change"])  # fmt: skip
        st.download_button(
            say("Comparison CSV"),
            data=noted(lambda: csv_bytes(table), address="sharing/simulation", rows=table.height, form="csv"), file_name="what-if.csv", mime="text/csv",
            icon=":material/download:", on_click="ignore", key="whatif-csv",
        )  # fmt: skip


def _named(found: Simulation) -> pl.DataFrame:
    """The sides, head office called so in the language of the moment."""
    office = pl.when(pl.col("agent_id").is_null()).then(pl.lit(say("Head office"))).otherwise(pl.col("name"))
    return found.agents.with_columns(office.alias("name"))


def _rows(found: Simulation) -> pl.DataFrame:
    """Head office first, then the agents whose change is largest, gains on top."""
    named = _named(found)
    office, agents = named.filter(pl.col("agent_id").is_null()), named.filter(pl.col("agent_id").is_not_null())
    largest = agents.sort(pl.col("delta_minor").abs(), "name", descending=[True, False]).head(_DRAWN)
    return pl.concat([office, largest.sort("delta_minor", "name", descending=[True, False])]).select(
        "name", "delta_minor"
    )
