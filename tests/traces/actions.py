"""The kubectl commands that scenarios carry out, done through the API's verbs and the node agent.

Only what the recorded scenarios use is understood; anything else is an error, so that no action is skipped.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from lab.embedded.api.interface import DeleteOptions
from lab.embedded.controllers.revisions import HASH_LABEL, revision_of
from lab.embedded.objects.copying import copy_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.embedded.small_cluster import SmallCluster

Json = dict[str, Any]
_PLURAL = {"pod": "pods", "configmap": "configmaps", "deployment": "deployments.apps"}


def act(cluster: SmallCluster, namespace: str, argv: Sequence[str]) -> None:
    """Carry out one kubectl command.

    Raises:
        AssertionError: the command is none that scenarios use.
    """
    for words, carry_out in _COMMANDS.items():
        if tuple(argv[: len(words)]) == words:
            carry_out(cluster, namespace, list(argv[len(words) :]))
            return
    raise AssertionError(f"no such action: {argv}")


def _scale(cluster: SmallCluster, namespace: str, argv: list[str]) -> None:
    patch: Json = {"spec": {"replicas": int(argv[1].split("=")[1])}}
    cluster.api.patch("deployments.apps", namespace, "app", "merge-patch+json", patch)


def _delete(cluster: SmallCluster, namespace: str, argv: list[str]) -> None:
    grace = 1 if "--now" in argv else None
    for each in argv:
        if each.startswith("--grace-period="):
            grace = int(each.split("=")[1])
    cluster.api.delete(_PLURAL[argv[0]], namespace, argv[1], DeleteOptions(grace_period=grace))


def _set_image(cluster: SmallCluster, namespace: str, argv: list[str]) -> None:
    kind, _, name = argv[0].partition("/")
    container, image = argv[1].split("=")
    spec: Json = {"spec": {"containers": [{"name": container, "image": image}]}}
    patch = spec if kind == "pod" else {"spec": {"template": spec}}
    cluster.api.patch(_PLURAL[kind], namespace, name, "strategic-merge-patch+json", patch)


def _undo(cluster: SmallCluster, namespace: str, _: list[str]) -> None:
    sets = sorted(cluster.api.list("replicasets.apps", namespace).items, key=revision_of)
    template = copy_json(sets[-2]["spec"]["template"])
    del template["metadata"]["labels"][HASH_LABEL]
    body = [{"op": "replace", "path": "/spec/template", "value": template}]
    cluster.api.patch("deployments.apps", namespace, "app", "json-patch+json", body)


def _create_secret(cluster: SmallCluster, namespace: str, argv: list[str]) -> None:
    key, value = argv[1].removeprefix("--from-literal=").split("=")
    data = {key: base64.b64encode(value.encode()).decode()}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": argv[0]}, "data": data}
    cluster.api.create("secrets", namespace, secret)


def _label(cluster: SmallCluster, namespace: str, argv: list[str]) -> None:
    key, value = argv[2].split("=")
    patch = {"metadata": {"labels": {key: value}}}
    cluster.api.patch(_PLURAL[argv[0]], namespace, argv[1], "merge-patch+json", patch)


def _patch(cluster: SmallCluster, namespace: str, argv: list[str]) -> None:
    body = json.loads(argv[argv.index("-p") + 1])
    cluster.api.patch(_PLURAL[argv[0]], namespace, argv[1], "strategic-merge-patch+json", body)


def _exec(cluster: SmallCluster, namespace: str, argv: list[str]) -> None:
    cluster.agent.exec(
        namespace,
        argv[0],
        None,
        argv[argv.index("--") + 1 :],
        stdin=False,
        tty=False,
        on_output=lambda _, __: None,
        on_exit=lambda _: None,
    )


_COMMANDS = {
    ("scale",): _scale,
    ("delete",): _delete,
    ("set", "image"): _set_image,
    ("rollout", "undo"): _undo,
    ("create", "secret", "generic"): _create_secret,
    ("label",): _label,
    ("patch",): _patch,
    ("exec",): _exec,
}
