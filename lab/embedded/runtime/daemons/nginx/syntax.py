"""Reading nginx' configuration language: words, directives, blocks, and what nginx says of bad ones.

Every error ends with ` in FILE:LINE`, as `ngx_conf_log_error` writes it. `include` is carried out here,
because what it brings stands where it stands.
"""

from __future__ import annotations

import fnmatch
import posixpath
from typing import TYPE_CHECKING

from msgspec import Struct, field

from lab.embedded.runtime.filesystem import File, FileError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.embedded.runtime.mounting import Mounts

DEEPEST = 12
"""Files that include files; nginx itself stops at its number of descriptors."""


class ConfigurationError(Exception):
    """The configuration is refused; `str()` is nginx' own text after `[emerg] `."""


class Directive(Struct, frozen=True):
    """One directive: its name, its arguments, and what is in its block (None: it has none)."""

    name: str
    args: tuple[str, ...]
    file: str
    line: int
    block: tuple[Directive, ...] | None = None

    @property
    def place(self) -> str:
        """Where it stands, for messages."""
        return f"{self.file}:{self.line}"


class _Source(Struct):
    """One file being read."""

    path: str
    text: str
    at: int = 0
    line: int = 1
    words: list[str] = field(default_factory=list)

    def fail(self, text: str) -> ConfigurationError:
        return ConfigurationError(f"{text} in {self.path}:{self.line}")


def read(files: Mounts, path: str) -> tuple[Directive, ...]:
    """The directives of a configuration file, with those it includes.

    Raises:
        ConfigurationError: it cannot be opened, or its grammar is broken.
    """
    return tuple(_block(files, _open(files, path), depth=0, nested=False))


def _open(files: Mounts, path: str, origin: str = "") -> _Source:
    try:
        node = files.node(path)
    except FileError as error:
        number = {"ENOENT": 2, "EACCES": 13, "ENOTDIR": 20}.get(error.code, 5)
        raise ConfigurationError(f'open() "{path}" failed ({number}: {error}){origin}') from None
    if not isinstance(node, File):
        raise ConfigurationError(f'read() "{path}" failed (21: Is a directory){origin}')
    return _Source(path, node.data.decode("utf-8", "replace"))


def _block(files: Mounts, source: _Source, depth: int, *, nested: bool) -> Iterator[Directive]:
    """The directives up to the end of a block or a file."""
    while True:
        words, line, end = _statement(source)
        if end in ("", "}"):
            if words:
                kind = "end of file" if not end else '"}"'
                expected = ', expecting ";" or "}"' if not end else ""
                raise source.fail(f"unexpected {kind}{expected}")
            if nested and not end:
                raise source.fail('unexpected end of file, expecting "}"')
            if end == "}" and not nested:
                raise source.fail('unexpected "}"')
            return
        if not words:
            raise source.fail(f'unexpected "{end}"')
        name, args = words[0], tuple(words[1:])
        if end == "{":
            block = _types(source) if name == "types" else _block(files, source, depth, nested=True)
            yield Directive(name, args, source.path, line, tuple(block))
        elif name == "include":
            yield from _include(files, source, args, line, depth)
        else:
            yield Directive(name, args, source.path, line)


def _types(source: _Source) -> Iterator[Directive]:
    """The block of `types`, whose names are content types, not directives."""
    while True:
        words, line, end = _statement(source)
        if end == "}" and not words:
            return
        if end != ";" or not words:
            raise source.fail('unexpected end of file, expecting "}"' if not end else f'unexpected "{end}"')
        yield Directive(words[0], tuple(words[1:]), source.path, line)


def _include(
    files: Mounts, source: _Source, args: tuple[str, ...], line: int, depth: int
) -> Iterator[Directive]:
    if len(args) != 1:
        raise ConfigurationError(
            f'invalid number of arguments in "include" directive in {source.path}:{line}'
        )
    path = posixpath.join("/etc/nginx", args[0])
    directory, pattern = posixpath.split(path)
    found = [path]
    if any(each in pattern for each in "*?["):
        try:
            names = sorted(files.names(directory))
        except FileError:
            names = []
        found = [f"{directory}/{name}" for name in names
                 if fnmatch.fnmatchcase(name, pattern) and not name.startswith(".")]  # fmt: skip
    if depth > DEEPEST:
        raise ConfigurationError(f'too many includes of "{path}" in {source.path}:{line}')
    for each in found:
        inner = _open(files, each, f" in {source.path}:{line}")
        yield from _block(files, inner, depth + 1, nested=False)


def _statement(source: _Source) -> tuple[list[str], int, str]:
    """The words up to `;`, `{` or `}`, the line of the last one, and which it was (empty: the end)."""
    words: list[str] = []
    text = source.text
    line = source.line
    while source.at < len(text):
        letter = text[source.at]
        if letter == "\n":
            source.line += 1
            source.at += 1
        elif letter.isspace():
            source.at += 1
        elif letter == "#":
            end = text.find("\n", source.at)
            source.at = len(text) if end < 0 else end
        elif letter in ";{}":
            source.at += 1
            return words, source.line, letter
        else:
            words.append(_word(source))
            line = source.line
    return words, line, ""


def _word(source: _Source) -> str:
    text, quote, out = source.text, "", []
    if text[source.at] in "'\"":
        quote = text[source.at]
        source.at += 1
    while source.at < len(text):
        letter = text[source.at]
        if letter == "\\" and source.at + 1 < len(text):
            following = text[source.at + 1]
            plain = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "'": "'", "\\": "\\"}.get(following)
            out.append(plain if plain is not None else letter + following)
            source.at += 2
            continue
        if quote:
            if letter == quote:
                source.at += 1
                _after_quote(source)
                return "".join(out)
        elif letter.isspace() or letter in ";{":
            if letter == "{" and out and out[-1] == "$":  # ${name}
                end = text.find("}", source.at)
                out.append(text[source.at : end + 1])
                source.at = end + 1
                continue
            break
        source.line += letter == "\n"
        out.append(letter)
        source.at += 1
    if quote:
        raise source.fail('unexpected end of file, expecting ";" or "}"')
    return "".join(out)


def _after_quote(source: _Source) -> None:
    rest = source.text[source.at : source.at + 1]
    if rest and not rest.isspace() and rest not in ";{)":
        raise source.fail(f'unexpected "{rest}"')


def parse_text(path: str, text: str) -> tuple[Directive, ...]:
    """Directives given as text (`-g`); includes are not carried out there.

    Raises:
        ConfigurationError: its grammar is broken.
    """
    found: list[Directive] = []
    ended = not text.strip() or text.rstrip().endswith((";", "}"))
    source = _Source(path, text if ended else f"{text};")
    while True:
        words, line, end = _statement(source)
        if not words and not end:
            return tuple(found)
        if end != ";" or not words:
            raise source.fail(f'unexpected "{end}"')
        found.append(Directive(words[0], tuple(words[1:]), path, line))
