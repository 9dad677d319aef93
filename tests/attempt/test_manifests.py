"""Manifests know their lines; the server's complaints find them."""

from __future__ import annotations

from itertools import pairwise

import pytest

from lab.attempt import manifests
from lab.attempt.complaints import located, unheard
from lab.attempt.linting import lint
from lab.errors import ContentError, Place
from lab.kube import ApiError
from lab.kube.errors import Cause

TEXT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      containers:
        - name: first
          image: a
        - name: app
          image: x
          livenessProbe:
            periodSecs: 3
            httpGet: {path: /, port: 8080}
---
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: settings}
  data:
    app.conf: "x"
    8080: y
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("", 1),
        ("metadata.name", 4),
        ("spec.template.spec.containers[1].livenessProbe.periodSecs", 14),
        ("spec.template.spec.containers.livenessProbe.periodSecs", 14),
        ("spec.template.spec.containers[1].livenessProbe.httpGet.port", 15),
        ("spec.template.spec.containers[1].ports[0]", 11),
        ("spec.replicas", 5),
    ],
)
def test_a_path_leads_to_its_line(path: str, line: int) -> None:
    deployment, _ = manifests.parse(TEXT, "app.yaml")
    assert deployment.place(path) == Place("app.yaml", line, path or None)


def test_items_of_a_list_are_objects_with_lines() -> None:
    _, settings = manifests.parse(TEXT, "app.yaml")
    assert settings.reference == "configmap/settings"
    assert settings.place("data[app.conf]").line == 24
    assert settings.object["data"] == {"app.conf": "x", "8080": "y"}


def test_yaml_is_read_as_kubectl_reads_it() -> None:
    text = "apiVersion: v1\nkind: X\ndata: {a: 2026-01-01, b: 1:30, c: yes, d: 0777, e: 1.5, f: 1e3, g: ~}\n"
    (one,) = manifests.parse(text, "x.yaml")
    assert one.object["data"] == {
        "a": "2026-01-01", "b": "1:30", "c": True, "d": 511, "e": 1.5, "f": 1000.0, "g": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("a: b: c\n", 1, "mapping values"),
        ("a:\n\t- x\n", 2, "a tab in the indentation"),
        ('a: "x\n', 2, "end of stream"),
        ("- 1\n", 1, "no Kubernetes object"),
        ("kind: X\n", 1, "no apiVersion"),
        ("apiVersion: v1\nkind: A\nkind: B\n", 3, "second time"),
        ("apiVersion: v1\nkind: A\nmetadata:\n  name: a\n  name: b\n", 5, "first on line 4"),
    ],
)
def test_what_is_wrong_has_a_line_and_a_remedy(text: str, line: int, what: str) -> None:
    with pytest.raises(ContentError, match=what) as caught:
        manifests.parse(text, "b.yaml")
    assert isinstance(caught.value.where, Place)
    assert (caught.value.where.file, caught.value.where.line) == ("b.yaml", line)
    assert caught.value.remedy


FOREIGN = TEXT.replace("apps/v1", "example.com/v1").replace("Deployment", "Gadget")
"""Of a kind whose definition is not known: what the server says is all there is."""


def complaints(error: ApiError, text: str = FOREIGN) -> list[tuple[int | None, str]]:
    found = []
    for one in located(manifests.parse(text, "app.yaml")[0], error):
        assert isinstance(one.where, Place)
        assert one.remedy
        found.append((one.where.line, one.what))
    return found


def test_an_unknown_field_is_found() -> None:
    message = (
        'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field '
        '"spec.template.spec.containers[1].livenessProbe.periodSecs", unknown field "spec.replica"'
    )
    assert complaints(ApiError(400, "BadRequest", message, request="POST")) == [
        (14, "unknown field spec.template.spec.containers[1].livenessProbe.periodSecs"),
        (5, "unknown field spec.replica"),
    ]


def test_a_wrong_type_is_found_without_its_index() -> None:
    message = (
        'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go '
        "struct field Container.spec.template.spec.containers.livenessProbe.periodSecs of type int32"
    )
    ((line, what),) = complaints(ApiError(400, "BadRequest", message, request="POST"))
    assert line == 14
    assert what.endswith("is a string, and a whole number is wanted")


ENV = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: web
    image: busybox
    env:
    - {name: HOST, value: db}
    - {name: PORT,
       value: 5432}
    livenesProbe: {}
    resources: {limits: {memory: 64Mb}}
"""


@pytest.mark.parametrize(
    "message",
    [
        "json: cannot unmarshal number into Go struct field EnvVar.spec.containers.env.value of type string",
        'strict decoding error: unknown field "spec.containers[0].livenesProbe"',
        "quantities must match the regular expression",
    ],
)
def test_a_refusal_says_what_the_editor_says_with_line_index_and_remedy(message: str) -> None:
    (pod,) = manifests.parse(ENV, "pod.yaml")
    told = located(pod, ApiError(400, "BadRequest", message, request="POST"))
    cause = Cause("patch", f"Invalid value: {message}")
    changed = located(pod, ApiError(422, "Invalid", message, request="PATCH", causes=(cause,)))
    assert list(map(str, changed)) == list(map(str, told))
    assert [(str(one.where), one.what, one.remedy) for one in told] == [
        (f"pod.yaml:{one.line} ({one.path})", one.what, one.remedy) for one in lint(ENV, "podlab-x")
    ]
    assert str(told[0].where) == "pod.yaml:11 (spec.containers[0].env[1].value)"
    assert told[0].remedy == 'put it in quotes: "5432"'


def test_a_cause_that_the_definitions_know_is_told_with_their_words_and_others_with_the_servers() -> None:
    causes = (
        Cause("spec.containers[0].livenessProbe.httpGet.port", "Required value"),
        Cause("spec.containers[0].name", "Invalid value: must be lower case"),
    )
    text = ENV.replace("livenesProbe: {}", "livenessProbe: {httpGet: {path: /}}").replace("64Mb", "64Mi")
    error = ApiError(422, "Invalid", "Pod is invalid", request="PATCH", causes=causes)
    assert complaints(error, text) == [
        (12, "livenessProbe.httpGet has no port"),
        (6, "spec.containers[0].name: Invalid value: must be lower case"),
    ]


def test_unknown_fields_without_a_value_are_refused_as_those_with_one() -> None:
    (pod,) = manifests.parse(ENV.replace("livenesProbe: {}", "livenesProbe:"), "pod.yaml")
    (told,) = unheard(pod)
    assert (str(told.where), told.remedy) == (
        "pod.yaml:12 (spec.containers[0].livenesProbe)",
        "did you mean livenessProbe?",
    )
    assert told.what.startswith("unknown field livenesProbe")
    (known,) = manifests.parse(ENV.replace("livenesProbe: {}", "livenessProbe:"), "pod.yaml")
    assert unheard(known) == (), "a known field without a value is a way to take it away"


def test_a_kind_the_cluster_has_not_is_said_to_be_one() -> None:
    text = "apiVersion: v1\nkind: LimitRange\nmetadata: {name: lr}\n"
    (limits,) = manifests.parse(text, "limits.yaml")
    error = ApiError(404, "NotFound", "the server could not find the requested resource", request="GET x")
    (told,) = located(limits, error)
    assert told.what == "limitrange/lr: this cluster has no LimitRange (of v1)"
    assert "api-resources" in told.remedy
    assert isinstance(told.where, Place)
    assert (told.where.line, told.where.path) == (1, "apiVersion")


def test_causes_are_found_each_at_its_line() -> None:
    causes = (
        Cause("spec.template.spec.containers[1].image", "Required value"),
        Cause("spec.selector", "field is immutable"),
    )
    error = ApiError(422, "Invalid", "Deployment is invalid", request="PATCH", causes=causes)
    assert [line for line, _ in complaints(error)] == [12, 5]


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n" for before, name in pairwise("abcdefghi")
)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (BOMB, 6, "more than 200000 values"),
        ("a: &a\n  b: *a\n", None, "part of"),
        ("? [a, b]\n: c\n", None, "YAML is broken"),
        ("a: " + "[" * 5000 + "]" * 5000 + "\n", None, "."),
    ],
    ids=["bomb", "circle", "list as key", "deep"],
)
def test_what_would_never_end_is_refused(text: str, line: int | None, says: str) -> None:
    with pytest.raises(ContentError, match=says) as caught:
        manifests.parse(text, "f.yaml")
    assert str(caught.value.where).startswith("f.yaml")
    assert caught.value.remedy
    if line is not None:
        assert getattr(caught.value.where, "line", None) == line
