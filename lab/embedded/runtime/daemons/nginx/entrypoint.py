"""`/docker-entrypoint.sh` of the nginx image: its scripts, its log lines, templates made into configuration.

The image's own scripts are played here; those that a volume adds to `/docker-entrypoint.d` are really run.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from lab.embedded.runtime.applets.basics import become
from lab.embedded.runtime.applets.gettext import substitute
from lab.embedded.runtime.filesystem import Directory, File, FileError

if TYPE_CHECKING:
    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.tasks import Reason, Syscall

Step = Generator["Syscall", "Reason", int]
Work = Generator["Syscall", "Reason", None]
SCRIPTS = "/docker-entrypoint.d"
_IPV6, _RESOLVERS, _TEMPLATES, _TUNE = (
    "10-listen-on-ipv6-by-default.sh", "15-local-resolvers.envsh", "20-envsubst-on-templates.sh",
    "30-tune-worker-processes.sh",
)  # fmt: skip
OWN = (_IPV6, _RESOLVERS, _TEMPLATES, _TUNE)
_DEFAULT = "/etc/nginx/conf.d/default.conf"


def entrypoint(process: Process) -> Step:
    """Prepare, then become the command."""
    command = process.argv[1:] if process.argv[0].endswith("docker-entrypoint.sh") else process.argv[2:]
    if command[:1] in (["nginx"], ["nginx-debug"]):
        yield from _scripts(process)
    if not command:
        return 0
    return become(process, command)


def _say(process: Process, text: str, who: str = "/docker-entrypoint.sh") -> Work:
    if not process.env.get("NGINX_ENTRYPOINT_QUIET_LOGS"):
        yield from process.print(f"{who}: {text}")


def _scripts(process: Process) -> Work:
    files = process.kernel.files
    names = sorted(files.names(SCRIPTS)) if isinstance(files.exists(SCRIPTS), Directory) else []
    if not names:
        yield from _say(process, f"No files found in {SCRIPTS}/, skipping configuration")
        return
    yield from _say(process, f"{SCRIPTS}/ is not empty, will attempt to perform configuration")
    yield from _say(process, f"Looking for shell scripts in {SCRIPTS}/")
    for name in names:
        path = f"{SCRIPTS}/{name}"
        node = files.exists(path)
        if not name.endswith((".sh", ".envsh")):
            yield from _say(process, f"Ignoring {path}")
        elif not isinstance(node, File) or not node.mode & 0o111:
            yield from _say(process, f"Ignoring {path}, not executable")
        elif name in OWN:
            yield from _say(process, f"{'Sourcing' if name.endswith('.envsh') else 'Launching'} {path}")
            yield from _own(process, name)
        else:
            yield from _say(process, f"Launching {path}")
            yield from process.wait_child(process.spawn([path]))
    yield from _say(process, "Configuration complete; ready for start up")


def _own(process: Process, name: str) -> Work:
    if name == _IPV6:
        yield from _listen_on_ipv6(process)
    elif name == _TEMPLATES:
        yield from _templates(process)


def _listen_on_ipv6(process: Process) -> Work:
    files = process.kernel.files
    node = files.exists(_DEFAULT)
    if not isinstance(node, File):
        yield from _say(process, f"info: {_DEFAULT} is not a file or does not exist", _IPV6)
        return
    try:
        process.open(_DEFAULT, write=True, truncate=False)
    except FileError:
        yield from _say(process, f"info: can not modify {_DEFAULT} (read-only file system?)", _IPV6)
        return
    if b"listen  [::]:80;" in node.data:
        yield from _say(process, "info: IPv6 listen already enabled", _IPV6)
        return
    yield from _say(process, f"info: Getting the checksum of {_DEFAULT}", _IPV6)
    shipped = files.exists("/etc/nginx/.default.conf")
    if not isinstance(shipped, File) or shipped.data != node.data:
        yield from _say(process, f"info: {_DEFAULT} differs from the packaged version", _IPV6)
        return
    node.data = bytearray(
        node.data.replace(b"listen       80;\n", b"listen       80;\n    listen  [::]:80;\n")
    )
    yield from _say(process, f"info: Enabled listen on IPv6 in {_DEFAULT}", _IPV6)


def _templates(process: Process) -> Work:
    files, env = process.kernel.files, process.env
    home = env.get("NGINX_ENVSUBST_TEMPLATE_DIR", "/etc/nginx/templates")
    suffix = env.get("NGINX_ENVSUBST_TEMPLATE_SUFFIX", ".template")
    out = env.get("NGINX_ENVSUBST_OUTPUT_DIR", "/etc/nginx/conf.d")
    if not isinstance(files.exists(home), Directory):
        return
    for name in sorted(files.names(home)):
        node = files.exists(f"{home}/{name}")
        if not name.endswith(suffix) or not isinstance(node, File):
            continue
        target = f"{out}/{name.removesuffix(suffix)}"
        yield from _say(process, f"Running envsubst on {home}/{name} to {target}", _TEMPLATES)
        text = substitute(node.data.decode("utf-8", "surrogateescape"), env, only=set(env))
        try:
            process.install(5, process.open(target, write=True))
            yield from process.write(5, text.encode("utf-8", "surrogateescape"))
            process.close(5)
        except FileError as error:
            yield from process.complain(f"{SCRIPTS}/{_TEMPLATES}: line 53: can't create {target}: {error}")
