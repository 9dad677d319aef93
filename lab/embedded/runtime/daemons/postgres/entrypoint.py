"""`docker-entrypoint.sh` of the postgres image: ask for a password, make the database, start the server."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from lab.embedded.runtime import signals
from lab.embedded.runtime.applets.basics import become
from lab.embedded.runtime.daemons.postgres.server import Postgres
from lab.embedded.runtime.daemons.postgres.statements import Catalogue, SqlError, execute, statements
from lab.embedded.runtime.daemons.serving import descriptors
from lab.embedded.runtime.filesystem import Directory, File, FileError

if TYPE_CHECKING:
    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.tasks import Reason, Syscall

Step = Generator["Syscall", "Reason", int]
Work = Generator["Syscall", "Reason", None]
DATA = "/var/lib/postgresql/data"
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
    settings = _Settings(process)
    catalogue = Catalogue(version=process.env.get("PG_MAJOR", "16") + "." + process.env.get("PG_MINOR", "9"))
    if isinstance(process.kernel.files.exists(f"{data}/PG_VERSION"), File):
        text = "\nPostgreSQL Database directory appears to contain a database; Skipping initialization\n"
        yield from process.print(text)
        _remember(process, data, catalogue)
        _hand_over(process, data)
    else:
        code = yield from _initialise(process, data, settings, catalogue)
        if code:
            return code
    process.uid = _owner(process)
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
    catalogue.roles = {"postgres": "", settings.user: settings.password}
    if settings.user != "postgres":
        del catalogue.roles["postgres"]
    catalogue.databases = {"postgres", "template0", "template1", settings.database}
    code = yield from _temporary_server(process, data, settings, catalogue)
    if code:
        return code
    yield from process.print("\nPostgreSQL init process complete; ready for start up.\n")
    _save(process, data, catalogue)
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
        _hand_over(process, data)
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
            for statement in statements(node.data.decode("utf-8", "replace")):
                try:
                    result = execute(catalogue, statement, settings.user, settings.database, "")
                except SqlError as error:
                    yield from process.complain(f"psql:{path}: ERROR:  {error}")
                    return 3
                yield from process.print(result.tag)
        else:
            yield from process.print(f"{who}: ignoring {path}")
    return 0


def _owner(process: Process) -> int:
    """Who the server runs as: whoever was called, else the owner of the data (the image's postgres)."""
    node = process.kernel.files.exists("/var/run/postgresql")
    return process.uid or (node.uid if node is not None and node.uid else USER)


def _hand_over(process: Process, data: str) -> None:
    """Give the data directory to who runs the server, as the entry point does when it is root."""
    if process.uid == 0:
        for _, node in process.kernel.files.walk(data):
            node.uid = node.gid = _owner(process)


def _save(process: Process, data: str, catalogue: Catalogue) -> None:
    """Keep roles and databases with the data, for the container after this one."""
    lines = [f"role\t{name}\t{password}\n" for name, password in catalogue.roles.items()]
    lines += [f"database\t{name}\n" for name in sorted(catalogue.databases)]
    file, _ = process.kernel.files.create(f"{data}/.catalogue", "/", 0, 0o600)
    file.data[:] = "".join(lines).encode()
    _hand_over(process, data)


def _remember(process: Process, data: str, catalogue: Catalogue) -> None:
    node = process.kernel.files.exists(f"{data}/.catalogue")
    text = node.data.decode() if isinstance(node, File) else "role\tpostgres\t\ndatabase\tpostgres\n"
    for line in text.splitlines():
        kind, name, *rest = line.split("\t")
        if kind == "role":
            catalogue.roles[name] = rest[0] if rest else ""
        else:
            catalogue.databases.add(name)
