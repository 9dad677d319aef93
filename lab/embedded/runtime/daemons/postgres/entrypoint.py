"""`docker-entrypoint.sh` of the postgres image: ask for a password, make the database, start the server."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from lab.embedded.runtime import signals
from lab.embedded.runtime.applets.basics import become
from lab.embedded.runtime.daemons.becoming import become_user, change_mode, hand_over
from lab.embedded.runtime.daemons.postgres.errors import SqlError
from lab.embedded.runtime.daemons.postgres.lexing import statements
from lab.embedded.runtime.daemons.postgres.server import Postgres, version
from lab.embedded.runtime.daemons.postgres.session import Script
from lab.embedded.runtime.daemons.postgres.statements import TEMPLATES, Catalogue
from lab.embedded.runtime.daemons.serving import descriptors
from lab.embedded.runtime.filesystem import Directory, File, FileError

if TYPE_CHECKING:
    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.tasks import Reason, Syscall

Step = Generator["Syscall", "Reason", int]
Work = Generator["Syscall", "Reason", None]
DATA = "/var/lib/postgresql/data"
_SOCKETS = "/var/run/postgresql"
INIT_SCRIPTS = "/docker-entrypoint-initdb.d"
USER = 999
_UNSET = """Error: Database is uninitialized and superuser password is not specified.
       You must specify POSTGRES_PASSWORD to a non-empty value for the
       superuser. For example, "-e POSTGRES_PASSWORD=password" on "docker run".

       You may also use "POSTGRES_HOST_AUTH_METHOD=trust" to allow all
       connections without a password. This is *not* recommended.

       See PostgreSQL documentation about "trust":
       https://www.postgresql.org/docs/current/auth-trust.html"""
_STEPS = (
    (0.1, "fixing permissions on existing directory {data} ... ok"),
    (0.1, "creating subdirectories ... ok"),
    (0.0, "selecting dynamic shared memory implementation ... posix"),
    (0.1, 'selecting default "max_connections" ... 100'),
    (0.1, 'selecting default "shared_buffers" ... 128MB'),
    (0.0, "selecting default time zone ... Etc/UTC"),
    (0.0, "creating configuration files ... ok"),
    (0.5, "running bootstrap script ... ok"),
    (0.8, "performing post-bootstrap initialization ... ok"),
    (0.4, "syncing data to disk ... ok"),
)
"""What initdb does: cluster seconds, and the line after them."""


def entrypoint(process: Process) -> Step:
    """Prepare, then become the server; any other command is simply run."""
    command = process.argv[1:]
    if process.argv[0].endswith("postgres"):
        command = list(process.argv)
    if command and command[0].startswith("-"):
        command = ["postgres", *command]
    if not command or command[0] != "postgres":
        return become(process, command or ["postgres"])
    data = process.env.get("PGDATA", DATA)
    if process.uid == 0:
        problem = yield from _as_root(process, data)
        if problem:
            yield from process.complain(problem)
            return 1
    settings = _Settings(process)
    catalogue = Catalogue(version=version(process), platform=_platform(process))
    if isinstance(process.kernel.files.exists(f"{data}/PG_VERSION"), File):
        text = "\nPostgreSQL Database directory appears to contain a database; Skipping initialization\n"
        yield from process.print(text)
        catalogue = _kept(process, data, catalogue)
    else:
        code = yield from _initialise(process, data, settings, catalogue)
        if code:
            return code
    process.argv = ["postgres"]
    server = Postgres(process, data, catalogue, over_tcp=True, trust=settings.method == "trust")
    return (yield from server.run())


class _Settings:
    """What the environment says; `NAME_FILE` stands for the content of a file."""

    def __init__(self, process: Process) -> None:
        def value(name: str) -> str:
            path = process.env.get(f"{name}_FILE")
            node = process.kernel.files.exists(path) if path else None
            return node.data.decode().rstrip("\n") if isinstance(node, File) else process.env.get(name, "")

        self.user = value("POSTGRES_USER") or "postgres"
        self.password = value("POSTGRES_PASSWORD")
        self.database = value("POSTGRES_DB") or self.user
        self.method = process.env.get("POSTGRES_HOST_AUTH_METHOD", "")
        process.env |= {  # for the init scripts
            "POSTGRES_USER": self.user,
            "POSTGRES_PASSWORD": self.password,
            "POSTGRES_DB": self.database,
            "PGPASSWORD": process.env.get("PGPASSWORD") or self.password,
        }


def _initialise(process: Process, data: str, settings: _Settings, catalogue: Catalogue) -> Step:
    if not settings.password and settings.method != "trust":
        yield from process.complain(_UNSET)
        return 1
    yield from process.print(
        'The files belonging to this database system will be owned by user "postgres".\n'
        "This user must also own the server process.\n\n"
        'The database cluster will be initialized with locale "en_US.utf8".\n'
        'The default database encoding has accordingly been set to "UTF8".\n'
        'The default text search configuration will be set to "english".\n\n'
        "Data page checksums are disabled.\n"
    )
    problem = _directory(process, data)
    if problem:
        yield from process.complain(problem)
        return 1
    for seconds, line in _STEPS:
        yield from process.sleep(seconds)
        yield from process.print(line.format(data=data))
    yield from process.print(
        f"\n\nSuccess. You can now start the database server using:\n\n"
        f"    pg_ctl -D {data} -l logfile start\n"
    )
    yield from process.complain('initdb: warning: enabling "trust" authentication for local connections')
    catalogue.roles, catalogue.owner = {settings.user: settings.password}, settings.user
    for name in ("postgres", *TEMPLATES, settings.database):
        catalogue.add_database(name)
    _keep(process, data, catalogue)
    code = yield from _temporary_server(process, data, settings, catalogue)
    if code:
        return code
    yield from process.print("\nPostgreSQL init process complete; ready for start up.\n")
    return 0


def _directory(process: Process, data: str) -> str:
    files = process.kernel.files
    node = files.exists(data)
    if isinstance(node, Directory) and node.listing():
        return (f'initdb: error: directory "{data}" exists but is not empty\n'
                "initdb: hint: If you want to create a new database system, either remove or empty the "
                "directory "
                f'"{data}" or run initdb with an argument other than "{data}".')  # fmt: skip
    try:
        if node is None:
            files.mkdir(data, "/", process.uid)
        files.create(f"{data}/PG_VERSION", "/", process.uid, 0o600)
        file = files.node(f"{data}/PG_VERSION")
        if isinstance(file, File):
            file.data[:] = process.env.get("PG_MAJOR", "16").encode() + b"\n"
    except FileError as error:
        return f'initdb: error: could not change permissions of directory "{data}": {error}'
    return ""


def _temporary_server(process: Process, data: str, settings: _Settings, catalogue: Catalogue) -> Step:
    """The server that only the Unix socket reaches, for the init scripts."""
    yield from process.write(1, b"waiting for server to start....")

    def serve(child: Process) -> Step:
        child.uid = _owner(child)
        return (yield from Postgres(child, data, catalogue, over_tcp=False, trust=True).run())

    child = process.kernel.spawn(process, ["postgres"], serve, fds=descriptors(process))
    yield from process.sleep(0.3)
    yield from process.print(" done\nserver started")
    if settings.database != "postgres":
        yield from process.print("CREATE DATABASE\n\n")
    code = yield from _scripts(process, settings, catalogue)
    if code:
        return code
    yield from process.write(1, b"waiting for server to shut down....")
    process.kernel.signal(child, signals.INT)
    yield from process.wait_child(child)
    yield from process.sleep(0.1)
    yield from process.print(" done\nserver stopped")
    return 0


def _scripts(process: Process, settings: _Settings, catalogue: Catalogue) -> Step:
    files, who = process.kernel.files, "/usr/local/bin/docker-entrypoint.sh"
    names = sorted(files.names(INIT_SCRIPTS)) if isinstance(files.exists(INIT_SCRIPTS), Directory) else []
    names = [name for name in names if not name.startswith("..")]
    if not names:
        yield from process.print(f"\n{who}: ignoring {INIT_SCRIPTS}/*\n")
    for name in names:
        path = f"{INIT_SCRIPTS}/{name}"
        node = files.exists(path)
        if name.endswith(".sh") and isinstance(node, File):
            yield from process.print(f"{who}: {'running' if node.mode & 0o111 else 'sourcing'} {path}")
            command = [path] if node.mode & 0o111 else ["sh", path]
            ended = yield from process.wait_child(process.spawn(command))
            if ended.code:
                return ended.code
        elif name.endswith(".sql") and isinstance(node, File):
            yield from process.print(f"{who}: running {path}")
            text = node.data.decode("utf-8", "replace")
            code = yield from _sql(
                process, Script(process, catalogue, settings.user, settings.database), path, text
            )
            if code:
                return code
        else:
            yield from process.print(f"{who}: ignoring {path}")
    return 0


def _sql(process: Process, script: Script, path: str, text: str) -> Step:
    """`psql -v ON_ERROR_STOP=1 -f FILE`: 3 when a statement fails."""
    line = 1
    try:
        for statement in statements(text):
            line = text.count("\n", 0, statement.tokens[-1].at) + 1
            result = yield from script.run(statement)
            yield from process.print(result.tag)
    except SqlError as error:
        yield from process.complain(f"psql:{path}:{line}: ERROR:  {error}")
        return 3
    finally:
        script.close()
    return 0


def _owner(process: Process) -> int:
    """Who the server runs as: whoever was called, else the owner of the data (the image's postgres)."""
    node = process.kernel.files.exists(_SOCKETS)
    return process.uid or (node.uid if node is not None and node.uid else USER)


def _as_root(process: Process, data: str) -> Generator[Syscall, Reason, str]:
    """Make the directories, hand them over and become `postgres`; what is said where that fails."""
    files, user = process.kernel.files, _owner(process)
    try:
        if files.exists(data) is None:
            files.mkdir(data, "/", process.uid)
        for path, mode in ((data, 0o700), (_SOCKETS, 0o3775)):
            problem = change_mode(process, path, mode) if files.exists(path) else ""
            if problem:  # the script goes on
                yield from process.complain(problem)
        problem = hand_over(process, data, user)
    except FileError as error:
        problem = f"mkdir: cannot create directory \u2018{data}\u2019: {error}"
    return problem or become_user(process, "postgres", user)


class CatalogueFile(File):
    """Where roles and databases lie among the data: they last as long as its volume does."""

    catalogue: Catalogue | None = None


def _keep(process: Process, data: str, catalogue: Catalogue) -> None:
    node = CatalogueFile(mode=0o600, uid=process.uid, gid=process.uid)
    node.catalogue = catalogue
    process.kernel.files.insert(process.kernel.files.lookup(f"{data}/.catalogue"), node, process.uid)


def _kept(process: Process, data: str, fresh: Catalogue) -> Catalogue:
    """What is in a data directory; one whose files were only copied holds an empty server."""
    node = process.kernel.files.exists(f"{data}/.catalogue")
    if isinstance(node, CatalogueFile) and node.catalogue is not None:
        return node.catalogue
    fresh.roles = {"postgres": ""}
    for name in ("postgres", *TEMPLATES):
        fresh.add_database(name)
    return fresh


def _platform(process: Process) -> str:
    if process.kernel.files.exists("/etc/alpine-release"):
        return "x86_64-pc-linux-musl, compiled by gcc (Alpine 14.2.0) 14.2.0, 64-bit"
    return "x86_64-pc-linux-gnu, compiled by gcc (Debian 12.2.0-14) 12.2.0, 64-bit"
