"""sed's command line: scripts, files, editing in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.embedded.runtime.applets.inputs import open_input, whole
from lab.embedded.runtime.applets.options import Applet, Failed, Options, Step, Usage, parse
from lab.embedded.runtime.applets.sed.running import Editor, Input
from lab.embedded.runtime.applets.sed.script import Script
from lab.embedded.runtime.filesystem import File, FileError
from lab.embedded.runtime.regex.syntax import BadRegex

if TYPE_CHECKING:
    from collections.abc import Generator

    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.streams import Stream
    from lab.embedded.runtime.tasks import Reason, Syscall

_LONG = {"in-place": "i", "quiet": "n", "silent": "n", "regexp-extended": "r", "expression": "e", "file": "f"}


def _sed(process: Process, arguments: list[str]) -> Step:
    suffix = ""
    rest = list(arguments)
    for at, word in enumerate(rest):  # `-i` takes its value only from the same word
        if word == "--":
            break
        name = "--in-place=" if word.startswith("--in-place=") else "-i"
        if word.startswith(name) and len(word) > len(name):
            suffix, rest[at] = word[len(name) :], "-i"
            break
    options = parse(rest, "inrEe:f:", _LONG)
    operands = list(options.operands)
    script = yield from _script(process, options, operands)
    if "i" in options:
        return (yield from _in_place(process, script, operands, options, suffix))
    sources: list[Stream] = []
    status = 0
    for path in operands or ["-"]:
        try:
            stream = open_input(process, path)
        except FileError as error:
            yield from process.complain(f"sed: {path}: {error}")
            status = 1
            continue
        sources.append(stream)
    yield from _edit(process, script, sources, process.stream(1), options)
    return status


def _script(process: Process, options: Options, operands: list[str]) -> Generator[Syscall, Reason, Script]:
    script = Script(extended=bool({"r", "E"} & options.flags))
    texts = list(options.every.get("e", []))
    for path in options.every.get("f", []):
        try:
            content = yield from whole(process, path)
        except FileError as error:
            raise Failed(f"{path}: {error}") from None
        texts.append(content.decode("utf-8", "surrogateescape").removesuffix("\n"))
    if not texts:
        if not operands:
            raise Usage("")
        texts.append(operands.pop(0))
    script.read("\n".join(texts))
    return script


def _edit(
    process: Process, script: Script, sources: list[Stream], target: Stream, options: Options
) -> Generator[Syscall, Reason, None]:
    editor = Editor(process, script, Input(process, sources), target, quiet="n" in options)
    for command in script.commands:
        if command.text and command.name in ("w", "s"):
            editor.open(command.text)
    try:
        yield from editor.run()
    except BadRegex as error:
        raise Failed(str(error)) from None


def _in_place(process: Process, script: Script, paths: list[str], options: Options, suffix: str) -> Step:
    status = 0
    files = process.kernel.files
    for path in paths:
        node = files.exists(path, process.cwd)
        if node is not None and not isinstance(node, File):
            raise Failed(f"{path}: not a regular file")
        try:
            source = process.open(path)
            if suffix:
                files.rename(path, path + suffix, process.cwd, process.uid)
            else:
                files.unlink(path, process.cwd, process.uid)
        except FileError as error:
            yield from process.complain(f"sed: {path}: {error}")
            status = 1
            continue
        target = process.open(path, write=True)
        made = files.exists(path, process.cwd)
        if made is not None and node is not None:
            made.mode, made.uid, made.gid = node.mode, node.uid, node.gid
        for command in script.commands:
            command.within = command.spent = False
        yield from _edit(process, script, [source], target, options)
    return status


APPLETS = (Applet("sed", "sed [-i[SFX]] [-nrE] [-f FILE]... [-e CMD]... [FILE]...", _sed),)
