"""find: tests, operators and actions on every file below a place."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Generator
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec import Struct

from lab.embedded.runtime.applets.options import Applet, Failed, Step, Usage, count
from lab.embedded.runtime.applets.regexes import compile_regex
from lab.embedded.runtime.fifos import Fifo
from lab.embedded.runtime.filesystem import Device, Directory, File, FileError, Node, Symlink
from lab.embedded.runtime.shell import patterns

if TYPE_CHECKING:
    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.tasks import Reason, Syscall

_CLASSES: dict[str, type[Node]] = {"f": File, "d": Directory, "l": Symlink, "c": Device, "p": Fifo}


class _Entry(Struct, frozen=True):
    path: str
    node: Node
    pruned: list[str]
    """Directories of this search that are not gone into."""


_Verdict = Generator["Syscall", "Reason", bool]
_Test = Callable[["Process", _Entry], _Verdict]


def _plain(test: Callable[[Process, _Entry], bool]) -> _Test:
    def run(process: Process, entry: _Entry) -> _Verdict:
        yield from ()
        return test(process, entry)

    return run


class _Expression:
    """Reads the expression; `-o` binds weaker than the words beside one another."""

    def __init__(self, words: list[str]) -> None:
        self._words = words
        self.finally_: list[tuple[list[str], list[str]]] = []
        """Commands to run at the end, and the paths they get."""
        self.deepest, self.shallowest, self.children_first, self.acts = 10**9, 0, False, False

    def whole(self) -> _Test:
        """All of it."""
        test = self._or()
        if self._words:
            raise Failed(f"unrecognized: {self._words[0]}")
        return test

    def _or(self) -> _Test:
        left = self._and()
        while self._words[:1] in (["-o"], ["-or"]):
            self._words.pop(0)
            left = _either(left, self._and())
        return left

    def _and(self) -> _Test:
        left = _plain(lambda _process, _entry: True)
        while self._words and self._words[0] not in ("-o", "-or", ")"):
            if self._words[0] in ("-a", "-and"):
                self._words.pop(0)
                continue
            left = _both(left, self._one())
        return left

    def _one(self) -> _Test:
        word = self._words.pop(0)
        if word in ("!", "-not"):
            return _not(self._one())
        if word == "(":
            inner = self._or()
            if self._words[:1] != [")"]:
                raise Failed("unmatched '('")
            self._words.pop(0)
            return inner
        return self._action(word) or self._test(word)

    def _action(self, word: str) -> _Test | None:
        if word in ("-print", "-print0"):
            self.acts = True
            return _print(b"\0" if word == "-print0" else b"\n")
        if word == "-delete":
            self.acts = self.children_first = True
            return _delete
        if word == "-exec":
            self.acts = True
            end = next((at for at, each in enumerate(self._words) if each in (";", "+")), None)
            if end is None:
                raise Failed("-exec CMD must end by ';'")
            argv, together = self._words[:end], self._words[end] == "+"
            self._words = self._words[end + 1 :]
            return self._together(argv) if together else _exec(argv)
        if word == "-quit":
            self.acts = True
            return _quit
        if word == "-prune":
            return _prune
        if word in ("-xdev", "-mount", "-follow", "-noleaf", "-true"):
            return _plain(lambda _process, _entry: True)
        if word == "-depth":
            self.children_first = True
            return _plain(lambda _process, _entry: True)
        return None

    def _together(self, argv: list[str]) -> _Test:
        """`-exec … {} +`: once, with all the paths."""
        paths: list[str] = []
        self.finally_.append((argv, paths))

        def run(_process: Process, entry: _Entry) -> _Verdict:
            yield from ()
            paths.append(entry.path)
            return True

        return run

    def _test(self, word: str) -> _Test:
        known = ("-name", "-iname", "-path", "-type", "-maxdepth", "-mindepth", "-size", "-mmin", "-mtime",
                 "-newer", "-user", "-group", "-perm", "-empty", "-regex", "-links", "-inum")  # fmt: skip
        if word not in known:
            raise Failed(f"unrecognized: {word}")
        if word == "-empty":
            return _plain(lambda _process, entry: not _content(entry.node))
        if not self._words:
            raise Failed(f"option requires an argument: {word}")
        value = self._words.pop(0)
        if word in ("-maxdepth", "-mindepth"):
            if not value.isdigit():
                raise Failed(f"invalid number '{value}'")
            self.deepest, self.shallowest = (
                (int(value), self.shallowest) if word == "-maxdepth" else (self.deepest, int(value))
            )
            return _plain(lambda _process, _entry: True)
        return _plain(_comparison(word, value))


def _comparison(  # noqa: C901, PLR0911 (one case for each test)
    word: str, value: str
) -> Callable[[Process, _Entry], bool]:
    """A test with an argument."""
    if word == "-type":
        if value not in _CLASSES:
            raise Failed(f"bad arg '{value}' to '-type'")
        kind = _CLASSES[value]
        return lambda _process, entry: (
            isinstance(entry.node, kind) and (value != "c" or not isinstance(entry.node, Fifo))
        )
    if word in ("-name", "-iname"):
        fold = str.lower if word == "-iname" else str
        return lambda _process, entry: patterns.matches(fold(value), fold(_name(entry.path)))
    if word == "-path":
        return lambda _process, entry: patterns.matches(value, entry.path)
    if word == "-regex":
        regex = compile_regex(f"^\\({value}\\)$", extended=False)
        return lambda _process, entry: regex.search(entry.path) is not None
    if word == "-links":
        return lambda _process, entry: entry.node.links == count(value)
    if word == "-inum":
        raise Failed("-inum: not available in the simulation")
    if word == "-group":
        group = {"root": 0}.get(value, int(value) if value.isdigit() else -1)
        return lambda _process, entry: entry.node.gid == group
    if word == "-user":
        owner = {"root": 0}.get(value, int(value) if value.isdigit() else -1)
        return lambda _process, entry: entry.node.uid == owner
    if word == "-perm":
        wanted = int(value.lstrip("-/"), 8)
        if value.startswith("-"):
            return lambda _process, entry: entry.node.mode & wanted == wanted
        return lambda _process, entry: entry.node.mode == wanted
    if word == "-newer":
        return lambda process, entry: entry.node.mtime > process.kernel.files.node(value, process.cwd).mtime
    return _measure(word, value)


def _measure(word: str, value: str) -> Callable[[Process, _Entry], bool]:
    sign, number = (value[0], value[1:]) if value[:1] in "+-" and value[1:] else ("", value)
    if word == "-size":
        unit = 1 if number.endswith("c") else 512 if number.isdigit() else 1
        wanted = count(number.rstrip("c"))
        return lambda _process, entry: _compare(-(-len(_content(entry.node)) // unit), sign, wanted)
    seconds = 60 if word == "-mmin" else 86400
    if not number.isdigit():
        raise Failed(f"invalid number '{value}'")
    return lambda process, entry: _compare(
        int((process.now() - entry.node.mtime) // seconds), sign, int(number)
    )


def _compare(value: int, sign: str, wanted: int) -> bool:
    return value > wanted if sign == "+" else value < wanted if sign == "-" else value == wanted


def _content(node: Node) -> bytes | bytearray | dict[str, Node]:
    return node.data if isinstance(node, File) else node.listing() if isinstance(node, Directory) else b""


def _name(path: str) -> str:
    return posixpath.basename(path.rstrip("/")) or path


def _both(left: _Test, right: _Test) -> _Test:
    def run(process: Process, entry: _Entry) -> _Verdict:
        return (yield from left(process, entry)) and (yield from right(process, entry))

    return run


def _either(left: _Test, right: _Test) -> _Test:
    def run(process: Process, entry: _Entry) -> _Verdict:
        return (yield from left(process, entry)) or (yield from right(process, entry))

    return run


def _not(test: _Test) -> _Test:
    def run(process: Process, entry: _Entry) -> _Verdict:
        return not (yield from test(process, entry))

    return run


def _print(end: bytes) -> _Test:
    def run(process: Process, entry: _Entry) -> _Verdict:
        yield from process.write(1, entry.path.encode("utf-8", "surrogateescape") + end)
        return True

    return run


def _delete(process: Process, entry: _Entry) -> _Verdict:
    if entry.path in (".", "/"):
        return True
    try:
        process.kernel.files.unlink(entry.path, process.cwd, process.uid)
    except FileError as error:
        yield from process.complain(f"find: {entry.path}: {error}")
        return False
    return True


class _Quit(Exception):  # noqa: N818 (what happened, not a mistake)
    """`-quit`."""


def _quit(_process: Process, _entry: _Entry) -> _Verdict:
    yield from ()
    raise _Quit


def _prune(_process: Process, entry: _Entry) -> _Verdict:
    yield from ()
    entry.pruned.append(entry.path.rstrip("/") + "/")
    return True


def _exec(argv: list[str]) -> _Test:
    def run(process: Process, entry: _Entry) -> _Verdict:
        return (yield from _run(process, [each.replace("{}", entry.path) for each in argv])) == 0

    return run


def _find(process: Process, arguments: list[str]) -> Step:
    split = next(
        (at for at, each in enumerate(arguments) if each[:1] == "-" or each in ("(", "!")), len(arguments)
    )
    starts, expression = arguments[:split] or ["."], _Expression(arguments[split:])
    if arguments[split:] == ["--help"]:
        raise Usage("")
    test = expression.whole()
    if not expression.acts:
        test = _both(test, _print(b"\n"))
    status = 0
    with suppress(_Quit):
        for start in starts:
            status = (yield from _search(process, start, expression, test)) or status
    for argv, paths in expression.finally_:
        if paths:
            at = argv.index("{}") if "{}" in argv else len(argv)
            status = (yield from _run(process, [*argv[:at], *paths, *argv[at + 1 :]])) or status
    return status


def _search(process: Process, start: str, expression: _Expression, test: _Test) -> Step:
    pruned: list[str] = []
    try:
        found = [_Entry(path, node, pruned) for path, node in process.kernel.files.walk(start, process.cwd)]
    except FileError as error:
        yield from process.complain(f"find: {start}: {error}")
        return 1
    for entry in reversed(found) if expression.children_first else found:
        yield from process.compute(1)
        depth = entry.path[len(start.rstrip("/")) :].count("/")
        if pruned and entry.path.startswith(tuple(pruned)):
            continue
        if expression.shallowest <= depth <= expression.deepest:
            yield from test(process, entry)
    return 0


def _run(process: Process, command: list[str]) -> Step:
    try:
        child = process.spawn(command)
    except FileError as error:
        yield from process.complain(f"find: {command[0]}: {error}")
        return 1
    return int((yield from process.wait_child(child)).code != 0)


APPLETS = (Applet("find", "find [-HL] [PATH]... [OPTIONS] [ACTIONS]", _find),)
