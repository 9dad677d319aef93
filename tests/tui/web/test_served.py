"""The lab in a browser: what a person meets there, and what nobody else can."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import aiohttp
import pytest

from lab.tui.web.address import Address
from tests.cli.program import in_process
from tests.tui.web.browser import browser

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path


@contextmanager
def served(*options: str) -> Iterator[str]:
    """`podlab serve` on a free port: the address it prints; ended as by Ctrl-C."""
    process = subprocess.Popen(
        [sys.executable, "-m", "lab", "serve", "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PODLAB_PROVIDER": "embedded"},
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        process.stdout.close()


async def test_in_a_browser_the_lab_is_drawn_and_driven_and_nothing_comes_from_elsewhere(
    tmp_path: Path,
) -> None:
    with served() as url:
        async with browser(tmp_path / "profile") as page:
            await page.open(url)
            await page.until(lambda: "of 8 solved" in page.drawn, "the catalogue is drawn")
            assert await page.evaluate("document.querySelectorAll('#terminal canvas').length") > 0
            assert await page.evaluate("document.fonts.check('15px \"Roboto Mono\"')")
            await page.type("/")
            await page.until(lambda: "Show all" in page.drawn, "a key was answered")
            await page.paste("pasted")
            await page.until(lambda: "pasted" in page.drawn, "what is pasted is typed")
            await page.resize(300, 200)
            await page.until(lambda: "Too small a window" in page.drawn, "it hears of its new size")
            own = urlsplit(url).netloc
            elsewhere = [
                one for one in page.requested if urlsplit(one).netloc != own and not one.startswith("data:")
            ]
            assert not elsewhere
            assert not page.complaints
            assert any(one.startswith("ws://") for one in page.requested)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A server for the guard's tests, with room for one session."""
    with served("--sessions", "1") as url:
        yield url


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    """What is no browser."""
    async with aiohttp.ClientSession() as session:
        yield session


async def _status(client: aiohttp.ClientSession, url: str, **headers: str) -> int:
    async with client.get(url, headers=headers) as answer:
        assert "Content-Security-Policy" in answer.headers
        return answer.status


async def test_without_the_token_there_is_no_way_in(client: aiohttp.ClientSession, address: str) -> None:
    parts = urlsplit(address)
    root = f"{parts.scheme}://{parts.netloc}"
    for path in ("/", "/ws", "/page.js", "/wrong/", "/wrong/ws", f"/{parts.path.strip('/')[:-1]}/"):
        assert await _status(client, root + path) == 403
    assert await _status(client, address) == 200
    assert await _status(client, f"{address}../wrong/page.js") == 403
    assert await _status(client, f"{address}secrets.txt") == 404
    assert await _status(client, address, Host="lab.example:80") == 403, "another name for this machine"
    assert await _status(client, f"{address}ws") == 403, "no page asked"
    assert await _status(client, f"{address}ws", Origin="http://lab.example") == 403, "another page asked"


async def test_one_session_too_many_is_refused_and_a_place_is_free_again(
    client: aiohttp.ClientSession, address: str
) -> None:
    origin = address.rsplit("/", 2)[0]
    async with client.ws_connect(f"{address}ws", origin=origin) as socket:
        assert await _status(client, f"{address}ws", Origin=origin) == 503
        for nonsense in (
            "no json",
            "[]",
            "17",
            '["resize", 5]',
            '["resize", {"width": "x"}]',
            '["stdin", 1]',
        ):
            await socket.send_str(nonsense)
        drawn = b""
        async for message in socket:
            drawn += message.data if message.type is aiohttp.WSMsgType.BINARY else b""
            if b"solved" in drawn:
                break
        await socket.send_str('["stdin", "q"]')
        async for _message in socket:  # it ends by itself
            pass
    async with asyncio.timeout(30):
        while await _status(client, f"{address}ws", Origin=origin) == 503:
            await asyncio.sleep(0.02)


def test_an_address_that_others_reach_is_asked_for_twice() -> None:
    refused = in_process("serve", "--host", "0.0.0.0")  # noqa: S104 (what is refused)
    assert refused.code == 2
    assert "--expose" in refused.err
    with served() as url:
        taken = in_process("serve", "--port", str(urlsplit(url).port))
    assert taken.code == 3
    assert "is taken" in taken.err


@pytest.mark.parametrize(
    ("host", "admitted"),
    [
        ("127.0.0.1:8537", True),
        ("localhost:8537", True),
        ("[::1]:8537", True),
        ("lab.example", False),
        ("", False),
    ],
)
def test_only_names_of_this_machine_are_taken_on_loopback(host: str, admitted: bool) -> None:
    assert Address("127.0.0.1", 8537).admits_host(host) is admitted
    assert Address("10.0.0.5", 8537).admits_host(host)


def test_the_token_is_in_the_address_and_nowhere_else() -> None:
    one, two = Address("::1", 80), Address("::1", 80)
    assert one.token != two.token
    assert one.url == f"http://[::1]:80/{one.token}/"
    assert one.token not in repr(one)
    assert not Address.admits_origin(None, "127.0.0.1:80")
    assert Address.admits_origin("http://127.0.0.1:80", "127.0.0.1:80")
