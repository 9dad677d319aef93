"""A pod's volumes: emptyDir, configMap, secret, projected, downwardAPI and hostPath, as file trees.

What a volume needs and is not there (a Secret, a ConfigMap, a key) keeps the pod in ContainerCreating: the
mount is tried again with the kubelet's own back-off (0.5 s doubling to 2 min 2 s,
`nestedpendingoperations`), each failure a FailedMount event. Mounted volumes are refreshed at the pod's
periodic syncs, so a changed ConfigMap arrives within about 60 to 90 s, as the kubelet's own caches make it
(never through a `subPath`).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from lab.embedded.kubelet.environment import (
    ConfigError,
    config_map_data,
    expand_path,
    field_value,
    resource_value,
    secret_data,
)
from lab.embedded.kubelet.host_paths import set_up
from lab.embedded.kubelet.tokens import service_account_token
from lab.embedded.objects.quantities import parse_quantity
from lab.embedded.objects.times import format_time
from lab.embedded.runtime.filesystem import TREE_LIMIT, Directory, FileTree, Node, Symlink
from lab.embedded.runtime.interface import Mount

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lab.embedded.clock.agenda import Timer
    from lab.embedded.kubelet.context import NodeContext

Json = dict[str, Any]
_FIRST_RETRY = 0.5
_LAST_RETRY = 122.0
_OPEN = 0o777
"""The directory of every volume is everybody's (`perm` in `pkg/volume/emptydir`)."""


class Volumes:
    """The volumes of one pod."""

    def __init__(
        self,
        context: NodeContext,
        pod: Callable[[], Json],
        pod_ip: Callable[[], str],
        mounted: Callable[[], None],
    ) -> None:
        """`mounted` is called when the last missing volume has been set up after a failure."""
        self._context = context
        self._pod = pod
        self._pod_ip = pod_ip
        self._on_mounted = mounted
        self._trees: dict[str, FileTree] = {}
        self._host_paths: dict[str, str] = {}
        self._content: dict[str, Mapping[str, bytes]] = {}
        self._retry = _FIRST_RETRY
        self._timer: Timer | None = None
        self._version = 0

    def mount_all(self) -> bool:
        """Set up what is missing; returns whether all volumes are there. Retries by itself from then on."""
        if self._timer is not None:
            return False
        missing = False
        for volume in self._pod()["spec"].get("volumes") or ():
            if volume["name"] not in self._trees:
                missing |= not self._mount(volume)
        if missing:
            self._timer = self._context.agenda.call_after(self._retry, self._again)
            self._retry = min(self._retry * 2, _LAST_RETRY)
        return not missing

    def refresh(self) -> None:
        """Bring mounted ConfigMaps, Secrets and projections up to date; what has vanished stays as it was."""
        for volume in self._pod()["spec"].get("volumes") or ():
            if volume["name"] not in self._content:
                continue
            try:
                files = self._files(volume)
            except ConfigError:
                continue
            if files is not None and files != self._content[volume["name"]]:
                self._publish(volume, files)

    def mounts(self, container: Json, env: Mapping[str, str]) -> list[Mount]:
        """The mounts of a container with its environment.

        Raises:
            ConfigError: a path within a volume cannot be made out.
        """
        result = []
        for mount in container.get("volumeMounts") or ():
            tree = self._trees[mount["name"]]
            read_only = bool(mount.get("readOnly")) or mount["name"] in self._content
            path = mount.get("subPath") or expand_path(mount.get("subPathExpr", ""), env)
            if mount["name"] in self._host_paths:
                path = f"{self._host_paths[mount['name']]}/{path}".rstrip("/")
            result.append(Mount(mount["mountPath"], tree, read_only, path))
        return result

    def usage(self, name: str) -> int:
        """Bytes in a volume."""
        return self._trees[name].used if name in self._trees else 0

    def stop(self) -> None:
        """Give up retrying."""
        if self._timer is not None:
            self._timer.cancel()

    def _again(self) -> None:
        self._timer = None
        if self.mount_all():
            self._on_mounted()

    def _mount(self, volume: Json) -> bool:
        name = volume["name"]
        try:
            files = self._files(volume)
            if "hostPath" in volume:
                self._host_paths[name] = set_up(self._context.files, volume["hostPath"])
        except ConfigError as error:
            message = f'MountVolume.SetUp failed for volume "{name}" : {error}'
            self._context.recorder.record(self._pod(), "Warning", "FailedMount", message)
            return False
        if "hostPath" in volume:
            self._trees[name] = self._context.files  # whose owners the kubelet leaves as they are
            return True
        self._trees[name] = _empty(volume)
        if files is not None:
            self._publish(volume, files)
        else:
            _hand_to_group(self._trees[name].root, self._group(), 0o660)
        return True

    def _publish(self, volume: Json, files: Mapping[str, bytes]) -> None:
        source = _source(volume)
        now, mode = self._context.agenda.now(), source.get("defaultMode", 0o644)
        self._version += 1
        version = f"{_stamp(now)}.{self._number(volume['name'])}"
        tree = self._trees[volume["name"]]
        tree.publish(dict(files), mode, version, modes=dict(_modes(source)), at=now)
        _hand_to_group(tree.root, self._group(), 0o440)
        self._content[volume["name"]] = files

    def _group(self) -> int | None:
        group: int | None = (self._pod()["spec"].get("securityContext") or {}).get("fsGroup")
        return group

    def _number(self, name: str) -> int:
        """What makes the name of a directory new where several are made within a second."""
        digest = hashlib.sha256(f"{self._pod()['metadata']['uid']}/{name}/{self._version}".encode()).digest()
        return int.from_bytes(digest[:4], "big")

    def _files(self, volume: Json) -> dict[str, bytes] | None:
        """The files of a volume that is made of API objects; None for one that starts empty."""
        if "configMap" in volume:
            return self._object(
                "configmaps", "configmap", volume["configMap"], volume["configMap"].get("name", "")
            )
        if "secret" in volume:
            return self._object("secrets", "secret", volume["secret"], volume["secret"].get("secretName", ""))
        if "downwardAPI" in volume:
            return self._downward(volume["downwardAPI"].get("items") or [])
        if "projected" in volume:
            files: dict[str, bytes] = {}
            for source in volume["projected"].get("sources") or ():
                files.update(self._projection(source))
            return files
        return None

    def _projection(self, source: Json) -> dict[str, bytes]:
        if "configMap" in source:
            return self._object(
                "configmaps", "configmap", source["configMap"], source["configMap"].get("name", "")
            )
        if "secret" in source:
            return self._object("secrets", "secret", source["secret"], source["secret"].get("name", ""))
        if "downwardAPI" in source:
            return self._downward(source["downwardAPI"].get("items") or [])
        if "serviceAccountToken" in source:
            token = service_account_token(self._pod(), source["serviceAccountToken"], self._context)
            return {source["serviceAccountToken"]["path"]: token}
        return {}

    def _object(self, resource: str, word: str, source: Json, name: str) -> dict[str, bytes]:
        namespace = self._pod()["metadata"]["namespace"]
        found = self._context.api.find(resource, namespace, name)
        if found is None:
            if source.get("optional"):
                return {}
            raise ConfigError(f'{word} "{name}" not found')
        data = config_map_data(found) if resource == "configmaps" else secret_data(found)
        items = source.get("items")
        if not items:
            return data
        files = {}
        for item in items:
            if item["key"] in data:
                files[item["path"]] = data[item["key"]]
            elif not source.get("optional"):
                raise ConfigError(f"{_NO_KEY[resource]}: {item['key']}")
        return files

    def _downward(self, items: list[Json]) -> dict[str, bytes]:
        pod, files = self._pod(), {}
        for item in items:
            if "fieldRef" in item:
                value = field_value(pod, item["fieldRef"]["fieldPath"], (self._pod_ip(), self._context.ip))
            else:
                value = resource_value(pod, {}, item["resourceFieldRef"], self._context.allocatable)
            files[item["path"]] = value.encode()
        return files


def _empty(volume: Json) -> FileTree:
    """A fresh volume. In memory it is a tmpfs of its size limit; on disk the kubelet watches the limit."""
    directory = volume.get("emptyDir") or {}
    limit = parse_quantity(directory["sizeLimit"]).whole if directory.get("sizeLimit") else None
    if directory.get("medium") != "Memory":
        return FileTree(Directory(mode=_OPEN))
    tree = FileTree(Directory(mode=_OPEN), min(limit, TREE_LIMIT) if limit else TREE_LIMIT)
    tree.medium = "tmpfs"
    return tree


def _modes(source: Json) -> Iterator[tuple[str, int]]:
    """Files of a volume whose items have modes of their own."""
    parts = [each for part in source.get("sources") or () for each in part.values()]
    for part in [source, *parts]:
        for item in part.get("items") or ():
            if item.get("mode") is not None:
                yield item["path"], item["mode"]


def _stamp(now: float) -> str:
    """A moment of cluster time in the name of a directory of an atomic writer."""
    digits = format_time(now)
    return "".join("_" if each in "-T:" else each for each in digits.removesuffix("Z"))


def _hand_to_group(node: Node, group: int | None, rights: int) -> None:
    """Make a volume its pod's `fsGroup`'s, if there is one (`SetVolumeOwnership`)."""
    if group is None or isinstance(node, Symlink):
        return
    node.gid = group
    node.mode |= rights
    if isinstance(node, Directory):
        node.mode |= 0o2110  # what is made in it belongs to the group, too
        for child in node.entries.values():
            _hand_to_group(child, group, rights)


def _source(volume: Json) -> Json:
    for kind in ("configMap", "secret", "projected", "downwardAPI"):
        if kind in volume:
            source: Json = volume[kind]
            return source
    return {}


_NO_KEY = {
    "configmaps": "configmap references non-existent config key",
    "secrets": "references non-existent secret key",
}
"""What the kubelet says of a key that a volume asks for in vain (`pkg/volume/{configmap,secret}`)."""
