"""Applets about nothing but themselves: echo, sleep, date, env, test, seq, yes, who am I, where am I."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from lab.embedded.runtime.applets.options import Applet, Failed, Step, Usage, duration, parse
from lab.embedded.runtime.filesystem import FileError, text_of
from lab.embedded.runtime.kernel import Exec
from lab.embedded.runtime.shell import printing, testing
from lab.embedded.runtime.users import as_user

if TYPE_CHECKING:
    from lab.embedded.runtime.process import Process


def _true(_process: Process, _arguments: list[str]) -> Step:
    yield from ()
    return 0


def _false(_process: Process, _arguments: list[str]) -> Step:
    yield from ()
    return 1


def _echo(process: Process, arguments: list[str]) -> Step:
    yield from process.write(1, printing.echo(arguments).encode("utf-8", "surrogateescape"))
    return 0


def _printf(process: Process, arguments: list[str]) -> Step:
    if not arguments:
        raise Usage("")
    text, errors = printing.printf(arguments[0], arguments[1:])
    yield from process.write(1, text.encode("utf-8", "surrogateescape"))
    for error in errors:
        yield from process.complain(f"printf: {error}")
    return int(bool(errors))


def _test(process: Process, arguments: list[str]) -> Step:
    yield from ()
    name = process.argv[0].rsplit("/", 1)[-1]
    closer = {"[": "]", "[[": "]]"}.get(name)
    if closer:
        if arguments[-1:] != [closer]:
            raise Failed(f"missing {closer}", 2)
        arguments = arguments[:-1]
    try:
        return 0 if testing.evaluate(process, arguments, double=name == "[[") else 1
    except testing.BadCondition as error:
        raise Failed(str(error), 2) from None


def _sleep(process: Process, arguments: list[str]) -> Step:
    if not arguments:
        raise Usage("")
    yield from process.sleep(sum(duration(each) for each in arguments))
    return 0


def _env(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "i0u:", {"ignore-environment": "i", "unset": "u"}, stop=True)
    env = {} if "i" in options else dict(process.env)
    for name in options.every.get("u", []):
        env.pop(name, None)
    rest = options.operands
    while rest and "=" in rest[0]:
        name, _, value = rest.pop(0).partition("=")
        env[name] = value
    if not rest:
        for name, value in env.items():
            yield from process.print(f"{name}={value}")
        return 0
    process.env = env
    return become(process, rest)


def become(process: Process, argv: list[str]) -> int:
    """Go on as another program.

    Raises:
        Exec: always, unless it cannot be run (Failed, status 126 or 127).
    """
    try:
        program = process.kernel.load(process, argv)
    except FileError as error:
        raise Failed(f"can't execute '{argv[0]}': {error}", 127 if error.code == "ENOENT" else 126) from None
    raise Exec(argv, program)


def _printenv(process: Process, arguments: list[str]) -> Step:
    if not arguments:
        for name, value in process.env.items():
            yield from process.print(f"{name}={value}")
        return 0
    status = 0
    for name in arguments:
        if name in process.env:
            yield from process.print(process.env[name])
        else:
            status = 1
    return status


def _seq(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "ws:", stop=True)
    words = options.operands
    if not 1 <= len(words) <= 3 or not all(map(_is_number, words)):
        raise Usage("")
    numbers = [float(each) for each in words]
    first, step, last = (
        (1.0, 1.0, numbers[0])
        if len(numbers) == 1
        else ((numbers[0], 1.0, numbers[1]) if len(numbers) == 2 else (numbers[0], numbers[1], numbers[2]))
    )
    places = max(len(each.partition(".")[2]) for each in words)
    width = max(len(f"{each:.{places}f}") for each in (first, last)) if "w" in options else 0
    separator, position, begun = options.get("s", "\n"), 0, False
    while (last - (value := first + position * step)) * (1 if step >= 0 else -1) >= -1e-9:
        text = f"{value:0{width}.{places}f}"
        yield from process.write(1, ((separator if begun else "") + text).encode())
        begun, position = True, position + 1
    if begun:
        yield from process.write(1, b"\n")
    return 0


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _yes(process: Process, arguments: list[str]) -> Step:
    line = (" ".join(arguments) or "y").encode() + b"\n"
    chunk = line * max(1, 1024 // len(line))
    while True:
        yield from process.write(1, chunk)


def _id(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "ugGn")
    accounts = account_names(process)
    name = accounts.get(process.uid, str(process.uid))
    if options.operands:
        number = next((uid for uid, each in accounts.items() if each == options.operands[0]), None)
        if number is None:
            raise Failed(f"unknown user {options.operands[0]}")
        yield from process.print(
            str(number) if "u" in options else f"uid={number}({options.operands[0]}) gid={number}"
        )
        return 0
    user, groups = as_user(process.uid), account_names(process, "/etc/group")
    if "u" in options:
        yield from process.print(name if "n" in options else str(process.uid))
        return 0
    if "g" in options or "G" in options:
        wanted = (user.gid,) if "g" in options else user.groups
        named = [groups.get(each, str(each)) if "n" in options else str(each) for each in wanted]
        yield from process.print(" ".join(named))
        return 0
    told = f"uid={_numbered(user, accounts)} gid={_numbered(user.gid, groups)}"
    if user == 0 or len(user.groups) > 1:
        told += " groups=" + ",".join(_numbered(each, groups) for each in sorted(user.groups))
    yield from process.print(told)
    return 0


def _numbered(number: int, names: dict[int, str]) -> str:
    return f"{number}({names[number]})" if number in names else str(number)


def account_names(process: Process, path: str = "/etc/passwd") -> dict[int, str]:
    """Users by number, from `/etc/passwd`; groups from `/etc/group`."""
    lines = text_of(process.kernel.files.exists(path)).splitlines()
    fields = [line.split(":") for line in lines if line.count(":") >= 2]
    return {int(parts[2]): parts[0] for parts in fields if parts[2].isdigit()}


def _whoami(process: Process, _arguments: list[str]) -> Step:
    name = account_names(process).get(process.uid)
    if name is None:
        raise Failed(f"unknown uid {process.uid}")
    yield from process.print(name)
    return 0


def _hostname(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "sifd")
    if options.operands:
        raise Failed("sethostname: Operation not permitted")
    host = process.kernel.host
    texts = {"i": host.ip, "d": host.domain, "f": host.full_name, "s": host.hostname.split(".")[0]}
    yield from process.print(next((texts[each] for each in texts if each in options), host.hostname))
    return 0


def _uname(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "asnrvmpio")
    facts = {
        "s": "Linux",
        "n": process.kernel.host.hostname,
        "r": "6.1.0-podlab",
        "v": "#1 SMP",
        "m": "x86_64",
        "o": "GNU/Linux",
    }
    wanted = (
        facts if "a" in options else {key: facts[key] for key in facts if key in options} or {"s": "Linux"}
    )
    yield from process.print(" ".join(wanted.values()))
    return 0


def _pwd(process: Process, _arguments: list[str]) -> Step:
    yield from process.print(process.cwd)
    return 0


def _basename(process: Process, arguments: list[str]) -> Step:
    if not arguments:
        raise Usage("")
    name = posixpath.basename(arguments[0].rstrip("/") or "/") or "/"
    if len(arguments) > 1 and name != arguments[1]:
        name = name.removesuffix(arguments[1])
    yield from process.print(name)
    return 0


def _dirname(process: Process, arguments: list[str]) -> Step:
    if not arguments:
        raise Usage("")
    yield from process.print(
        posixpath.dirname(arguments[0].rstrip("/")) or ("/" if arguments[0][:1] == "/" else ".")
    )
    return 0


def _nproc(process: Process, _arguments: list[str]) -> Step:
    yield from process.print("1")
    return 0


def _which(process: Process, arguments: list[str]) -> Step:
    status = 0
    for name in arguments:
        try:
            path = process.kernel.find(name, process.env.get("PATH", ""), process.cwd, process.uid)
            yield from process.print(path)
        except FileError:
            status = 1
    return status


def _clear(process: Process, _arguments: list[str]) -> Step:
    yield from process.write(1, b"\x1b[H\x1b[J")
    return 0


APPLETS = (
    Applet("true", "true", _true),
    Applet("false", "false", _false),
    Applet("echo", "echo [-neE] [ARG]...", _echo),
    Applet("printf", "printf FORMAT [ARG]...", _printf),
    Applet("test", "test EXPRESSION ]", _test),
    Applet("[", "[ EXPRESSION ]", _test),
    Applet("[[", "[[ EXPRESSION ]]", _test),
    Applet("sleep", "sleep [N]...", _sleep),
    Applet("env", "env [-iu] [-] [name=value]... [PROG ARGS]", _env),
    Applet("printenv", "printenv [VARIABLE]...", _printenv),
    Applet("seq", "seq [-w] [-s SEP] [FIRST [INC]] LAST", _seq),
    Applet("yes", "yes [STRING]", _yes),
    Applet("id", "id [-ugGn] [USER]", _id),
    Applet("whoami", "whoami", _whoami),
    Applet("hostname", "hostname [-sidf] [HOSTNAME | -F FILE]", _hostname),
    Applet("uname", "uname [-amnrspvio]", _uname),
    Applet("pwd", "pwd", _pwd),
    Applet("basename", "basename FILE [SUFFIX] | -a FILE... | -s SUFFIX FILE...", _basename),
    Applet("dirname", "dirname FILENAME", _dirname),
    Applet("nproc", "nproc [--all] [--ignore=N]", _nproc),
    Applet("which", "which [-a] COMMAND...", _which),
    Applet("clear", "clear", _clear),
)
