"""A small sticky proxy: a browser goes to the process that its cookie names, to another when that one is gone."""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_COOKIE = re.compile(rb"\bprocess=(\d+)")
_CHUNK = 64 * 1024
_QUIET_ROUNDS = 4


class Sticky:
    """What went where: (process, request line, whether its cookie named it) for each connection."""

    def __init__(self, servers: Sequence[str]) -> None:
        self._ports = [urlsplit(url).port for url in servers]
        self._turn = 0
        self._open: set[asyncio.Task[None] | None] = set()
        self.seen: list[tuple[int, str, bool]] = []
        self.url = ""

    def of(self, path: str) -> list[int]:
        """The processes that were asked for a path."""
        return [process for process, line, _ in self.seen if line.split(" ")[1].startswith(path)]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request of a browser, or its web socket for as long as it is open; connections are not reused."""
        mine = asyncio.current_task()
        self._open.add(mine)  # a stream knows its reader only weakly: else the collector takes a task that waits
        opened = [writer]
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await self._pass_on(reader, writer, opened)  # either side may go away, or the test be over
        for one in opened:
            one.close()
        for one in opened:
            with contextlib.suppress(OSError):
                await one.wait_closed()
        self._open.discard(mine)

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, opened: list[asyncio.StreamWriter]
    ) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        named = _COOKIE.search(head)
        process, back, forth = await self._reach(int(named[1]) if named else None)
        opened.append(forth)
        self.seen.append((process, head.split(b"\r\n")[0].decode(), bool(named) and int(named[1]) == process))
        if b"upgrade: websocket" not in head.lower():
            head = re.sub(rb"(?i)\r\nconnection:[^\r]*", b"", head).replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
        forth.write(head)
        up = asyncio.create_task(_pour(reader, forth))
        try:
            answer = await back.readuntil(b"\r\n\r\n")
            cookie = f"\r\nSet-Cookie: process={process}; Path=/; HttpOnly; SameSite=Lax\r\n".encode()
            writer.write(answer.replace(b"\r\n", cookie, 1))
            await _pour(back, writer)
        finally:
            up.cancel()

    async def _reach(self, wanted: int | None) -> tuple[int, asyncio.StreamReader, asyncio.StreamWriter]:
        if wanted is None:
            wanted, self._turn = self._turn, (self._turn + 1) % len(self._ports)
        for step in range(len(self._ports)):
            process = (wanted + step) % len(self._ports)
            with contextlib.suppress(OSError):
                return process, *await asyncio.open_connection("127.0.0.1", self._ports[process])
        msg = "no process is left"
        raise OSError(msg)


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, asyncio.CancelledError):
        while part := await reader.read(_CHUNK):
            writer.write(part)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()


@contextlib.contextmanager
def sticky(servers: Sequence[str]) -> Iterator[Sticky]:
    """The proxy in front of these servers, on this machine."""
    proxy, loop = Sticky(servers), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)  # a loop of its own: the browser's runs in this thread
    thread.start()
    started = asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    listening = asyncio.run_coroutine_threadsafe(started, loop).result(20)
    proxy.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        asyncio.run_coroutine_threadsafe(_end(listening), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end(listening: asyncio.Server) -> None:
    listening.close()
    mine = asyncio.current_task()
    for _ in range(_QUIET_ROUNDS):
        await asyncio.sleep(
            0.05
        )  # a connection that was just accepted starts its task, and sockets close, a round later
        while others := [task for task in asyncio.all_tasks() if task is not mine]:
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            await asyncio.sleep(0.05)
