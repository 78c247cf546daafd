"""The row of key figures: value, change against the period before, a small line, and the definition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from answers.headlines import histories
from answers.memo import of_answer
from charts.numbers import count, show
from schema.days import span
from schema.language import from_python, say
from schema.wording import KPIS
from ui.plain import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from answers.answer import Answer
    from ui.view import View

FIRST = ("net_minor", "orders", "average_order_value_minor", "conversion_rate", "return_rate", "new_members")
MORE = ("buyers", "repeat_rate", "dwell_minutes", "linger_rate", "online_share")
SHARING = ("binding_coverage", "binding_timely", "pool_accrued_minor", "hq_retained_minor")
_VISIBLE = 0.05
"""A change that rounds to 0.0 has no direction."""
_LESS_IS_BETTER = frozenset({"return_rate"})


def key_figures(view: View, wanted: Sequence[str], *, key: str, lines: bool = True) -> None:
    """Up to six figures in a row; two a row on a phone, without the small lines."""
    told = _told(view.ask("overview/kpis"), view.asked.currency)
    weeks = histories(view.ask("overview/weekly")) if lines else {}
    with st.container(key=key, horizontal=True):
        for kpi in wanted:
            history = weeks.get(kpi, [])
            st.metric(**told[kpi], border=True, height="stretch", chart_data=history if len(history) > 1 else None)


def sharing_figures(view: View, *, key: str) -> None:
    """Owners and shares in a row of their own, once the ledger holds any: before, four dashes would only be in the way."""
    if not (view.marts.bindings.is_empty() and view.marts.shares.is_empty()):
        key_figures(view, SHARING, key=key, lines=False)


@of_answer
def _told(kpis: Answer, currency: str) -> dict[str, dict[str, Any]]:
    """What each figure says, by its name."""
    return {row["kpi"]: _words(row, currency) for row in kpis.table.iter_rows(named=True)}


def _words(row: dict[str, Any], currency: str) -> dict[str, Any]:
    word = KPIS[row["kpi"]]
    return {
        "label": say(word.label),
        "value": show(row["value"], _unit(word.unit, currency)),
        "delta": _change(row, word.unit),
        "delta_color": "inverse" if row["kpi"] in _LESS_IS_BETTER else "normal",
        "help": "\n\n".join(
            (
                f"{say(word.definition)}{_note(row)}",
                f"{span(row['from_on'], row['to_on'])} · n = {count(row['n'])}",
                say(
                    "Period before: {previous} · a year earlier: {year_ago}",
                    previous=show(row["previous"], _unit(word.unit, currency)),
                    year_ago=show(row["year_ago"], _unit(word.unit, currency)),
                ),
            )
        ),
    }


def _note(row: dict[str, Any]) -> str:
    return f"\n\n{plain(row['note'])}" if row["note"] else ""


def _unit(unit: str, currency: str) -> str:
    return {"minor units": currency}.get(unit, unit)


def _change(row: dict[str, Any], unit: str) -> str | None:
    """ASCII signs: the widget reads a true minus as positive."""
    value, previous = row["value"], row["previous"]
    if value is None or previous is None:
        return None
    if unit == "rate":
        change, word = (value - previous) * 100, "pp"
    elif previous:
        change, word = (value / previous - 1) * 100, "%"
    else:
        return None
    if abs(change) < _VISIBLE:
        return None
    shown = from_python(f"{change:+.1f}")
    return say("{n} pp", n=shown) if word == "pp" else f"{shown} {word}"
