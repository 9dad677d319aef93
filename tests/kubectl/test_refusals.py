"""kubectl where the server says no, or shows what only some ask for: transcripts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.kubectl.conftest import Kubectl

pytestmark = pytest.mark.kubectl


def test_top_before_and_after_the_first_scrape(kubectl: Kubectl) -> None:
    kubectl.run("run", "spin", "--image=busybox:1.36", "--", "sh", "-c", "while :; do :; done")
    assert "metrics not available yet" in kubectl.run("top", "pod", code=1)[1]
    kubectl.advance(30)
    heads, row = kubectl.out("top", "pod", "--containers").splitlines()
    assert heads.split() == ["POD", "NAME", "CPU(cores)", "MEMORY(bytes)"]
    assert row.split()[:2] == ["spin", "spin"]
    assert 990 <= int(row.split()[2].removesuffix("m")) <= 1010
    assert "podlab" in kubectl.out("top", "node")
    assert 'pods "' in kubectl.run("top", "pod", "nope", code=1)[1]


def test_a_pod_keeps_what_it_was_made_with(kubectl: Kubectl) -> None:
    kubectl.run("run", "web", "--image=nginx:1.27")
    patch = '{"spec":{"terminationGracePeriodSeconds":5}}'
    message = kubectl.run("patch", "pod", "web", "-p", patch, code=1)[1]
    assert message.startswith('The Pod "web" is invalid: spec: Forbidden: pod updates may not change fields')
    assert "- \tTerminationGracePeriodSeconds: &5,\n+ \tTerminationGracePeriodSeconds: &30," in message
    assert kubectl.out("set", "image", "pod/web", "web=nginx:1.28") == "pod/web image updated"


def test_an_edit_that_is_refused_is_kept_in_a_file(kubectl: Kubectl) -> None:
    kubectl.run("create", "deployment", "web", "--image=nginx")
    editor = "sed -i s/restartPolicy:.Always/restartPolicy:\\ Never/"
    error = kubectl.run("edit", "deploy", "web", code=1, KUBE_EDITOR=editor)[1]
    copy = Path(error.partition('stored to "')[2].partition('"')[0])
    assert 'spec.template.spec.restartPolicy: Unsupported value: "Never"' in copy.read_text()
    copy.unlink()


def test_a_debugger_sees_its_target(kubectl: Kubectl) -> None:
    kubectl.run("run", "app", "--image=busybox:1.36", "--", "sleep", "1d")
    kubectl.advance(3)
    error = kubectl.run(
        "debug", "app", "--image=busybox:1.36", "--target=app", "-c", "dbg", "--", "sh", "-c", "ps; sleep 9"
    )[1]
    assert "does not honour" not in error
    kubectl.advance(3)
    assert " 1 root      0:00 sleep 1d\n" in kubectl.run("logs", "app", "-c", "dbg")[0]
    assert "ephemeral containers" in kubectl.run("describe", "pod", "app")[0].lower()


def test_what_is_not_served_is_named(kubectl: Kubectl) -> None:
    for arguments, message in (
        (("create", "token", "default"), "does not serve serviceaccounts/token"),
        (("create", "role", "r", "--verb=get", "--resource=pods"), "does not serve roles.rbac"),
        (("get", "deploy", "--field-selector", "spec.replicas=1"), "is not a known field selector"),
    ):
        assert message in kubectl.run(*arguments, code=1)[1]


def test_explain_in_the_older_form(kubectl: Kubectl) -> None:
    lines = kubectl.out("explain", "deploy.spec.strategy", "--output", "plaintext-openapiv2").splitlines()
    assert lines[:2] == ["KIND:     Deployment", "VERSION:  apps/v1"]
    assert "RESOURCE: strategy <Object>" in lines
    assert "   rollingUpdate\t<Object>" in lines
