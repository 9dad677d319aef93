"""YAML with places: plain values, and for every path in them the line it came from.

PyYAML's C parser builds the node graph; one walk turns it into values and lines, and finds what a plain load
would swallow: a key given twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from lab.errors import ContentError, Place

Path = tuple[str | int, ...]

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass
class Marked:
    """One YAML document: its value, and the line (1-based) of every key and element by path."""

    file: str
    value: Any = None
    line: int = 1
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[ContentError] = field(default_factory=list)

    def place(self, path: Path) -> Place:
        """Where a path stands; the nearest parent's place for one that does not."""
        known = path
        while known and known not in self.lines:
            known = known[:-1]
        return Place(self.file, self.lines.get(known, self.line), dotted(path) or None)


def dotted(path: Path) -> str:
    """A path as people write it: `checks[0].window`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def read_documents(text: str, file: str) -> list[Marked]:
    """All documents of a YAML stream; empty ones are left out.

    Raises:
        ContentError: the text is no YAML, with the line at which it stopped being so.
    """
    loader = _Loader(text)
    documents = []
    try:
        while loader.check_node():
            node = loader.get_node()
            document = Marked(file, line=node.start_mark.line + 1)
            document.value = _build(loader, node, (), document)
            if document.value is not None:
                documents.append(document)
    except (yaml.YAMLError, ValueError) as error:
        raise _not_yaml(error, file) from error
    finally:
        loader.dispose()
    return documents


def _build(loader: Any, node: yaml.Node, path: Path, document: Marked) -> Any:
    document.lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        loader.flatten_mapping(node)
        built: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = _key(loader, key_node)
            here = (*path, key)
            if key in built:
                document.problems.append(
                    ContentError(
                        f"the key `{key}` is given twice",
                        where=Place(document.file, key_node.start_mark.line + 1, dotted(here)),
                        remedy=f"keep one of them; the first is on line {document.lines[here]}",
                    )
                )
                continue
            document.lines[here] = key_node.start_mark.line + 1
            built[key] = _build(loader, value_node, here, document)
        return built
    if isinstance(node, yaml.SequenceNode):
        return [_build(loader, item, (*path, index), document) for index, item in enumerate(node.value)]
    return loader.construct_object(node)


def _key(loader: Any, node: yaml.Node) -> str:
    value = loader.construct_object(node) if isinstance(node, yaml.ScalarNode) else None
    if isinstance(value, str):
        return value
    # `on:`, `1:` and the like: what stands there, not what YAML 1.1 makes of it
    return str(node.value)


def _not_yaml(error: Exception, file: str) -> ContentError:
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or str(error).splitlines()[0]
    context = getattr(error, "context", None)
    line = mark.line + 1 if mark is not None else None
    return ContentError(
        f"not valid YAML: {what}" + (f" ({context})" if context else ""),
        where=Place(file, line),
        remedy="look at the indentation and the colons on this line and the one before it",
    )
