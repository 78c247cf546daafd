"""The polite door for everybody who may not come in: a calm card, and not a word about whose figures lie behind it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import streamlit as st
from streamlit.errors import StreamlitAuthError

from schema.language import later, say
from ui import door_way
from ui.door_settings import Provider, providers, reach_fault, right_address, settings_fault
from ui.plain import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streamlit.delta_generator import DeltaGenerator

Reason = Literal["unknown", "inactive", "unverified"]

_WORDS: Final[dict[Reason, str]] = {
    "unknown": later("This account is not on the list of viewers here. Ask the owner to add it."),
    "inactive": later("This account's access has ended. Ask the owner if you think it should not have."),
    "unverified": later(
        "Your sign-in service does not vouch for this e-mail address. "
        "Confirm the address there, or ask the owner to add your account by its subject."
    ),
}
_WORDMARK: Final = Path(__file__).parent / "wordmark.svg"
_COPYABLE: Final = re.compile(r"[A-Za-z0-9._:/|@=+-]{1,500}")
"""What may stand in a command that an owner copies: nothing that a shell reads as anything but letters."""


def ask_to_sign_in(*, is_first: bool) -> None:
    """The door for somebody nobody knows yet.

    Args:
        is_first: whether no viewer was ever added, so that it says how the owner adds themselves.
    """
    with _card():
        st.header(say("Sign in"), anchor=False)
        fault = settings_fault()
        elsewhere = "" if fault else right_address(st.context.url or "")
        if fault:
            st.warning(fault, icon=":material/build:")
        elif elsewhere:
            st.warning(
                say("Signing in works at [{address}]({address}) only.", address=elsewhere), icon=":material/signpost:"
            )
        else:
            st.caption(say("Use the account that the owner has put on the list."))
            if door_way.came_back_empty():
                st.info(
                    say(
                        "The last sign-in did not come through. Try again. For the owner: when it repeats, the server's "
                        "log says why; client_id, client_secret or the provider's redirect address may be wrong."
                    ),
                    icon=":material/info:",
                )
            _buttons()
        if is_first:
            _how_to_be_first("you@company.example")


def refuse(said: Mapping[str, Any], reason: Reason, reference: str, *, is_first: bool) -> bool:
    """The door for somebody who is signed in and may not come in.

    Args:
        said: what the provider says about them.
        reason: why not.
        reference: what the audit log calls them.
        is_first: whether no viewer was ever added.

    Returns:
        Whether they asked to be signed out.
    """
    door_way.forget()
    email = str(said.get("email") or "")
    with _card():
        st.header(say("No access"), anchor=False)
        st.markdown(say(_WORDS[reason]) if not is_first else say("Nobody is on the list of viewers yet."))
        with st.container(gap=None, key="door-who"):
            st.caption(say("Signed in as"))
            st.text(" ".join(email[:254].split()) or say("an account without an e-mail address"))
        asked = st.button(say("Sign out"), key="door-sign-out", icon=":material/logout:", width="stretch")
        if is_first and reason == "unknown":
            _how_to_be_first(email if _COPYABLE.fullmatch(email) else "you@company.example")
        with st.expander(say("For the owner")):
            st.caption(say("In the audit log: reference {reference}", reference=reference))
            _account(said)
    return asked


def tell(message: str) -> None:
    """The door when it cannot be known who may come in: nobody does."""
    with _card():
        st.header(say("Not open just now"), anchor=False)
        st.warning(plain(message), icon=":material/error:")


def _buttons() -> None:
    found = providers()
    for one in found:
        label = say("Continue with {name}", name=one.name) if one.name else say("Sign in")
        is_main = len(found) == 1 or not one.name
        if st.button(label, key=f"door-{one.key}", type="primary" if is_main else "secondary", width="stretch"):
            _go(one)


def _go(provider: Provider) -> None:
    """Off to the provider, unless it is known not to answer: its error page would have no way back."""
    fault = reach_fault(provider)
    if fault:
        st.warning(fault, icon=":material/cloud_off:")
        return
    door_way.remember()
    try:
        st.login(provider.key)
    except StreamlitAuthError as error:
        st.warning(
            say("Signing in is not set up rightly. For the owner: {error}", error=plain(str(error))),
            icon=":material/build:",
        )


def _how_to_be_first(email: str) -> None:
    st.caption(say("For the owner: no viewer has been added yet. On the machine that runs this server, add yourself:"))
    st.code(f"python -m records viewers add --email {email} --role owner", language=None, wrap_lines=True)


def _account(said: Mapping[str, Any]) -> None:
    subject, issuer = str(said.get("sub") or ""), str(said.get("iss") or "")
    if _COPYABLE.fullmatch(subject) and _COPYABLE.fullmatch(issuer):
        st.caption(say("To add this very account rather than its address:"))
        st.code(f"--subject {subject} --issuer {issuer}", language=None, wrap_lines=True)


def _card() -> DeltaGenerator:
    card = st.container(key="door", border=True)
    card.image(str(_WORDMARK), width=149, alt="Catchlight")
    return card
