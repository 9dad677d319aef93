"""One browser's lab: a process that draws into the socket and reads keys from it.

The protocol with the process, and the script in the browser, are textual-serve's; what it would also do is
left out: it runs a shell's command line, opens addresses and delivers files on the program's wish.
Invariants: the process is the lab and nothing else; it ends with the socket, gently if it can.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from typing import TYPE_CHECKING, Any

from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Mapping

    from aiohttp import web

COMMAND = (sys.executable, "-m", "lab.tui.web.served")
"""What a session runs."""

FAREWELL_SECONDS = 5.0
"""Host seconds the process is given to end by itself; drafts are written long before."""

SMALLEST, LARGEST = 10, 1000
"""Columns or rows a browser may ask for."""

_OTHERS_PROGRAMS = frozenset({"EDITOR", "VISUAL", "KUBE_EDITOR", "KUBECTL_EXTERNAL_DIFF", "PAGER"})
"""Variables that name programs somebody may want to hand a terminal to: there is none in a browser."""


class Session(AppService):
    """The process behind one open socket."""

    def __init__(self, socket: web.WebSocketResponse, environment: Mapping[str, str]) -> None:
        super().__init__(
            "",
            write_bytes=socket.send_bytes,
            write_str=socket.send_str,
            close=self._close,
            download_manager=DownloadManager(),
        )
        self._socket = socket
        self._own = environment

    async def _close(self) -> None:
        await self._socket.close()

    def _build_environment(self, width: int = 80, height: int = 24) -> dict[str, str]:
        environment = {**super()._build_environment(width, height), **self._own}
        return {name: value for name, value in environment.items() if name not in _OTHERS_PROGRAMS}

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:
        self._process = process = await asyncio.create_subprocess_exec(
            *COMMAND,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self._build_environment(width, height),
            start_new_session=True,  # Ctrl-C at the server's terminal is for the server
        )
        self._stdin = process.stdin
        return process

    async def on_meta(self, data: bytes) -> None:
        """Of what the process asks for beside drawing, only its end counts."""
        if json.loads(data).get("type") == "exit":
            await self._close()

    async def on_packed(self, payload: bytes) -> None:
        """No files are delivered."""

    async def follow(self) -> None:
        """Hand on what the browser sends until it goes; what makes no sense is dropped."""
        async for message in self._socket:
            try:
                kind, *rest = message.json()
            except (TypeError, ValueError):
                continue
            await self._take(kind, rest[0] if rest else None)

    async def _take(self, kind: object, value: Any) -> None:
        if kind == "stdin" and isinstance(value, str):
            await self.send_bytes(value.encode("utf-8", "replace"))
        elif kind == "resize" and isinstance(value, dict):
            await self.set_terminal_size(cells(value.get("width"), 80), cells(value.get("height"), 24))
        elif kind == "ping" and isinstance(value, str):
            await self._socket.send_json(["pong", value])
        elif kind == "blur":
            await self.blur()
        elif kind == "focus":
            await self.focus()

    async def stop(self) -> None:
        """Ask the process to end, and end it when it does not."""
        process = self._process
        if process is None:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL_SECONDS):
                await super().stop()
                await process.wait()
        if process.returncode is None:
            process.kill()
            await process.wait()


def cells(given: object, otherwise: int) -> int:
    """A number of columns or rows out of what a browser sent."""
    try:
        return min(max(int(given), SMALLEST), LARGEST)  # type: ignore[call-overload,no-any-return]  # anything may come
    except (TypeError, ValueError):
        return otherwise
