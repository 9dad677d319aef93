"""How a pod's programs find names: `/etc/hosts`, `/etc/resolv.conf`, and the name server these lead to.

Both files are the pod's, mounted into each container, and are read at each look-up, so that a line which
somebody adds counts at once. Their form is the kubelet's (`managedHostsFileContent` in
`pkg/kubelet/kubelet_pods.go`) and containerd's (`parseDNSOptions`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from lab.embedded.runtime.filesystem import File, FileTree, text_of
from lab.embedded.runtime.interface import NameConfig

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.embedded.runtime.network import Host

CLUSTER_DNS = "10.96.0.10"
"""The address of the cluster's name server."""
NODE_DNS = "10.87.255.254"
"""The name server of nodes: it knows no name of the cluster, and nothing leads out, so it knows none."""
_MOST_SERVERS = 3
"""Lines `nameserver` that the C library heeds."""
_NDOTS = 1
"""What `ndots` is when nobody says (resolv.conf(5))."""
_HOSTS = (
    "# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"
    "fe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n"
)


class Resolver(Struct, frozen=True):
    """What `/etc/resolv.conf` says."""

    servers: tuple[str, ...] = (CLUSTER_DNS,)
    searches: tuple[str, ...] | None = None
    """None: those of the pod's namespace."""
    ndots: int = 5


def cluster_first(namespace: str) -> NameConfig:
    """What a pod has whose manifest says nothing."""
    return NameConfig(
        (CLUSTER_DNS,),
        (f"{namespace}.svc.cluster.local", "svc.cluster.local", "cluster.local"),
        ("ndots:5",),
    )


def files_of(host: Host, config: NameConfig) -> FileTree:
    """The tree with a pod's `hostname`, `hosts` and `resolv.conf`."""
    tree = FileTree()
    tree.write("/hostname", f"{host.hostname}\n".encode())
    lines = [f"search {' '.join(config.searches)}"] if config.searches else []
    lines += [f"nameserver {each}" for each in config.servers]
    lines += [f"options {' '.join(config.options)}"] if config.options else []
    tree.write("/resolv.conf", "".join(f"{each}\n" for each in lines).encode())
    write_hosts(tree, host, config)
    return tree


def write_hosts(tree: FileTree, host: Host, config: NameConfig) -> None:
    """Write `hosts` as the kubelet does at the start of each container, over whatever stood there."""
    names = [host.full_name] if host.full_name == host.hostname else [host.full_name, host.hostname]
    text = _HOSTS + "\t".join([host.ip, *names]) + "\n"
    if config.aliases:
        text += "\n# Entries added by HostAliases.\n"
        text += "".join("\t".join([address, *names]) + "\n" for address, names in config.aliases)
    file = tree.find("/hosts")
    if isinstance(file, File):
        file.data[:] = text.encode()
    else:
        tree.write("/hosts", text.encode())


def listed(host: Host, name: str) -> list[str]:
    """The IPv4 addresses that a host's `/etc/hosts` gives a name in lower case."""
    if host.etc is None:
        return [host.ip] if name in {host.hostname, host.full_name} else []
    lines = _lines(host.etc, "/hosts")
    return [first for first, *names in lines if name in map(str.lower, names) and ":" not in first]


def resolver(host: Host) -> Resolver:
    """What a host's `/etc/resolv.conf` says; one without the file asks the cluster's server."""
    if host.etc is None:
        return Resolver()
    servers: list[str] = []
    searches: list[str] = []
    ndots = _NDOTS
    for first, *words in _lines(host.etc, "/resolv.conf"):
        if first == "nameserver":
            servers += words[:1]
        elif first == "search":
            searches = words
        elif first == "options":
            counts = [each.removeprefix("ndots:") for each in words if each.startswith("ndots:")]
            ndots = next((min(int(each), 15) for each in counts if each.isdigit()), ndots)
    return Resolver(tuple(servers[:_MOST_SERVERS]), tuple(searches), ndots)


def _lines(tree: FileTree, path: str) -> Iterator[list[str]]:
    """The words of each line that has any, without comments."""
    lines = text_of(tree.find(path)).splitlines()
    return (words for line in lines if (words := line.split("#", 1)[0].split()))
