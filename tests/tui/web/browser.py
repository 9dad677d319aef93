"""A headless Chromium, driven over its DevTools protocol: what a page fetched, what it got, keys into it."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import shutil
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

PATIENCE = 60.0
"""Host seconds after which a condition is given up: a failure, never a pass."""

FLAGS = (
    "--headless=new", "--remote-debugging-port=0", "--no-first-run", "--no-default-browser-check",
    "--disable-extensions", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--window-size=1000,600",
)  # fmt: skip


def chromium() -> str:
    """The browser, or a skip that says what is missing; where CI is set, its absence is a failure."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "")
    if not found:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(
            "no Chromium here: apt install chromium"
        )
    return found


class Page:
    """One page, and everything that happened on it."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._last = 0
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.requested: list[str] = []
        """Every address that was asked for, sockets included."""
        self.complaints: list[str] = []
        """What the browser complained of: errors, refused loads, exceptions."""
        self.frames: list[bytes] = []
        """What came over the sockets."""

    @property
    def drawn(self) -> str:
        """What was written to the terminal so far, without colours and cursor moves."""
        text = b"".join(self.frames).decode("utf-8", "replace")
        return re.sub(r"\x1b\[[0-9;?$]*[a-zA-Z]", "", text)

    async def call(self, method: str, **parameters: object) -> dict[str, Any]:
        """Ask the browser for something, and wait for its answer."""
        self._last += 1
        answer = self._answers[self._last] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": self._last, "method": method, "params": parameters})
        found: dict[str, Any] = await answer
        return found

    async def evaluate(self, script: str) -> Any:
        """The value of a script on the page."""
        found = await self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        return found.get("result", {}).get("value")

    async def open(self, url: str) -> None:
        """Go there, with everything watched from the first request on."""
        for domain in ("Page", "Network", "Runtime", "Log"):
            await self.call(f"{domain}.enable")
        await self.call("Page.navigate", url=url)

    async def type(self, text: str) -> None:
        """Press keys that are letters."""
        for letter in text:
            await self.call("Input.dispatchKeyEvent", type="keyDown", text=letter, key=letter)
            await self.call("Input.dispatchKeyEvent", type="keyUp", key=letter)

    async def paste(self, text: str) -> None:
        """Paste, as the browser's own command does."""
        await self.evaluate(
            "(() => { const given = new DataTransfer(); "
            f"given.setData('text/plain', {json.dumps(text)}); "
            "document.querySelector('textarea').dispatchEvent(new ClipboardEvent("
            "'paste', {clipboardData: given, bubbles: true, cancelable: true})) })()"
        )

    async def resize(self, width: int, height: int) -> None:
        """Give the window so many pixels."""
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    async def until(self, condition: Callable[[], object], named: str) -> None:
        """Wait for a condition."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not condition():
                    await asyncio.sleep(0.02)
        except TimeoutError:
            pytest.fail(f"never happened: {named}; complaints: {self.complaints}", pytrace=False)

    async def listen(self) -> None:
        """Take what the browser tells, until it goes."""
        async for message in self._socket:
            told = message.json()
            if "id" in told:
                self._answers.pop(told["id"]).set_result(told.get("result", {}))
            else:
                self._take(told["method"], told.get("params", {}))

    def _take(self, method: str, told: dict[str, Any]) -> None:
        if method == "Network.requestWillBeSent":
            self.requested.append(told["request"]["url"])
        elif method == "Network.webSocketCreated":
            self.requested.append(told["url"])
        elif method == "Network.webSocketFrameReceived" and told["response"]["opcode"] == 2:
            self.frames.append(base64.b64decode(told["response"]["payloadData"]))
        elif method == "Log.entryAdded" and told["entry"]["level"] == "error":
            self.complaints.append(told["entry"]["text"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(str(told["exceptionDetails"].get("exception", told["exceptionDetails"])))


@asynccontextmanager
async def browser(profile: Path) -> AsyncIterator[Page]:
    """A browser with an empty profile and one empty page."""
    flags = [*FLAGS, f"--user-data-dir={profile}", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    process = await asyncio.create_subprocess_exec(
        chromium(),
        *flags,
        "about:blank",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        told = profile / "DevToolsActivePort"
        async with asyncio.timeout(PATIENCE):
            while not (told.exists() and told.read_text().count("\n")):
                await asyncio.sleep(0.02)
        async with aiohttp.ClientSession() as client:
            async with client.get(f"http://127.0.0.1:{told.read_text().split()[0]}/json") as answer:
                target = next(one for one in await answer.json() if one["type"] == "page")
            async with client.ws_connect(target["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                page = Page(socket)
                listening = asyncio.create_task(page.listen())
                yield page
                listening.cancel()
    finally:
        process.terminate()
        await process.wait()
