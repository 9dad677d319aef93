"""Every mistake of a manifest at its own line, with what to do about it; none in a manifest that is right."""

from __future__ import annotations

import pytest

from lab.attempt import manifests
from lab.attempt.linting import lint, lint_apart
from lab.catalogue.locate import locate
from lab.catalogue.parse import load
from lab.errors import ContentError

NAMESPACE = "podlab-x"
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: web
      image: busybox:1.36
"""


def said(text: str) -> list[str]:
    return [f"{one.line} {one.what} | {one.remedy}" for one in lint(text, NAMESPACE)]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("      livenesProbe: {}", "8 unknown field livenesProbe | did you mean livenessProbe?"),
        ("      imagepullpolicy: Never", "8 unknown field imagepullpolicy | did you mean imagePullPolicy?"),
        ("      qqq: 1", "8 unknown field qqq | it may have args"),
        ("      name: again", "8 the key name is here a second time | keep one"),
        (
            "      ports: {containerPort: 80}",
            "8 containers[0].ports is a mapping, a list is wanted | begin each",
        ),
        (
            "      ports:\n        - containerPort: eighty",
            "9 ports[0].containerPort is text (eighty), a whole",
        ),
        ('      ports:\n        - containerPort: "80"', "wanted | take the quotes away"),
        ("      ports:\n        - name: http", "9 containers[0].ports[0] has no containerPort | add"),
        (
            "      env:\n        - {name: A, value: 8080}",
            "9 env[0].value is a whole number (8080), text is wanted",
        ),
        ("      env:\n        - {name: A, value: yes}", 'put it in quotes: "yes"'),
        ("      livenessProbe: {httpGet: {path: /x}}", "8 livenessProbe.httpGet has no port"),
        ("      livenessProbe: {exec: {command: ls}}", "8 exec.command is text (ls), a list is wanted"),
        ("      livenessProbe: {periodSeconds: 99999999999}", "is out of range: 99999999999 | int32"),
        ("      resources: {limits: {memory: 64Mb}}", "8 limits.memory is no quantity: 64Mb | such as 100m"),
        ("      command: [sh, -c, 5]", "8 containers[0].command[2] is a whole number (5), text is wanted"),
        ("\t  tty: true", "8 a tab in the indentation: YAML wants spaces"),
        ("      tty: [", "the YAML is broken"),
    ],
)
def test_a_mistake_is_told_at_its_line(lines: str, expected: str) -> None:
    (found,) = said(f"{POD}{lines}\n")
    assert expected in found


def test_plain_text_in_a_secrets_data_is_told_with_where_it_belongs() -> None:
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata:\n"
    secret += "  user: aGVhbHRo\n  pass.word: open sesame\n"
    (found,) = said(secret)
    assert found.startswith("6 ")
    assert "is not base64 | plain text belongs under stringData:" in found
    assert "b3BlbiBzZXNhbWU=" in found


def test_a_forgotten_line_between_objects_is_one_mistake_and_both_are_looked_at() -> None:
    text = POD + "kind: Secret\napiVersion: v1\nmetadata: {name: s}\nstringdata: {a: b}\n"
    separator, field = said(text)
    assert separator == "8 another object begins here, and no `---` is above it | put a line `---` above it"
    assert field == "11 unknown field stringdata | did you mean stringData?"
    with pytest.raises(ContentError, match="no `---` is above it") as told:
        manifests.parse(text, "both.yaml")
    assert str(told.value.where) == "both.yaml:8"


def test_all_mistakes_of_all_documents_are_told_in_order() -> None:
    text = (
        POD.replace("image:", "imag:") + "---\n" + POD.replace("v1", "apps/v1") + "---\nkind: Pod\n---\n- a\n"
    )
    text += "---\n" + POD.replace("name: web}", "namespace: other}").replace("      image", "     image")
    found = said(text)
    assert [line.partition(" ")[0] for line in found] == sorted(
        (line.partition(" ")[0] for line in found), key=int
    )
    for expected in (
        "7 unknown field imag | did you mean image?",
        "9 Pod is not in apps/v1 | apiVersion: v1",
        "17 this object has no apiVersion",
        "19 this is no Kubernetes object",
        "the YAML is broken",
    ):
        assert any(expected in line for line in found), found


def test_what_the_lab_would_not_apply_is_told_before() -> None:
    assert "another namespace" in said(POD.replace("{name: web}", "{name: web, namespace: other}"))[0]
    (found,) = said("apiVersion: v1\nkind: Namespace\nmetadata: {name: x}\n")
    assert "no kind that an exercise needs" in found
    assert "2 unknown kind Deploymnet" in "".join(
        said(POD.replace("Pod", "Deploymnet").replace("v1", "apps/v1"))
    )


def test_what_is_right_is_not_complained_of() -> None:
    merged = POD + "      env: &e [{name: A, value: b}]\n    - {name: b, image: c, env: *e}\n"
    assert said(merged) == []
    assert said("# nothing yet\n---\n") == []
    cronjob = "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a}\nspec: {schedule: '* * * * *'}\n"
    assert all("has no jobTemplate" in line for line in said(cronjob)), "known or not, nothing is made up"
    for exercise in load(locate()):
        for file in exercise.directory.glob("*/**/*.yaml"):
            if file.name != "steps.yaml" and "cheats" not in file.parts and "image" not in file.parts:
                assert said(file.read_text("utf-8")) == [], file
                assert manifests.load(file)


def test_an_alias_bomb_is_over_soon() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40)]
    assert said("\n".join(lines))


def test_a_long_text_is_looked_at_apart() -> None:
    long = POD + "".join(f"    - {{name: c{number}, image: a, cmd: x}}\n" for number in range(1200))
    found = lint_apart(long, NAMESPACE)
    assert found[0].what == "unknown field cmd"
    assert found == lint(long, NAMESPACE)
