"""postgres: its entry point makes the database, its server logs people in and answers a few statements."""

from __future__ import annotations

from lab.embedded.runtime.daemons.postgres.clients import pg_isready
from lab.embedded.runtime.daemons.postgres.entrypoint import DATA, INIT_SCRIPTS, USER, entrypoint
from lab.embedded.runtime.daemons.postgres.psql import psql
from lab.embedded.runtime.images import Image, ImageModel, Tag, Tags
from lab.embedded.runtime.signals import INT
from lab.embedded.runtime.wellknown import alpine, debian

ALPINE_USER = 70


def _image(tag: Tag) -> Image:
    small = tag.variant.startswith("alpine")
    major, minor = tag.version.rsplit(".", 1)
    user = ALPINE_USER if small else USER
    home = f"/usr/lib/postgresql/{major}/bin" if not small else "/usr/local/bin"
    programs = {"postgres": "postgres", "psql": "psql", "pg_isready": "pg_isready"}
    return Image(
        105_000_000 if small else 152_000_000,
        entrypoint=("docker-entrypoint.sh",),
        cmd=("postgres",),
        env={
            "PATH": f"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:{home}",
            "LANG": "en_US.utf8",
            "PG_MAJOR": major,
            "PG_MINOR": minor,
            "PG_VERSION": tag.version if small else f"{tag.version}-1.pgdg120+1",
            "PGDATA": DATA,
        },
        executables={
            "/usr/local/bin/docker-entrypoint.sh": "postgres",
            **{f"{home}/{name}": program for name, program in programs.items()},
            **{
                f"{home}/{name}": "unavailable"
                for name in ("pg_ctl", "pg_dump", "pg_restore", "createdb", "initdb")
            },
        },
        files=alpine.release(alpine.RELEASE) if small else debian.FILES,
        directories={"/var/lib/postgresql": user, DATA: user, "/var/run/postgresql": user, INIT_SCRIPTS: 0},
        tools=alpine.TOOLS if small else debian.TOOLS,
        users={"postgres": user},
        stop_signal=INT,
    )


MODEL = ImageModel(
    tags=Tags(
        {"17": 5, "16": 9, "15": 13, "14": 18, "13": 21, "12": 22, "11": 22, "10": 23, "9.6": 24},
        ("", "alpine", "bookworm", "alpine3.22"),
    ),
    image=_image,
    programs={"postgres": entrypoint, "psql": psql, "pg_isready": pg_isready},
)
