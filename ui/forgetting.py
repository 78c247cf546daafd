"""The owner's way to forget a customer: the id typed, then typed again, and plain words about what stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from schema.errors import CatchlightError
from schema.language import later, plural, say
from ui.cards import plain
from ui.downloads import refuse_if_changed
from warehouse import api as warehouse

if TYPE_CHECKING:
    from ui.view import View

_SAID: Final = "_forgot_said"
_ROUND: Final = "_forgot_round"
_WHAT: Final = later(
    "**Deleted:** their id, identities, positions, home, registration and consent, complaints, rows set aside that name them, "
    "copies of loaded files, and every older version of all these.  \n"
    "**Stays:** orders, visits, bindings and shares, under a pseudonym that leads to nobody, so that no amount changes; words "
    "that people typed into disputes. Your own files, in the inbox or elsewhere, are yours: delete the customer there too.  \n"
    "Rows of theirs in later files are left out. This cannot be undone."
)


def forget_card(view: View) -> None:
    """Forget one customer for good. Drawn for owners in their own right."""
    mode = view.snapshot.mode
    turn = st.session_state.setdefault(_ROUND, 0)
    with st.container(border=True, key="card-forget"):
        st.subheader(say("Forget a customer"), anchor=False)
        about = say("When somebody asks to be forgotten · for good, older versions included")
        st.caption(f"{about} · {say('in the demo data')}" if mode == "demo" else about)
        if said := st.session_state.pop(_SAID, None):
            st.success(plain(said), icon=":material/check:")
        left, right = st.columns(2)
        who = left.text_input(
            say("Customer"), key=f"forget-who-{turn}", placeholder=say("The id, e-mail address or telephone number"),
            help=say("As your own files have it. The pseudonyms on the pages, such as C-0123456789, lead back to nobody."),
        ).strip()  # fmt: skip
        reason = right.text_input(
            say("Reason (optional)"), key=f"forget-reason-{turn}", max_chars=300, placeholder=say("Such as: asked in writing"),
            help=say("Kept in the audit log for good, so it must not name the customer."),
        ).strip()  # fmt: skip
        st.markdown(say(_WHAT))
        again = st.text_input(say("Type the customer once more to confirm"), key=f"forget-again-{turn}").strip()
        if again and again != who:
            st.caption(say("The two are not the same."))
        if st.button(say("Forget for good"), type="primary", key="forget", disabled=not who or again != who,
                     icon=":material/person_remove:"):  # fmt: skip
            _forget(view, who, reason)


def _forget(view: View, who: str, reason: str) -> None:
    """Do it, and say so on the page drawn anew; a refusal is said at once and nothing is done."""
    try:
        refuse_if_changed(view.scope)
        with st.spinner(say("Forgetting; older versions are deleted too")):
            report = warehouse.forget(view.snapshot.mode, who, by=view.scope, reason=reason)
    except CatchlightError as refusal:
        st.error(plain(str(refusal)), icon=":material/block:")
        return
    st.session_state[_SAID] = _said(report)
    st.session_state[_ROUND] += 1
    st.rerun()


def _said(report: warehouse.ForgetReport) -> str:
    if not report.forgotten:
        return say("This customer was forgotten before; nothing of them was left.")
    said = plural(
        "{n} customer is forgotten, by the pseudonym {pseudonyms} on the audit log.",
        "{n} customers are forgotten, by the pseudonym {pseudonyms} on the audit log.",
        len(report.forgotten),
        pseudonyms=", ".join(report.forgotten),
    )
    if not report.inbox:
        return said
    files = plural(
        "{n} of your files wait in the inbox; they may name them.",
        "{n} of your files wait in the inbox; they may name them.",
        len(report.inbox),
    )
    return f"{said} {files}"
