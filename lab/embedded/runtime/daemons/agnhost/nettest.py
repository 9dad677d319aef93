"""`nettest`: pods of a Service that look for one another (`agnhost/nettest/nettest.go`).

The original reads the Service's Endpoints from the API server; a pod of the simulation cannot call it, so
the peers are the addresses that the Service's name stands for: all pods of a headless Service, the cluster
address of another.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lab.embedded.runtime import signals
from lab.embedded.runtime.daemons import golang
from lab.embedded.runtime.daemons.agnhost.webserver import NOT_FOUND, plain
from lab.embedded.runtime.daemons.serving import Server, descriptors
from lab.embedded.runtime.http import HttpRequest, HttpResponse, exchange
from lab.embedded.runtime.interface import HttpCall

if TYPE_CHECKING:
    from collections.abc import Generator

    from lab.embedded.runtime.daemons.agnhost.flags import Flags
    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.tasks import Reason, Syscall

FLAGS = {"port": "8080", "peers": "8", "service": "nettest", "namespace": "default", "delay-shutdown": "0"}
_PAUSE, _PATIENCE, _ROUNDS = 5.0, 300.0, 15
_LOG_LINES = 500


def nettest(process: Process, flags: Flags) -> Generator[Syscall, Reason, int]:
    """Serves `/read`, `/write`, `/status` and `/quit`, and calls on its peers."""
    if not flags.text("service"):
        return (yield from golang.fatal(process, "Must provide -service flag."))
    server = Server(process)
    state = _State(process, flags, server)
    server.listen_http(flags.number("port"), state.answer)
    process.kernel.spawn(process, list(process.argv), state.contact, fds=descriptors(process)).memory = 0
    delay = flags.number("delay-shutdown")
    if delay > 0:
        process.handled.add(signals.TERM)
    code = yield from server.run() if delay > 0 else golang.serve(process, server)
    if code is None:
        yield from golang.log(process, f"Sleeping {delay} seconds before exit ...")
        process.pending.clear()
        yield from process.sleep(float(delay))
    return code or 0


class _State:
    """Who was reached, who called."""

    def __init__(self, process: Process, flags: Flags, server: Server) -> None:
        self._process, self._server = process, server
        self._peers, self._port = flags.number("peers"), flags.number("port")
        self._service, self._namespace = flags.text("service"), flags.text("namespace")
        self._sent: dict[str, int] = {}
        self._received: dict[str, int] = {}
        self._errors: list[str] = []
        self._log: list[str] = []
        self._contacting = True

    def answer(self, request: HttpRequest) -> Generator[Syscall, Reason, HttpResponse | None]:
        """One request."""
        yield from self._process.compute(1)
        match request.path:
            case "/read":
                return plain(json.dumps(self._shown(), indent="\t"))
            case "/write":
                return self._written(request)
            case "/status":
                enough = len(self._sent) >= self._peers and len(self._received) >= self._peers
                return plain("pass" if enough else "running" if self._contacting else "fail")
            case "/quit":
                self._server.end(0)
                return None
            case _:
                return NOT_FOUND

    def _shown(self) -> dict[str, Any]:
        return {"Hostname": self._process.kernel.host.hostname, "Sent": self._sent or None,
                "Received": self._received or None, "Errors": self._errors or None, "Log": self._log or None,
                "StillContactingPeers": self._contacting}  # fmt: skip

    def _written(self, request: HttpRequest) -> HttpResponse:
        name = self._process.kernel.host.hostname
        try:
            source = str(json.loads(request.body).get("Source") or "")
        except (ValueError, AttributeError) as error:
            self._errors.append(str(error))
            source = ""
        if source:
            self._received[source] = self._received.get(source, 0) + 1
        else:
            self._errors.append(f"{name}: Got request with no source")
        return plain(json.dumps({"Hostname": name}, separators=(",", ":")) + "\n")

    def contact(self, child: Process) -> Generator[Syscall, Reason, int]:
        """Wait for the peers, then call on all of them again and again."""
        began = child.now()
        while len(found := self._addresses()) < self._peers and child.now() - began < _PATIENCE:
            seen = f"{self._namespace}/{self._service} has {len(found)} endpoints ({found})"
            less = f"which is less than {self._peers} as expected"
            self._note(f"{seen}, {less}. Waiting for all endpoints to come up.")
            yield from child.sleep(_PAUSE)
        for _ in range(_ROUNDS):
            for address in self._addresses():
                yield from self._call(child, address)
            yield from child.sleep(_PAUSE)
        self._contacting = False
        return 0

    def _addresses(self) -> list[str]:
        network, here = self._process.kernel.network, self._process.kernel.host
        return network.resolve(f"{self._service}.{self._namespace}.svc.cluster.local", here)

    def _call(self, child: Process, address: str) -> Generator[Syscall, Reason, None]:
        url = f"http://{address}:{self._port}"
        self._note(f"Attempting to contact {url}")
        body = json.dumps({"Source": child.kernel.host.hostname, "Dest": url}).encode()
        call = HttpCall("POST", "/write", [("Content-Type", "application/json")], body)
        until = child.after(_PAUSE)
        answer = yield from exchange(
            child.kernel.network, child.kernel.host, address, self._port, call, until, url
        )
        if answer.error is not None:
            self._note(f'Warning: unable to contact the endpoint "{url}": {answer.error}')
            return
        try:
            name = str(json.loads(answer.body)["Hostname"])
        except (ValueError, KeyError, TypeError):
            text = answer.body.decode("utf-8", "replace")
            self._note(f"Warning: unable to unmarshal response ({text}) from '{url}'")
            return
        self._sent[name] = self._sent.get(name, 0) + 1

    def _note(self, text: str) -> None:
        self._log = [*self._log, text][-_LOG_LINES:]
