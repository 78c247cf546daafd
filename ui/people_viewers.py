"""The People page's viewers: who may look, what was changed about them, and a form to let somebody in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

import polars as pl
import streamlit as st

from records import audit
from records import viewers as people
from schema.language import later, plural, say
from ui.cards import plain
from ui.door_settings import is_sign_in_configured
from ui.layout import columns, pick
from ui.people import ROLE_MEANING, ROLE_WORDS, agents, attempt, who
from ui.signin import current_seat
from ui.tables import show_table

if TYPE_CHECKING:
    from records.viewers import Viewer
    from schema.scope import Role

_ROUND: Final = "_people_round"
_NEWEST: Final = 2_000
"""Sign-ins read at once."""
_CHANGES: Final = {
    "name": later("name"),
    "email": later("e-mail"),
    "role": later("role"),
    "agent_id": later("agent"),
    "is_active": later("active"),
    "subject": later("account at the sign-in provider"),
}


def viewers_part() -> None:
    """Draw the part."""
    known, names = people.viewers(), agents()
    if not is_sign_in_configured():
        st.info(
            say(
                "Sign-in is not set up: whoever opens Catchlight on this machine is its owner, and nobody else can reach it. "
                "You can prepare viewers now; they are asked to sign in once a sign-in provider stands in "
                "`.streamlit/secrets.toml`, as `docs/sign-in.md` explains."
            ),
            icon=":material/key_off:",
        )
    with st.container(border=True, key="card-viewers"):
        active = sum(one.is_active for one in known)
        st.subheader(_title(active), anchor=False)
        st.caption(say("Who may look, and as what · looked up at every click"))
        if known:
            show_table(_table(known, names), key="viewers", as_given=True)
        else:
            st.caption(say("Add yourself first, as an owner."))
    left, right = columns(1, 1)
    with left:
        _add(names)
    with right:
        _change(known, names)


def _title(active: int) -> str:
    if active == 0:
        return say("Nobody is on the list yet")
    return plural("One person may look", "{n} people may look", active)


def _table(known: tuple[Viewer, ...], names: dict[str, str]) -> pl.DataFrame:
    last = _last_sign_ins(known)
    return pl.DataFrame(
        [
            {
                say("Viewer"): one.viewer_id,
                say("Name"): one.name or None,
                say("E-mail"): one.email or None,
                say("Role"): say(ROLE_WORDS[one.role]),
                say("Agent"): None if one.agent_id is None else names.get(one.agent_id, one.agent_id),
                say("Active"): say("yes") if one.is_active else say("no"),
                say("Since"): f"{people.versions(one.viewer_id)[0].changed_at:%Y-%m-%d}",
                say("Last sign-in (UTC)"): last.get(one.viewer_id),
            }
            for one in known
        ],
        infer_schema_length=None,
    )


def _last_sign_ins(known: tuple[Viewer, ...]) -> dict[str, str]:
    """When each viewer last signed in: most are among the newest lines, only the others are looked for one by one."""
    newest = audit.entries(kinds=("sign_in",), last=_NEWEST)
    found = {row["viewer"]: row["at"] for row in newest.iter_rows(named=True)}
    if newest.height == _NEWEST:
        for one in known:
            if one.viewer_id not in found:
                last = audit.entries(kinds=("sign_in",), viewer=one.viewer_id, last=1)
                found.update(zip(last["viewer"], last["at"], strict=True))
    return {viewer: f"{at:%Y-%m-%d %H:%M}" for viewer, at in found.items()}


def _add(names: dict[str, str]) -> None:
    """The round is part of each key, so that the form is empty again after it was used."""
    turn = st.session_state.setdefault(_ROUND, 0)
    with st.container(border=True, height="stretch", key="card-add"):
        st.subheader(say("Let somebody in"), anchor=False)
        st.caption(say(ROLE_MEANING))
        email = st.text_input(say("E-mail they sign in with"), key=f"add-email-{turn}")
        name = st.text_input(say("Name, for your own eyes"), key=f"add-name-{turn}")
        role, agent_id = _role_and_agent(f"add-{turn}", names, "agent", None)
        if st.button(say("Add"), type="primary", key="add", icon=":material/person_add:", disabled=not email.strip()):
            attempt(
                lambda: _added(turn, email=email, name=name, role=role, agent_id=agent_id),
                say("{email} may look.", email=email.strip()),
            )


def _added(turn: int, *, email: str, name: str, role: Role, agent_id: str | None) -> None:
    people.add_viewer(current_seat().scope, email=email, name=name, role=role, agent_id=agent_id)
    st.session_state[_ROUND] = turn + 1


def _role_and_agent(key: str, names: dict[str, str], role: str, agent_id: str | None) -> tuple[Role, str | None]:
    roles = list(ROLE_WORDS)
    chosen = st.selectbox(
        say("Role"), roles, index=roles.index(role), format_func=lambda one: say(ROLE_WORDS[one]), key=f"{key}-role"
    )
    if chosen != "agent":
        return cast("Role", chosen), None
    known = list(names) if agent_id is None or agent_id in names else [*names, agent_id]
    if not known:
        return "agent", st.text_input(say("Agent's id, as in your store file"), key=f"{key}-agent").strip()
    picked = st.selectbox(
        say("Agent whose stores and customers they see"),
        known,
        index=None if agent_id is None else known.index(agent_id),
        format_func=lambda one: f"{names[one]} · {one}" if names.get(one, one) != one else one,
        accept_new_options=True,
        placeholder=say("Choose an agent, or type an id"),
        key=f"{key}-agent",
    )
    return "agent", picked or ""


def _change(known: tuple[Viewer, ...], names: dict[str, str]) -> None:
    with st.container(border=True, height="stretch", key="card-change"):
        st.subheader(say("Change or shut out"), anchor=False)
        st.caption(say("Who is deactivated is out at the next click; nothing said about a viewer is ever erased"))
        chosen = pick(
            say("Viewer"),
            "viewer",
            [one.viewer_id for one in known],
            {one.viewer_id: who(one) for one in known},
            width=420,
        )
        if chosen is None:
            st.caption(say("There is nobody to change yet."))
            return
        viewer = next(one for one in known if one.viewer_id == chosen)
        _form(viewer, names)
        _history(viewer, names)


def _form(viewer: Viewer, names: dict[str, str]) -> None:
    """Each field is the version's own: what another owner saved meanwhile is shown, never overwritten unseen."""
    key = f"change-{viewer.viewer_id}-{viewer.version}"
    email = st.text_input(say("E-mail"), viewer.email, key=f"{key}-email")
    name = st.text_input(say("Name"), viewer.name, key=f"{key}-name")
    role, agent_id = _role_and_agent(key, names, viewer.role, viewer.agent_id)
    wanted = {"name": name.strip(), "email": email.strip(), "role": role, "agent_id": agent_id}
    changed = [word for word, value in wanted.items() if (value or "") != (getattr(viewer, word) or "")]
    scope = current_seat().scope
    with st.container(horizontal=True):
        with st.popover(say("Save changes"), disabled=not changed, icon=":material/save:"):
            for word in changed:
                before = _said(getattr(viewer, word), names)
                st.markdown(
                    f"{_capital(say(_CHANGES[word]))}: {plain(before)} → **{plain(_said(wanted[word], names))}**"
                )
            if st.button(say("Yes, save"), type="primary", key=f"{key}-save"):
                attempt(
                    lambda: people.change_viewer(
                        scope, viewer.viewer_id, based_on=viewer.version, role=role, email=email, name=name,
                        agent_id=agent_id,
                    ),
                    say("{viewer} is changed.", viewer=viewer.viewer_id),
                )  # fmt: skip
        _switch(viewer, key)


def _switch(viewer: Viewer, key: str) -> None:
    scope = current_seat().scope
    who_is = plain(who(viewer))
    if viewer.is_active:
        word, icon, agreed = say("Deactivate"), ":material/person_off:", say("Yes, deactivate")
        follows = say("{viewer}: sees nothing from the next click on.", viewer=who_is)
        done = say("{viewer} is shut out.", viewer=viewer.viewer_id)
    else:
        word, icon, agreed = say("Reactivate"), ":material/person_check:", say("Yes, reactivate")
        follows = say("{viewer}: may sign in again, with the same role.", viewer=who_is)
        done = say("{viewer} may look again.", viewer=viewer.viewer_id)
    with st.popover(word, icon=icon):
        st.markdown(follows)
        if st.button(agreed, type="primary", key=f"{key}-switch"):
            attempt(
                lambda: people.change_viewer(
                    scope, viewer.viewer_id, based_on=viewer.version, is_active=not viewer.is_active
                ),
                done,
            )


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _said(value: object, names: dict[str, str]) -> str:
    if isinstance(value, bool):
        return say("yes") if value else say("no")
    written = str(value or "")
    return say(ROLE_WORDS.get(written, "")) or names.get(written) or written or "—"


def _history(viewer: Viewer, names: dict[str, str]) -> None:
    """What was changed when, by whom; newest first."""
    versions = people.versions(viewer.viewer_id)
    with st.expander(say("Every version ({n})", n=len(versions))):
        rows = [
            {
                say("When (UTC)"): f"{now.changed_at:%Y-%m-%d %H:%M}",
                say("By"): say("on this machine") if now.changed_by == "local" else now.changed_by,
                say("What"): "; ".join(_differences(before, now, names)) if before else say("added"),
            }
            for before, now in zip((None, *versions), versions, strict=False)
        ]
        show_table(pl.DataFrame(rows[::-1]), key="versions", as_given=True)


def _differences(before: Viewer, now: Viewer, names: dict[str, str]) -> list[str]:
    return [
        f"{say(words)}: {_said(getattr(before, name), names)} → {_said(getattr(now, name), names)}"
        for name, words in _CHANGES.items()
        if getattr(before, name) != getattr(now, name)
    ]
