"""Every page, part and choice as an agent is sent it: no byte of any message holds a word or an amount of others."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import streamlit as st
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.testing.v1 import AppTest

from schema.scope import LOCAL_OWNER, Scope
from tests.scope.company import AGENTS_OF_OTHERS, AMBER, BORROWED, FIRST, key_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.scope.conftest import Company

ROOT = Path(__file__).parent.parent.parent
LAYERS = ("customers", "sales", "penetration", "nearest", "tiers", "overlap", "interest", "contested", "territories")
TABS = ("binding", "replay", "statements", "money", "rules", "whatif", "disputes")
PLACES: tuple[tuple[str, dict[str, str]], ...] = (
    ("overview", {}),
    *(("overview", {"rank": by}) for by in ("agent_id", "channel")),
    ("dwell", {}),
    *(("dwell", {"by": by, "rows": "products"}) for by in ("city", "agent", "store", "segment")),
    ("purchases", {}),
    *(("purchases", {"split": by}) for by in ("city", "category")),
    ("products", {}),
    ("products", {"product": "P2", "returns": "size"}),
    ("audiences", {}),
    *(("audiences", {"who": who}) for who in ("lingered:product:P1", "channel:pos", "binding:agent:AG-1")),
    ("sync", {}),
    *(("catchment", {"layer": layer}) for layer in LAYERS),
    *(("catchment", {"layer": "overlap", "compare": by}) for by in ("agent", "store")),
    *(("catchment", {"section": part}) for part in ("flows", "openings", "territories", "whatif", "neighbours")),
    ("catchment", {"section": "flows", "by": "agent"}),
    *(("sharing", {"tab": tab}) for tab in TABS),
    ("sharing", {"tab": "statements", "month": "2026-07"}),
    ("sharing", {"tab": "statements", "month": "2026-07", "by": "store"}),
    ("data", {}),
    ("people", {}),
)
NEIGHBOURS = frozenset({"catchment"})
"""The page that names other agents, by design."""
DRAWN_ID = re.compile(rb"[0-9a-f]{32,}")
"""Names of elements and fragments, drawn or hashed by the framework: among thousands, one holds any six digits."""


@pytest.fixture
def look(first: Company, monkeypatch: pytest.MonkeyPatch) -> Callable[..., bytes]:
    """Opens a page in the frame as somebody, and gives back every byte that is sent to them."""
    monkeypatch.setenv("CATCHLIGHT_HOME", str(first.home))
    monkeypatch.chdir(ROOT)
    st.cache_resource.clear()
    sent: list[bytes] = []
    enqueue = ForwardMsgQueue.enqueue

    def kept(queue: ForwardMsgQueue, msg: Any) -> None:
        sent.append(msg.SerializeToString())
        enqueue(queue, msg)

    monkeypatch.setattr(ForwardMsgQueue, "enqueue", kept)

    def looked(scope: Scope, page: str, query: dict[str, str], *, again: Scope | None = None) -> bytes:
        sent.clear()
        at = AppTest.from_file(str(ROOT / "ui" / "shell.py"), default_timeout=180)
        at.session_state["_started"] = True
        with pytest.MonkeyPatch.context() as patch:
            if scope.is_borrowed and again is None:
                at.session_state["_view_as"] = scope
            else:
                patch.setattr("ui.signin.LOCAL_OWNER", again or scope)
            at.run()
            if page != "overview" or query:
                at.switch_page(f"../pages/{page}.py")
                for name, value in query.items():
                    at.query_params[name] = value
                at.run()
            if again is not None:
                sent.clear()
                at.session_state["_view_as"] = scope
                at.run()
        assert not at.exception
        return b"\n".join(sent)

    return looked


def amounts() -> list[bytes]:
    """The others' amounts as tables carry them: whole minor units and major units as floats."""
    minor = [FIRST.amount * 100 + cents for cents in range(12)]
    return [struct.pack("<q", one) for one in minor] + [struct.pack("<d", one / 100) for one in minor]


def found(said: bytes, *, neighbours: bool = False) -> list[str]:
    words = FIRST.canaries if neighbours else (*FIRST.canaries, *AGENTS_OF_OTHERS)
    text = DRAWN_ID.sub(b"", said.lower())
    hits = [word for word in words if word.lower().encode() in text]
    return hits + [str(struct.unpack("<q", raw)[0]) for raw in amounts() if raw in said]


def around(said: bytes, word: str) -> str:
    """Where a word stands, for the message of a failed test."""
    at = said.lower().find(word.lower().encode())
    return said[max(0, at - 150) : at + 150].decode(errors="replace")


@pytest.mark.parametrize(
    ("page", "query"), PLACES, ids=lambda one: one if isinstance(one, str) else "-".join(one.values())
)
def test_no_byte_sent_to_an_agent_is_of_others_whoever_looked_first(
    page: str, query: dict[str, str], look: Callable[..., bytes]
) -> None:
    """The owner warms every cache, then the agent reads, then the owner as that agent, then the owner again."""
    owners = look(LOCAL_OWNER, page, query)
    for scope in (AMBER, BORROWED):
        said = look(scope, page, query)
        hits = found(said, neighbours=page in NEIGHBOURS)
        assert not hits, (scope, around(said, hits[0]))
    assert look(LOCAL_OWNER, page, query)
    if page not in {"people", "data"}:
        assert b"Amber" in said
    if (page, query.get("tab")) not in {("people", None), ("sharing", "whatif")}:
        assert found(owners), "the owner is shown nothing either: this place proves nothing"


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("overview", {"store": "{}-S1"}),
        ("overview", {"product": "{}-PX"}),
        ("dwell", {"city": "{}ton"}),
        ("products", {"product": "{}-PX"}),
        ("catchment", {"layer": "tiers", "of": "{}-S1"}),
        ("catchment", {"layer": "sales", "where": "{}ton"}),
        ("catchment", {"layer": "overlap", "pair": "Amber-S1|{}-S1", "compare": "store"}),
        ("catchment", {"section": "whatif", "kind": "close", "site": "{}-S1"}),
        ("catchment", {"section": "openings", "opening": "{}-S1|Amber-S1"}),
        ("catchment", {"section": "flows", "where": "{}ton"}),
        ("sharing", {"tab": "replay", "customer": "{}-C200"}),
        ("sharing", {"tab": "disputes", "customer": "{}-C200"}),
        ("sharing", {"tab": "statements", "month": "2026-07", "of": "{}-S1", "order": "{}-O130"}),
        ("sharing", {"tab": "whatif", "pool": "{}-R:+1"}),
    ],
    ids=lambda one: one if isinstance(one, str) else "-".join(one),
)
def test_a_foreign_id_in_the_url_is_met_like_one_that_does_not_exist(
    page: str, query: dict[str, str], look: Callable[..., bytes]
) -> None:
    heard = []
    for word in ("Basalt", "Zzzzzz"):
        said = look(AMBER, page, {name: value.format(word) for name, value in query.items()})
        heard.append(sentences(said, word))
        rest = [hit for hit in found(said, neighbours=page in NEIGHBOURS) if hit != "Basalt"]
        assert not rest, around(said, rest[0])
    assert heard[0] == heard[1]


_NAMES = re.compile(r"[0-9a-f]{8,64}|[0-9a-f-]{36}")
"""Hashes by which widgets, scripts and files are called, not words; they follow the address."""


def sentences(said: bytes, word: str) -> list[str]:
    """What a page says, the one word aside that stands in its address."""
    text = "".join(c if c.isprintable() else "\n" for c in said.decode(errors="replace"))
    lines = (_NAMES.sub("#", line.replace(word, "?")) for line in text.splitlines())
    return sorted({line[2:] for line in lines if " " in line and len(line) > 12 and "$$ID" not in line})


def test_the_evidence_pack_of_an_agent_names_nobody_else(first: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    from answers.periods import context  # noqa: PLC0415
    from schema.filters import parse_filters  # noqa: PLC0415
    from ui.sharing_customers import evidence_of  # noqa: PLC0415
    from ui.view import View  # noqa: PLC0415
    from warehouse.frames import load_marts  # noqa: PLC0415

    monkeypatch.setenv("CATCHLIGHT_HOME", str(first.home))
    filters = parse_filters("")
    marts = load_marts(first.snapshot, AMBER)
    asked = context(filters, AMBER, first.snapshot, marts, page="sharing")
    at = ("real", 1, "", 0)
    view = View("sharing", AMBER, first.snapshot, filters, asked, "light", is_phone=False, marts=marts, at=at)  # type: ignore[arg-type]
    for number in range(12):
        said = evidence_of(view, key_of("Amber-S1", number))
        assert not found(said), around(said, found(said)[0])


def test_the_comparison_of_two_links_can_see_a_difference(look: Callable[..., bytes]) -> None:
    own, nobodys = (look(AMBER, "overview", {"store": store}) for store in ("Amber-S1", "Zzzzzz-S1"))
    assert sentences(own, "Zzzzzz") != sentences(nobodys, "Zzzzzz")
