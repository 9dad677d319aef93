"""redis: a server with keys of a few kinds, and redis-cli."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.embedded.runtime.applets.basics import become
from lab.embedded.runtime.daemons.becoming import become_user, hand_over
from lab.embedded.runtime.daemons.redis.cli import redis_cli
from lab.embedded.runtime.daemons.redis.server import redis_server
from lab.embedded.runtime.images import Image, ImageModel, Tag, Tags
from lab.embedded.runtime.wellknown import alpine, debian

if TYPE_CHECKING:
    from collections.abc import Generator

    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.tasks import Reason, Syscall

USER = 999


def entrypoint(process: Process) -> Generator[Syscall, Reason, int]:
    """`docker-entrypoint.sh`: options and files are the server's, which runs as `redis`."""
    yield from process.compute(10)
    command = process.argv[1:]
    if command and (command[0].startswith("-") or command[0].endswith(".conf")):
        command = ["redis-server", *command]
    if command[:1] == ["redis-server"] and process.uid == 0:
        problem = hand_over(process, "/data", USER, shown=".")
        problem = problem or become_user(process, "redis", USER)
        if problem:
            yield from process.complain(problem)
            return 1
    return become(process, command or ["redis-server"])


def _image(tag: Tag) -> Image:
    small = tag.variant.startswith("alpine")
    return Image(
        16_900_000 if small else 45_000_000,
        entrypoint=("docker-entrypoint.sh",),
        cmd=("redis-server",),
        env={
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "REDIS_VERSION": tag.version,
        },
        working_dir="/data",
        executables={
            "/usr/local/bin/docker-entrypoint.sh": "redis-entrypoint",
            "/usr/local/bin/redis-server": "redis-server",
            "/usr/local/bin/redis-cli": "redis-cli",
            "/usr/local/bin/redis-benchmark": "unavailable",
            "/usr/local/bin/redis-sentinel": "unavailable",
        },
        files=alpine.release(alpine.RELEASE) if small else debian.FILES,
        directories={"/data": USER},
        tools=alpine.TOOLS if small else debian.TOOLS,
        users={"redis": USER},
    )


MODEL = ImageModel(
    tags=Tags(
        {"8.2": 1, "8.0": 3, "7.4": 5, "7.2": 10, "7.0": 15, "6.2": 19, "6.0": 20, "5.0": 14},
        ("", "alpine", "bookworm", "alpine3.21"),
    ),
    image=_image,
    programs={"redis-entrypoint": entrypoint, "redis-server": redis_server, "redis-cli": redis_cli},
)
