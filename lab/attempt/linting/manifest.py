"""A manifest's text: is it YAML, is each document an object of a known kind, what is wrong with its fields.

The documents before broken YAML are looked at all the same. What the lab itself would refuse to apply
(another namespace, a kind of the whole cluster) is said here, too, before anybody tries.
"""

from __future__ import annotations

import difflib
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import yaml

from lab.attempt import manifests, refusals
from lab.attempt.linting.fields import Fields
from lab.attempt.linting.problem import Problem
from lab.attempt.linting.schemas import Schemas, bundled
from lab.errors import ContentError, Place

if TYPE_CHECKING:
    from collections.abc import Iterator


MOST = 100
"""Problems that are told of one text."""
SHORT = 30_000
"""Characters of a text that is looked at within a few hundredths of a second."""
PATIENCE = 20.0
"""Host seconds a long one may take."""
LARGEST = 400_000
"""Characters of a text that is looked at: no manifest is as long."""


def lint(text: str, namespace: str, schemas: Schemas | None = None) -> tuple[Problem, ...]:
    """What is wrong with a manifest's text, in the order of its lines; at most `MOST`."""
    if len(text) > LARGEST:
        return ()
    try:
        found = sorted(set(_problems(text, namespace, schemas or bundled())))
    except RecursionError:
        found = [Problem(1, 0, "this is nested too deeply", "no object needs that")]
    return tuple(found[:MOST])


def lint_apart(text: str, namespace: str) -> tuple[Problem, ...]:
    """The same, in a process of its own where the text is long: its parser lets nobody work meanwhile."""
    if len(text) <= SHORT:
        return lint(text, namespace)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "lab.attempt.linting"],
            input=json.dumps({"text": text, "namespace": namespace}),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=True,
        )
        return tuple(Problem(**one) for one in json.loads(done.stdout))
    except (OSError, subprocess.SubprocessError, ValueError):
        return ()  # it only helps; the apply says what is wrong


def _problems(text: str, namespace: str, schemas: Schemas) -> Iterator[Problem]:
    nodes, broken = manifests.nodes(text, "")
    for node in nodes:
        yield from _document(node, namespace, schemas)
    if broken is not None:
        line = broken.where.line if isinstance(broken.where, Place) else None
        yield Problem(line or 1, 0, broken.what, broken.remedy)


def of_object(node: Any, schemas: Schemas | None = None) -> tuple[Problem, ...]:
    """What is wrong with one object's node by the definitions; what the lab refuses besides is left out."""
    try:
        return tuple(sorted(set(_by_definition(node, schemas or bundled()))))
    except RecursionError:
        return ()


def _document(node: Any, namespace: str, schemas: Schemas) -> Iterator[Problem]:
    if node.tag == "tag:yaml.org,2002:null":
        return
    start = node.start_mark
    if not isinstance(node, yaml.MappingNode):
        yield Problem(
            start.line + 1, start.column, "this is no Kubernetes object", "apiVersion, kind, metadata …"
        )
        return
    if len(parts := manifests.parts(node)) > 1:
        for part in parts[1:]:
            yield Problem(part.start_mark.line + 1, part.start_mark.column, *manifests.FORGOTTEN)
        for part in parts:
            yield from _document(part, namespace, schemas)
        return
    top = {str(getattr(key, "value", "")): value for key, value in node.value}
    missing = [field for field in ("apiVersion", "kind") if not _text(top.get(field))]
    if missing:
        what = f"this object has no {' and no '.join(missing)}"
        yield Problem(start.line + 1, start.column, what, "such as apiVersion: apps/v1, kind: Deployment")
        return
    if _text(top["kind"]).endswith("List") and isinstance(top.get("items"), yaml.SequenceNode):
        for item in top["items"].value:
            yield from _document(item, namespace, schemas)
        return
    yield from _by_definition(node, schemas)
    yield from _refused(node, namespace)


def _by_definition(node: Any, schemas: Schemas) -> Iterator[Problem]:
    """Of an object that says which kind it is."""
    top = {str(getattr(key, "value", "")): value for key, value in node.value}
    version, kind = _text(top.get("apiVersion")), _text(top.get("kind"))
    yield from _named(node, top)
    name = schemas.kinds.get((version, kind))
    if name is not None:
        yield from Fields(schemas).check(node, schemas.definitions[name])
    else:
        yield from _unknown_kind(top, version, kind, schemas)


def _text(node: Any) -> str:
    return node.value if isinstance(node, yaml.ScalarNode) and node.tag.endswith(":str") else ""


def _named(node: Any, top: dict[str, Any]) -> Iterator[Problem]:
    metadata = top.get("metadata")
    fields = {getattr(key, "value", "") for key, _ in metadata.value} if metadata is not None else set()
    if not isinstance(metadata, yaml.MappingNode | None) or fields & {"name", "generateName"}:
        return
    mark = (metadata or node).start_mark
    yield Problem(mark.line + 1, mark.column, "metadata has no name", "add name:", "metadata")


def _unknown_kind(top: dict[str, Any], version: str, kind: str, schemas: Schemas) -> Iterator[Problem]:
    """An apiVersion the kind is not in, or a kind near a known one; others are the server's to judge."""
    versions = schemas.versions_of(kind)
    if versions:
        mark = top["apiVersion"].start_mark
        what = f"{kind} is not in {version}"
        yield Problem(mark.line + 1, mark.column, what, f"apiVersion: {' or '.join(versions)}", "apiVersion")
        return
    known = {one for _, one in schemas.kinds if not one.endswith("List")} | refusals.NAMESPACED
    near = difflib.get_close_matches(kind, sorted(known - {kind}), 1, 0.75)
    if kind not in known and near:
        mark = top["kind"].start_mark
        yield Problem(mark.line + 1, mark.column, f"unknown kind {kind}", f"did you mean {near[0]}?", "kind")


def _refused(node: Any, namespace: str) -> Iterator[Problem]:
    """What the lab would not apply."""
    try:
        made = manifests.of(node, "")
    except (yaml.YAMLError, TypeError, ValueError, ContentError):
        return  # told already, or the server's to tell
    for manifest in made:
        known = manifest.kind in refusals.NAMESPACED
        for problem in refusals.outside([manifest], namespace):
            near = "did you mean" in problem.remedy
            if isinstance(problem.where, Place) and (known or not near):
                yield Problem(problem.where.line or 1, 0, problem.what, problem.remedy)
