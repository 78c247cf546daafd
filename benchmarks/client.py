"""A visitor without a browser: a web socket in Streamlit's own messages, as its client speaks them."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from websockets.asyncio.client import ClientConnection

PATIENCE_S = 60.0
_MOST_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Told:
    """What one run of the page sent back.

    Attributes:
        seconds: from asking until the script had finished.
        bytes: all messages together.
        messages: how many.
        complaint: what went wrong, else empty.
    """

    seconds: float
    bytes: int
    complaint: str = ""
    messages: int = 0


@dataclass
class Visitor:
    """One open window; use it as an asynchronous context.

    Attributes:
        url: the server, such as ``http://127.0.0.1:8501``.
        on_chart: called at every chart that arrives.
    """

    url: str
    on_chart: Callable[[], object] | None = None
    _line: ClientConnection | None = None
    _pages: dict[str, str] = field(default_factory=dict)
    _kept: set[str] = field(default_factory=set)
    _buttons: dict[str, tuple[str, str]] = field(default_factory=dict)
    _at: tuple[str, str] = ("", "")

    async def __aenter__(self) -> Self:
        """Shake hands as a page of this very server does."""
        self._line = await connect(
            self.url.replace("http", "ws", 1) + "/_stcore/stream",
            origin=self.url,  # type: ignore[arg-type]
            subprotocols=[Subprotocol("streamlit")],
            compression=None,
            max_size=_MOST_BYTES,
            ping_interval=None,
            open_timeout=PATIENCE_S,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the window."""
        if self._line is not None:
            await self._line.close()

    async def open(self, page: str, query: str = "") -> Told:
        """Ask for a page under a query, and read until its script has finished.

        Args:
            page: its path, such as ``dwell``.
            query: what stands behind the question mark.
        """
        asked = BackMsg()
        if page in self._pages:
            asked.rerun_script.page_script_hash = self._pages[page]
        else:
            asked.rerun_script.page_name = page
        self._at = page, query
        return await self._told(asked)

    async def press(self, name: str, words: str) -> Told:
        """Press one of a row of buttons on the page that was opened last, and read until what it draws has finished.

        Args:
            name: the row's key, such as ``choose-rank``.
            words: what stands on the button.
        """
        row, fragment = self._buttons[name]
        asked = BackMsg()
        asked.rerun_script.page_script_hash = self._pages[self._at[0]]
        asked.rerun_script.fragment_id = fragment
        pressed = asked.rerun_script.widget_states.widgets.add()
        pressed.id = row
        pressed.string_array_value.data.append(words)
        return await self._told(asked)

    async def _told(self, asked: BackMsg) -> Told:
        if self._line is None:
            msg = "The window is not open: use the visitor in `async with`."
            raise RuntimeError(msg)
        page, query = self._at
        asked.rerun_script.query_string = query
        asked.rerun_script.cached_message_hashes.extend(self._kept)
        asked.rerun_script.context_info.url = f"{self.url}/{page}"
        asked.rerun_script.context_info.timezone = "Asia/Shanghai"
        asked.rerun_script.context_info.color_scheme = "light"
        start = time.perf_counter()
        await self._line.send(asked.SerializeToString())
        taken, messages, complaint = 0, 0, ""
        while True:
            async with asyncio.timeout(PATIENCE_S):
                said = await self._line.recv(decode=False)
            taken, messages = taken + len(said), messages + 1
            message = ForwardMsg.FromString(said)
            complaint = complaint or _complaint(message)
            self._learn(message)
            if self.on_chart is not None and _is_chart(message):
                self.on_chart()
            if message.WhichOneof("type") == "script_finished" and message.script_finished != _FOR_ANOTHER_RUN:
                return Told(time.perf_counter() - start, taken, complaint, messages)

    def _learn(self, message: ForwardMsg) -> None:
        if message.metadata.cacheable and message.hash:
            self._kept.add(message.hash)
        if message.WhichOneof("type") == "navigation":
            self._pages = {
                page.url_pathname or "overview": page.page_script_hash for page in message.navigation.app_pages
            }
        if message.WhichOneof("type") == "page_info_changed":
            self._at = self._at[0], message.page_info_changed.query_string
        element = message.delta.new_element
        if element.WhichOneof("type") == "button_group":
            row = element.button_group.id
            self._buttons[row.split("-", 2)[-1]] = row, message.delta.fragment_id


_FOR_ANOTHER_RUN = ForwardMsg.ScriptFinishedStatus.Value("FINISHED_EARLY_FOR_RERUN")


def _is_chart(message: ForwardMsg) -> bool:
    """Whether this is a chart; one that the window has already comes as a short reference and is none."""
    return message.WhichOneof("type") == "delta" and message.delta.new_element.WhichOneof("type") == "plotly_chart"


def _complaint(message: ForwardMsg) -> str:
    """An error box or an exception on the page, else empty."""
    kind = message.WhichOneof("type")
    if kind == "page_not_found":
        return "page not found"
    if kind != "delta" or message.delta.WhichOneof("type") != "new_element":
        return ""
    element = message.delta.new_element
    if element.WhichOneof("type") == "exception":
        return f"exception: {element.exception.message}"
    if element.WhichOneof("type") == "alert" and element.alert.format == element.alert.Format.Value("ERROR"):
        return f"error: {element.alert.body}"
    return ""
