"""kubectl and what limits workloads: quotas, Jobs, disruption budgets, policies, kinds that are not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.kubectl.conftest import Kubectl

pytestmark = pytest.mark.kubectl


def test_a_quota_is_made_shown_and_enforced(kubectl: Kubectl) -> None:
    kubectl.run("create", "quota", "team", "--hard=pods=1,requests.cpu=1,count/deployments.apps=2")
    kubectl.run("create", "deployment", "web", "--image=busybox:1.36", "--replicas=2")
    assert "must specify requests.cpu for: x" in kubectl.run("run", "x", "--image=busybox:1.36", code=1)[1]
    kubectl.run("set", "resources", "deploy", "web", "--requests=cpu=100m")
    shown = kubectl.out("get", "quota", "team", "--no-headers").split(None, 1)[1]
    assert shown.startswith("count/deployments.apps: 1/2, pods: 1/1, requests.cpu: 100m/1")
    described = kubectl.out("describe", "quota", "team")
    assert "pods                    1     1" in described
    assert "FailedCreate" in kubectl.out("describe", "deploy", "web")


def test_a_job_is_made_awaited_and_described(kubectl: Kubectl) -> None:
    kubectl.run("create", "job", "hello", "--image=busybox:1.36", "--", "echo", "hi")
    assert kubectl.out("get", "jobs", "--no-headers").split()[:3] == ["hello", "Running", "0/1"]
    kubectl.advance(6)
    assert kubectl.out("wait", "--for=condition=complete", "job/hello").endswith("condition met")
    assert kubectl.out("logs", "job/hello") == "hi"
    described = kubectl.out("describe", "job", "hello")
    assert "Pods Statuses:    0 Active (0 Ready) / 1 Succeeded / 0 Failed" in described
    assert "Job completed" in described
    kubectl.run("delete", "job", "hello")
    assert kubectl.out("get", "pods", "-o", "name") == ""


def test_a_budget_keeps_a_node_from_being_drained(kubectl: Kubectl) -> None:
    kubectl.run("create", "deployment", "web", "--image=busybox:1.36", "--", "sleep", "9999")
    kubectl.run("create", "pdb", "web", "--selector=app=web", "--min-available=1")
    kubectl.advance(6)
    assert kubectl.out("get", "pdb", "--no-headers").split()[:4] == ["web", "1", "N/A", "0"]
    pod = kubectl.out("get", "pods", "-o", "name")
    arguments = ("drain", "podlab", "--force", "--pod-selector=app=web", "--timeout=1s")
    refused = kubectl.run(*arguments, code=1)[1]
    assert f'error when evicting pods/"{pod.removeprefix("pod/")}"' in refused
    assert "Cannot evict pod as it would violate the pod's disruption budget." in refused
    assert "SchedulingDisabled" in kubectl.out("get", "nodes")
    assert "node.kubernetes.io/unschedulable:NoSchedule" in kubectl.out("describe", "node", "podlab")
    kubectl.run("uncordon", "podlab")
    assert "SchedulingDisabled" not in kubectl.out("get", "nodes")


def test_a_network_policy_is_described(kubectl: Kubectl) -> None:
    policy = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 5432}]}]
"""
    kubectl.run("apply", "-f", "-", stdin=policy)
    assert kubectl.out("get", "netpol", "--no-headers").split()[:2] == ["db", "app=db"]
    assert "To Port: 5432/TCP" in kubectl.out("describe", "netpol", "db")


def test_kinds_that_are_not_here_are_refused_by_name(kubectl: Kubectl) -> None:
    manifest = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: x}\n"
    refused = kubectl.run("apply", "-f", "-", stdin=manifest, code=1)[1]
    assert 'no matches for kind "StatefulSet" in version "apps/v1"' in refused
    refused = kubectl.run("create", "cronjob", "x", "--image=a", "--schedule=* * * * *", code=1)[1]
    assert "Podlab's embedded cluster does not serve cronjobs.batch" in refused
    assert 'resource type "daemonsets"' in kubectl.run("get", "daemonsets", code=1)[1]
