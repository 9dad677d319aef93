"""What the command line in place lets run: reading everywhere, writing in the exercise's namespace only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lab.attempt.kubectl import Guard
from lab.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

NAMESPACE = "podlab-wrong-path"

RUNS = """
get pods
kubectl get pods
get pods -n kube-system -o wide
get po -A -w
get nodes -o jsonpath='{.items[*].metadata.name}'
get --raw /healthz
describe node node-1
logs -f web -c web --tail=5
logs web -p -n kube-system
delete pod web
delete pods,services --all
delete pod web -n podlab-wrong-path
delete pod web -npodlab-wrong-path
delete -n=podlab-wrong-path pod web
delete po/web svc/web
delete deployment.apps web
delete deployments.v1.apps/web
scale deploy/web --replicas=2
set image deployment/web web=podlab/healthz:1
set env deployment/web URL=http://a/b PATH- --list=false
label pod web a=b team-
annotate deploy/web example.com/note=x example.com/old-
rollout restart deployment/web
rollout status deployment web -w
create configmap settings --from-literal=a=-n
create deployment web --image=busybox:1.36 -r 2 -- sh -c 'sleep 1 | cat > /dev/null; echo $HOME'
create ns other --dry-run=client -o yaml
run shell --image=busybox:1.36 --restart=Never --command -- sleep 60
exec web -- cat -n other /etc/hosts
exec deploy/web -- kubectl get pods -A --kubeconfig=x
cp web:/etc/hosts hosts
cp hosts podlab-wrong-path/web:/tmp/hosts
port-forward svc/web 8080:80
config view
auth can-i delete pods -n kube-system
wait --for=condition=Ready pod/web --timeout=10s -n kube-system
delete --help
apply -f missing.yaml
apply view-last-applied deployment/web
top pods
cordon node-1
uncordon node-1
label node node-1 a=b
taint nodes node-1 a=b:NoSchedule
get pods # a note
"""

REFUSED = {
    "get pods | grep web": "'|' is a pipe",
    "get pods > out": "redirection",
    "get pods; delete pod web": "second command",
    "get pods && true": "background",
    "logs $POD": "a variable",
    'logs "$(name)"': "a variable",
    "logs `name`": "a command's output",
    "get 'pods": "does not end",
    "": "nothing to run",
    "get pods --context other": "--context",
    "get pods --kubeconfig=/etc/x": "--kubeconfig",
    "-s https://x get pods": "--server",
    "delete pod web -n kube-system": "namespace kube-system",
    "delete pod web -nkube-system": "namespace kube-system",
    "delete pod web -n=kube-system": "namespace kube-system",
    "delete pod web --namespace kube-system": "namespace kube-system",
    "delete pod web --namespace=kube-system": "namespace kube-system",
    "--namespace=kube-system delete pod web": "namespace kube-system",
    "-n kube-system delete pod web": "namespace kube-system",
    "delete -itn kube-system pod web": "namespace kube-system",
    "exec web -in kube-system -- sh": "namespace kube-system",
    "exec web -n kube-system -- sh": "namespace kube-system",
    "scale deploy/web --replicas 2 -n default -n podlab-wrong-path": "namespace default",
    "delete pods --all -A": "all namespaces",
    "delete pods --all --all_namespaces": "all namespaces",
    "label pods --all a=b -A=true": "all namespaces",
    "delete namespace podlab-wrong-path": "namespaces",
    "delete ns/default": "namespaces",
    "create namespace mine": "namespaces",
    "create ns mine": "namespaces",
    "create clusterrole all --verb=get --resource=pods": "clusterroles belong to the whole cluster",
    "delete pv data": "persistentvolumes belong to the whole cluster",
    "delete pods,nodes --all": None,
    "delete widgets.example.com one": "no kind of a namespace",
    "delete deployments.example.com one": "no kind of a namespace",
    "delete pdos web": "no kind of a namespace",
    "create widget one": "create widget",
    "create": "create what",
    "delete --raw /api/v1/namespaces/kube-system": "any path",
    "create --raw /api/v1/namespaces -f x.yaml": "any path",
    "cp kube-system/dns:/etc/hosts hosts": "namespace kube-system",
    "cp hosts kube-system/dns:/etc/hosts": "namespace kube-system",
    "config set-context --current --namespace=default": "config set-context",
    "config use-context other": "config use-context",
    "proxy": "opens the whole cluster",
    "certificate approve x": "certificates",
    "auth reconcile -f rbac.yaml": "auth reconcile",
    "kustomise .": "did you mean kustomize",
    "neat get pods": "no command of kubectl",
    "apply -f -": "nothing to read",
    "get -f -": "nothing to read",
    "apply -f https://example.com/x.yaml": "from the network",
    "apply -k .": "kustomization",
    "apply -f *.yaml": "patterns",
    "delete pod web --newest": "--newest is no flag",
    "delete pod web -z": "-z is no flag",
    "-f x.yaml apply": "before the command",
    "delete pod web -n": "needs a value",
}

TALKS = """
exec -it web -- sh
exec web -ti -- sh
exec --stdin web -- sh
exec -i -t web -- sh
edit deployment web
create -f app.yaml --edit
attach -it web
run -it shell --image=busybox:1.36 --rm
debug -it web --image=busybox:1.36
apply edit-last-applied deployment/web
delete -i pod web
"""


@pytest.fixture
def guard(tmp_path: Path) -> Guard:
    (tmp_path / "app.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
    return Guard(NAMESPACE, tmp_path, owns=True)


@pytest.mark.parametrize("line", RUNS.strip().split("\n"))
def test_runs(guard: Guard, line: str) -> None:
    command = guard.judge(line)
    assert not command.terminal
    space = [word for word in command.words if word == f"--namespace={NAMESPACE}"]
    assert space == ([] if line.startswith("config") else [f"--namespace={NAMESPACE}"])


@pytest.mark.parametrize("line", [line for line, why in REFUSED.items() if why])
def test_refused_with_the_reason(guard: Guard, line: str) -> None:
    with pytest.raises(UsageError) as refused:
        guard.judge(line)
    assert str(REFUSED[line]) in str(refused.value)
    assert refused.value.remedy


@pytest.mark.parametrize("line", TALKS.strip().split("\n"))
def test_what_talks_gets_the_terminal(guard: Guard, line: str) -> None:
    assert guard.judge(line).terminal


@pytest.mark.parametrize(
    "line",
    ["cordon node-1", "delete node node-1", "drain node-1", "label nodes --all a=b", "delete po,no --all",
     "taint node node-1 a=b:NoExecute", "debug node/node-1 --image=busybox:1.36"],
)  # fmt: skip
def test_nodes_are_written_on_the_labs_own_cluster_only(guard: Guard, line: str) -> None:
    guard.judge(line)
    with pytest.raises(UsageError, match="a node of a cluster that is not the lab's"):
        Guard(NAMESPACE, guard.directory, owns=False).judge(line)


def test_files_are_looked_into_first(guard: Guard) -> None:
    guard.judge("apply -f app.yaml")
    guard.judge("apply -f .")
    (guard.directory / "sub").mkdir()
    wide = guard.directory / "sub" / "wide.yaml"
    wide.write_text("apiVersion: v1\nkind: Namespace\nmetadata: {name: other}\n")
    guard.judge("apply -f .")
    for line in (
        "apply -Rf .",
        "apply -f app.yaml,sub/wide.yaml",
        "delete --filename=sub",
        "replace -f sub/wide.yaml",
    ):
        with pytest.raises(UsageError, match="Namespace is no kind that an exercise needs"):
            guard.judge(line)
    wide.write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: kube-system}\n")
    with pytest.raises(UsageError, match="another namespace"):
        guard.judge("create -f sub/wide.yaml")
    wide.write_text("a: [")
    with pytest.raises(UsageError, match="YAML is broken"):
        guard.judge("apply -f sub/wide.yaml")
    guard.judge("diff -f sub/wide.yaml")
