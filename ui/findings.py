"""The Overview's two lists: what is worth a look, and whether the data are fit."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs

import streamlit as st

from charts.numbers import percent
from exports.story_finding import found_number
from schema.codes import meaning
from schema.language import say, whole
from ui.cards import card, plain
from ui.data_freshness import freshness_card
from ui.page_list import page
from ui.story_pin import pin_finding

if TYPE_CHECKING:
    from ui.view import View

_MOST_CODES: Final = 3


def worth_a_look(view: View) -> None:
    """At most five findings; each links to the page and filters that show it."""
    answer = view.ask("overview/findings")
    with card(
        say("Worth a look"), say("Ranked by surprise; each opens where it shows"), answer, key="findings"
    ) as as_table:
        if as_table:
            return
        if answer.is_empty:
            st.caption(say("Nothing stands out in this period."))
        for index, row in enumerate(answer.table.iter_rows(named=True)):
            with st.container(horizontal=True, key=f"finding-{index}", vertical_alignment="center", gap="small"):
                st.markdown(f":orange[**{plain(found_number(row['value'], row['unit']))}**]", width=66)
                with st.container(gap=None):
                    st.page_link(page(row["page"]), label=plain(row["sentence"]), query_params=parse_qs(row["query"]))
                    st.caption(plain(row["detail"]))
                pin_finding(row, index)


def checks(view: View) -> None:
    """Is the data fit? What was checked on this snapshot, the all-clear included; for others than owners how fresh it is."""
    if view.scope.role != "owner":
        freshness_card(view)
        return
    report = view.ask("data/report")
    table = report.table
    rows = int(table["rows_in"].sum())
    aside = int(table["quarantined"].sum())
    title = (
        say("{share} of rows were accepted or known already", share=percent(1 - aside / rows))
        if rows
        else say("Checks on this snapshot")
    )
    with card(title, say("Checks on this snapshot"), report, key="checks") as as_table:
        if as_table:
            return
        duplicates = int(table["duplicate"].sum())
        lines = [
            _check(aside == 0, say("**{aside}** of {rows} rows set aside, none lost", aside=aside, rows=rows)),
            _check(duplicates == 0, say("**{duplicates}** duplicate rows removed", duplicates=duplicates)),
        ]
        for row in islice(view.ask("data/codes").table.iter_rows(named=True), _MOST_CODES):
            said = f"**{whole(row['rows'])}** {row['code']} {meaning(row['code']).lower()}"
            lines.append(_check(not row["code"].startswith("E"), said))
        st.markdown("\n\n".join(lines))
        st.page_link(page("data"), label=say("See every check"), icon=":material/arrow_forward:")


def _check(is_good: bool, text: str) -> str:  # noqa: FBT001
    return f":{'green' if is_good else 'orange'}[:material/{'check_circle' if is_good else 'info'}:] {text}"
