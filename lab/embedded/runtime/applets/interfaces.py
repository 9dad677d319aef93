"""Applets that show a pod's network: ip, ifconfig, route; and ping, which may not.

A pod has `lo` and `eth0`, with an address from its node's /24, as the usual plug-ins give it.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from lab.embedded.runtime.applets.options import Applet, Failed, Step, Usage, parse

if TYPE_CHECKING:
    from lab.embedded.runtime.process import Process


def _facts(process: Process) -> dict[str, str]:
    """The pod's address and what follows from it."""
    address = process.kernel.host.ip
    network = ipaddress.ip_network(f"{address}/24", strict=False)
    hardware = "0a:58:" + ":".join(f"{int(part):02x}" for part in address.split("."))
    return {
        "address": address, "network": str(network), "base": str(network.network_address),
        "broadcast": str(network.broadcast_address), "gateway": str(network.network_address + 1),
        "hardware": hardware,
    }  # fmt: skip


_ANY = "0.0.0.0"  # noqa: S104 (a route, not a socket)
_LOOPBACK = """1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
"""
_ETHERNET = """2: eth0@if5: <BROADCAST,MULTICAST,UP,LOWER_UP,M-DOWN> mtu 1500 qdisc noqueue
    link/ether {hardware} brd ff:ff:ff:ff:ff:ff
"""
_LOOPBACK_ADDRESS = """    inet 127.0.0.1/8 scope host lo
       valid_lft forever preferred_lft forever
"""
_ADDRESS = """    inet {address}/24 brd {broadcast} scope global eth0
       valid_lft forever preferred_lft forever
"""
_ROUTES = """default via {gateway} dev eth0
{network} dev eth0 scope link  src {address}
"""
_IFCONFIG = """eth0      Link encap:Ethernet  HWaddr {upper}
          inet addr:{address}  Bcast:{broadcast}  Mask:255.255.255.0
          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1
          RX packets:0 errors:0 dropped:0 overruns:0 frame:0
          TX packets:0 errors:0 dropped:0 overruns:0 carrier:0
          collisions:0 txqueuelen:0
          RX bytes:0 (0.0 B)  TX bytes:0 (0.0 B)

"""
_IFCONFIG_LOOPBACK = """lo        Link encap:Local Loopback
          inet addr:127.0.0.1  Mask:255.0.0.0
          UP LOOPBACK RUNNING  MTU:65536  Metric:1
          RX packets:0 errors:0 dropped:0 overruns:0 frame:0
          TX packets:0 errors:0 dropped:0 overruns:0 carrier:0
          collisions:0 txqueuelen:1000
          RX bytes:0 (0.0 B)  TX bytes:0 (0.0 B)

"""
_ROUTE = """Kernel IP routing table
Destination     Gateway         Genmask         Flags Metric Ref    Use Iface
{default:<15} {gateway:<15} 0.0.0.0         UG    0      0        0 eth0
{base:<15} *               255.255.255.0   U     0      0        0 eth0
"""


def _ip(process: Process, arguments: list[str]) -> Step:
    words = [each for each in arguments if not each.startswith("-")]
    if not words:
        raise Usage("")
    kind, verb, rest = words[0], (words[1:] or ["show"])[0], words[2:]
    if "show".startswith(verb) or verb in ("list", "ls", "l") or verb in ("lo", "eth0", "dev"):
        device = next((each for each in [verb, *rest] if each in ("lo", "eth0")), "")
    else:
        raise Failed("RTNETLINK answers: Operation not permitted", 2)
    addresses = "address".startswith(kind)
    if not addresses and not "link".startswith(kind) and not "route".startswith(kind):
        raise Failed(f"ip {kind}: not available in the simulation")
    text = _ROUTES
    if not "route".startswith(kind):
        first = _LOOPBACK + (_LOOPBACK_ADDRESS if addresses else "")
        second = _ETHERNET + (_ADDRESS if addresses else "")
        text = (first if device != "eth0" else "") + (second if device != "lo" else "")
    yield from process.write(1, text.format(**_facts(process)).encode())
    return 0


def _ifconfig(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "a")
    if len(options.operands) > 1:
        raise Failed("SIOCSIFADDR: Operation not permitted")
    device = (options.operands or [""])[0]
    if device not in ("", "lo", "eth0"):
        raise Failed(f"{device}: error fetching interface information: Device not found")
    facts = _facts(process)
    text = (_IFCONFIG if device != "lo" else "") + (_IFCONFIG_LOOPBACK if device != "eth0" else "")
    yield from process.write(1, text.format(**facts, upper=facts["hardware"].upper()).encode())
    return 0


def _route(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "neA:")
    if options.operands:
        raise Failed("SIOCADDRT: Operation not permitted")
    default = _ANY if "n" in options else "default"
    text = _ROUTE.format(**_facts(process), default=default)
    yield from process.write(1, (text.replace("*      ", _ANY) if "n" in options else text).encode())
    return 0


def _ping(_process: Process, arguments: list[str]) -> Step:
    """The network carries TCP only, so that `ping` is what it is without CAP_NET_RAW."""
    yield from ()
    if not [each for each in arguments if not each.startswith("-")]:
        raise Usage("")
    raise Failed("permission denied (are you root?)")


APPLETS = (
    Applet("ip", "ip [OPTIONS] address|route|link|tunnel|neigh|rule [ARGS]", _ip),
    Applet("ifconfig", "ifconfig [-a] [IFACE] [ADDRESS]", _ifconfig),
    Applet("route", "route [-ne] [-A inet[6]] [{add|del} TARGET...]", _route),
    Applet("ping", "ping [OPTIONS] HOST", _ping),
    Applet("ping6", "ping6 [OPTIONS] HOST", _ping),
)
