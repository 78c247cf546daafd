"""A browser may look, click and choose files; what would change the server for others is not heard."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg

from tests.ui.asgi import run
from ui.server_messages import MESSAGE_BYTES, Messages

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send


def back(**said: Any) -> bytes:
    return bytes(BackMsg(**said).SerializeToString())


def heard(*said: bytes | str) -> tuple[list[bytes], list[int]]:
    """Which messages reach the app, and the codes that its socket was closed with."""
    waiting: list[Message] = [
        {"type": "websocket.receive", "bytes" if isinstance(one, bytes) else "text": one} for one in said
    ]
    reached: list[bytes] = []
    codes: list[int] = []

    async def app(_scope: Scope, receive: Receive, _send: Send) -> None:
        while (message := await receive())["type"] == "websocket.receive":
            reached.append(message["bytes"])

    async def receive() -> Message:
        return waiting.pop(0) if waiting else {"type": "websocket.disconnect"}

    async def send(message: Message) -> None:
        codes.append(message["code"])

    run(Messages(app)({"type": "websocket"}, receive, send))
    return reached, codes


RERUN = back(rerun_script={"query_string": "store=S1"})


def test_clicks_choices_and_heartbeats_are_heard() -> None:
    said = (RERUN, back(app_heartbeat=True), back(stop_script=True))
    assert heard(*said) == (list(said), [])


@pytest.mark.parametrize(
    "name", ["clear_cache", "set_run_on_save", "load_git_info", "debug_disconnect_websocket", "debug_shutdown_runtime"]
)
def test_what_would_change_the_server_for_others_is_dropped(name: str) -> None:
    assert heard(back(**{name: True}), RERUN) == ([RERUN], [])


def test_a_thousand_files_at_once_are_not_announced() -> None:
    many = back(file_urls_request={"request_id": "1", "file_names": ["a.csv"] * 101})
    some = back(file_urls_request={"request_id": "1", "file_names": ["a.csv"] * 100})
    assert heard(many, some) == ([some], [])


@pytest.mark.parametrize(
    ("said", "code"), [("text", 1003), (b"\xff\xff\xff", 1002), (b"\x00" * (MESSAGE_BYTES + 1), 1009)]
)
def test_nonsense_closes_the_socket(said: bytes | str, code: int) -> None:
    assert heard(said, RERUN) == ([], [code])


def test_who_talks_too_fast_is_slowed_down_and_loses_nothing() -> None:
    begun = time.monotonic()
    reached, codes = heard(*[RERUN] * 205)
    assert (len(reached), codes) == (205, [])
    assert time.monotonic() - begun > 0.1
