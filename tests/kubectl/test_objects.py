"""kubectl and objects: what learners type, and what it prints, while the clock stands still."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.kubectl.conftest import Kubectl

pytestmark = pytest.mark.kubectl

WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: nginx:1.27
        ports: [{containerPort: 80}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80}]
"""


def test_apply_get_and_apply_again(kubectl: Kubectl) -> None:
    assert kubectl.out("apply", "-f", "-", stdin=WEB).splitlines() == [
        "deployment.apps/web created", "service/web created",
    ]  # fmt: skip
    assert kubectl.out("apply", "-f", "-", stdin=WEB).splitlines() == [
        "deployment.apps/web unchanged", "service/web unchanged",
    ]  # fmt: skip
    changed = WEB.replace("nginx:1.27", "nginx:1.28")
    assert "deployment.apps/web configured" in kubectl.out("apply", "-f", "-", stdin=changed)
    assert kubectl.out("get", "deploy", "web", "-o", "jsonpath={..image}") == "nginx:1.28"
    names = kubectl.out("get", "all", "-o", "name").splitlines()
    assert {"deployment.apps/web", "service/web"} <= set(names)
    assert len([name for name in names if name.startswith("pod/")]) >= 2
    wide = kubectl.out("get", "deploy", "-o", "wide").splitlines()
    assert wide[0].split() == [
        "NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE", "CONTAINERS", "IMAGES", "SELECTOR",
    ]  # fmt: skip
    assert wide[1].split()[-3:] == ["web", "nginx:1.28", "app=web"]
    assert kubectl.out("get", "svc", "web").split()[:6] == [
        "NAME", "TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)", "AGE",
    ]  # fmt: skip
    assert json.loads(kubectl.out("get", "deploy", "web", "-o", "json"))["kind"] == "Deployment"
    assert "kind: Deployment" in kubectl.out("get", "deploy", "web", "-o", "yaml")


def test_selectors_and_all_namespaces(kubectl: Kubectl) -> None:
    for name, tier in (("a", "x"), ("b", "y")):
        kubectl.run("create", "configmap", name, "--from-literal=k=v")
        kubectl.run("label", "configmap", name, f"tier={tier}")
    assert kubectl.out("get", "cm", "-l", "tier=x", "-o", "name") == "configmap/a"
    assert kubectl.out("get", "cm", "-l", "tier in (x,y),tier!=x", "-o", "name") == "configmap/b"
    assert kubectl.out("get", "cm", "--field-selector", "metadata.name=b", "-o", "name") == "configmap/b"
    assert kubectl.out("get", "cm", "-A", "--no-headers").count(f"{kubectl.namespace} ") == 3
    kubectl.run("annotate", "configmap", "a", "note=hello")
    assert kubectl.out("get", "cm", "a", "-o", "jsonpath={.metadata.annotations.note}") == "hello"
    kubectl.run("label", "configmap", "a", "tier-")
    assert "tier" not in kubectl.out("get", "cm", "a", "--show-labels", "--no-headers")


def test_create_of_every_kind_that_kubectl_sends_as_protobuf(kubectl: Kubectl) -> None:
    kubectl.run("create", "secret", "generic", "db", "--from-literal=password=hunter2")
    assert kubectl.out("get", "secret", "db", "-o", "jsonpath={.data.password}") == "aHVudGVyMg=="
    kubectl.run("create", "serviceaccount", "bob")
    kubectl.run("create", "deployment", "d", "--image=busybox:1.36", "--replicas=0", "--", "sleep", "1")
    found = json.loads(kubectl.out("get", "deploy", "d", "-o", "json"))
    assert found["spec"]["replicas"] == 0
    assert found["spec"]["template"]["spec"]["containers"][0]["command"] == ["sleep", "1"]
    kubectl.run("create", "service", "clusterip", "s", "--tcp=80:8080")
    assert kubectl.out("get", "svc", "s", "-o", "jsonpath={.spec.ports[0].targetPort}") == "8080"
    assert kubectl.out("auth", "can-i", "delete", "pods") == "yes"


@pytest.mark.parametrize(
    ("kind", "patch"),
    [
        ("strategic", '{"spec":{"template":{"spec":{"containers":[{"name":"web","image":"nginx:2"}]}}}}'),
        ("merge", '{"spec":{"template":{"spec":{"containers":[{"name":"web","image":"nginx:2"}]}}}}'),
        ("json", '[{"op":"replace","path":"/spec/template/spec/containers/0/image","value":"nginx:2"}]'),
    ],
)
def test_patches(kubectl: Kubectl, kind: str, patch: str) -> None:
    kubectl.run("apply", "-f", "-", stdin=WEB)
    assert kubectl.out("patch", "deploy", "web", "--type", kind, "-p", patch) == "deployment.apps/web patched"
    ports = kubectl.out(
        "get", "deploy", "web", "-o", "jsonpath={.spec.template.spec.containers[0]['image','ports']}"
    )
    assert ports.startswith("nginx:2")
    assert ("containerPort" in ports) == (kind != "merge")


def test_edit_replace_scale_and_set(kubectl: Kubectl) -> None:
    kubectl.run("apply", "-f", "-", stdin=WEB)
    edited = kubectl.out("edit", "deploy", "web", KUBE_EDITOR="sed -i s/nginx:1.27/nginx:3/")
    assert edited == "deployment.apps/web edited"
    live = kubectl.out("get", "deploy", "web", "-o", "yaml")
    assert "image: nginx:3" in live
    assert (
        kubectl.out("replace", "-f", "-", stdin=live.replace("nginx:3", "nginx:4"))
        == "deployment.apps/web replaced"
    )
    assert "the object has been modified" in kubectl.run("replace", "-f", "-", stdin=live, code=1)[1]
    kubectl.run("scale", "deploy", "web", "--replicas=3")
    kubectl.run("set", "image", "deploy/web", "web=nginx:5")
    kubectl.run("set", "env", "deploy/web", "MODE=on")
    kubectl.run("set", "resources", "deploy/web", "--limits=memory=64Mi")
    spec = json.loads(kubectl.out("get", "deploy", "web", "-o", "json"))["spec"]
    container = spec["template"]["spec"]["containers"][0]
    assert (spec["replicas"], container["image"]) == (3, "nginx:5")
    assert container["env"] == [{"name": "MODE", "value": "on"}]
    assert container["resources"]["limits"] == {"memory": "64Mi"}


def test_diff_dry_run_and_server_side_apply(kubectl: Kubectl) -> None:
    kubectl.run("apply", "--server-side", "-f", "-", stdin=WEB)
    assert kubectl.out("diff", "--server-side", "-f", "-", stdin=WEB) == ""
    changed = WEB.replace("replicas: 2", "replicas: 5")
    assert "+  replicas: 5" in kubectl.out("diff", "--server-side", "-f", "-", stdin=changed, code=1)
    kubectl.run("apply", "--server-side", "--dry-run=server", "-f", "-", stdin=changed)
    assert kubectl.out("get", "deploy", "web", "-o", "jsonpath={.spec.replicas}") == "2"
    other = kubectl.run("apply", "--server-side", "--field-manager=other", "-f", "-", stdin=changed, code=1)[
        1
    ]
    assert "conflict" in other


def test_wrong_manifests_are_refused_with_the_place(kubectl: Kubectl) -> None:
    unknown = WEB.replace("containerPort", "containerPorts")
    errors = kubectl.run("apply", "-f", "-", stdin=unknown, code=1)[1]
    assert 'unknown field "spec.template.spec.containers[0].ports[0].containerPorts"' in errors
    wrong = WEB.replace("replicas: 2", "replicas: two")
    assert "spec.replicas" in kubectl.run("apply", "-f", "-", stdin=wrong, code=1)[1]
    assert "not found" in kubectl.run("get", "deploy", "none", code=1)[1]
    assert "the server doesn't have a resource type" in kubectl.run("get", "statefulset", code=1)[1]


def test_delete_by_name_file_and_selector(kubectl: Kubectl) -> None:
    kubectl.run("apply", "-f", "-", stdin=WEB)
    assert "deleted" in kubectl.out("delete", "svc", "web")
    assert "deleted" in kubectl.out("delete", "deploy", "-l", "app=web")
    assert kubectl.out("get", "deploy,svc", "-o", "name") == ""
    assert kubectl.out("delete", "-f", "-", "--ignore-not-found", stdin=WEB) == ""


def test_explain_and_what_the_server_is(kubectl: Kubectl) -> None:
    assert "restartPolicy" in kubectl.out("explain", "pod.spec")
    recursive = kubectl.out("explain", "deployment.spec", "--recursive")
    assert "terminationGracePeriodSeconds" in recursive
    assert "v1.36.0+podlab" in kubectl.out("version")
    assert "is running at" in kubectl.out("cluster-info")
    resources = kubectl.out("api-resources", "--no-headers")
    assert "endpointslices" in resources
    assert "apps/v1" in kubectl.out("api-versions")
    assert "podlab" in kubectl.out("auth", "whoami")


def test_expose_and_describe(kubectl: Kubectl) -> None:
    kubectl.run("create", "deployment", "api", "--image=nginx", "--port=8080")
    assert kubectl.out("expose", "deploy", "api", "--port=80") == "service/api exposed"
    described = kubectl.out("describe", "svc", "api")
    assert "TargetPort:" in described
    assert "app=api" in described
    assert "StrategyType:           RollingUpdate" in kubectl.out("describe", "deploy", "api")
    assert "Successfully assigned" in kubectl.out("describe", "pods")
    assert "Scheduled" in kubectl.out("get", "events")
    assert "Scheduled" in kubectl.out("events")
    assert "Roles:" in kubectl.out("describe", "node", "podlab")


def test_a_watch_prints_what_happens(kubectl: Kubectl) -> None:
    watching = kubectl.start("get", "cm", "-w", "--no-headers", "--output-watch-events")
    assert watching.stdout is not None
    assert "kube-root-ca.crt" in watching.stdout.readline()
    kubectl.run("create", "configmap", "late", "--from-literal=a=b")
    assert watching.stdout.readline().split()[:3] == ["ADDED", "late", "1"]
    kubectl.run("delete", "configmap", "late")
    assert watching.stdout.readline().split()[:2] == ["DELETED", "late"]
    watching.kill()
    watching.communicate()
