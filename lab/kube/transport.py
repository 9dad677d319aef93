"""Why nobody answered, in words: what a network library raises names its own objects and numbers.

Pure, and light: whoever only asks whether a cluster is there pays for no client.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def reason_of(error: BaseException) -> str:
    """Why there was no answer, from the innermost cause that says it; never an address in memory."""
    chain = list(_causes(error))
    for one in reversed(chain):
        said = _said(one)
        if said:
            return said
    return f"{type(error).__name__} while talking to it"


def _said(error: BaseException) -> str:
    """What one exception means; empty when it means nothing by itself."""
    import http.client  # noqa: PLC0415 (whoever raised these has loaded them; nobody else needs them)
    import socket  # noqa: PLC0415
    import ssl  # noqa: PLC0415

    if isinstance(error, ssl.SSLCertVerificationError):
        why = getattr(error, "verify_message", "") or "it cannot be verified"
        return f"its certificate is not the one the kubeconfig trusts ({why})"
    cut = isinstance(error, http.client.IncompleteRead) or _named(error, "IncompleteRead")
    meanings: tuple[tuple[type[BaseException] | bool, str], ...] = (
        (ssl.SSLError, "what listens there does not speak TLS as a cluster does"),
        (socket.gaierror, "there is no host of that name"),
        (ConnectionRefusedError, "nothing listens there (connection refused)"),
        (ConnectionError, "it cut the connection"),
        (cut, "it cut the connection"),
        (TimeoutError, "it did not answer in time"),
        (_named(error, "TimeoutError"), "it did not answer in time"),
        (http.client.HTTPException, "its answer is not HTTP"),
    )
    for kind, said in meanings:
        if kind is True or (isinstance(kind, type) and isinstance(error, kind)):
            return said
    text = error.strerror if isinstance(error, OSError) else ""
    return f"{text[0].lower()}{text[1:]}" if text else ""


def _named(error: BaseException, ending: str) -> bool:
    """Whether it is one of urllib3's own, which are not imported for the asking."""
    return type(error).__module__.startswith("urllib3") and type(error).__name__.endswith(ending)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and what it was made from, outermost first: causes, reasons and wrapped arguments."""
    seen: set[int] = set()
    waiting: list[BaseException] = [error]
    while waiting:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        inner = [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
        waiting.extend(item for item in inner if isinstance(item, BaseException))
