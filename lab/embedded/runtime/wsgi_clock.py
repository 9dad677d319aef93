"""The clock of an edited app's process: the cluster's.

Runs in the child process (`wsgi_child`), imports only the standard library, and nothing of the lab.
"""

from __future__ import annotations

import datetime
import os
import random
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.embedded.runtime.wsgi_threads import Scheduler


def install(scheduler: Scheduler, epoch: float, seed: str) -> None:
    """Put the cluster's time, and randomness that follows from the seed, in the place of the host's."""
    patched: Any = time
    real_local, real_utc, real_format = time.localtime, time.gmtime, time.strftime

    def now() -> float:
        return epoch + scheduler.now

    def sleep(seconds: float) -> None:
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        until = round(scheduler.now + seconds, 6)
        while scheduler.now < until or seconds == 0:
            scheduler.wait(until)
            if seconds == 0:
                return

    patched.time = now
    patched.time_ns = lambda: int(now() * 1e9)
    for name in ("monotonic", "perf_counter"):
        setattr(patched, name, lambda: scheduler.now)
        setattr(patched, f"{name}_ns", lambda: int(scheduler.now * 1e9))
    patched.sleep = sleep
    patched.localtime = lambda at=None: real_local(now() if at is None else at)
    patched.gmtime = lambda at=None: real_utc(now() if at is None else at)
    patched.strftime = lambda form, at=None: real_format(form, real_local(now()) if at is None else at)
    patched.ctime = lambda at=None: time.asctime(real_local(now() if at is None else at))
    _install_dates(now)
    _install_chance(seed)


def _install_dates(now: Callable[[], float]) -> None:
    real_datetime: Any = datetime.datetime
    real_date: Any = datetime.date

    class Meta(type):
        """Instances that C code made are instances of these classes too."""

        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, cls.__mro__[1])

        def __subclasscheck__(cls, other: type) -> bool:
            return issubclass(other, cls.__mro__[1])

    class ClusterDatetime(real_datetime, metaclass=Meta):  # type: ignore[misc]  # its base is patched for everybody else
        """`datetime.datetime` with the cluster's now."""

        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Any:
            return real_datetime.fromtimestamp(now(), tz)

        @classmethod
        def utcnow(cls) -> Any:
            return real_datetime.fromtimestamp(now(), datetime.UTC).replace(tzinfo=None)

        @classmethod
        def today(cls) -> Any:
            return real_datetime.fromtimestamp(now())

    class ClusterDate(real_date, metaclass=Meta):  # type: ignore[misc]  # as above
        """`datetime.date` with the cluster's today."""

        @classmethod
        def today(cls) -> Any:
            return real_date.fromtimestamp(now())

    module: Any = datetime
    for made, name in ((ClusterDatetime, "datetime"), (ClusterDate, "date")):
        made.__name__ = made.__qualname__ = name
        made.__module__ = "datetime"
        setattr(module, name, made)


def _install_chance(seed: str) -> None:
    source = random.Random(seed)  # noqa: S311 (a simulation that has to repeat itself)
    os.urandom = source.randbytes
    random.seed(seed)
    system: Any = random.SystemRandom
    system.random = lambda self: source.random()  # noqa: ARG005 (a method)
    system.getrandbits = lambda self, count: source.getrandbits(count)  # noqa: ARG005
