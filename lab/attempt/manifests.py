"""Manifests with their places: every object, and every field of it, knows its file and line.

The API server says what is wrong and where in the object; a learner needs to know where in the file. So each
document is composed to nodes first, and the server's field paths are looked up in them. JSON is YAML here
too.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import yaml

from lab.errors import ContentError, Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

Json = dict[str, Any]

_Base: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_REPLACED = (":timestamp", ":int", ":float")


class _Loader(_Base):  # type: ignore[misc]  # the base is chosen at run time
    """YAML as kubectl reads it: `2026-01-01` is no date, `1:30` no number of seconds."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(_REPLACED)]
        for first, resolvers in _Base.yaml_implicit_resolvers.items()
    }


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(\.[0-9]+|[0-9][0-9_]*\.[0-9_]*)([eE][-+]?[0-9]+)?$|^[-+]?[0-9]+[eE][-+]?[0-9]+$"),
    list("-+0123456789."),
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int",
    re.compile(r"^[-+]?(0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]*|[1-9][0-9_]*)$"),
    list("-+0123456789"),
)

_STEP = re.compile(r'\[(?:name=)?"?([^\]"]*)"?\]|([^.\[\]]+)')


@dataclass(frozen=True)
class Manifest:
    """One object of a manifest file."""

    file: str
    """As it is named to the user."""
    object: Json
    node: Any = field(repr=False, compare=False)
    """The YAML node the object was made from."""

    @property
    def kind(self) -> str:
        """`Deployment`."""
        return str(self.object["kind"])

    @property
    def name(self) -> str:
        """The object's name; empty where it has none."""
        metadata = self.object.get("metadata")
        return str(metadata.get("name") or "") if isinstance(metadata, dict) else ""

    @property
    def reference(self) -> str:
        """`deployment/web`."""
        return f"{self.kind.lower()}/{self.name}"

    def place(self, path: str = "") -> Place:
        """Where the field at `path` stands; where a path leads nowhere, its deepest part that exists.

        List indexes may be missing from the path, as they are in Go's unmarshalling errors: the first element
        that has the rest of the path is meant.
        """
        steps = [index or name for index, name in _STEP.findall(path)]
        _, line = _descend(self.node, steps, int(self.node.start_mark.line))
        return Place(self.file, line + 1, path or None)


def load(path: Path, *, name: str | None = None) -> tuple[Manifest, ...]:
    """All objects of a file, Lists opened, in order.

    Raises:
        ContentError: it cannot be read, is not YAML, or holds something that is no Kubernetes object.
    """
    shown = name or str(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ContentError(
            f"cannot read the manifest: {reason}", where=shown, remedy="mend the file, then try again"
        ) from error
    return parse(text, shown)


def parse(text: str, name: str) -> tuple[Manifest, ...]:
    """All objects of a manifest's text; `name` is the file's name for messages.

    Raises:
        ContentError: it is not YAML, or holds something that is no Kubernetes object.
    """
    try:
        nodes = [node for node in yaml.compose_all(text, Loader=_Loader) if node is not None]
        for node in nodes:
            _refuse_duplicates(node, name)
        documents = [_construct(node) for node in nodes]
    except yaml.YAMLError as error:
        raise _yaml_error(error, text, name) from error
    except RecursionError as error:
        raise ContentError("this is nested too deeply", where=name, remedy="no object needs that") from error
    except (TypeError, ValueError) as error:  # a mapping as a key, a number no computer has
        raise ContentError(
            f"the YAML is broken: {error}", where=name, remedy="look for `? ` and `{{`"
        ) from error
    manifests: list[Manifest] = []
    for node, document in zip(nodes, documents, strict=True):
        if document is not None:
            manifests.extend(_objects(document, node, name))
    return tuple(manifests)


def nodes(text: str, name: str) -> tuple[list[Any], ContentError | None]:
    """The documents' nodes, for who wants to look at each: those before broken YAML, and what broke it."""
    found: list[Any] = []
    loader = _Loader(text)
    try:
        while loader.check_node():
            node = loader.get_node()
            if node is not None:
                found.append(node)
    except yaml.YAMLError as error:
        return found, _yaml_error(error, text, name)
    finally:
        loader.dispose()
    return found, None


def of(node: Any, name: str) -> tuple[Manifest, ...]:
    """The objects of one document's node.

    Raises:
        ContentError: it holds something that is no Kubernetes object, or a key twice.
    """
    _refuse_duplicates(node, name)
    return tuple(_objects(_construct(node), node, name))


def load_all(files: Iterable[tuple[Path, str]]) -> tuple[Manifest, ...]:
    """The objects of several files (path, name), each object declared once.

    Raises:
        ContentError: one of them is wrong, or two declare the same object.
    """
    seen: dict[tuple[str, str, str], Manifest] = {}
    for path, name in files:
        for manifest in load(path, name=name):
            group = str(manifest.object.get("apiVersion")).rpartition("/")[0]
            key = (group, manifest.kind, manifest.name)
            if manifest.name and key in seen:
                raise ContentError(
                    f"{manifest.reference} is declared twice, here and at {seen[key].place('metadata.name')}",
                    where=manifest.place("metadata.name"),
                    remedy="keep one of the two",
                )
            seen[key] = manifest
    return tuple(seen.values())


def _objects(document: Any, node: Any, name: str) -> Iterator[Manifest]:
    if not isinstance(document, dict):
        raise ContentError(
            "this is no Kubernetes object: apiVersion, kind and metadata were expected",
            where=Place(name, node.start_mark.line + 1),
            remedy="mend the file; `kubectl explain` shows what an object looks like",
        )
    manifest = Manifest(name, document, node)
    for key in ("apiVersion", "kind"):
        if not isinstance(document.get(key), str) or not document[key]:
            raise ContentError(
                f"this object has no {key}",
                where=manifest.place(),
                remedy=f"add the line `{key}: …`, for example apiVersion: apps/v1, kind: Deployment",
            )
    items = document.get("items")
    if document["kind"].endswith("List") and isinstance(items, list):
        item_nodes = {key.value: value for key, value in node.value}["items"].value
        for item, item_node in zip(items, item_nodes, strict=True):
            yield from _objects(item, item_node, name)
    else:
        yield manifest


def _construct(node: Any) -> Any:
    loader = _Loader("")
    try:
        return _json(loader.construct_document(node))
    finally:
        loader.dispose()


def _json(value: Any) -> Any:
    """As JSON has it: keys are strings (`8080:` and `true:` in a ConfigMap)."""
    if isinstance(value, dict):
        return {key if isinstance(key, str) else json.dumps(key): _json(item) for key, item in value.items()}
    return [_json(item) for item in value] if isinstance(value, list) else value


FORGOTTEN = ("another object begins here, and no `---` is above it", "put a line `---` above it")
"""What is wrong, and what to do, where two objects stand in one document."""


def parts(node: Any) -> list[Any]:
    """The objects of one document's mapping: several where the `---` between them was forgotten."""
    found: list[list[Any]] = [[]]
    for pair in node.value:
        key = getattr(pair[0], "value", None)
        if key in {"apiVersion", "kind"} and any(getattr(one, "value", None) == key for one, _ in found[-1]):
            found.append([])
        found[-1].append(pair)
    if len(found) == 1 or not all(
        {getattr(key, "value", None) for key, _ in some} >= {"apiVersion", "kind"} for some in found
    ):
        return [node]
    marks = [(some[0][0].start_mark, some[-1][1].end_mark) for some in found]
    return [
        yaml.MappingNode(node.tag, some, begin, end) for some, (begin, end) in zip(found, marks, strict=True)
    ]


LARGEST = 200_000
"""Nodes a document may have once its aliases are written out: a few lines of them can stand for billions."""


def _refuse_duplicates(root: Any, name: str) -> None:
    if isinstance(root, yaml.MappingNode):
        for part in parts(root)[1:]:
            what, remedy = FORGOTTEN
            raise ContentError(what, where=Place(name, part.start_mark.line + 1), remedy=remedy)
    _written_out(root, name, {}, set())


def _written_out(node: Any, name: str, sizes: dict[int, int], above: set[int]) -> int:
    """How many nodes a node stands for with its aliases written out; duplicate keys are refused too."""
    known = sizes.get(id(node))
    if known is not None:
        return known
    if id(node) in above:
        raise _too_much(node, name, "an alias here stands for what it is itself part of")
    children: list[Any] = []
    if isinstance(node, yaml.SequenceNode):
        children = list(node.value)
    elif isinstance(node, yaml.MappingNode):
        _unique_keys(node, name)
        children = [part for pair in node.value for part in pair]
    size = 1 + sum(_written_out(child, name, sizes, above | {id(node)}) for child in children)
    if size > LARGEST:
        raise _too_much(node, name, f"the aliases stand for more than {LARGEST} values")
    sizes[id(node)] = size
    return size


def _unique_keys(node: Any, name: str) -> None:
    seen: dict[str, int] = {}
    for key, _value in node.value:
        if isinstance(key, yaml.ScalarNode):
            if key.value in seen and key.value != "<<":
                raise ContentError(
                    f"the key {key.value!r} is here a second time; it was first on line {seen[key.value]}",
                    where=Place(name, key.start_mark.line + 1),
                    remedy="keep one of the two",
                )
            seen[key.value] = key.start_mark.line + 1


def _too_much(node: Any, name: str, what: str) -> ContentError:
    return ContentError(
        what, where=Place(name, node.start_mark.line + 1), remedy="write it out, or take it out"
    )


def _yaml_error(error: yaml.YAMLError, text: str, name: str) -> ContentError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line = mark.line + 1 if mark is not None else None
    lines = text.split("\n")
    for number in (line, line - 1) if line is not None else ():
        before = lines[number - 1] if 0 < number <= len(lines) else ""
        if "\t" in before[: len(before) - len(before.lstrip())]:
            what, remedy = "a tab in the indentation: YAML wants spaces", "replace it by spaces"
            return ContentError(what, where=Place(name, number), remedy=remedy)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    context = getattr(error, "context", None)
    what = f"the YAML is broken: {problem}" + (f" ({context})" if context else "")
    return ContentError(
        what,
        where=Place(name, line),
        remedy="look at this line and the one above: indentation, a colon, a quote",
    )


def _descend(node: Any, steps: list[str], line: int) -> tuple[int, int]:
    """How many steps exist, and the line (0-based) of the last; a mapping's key counts as its line."""
    if not steps:
        return 0, line
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == steps[0]:
                depth, ended = _descend(value, steps[1:], key.start_mark.line)
                return depth + 1, ended
        return 0, line
    if isinstance(node, yaml.SequenceNode):
        if steps[0].isdigit() and int(steps[0]) < len(node.value):
            child = node.value[int(steps[0])]
            depth, ended = _descend(child, steps[1:], child.start_mark.line)
            return depth + 1, ended
        tries = [_descend(child, steps, child.start_mark.line) for child in node.value]
        best = max(tries, key=lambda found: found[0], default=(0, line))
        return best if best[0] else (0, line)
    return 0, line


def index(manifests: Iterable[Manifest]) -> Mapping[tuple[str, str], Manifest]:
    """Manifests by kind and name."""
    return {(manifest.kind, manifest.name): manifest for manifest in manifests}
