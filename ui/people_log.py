"""The People page's audit log: what was done, by whom, in words; narrowed by the URL, exported, and verified on demand."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from exports.files import csv_bytes
from exports.words import spoken
from records import audit
from records import viewers as people
from records.company import COMPANY
from records.verifying import verified
from records.viewer_table import viewers as viewers_table
from schema.language import language, plural, say, speaking
from ui import links
from ui.cards import nothing_here, plain
from ui.downloads import refuse_if_changed
from ui.layout import pick, toolbar
from ui.people import who
from ui.people_log_words import KIND_WORDS, WHO, in_words
from ui.signin import current_seat
from ui.tables import show_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from schema.scope import Scope

SHOWN: Final = 500
"""Lines on the screen; more would take longer to draw than anybody reads. The export holds all."""
_TALL: Final = 15
"""Lines from which on the table scrolls by itself."""
_FIRST: Final = dt.date(2000, 1, 1)
_LAST: Final = dt.date(2100, 12, 31)
_VERDICT: Final = "_people_verdict"


def log_part() -> None:
    """Draw the part."""
    asked = _asked()
    lines = audit.entries(**asked, last=SHOWN + 1)
    with st.container(border=True, key="card-log"):
        st.subheader(_title(lines.height), anchor=False)
        st.caption(say("Times in UTC, newest first · people by their id alone, never by address"))
        _filters()
        if lines.is_empty():
            nothing_here(say("Nothing of this kind was done in this time."))
        else:
            told = in_words(lines.reverse().head(SHOWN))
            show_table(
                told.select(column for column in told if column.name != say("Data") or column.count()),
                key="log",
                as_given=True,
                height="content" if lines.height < _TALL else 560,
            )
        _below(asked, lines.height)


def _title(found: int) -> str:
    if found > SHOWN:
        return say("The newest {shown} entries", shown=SHOWN)
    return plural("One entry", "{n} entries", found)


def _asked() -> dict[str, Any]:
    """What the URL asks for; what it says wrongly narrows nothing, since owners may read every line anyway."""
    since, until = _day("since"), _day("until")
    kinds = [kind for kind in st.query_params.get_all("kind") if kind in KIND_WORDS]
    return {
        "kinds": kinds,
        "viewer": links.option("who", list(_whose())),
        "since": None if since is None else dt.datetime.combine(since, dt.time(), dt.UTC),
        "until": None if until is None else dt.datetime.combine(until, dt.time(), dt.UTC) + dt.timedelta(days=1),
    }


def _day(name: str) -> dt.date | None:
    try:
        day = dt.date.fromisoformat(st.query_params.get(name, ""))
    except ValueError:
        return None
    return day if _FIRST <= day <= _LAST else None


def _whose() -> dict[str, str]:
    return spoken(WHO) | {one.viewer_id: who(one) for one in people.viewers()}


def _filters() -> None:
    with toolbar("logfilters"):
        words = _whose()
        pick(say("Who"), "who", list(words), words, width=240)
        chosen = [kind for kind in st.query_params.get_all("kind") if kind in KIND_WORDS]
        st.session_state["log-kinds"] = chosen
        st.multiselect(
            say("What"), list(KIND_WORDS), key="log-kinds", format_func=lambda kind: say(KIND_WORDS[kind]), placeholder=say("Everything"),
            width=320, on_change=lambda: links.write("kind", st.session_state["log-kinds"]),
        )  # fmt: skip
        for name, label in (("since", say("From")), ("until", say("To, included"))):
            st.session_state[f"log-{name}"] = _day(name)
            st.date_input(
                label,
                key=f"log-{name}",
                format="YYYY-MM-DD",
                width=150,
                min_value=_FIRST,
                max_value=_LAST,
                on_change=_taker(name),
            )


def _taker(name: str) -> Callable[[], None]:
    def take() -> None:
        day = st.session_state[f"log-{name}"]
        links.write(name, [day.isoformat()] if day else ())

    return take


def _below(asked: dict[str, Any], found: int) -> None:
    if found > SHOWN:
        st.caption(
            say("Older lines are not shown. Narrow the filters, or export: the file holds every line that matches.")
        )
    scope, code = current_seat().scope, language()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "CSV", lambda: _exported(asked, scope, code), "audit-log.csv", "text/csv", key="log-csv",
            icon=":material/download:", on_click="ignore", disabled=not found,
        )  # fmt: skip
        if st.button(say("Verify"), key="log-verify", icon=":material/verified:"):
            with st.spinner(say("Reading every line of the log …")):
                st.session_state[_VERDICT] = _verdict()
        if _VERDICT in st.session_state:
            is_whole, words = st.session_state[_VERDICT]
            st.badge(
                plain(words),
                icon=":material/verified:" if is_whole else ":material/gpp_bad:",
                color="green" if is_whole else "red",
            )


def _exported(asked: dict[str, Any], scope: Scope, code: str = "en") -> bytes:
    """Every line that matches, in the words of a language; the export is on the log before the file is made.

    Raises:
        RefusedError: the owner was shut out since the page was drawn.
    """
    with speaking(code):
        refuse_if_changed(scope)
        found = audit.entries(**asked)
        narrowed = {name: _short(value) for name, value in asked.items() if value}
        what: dict[str, str | int] = {"address": "the audit log", "rows": found.height, "format": "csv", **narrowed}
        audit.write("export", viewer=scope.viewer, what=what)
        return csv_bytes(in_words(found))


def _short(value: object) -> str:
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _verdict() -> tuple[bool, str]:
    now = f"{dt.datetime.now(dt.UTC):%H:%M} UTC"
    found = verified(COMPANY, [viewers_table, audit.audit])
    broken = next((one for one in found if not one.ok), None)
    if broken is not None:
        return False, say(
            "{table}, line {line}: {problem}",
            table=broken.table,
            line=str(broken.broken_seq),
            problem=say(broken.problem),
        )
    return True, say("Verified at {now}: every line is as it was written", now=now)
