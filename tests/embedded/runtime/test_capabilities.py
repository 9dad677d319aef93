"""What root may not do in a container that dropped capabilities, in the programs' own words."""

from __future__ import annotations

from typing import Any

import pytest

from lab.embedded.runtime.capabilities import ALL, DEFAULT, granted, mask
from lab.embedded.runtime.filesystem import Directory, FileTree
from lab.embedded.runtime.interface import Mount
from tests.embedded.runtime.harness import House

NONE: frozenset[str] = frozenset()


def _log(house: House, image: str, capabilities: frozenset[str], seconds: float = 5, **options: Any) -> str:
    container, _ = house.start(None, image=image, capabilities=capabilities, **options)
    house.agenda.advance(seconds)
    return "\n".join(line.data.decode() for line in container.logs.lines())


def test_sets_are_made_as_containerd_makes_them() -> None:
    assert granted((), ()) == DEFAULT
    assert granted(("NET_ADMIN", "SYS_TIME"), ()) == DEFAULT | {"NET_ADMIN", "SYS_TIME"}
    assert granted(("chown",), ("ALL",)) == {"CHOWN"}
    assert granted(("ALL",), ("CHOWN",)) == ALL - {"CHOWN"}
    assert granted(("CAP_SYS_TIME",), ("KILL",)) == DEFAULT - {"KILL"}
    assert mask(granted(("NET_ADMIN", "SYS_TIME"), ())) == "00000000aa0435fb"  # as the Kubernetes task shows


def test_a_process_shows_its_capabilities() -> None:
    house = House()
    ask = ["grep", "Cap[PB]", "/proc/1/status"]
    root, _ = house.start(["sleep", "100"])
    user, _ = house.start(["sleep", "100"], run_as_user=1000)
    full = "00000000a80425fb"
    assert house.exec(root, ask, 1).out == f"CapPrm:\t{full}\nCapBnd:\t{full}\n"
    assert house.exec(user, ask, 1).out == f"CapPrm:\t{'0' * 16}\nCapBnd:\t{full}\n"


def test_root_without_capabilities_is_held_to_owners_and_modes() -> None:
    house = House()
    tree = FileTree(Directory(mode=0o755, uid=1000))
    tree.write("/secret", b"x\n", 0o600).uid = 1000
    script = (
        "cat /v/secret; touch /v/new; chmod 777 /v/secret; chown 5 /etc/passwd; kill 1; id -u; echo y > /mine"
    )
    container, _ = house.start(["sleep", "100"], capabilities=NONE, mounts=[Mount("/v", tree)])
    other, _ = house.start(["sleep", "100"], run_as_user=1000, target=container.id)
    house.agenda.settle()
    pid = house.exec(container, ["pidof", "sleep"], 1).out.split()[0]
    ran = house.exec(container, ["sh", "-c", script.replace("kill 1", f"kill {pid}")], 1)
    assert ran.err.splitlines() == [
        "cat: can't open '/v/secret': Permission denied",
        "touch: /v/new: Permission denied",
        "chmod: /v/secret: Operation not permitted",
        "chown: /etc/passwd: Operation not permitted",
        f"sh: can't kill pid {pid}: Operation not permitted",
    ]
    assert ran.out == "0\n"
    assert other.running


@pytest.mark.parametrize(
    ("capabilities", "said"),
    [
        (
            NONE,
            'nginx: [emerg] chown("/var/cache/nginx/client_temp", 101) failed (1: Operation not permitted)',
        ),
        (frozenset({"CHOWN"}), "exited with fatal code 2 and cannot be respawned"),
        (frozenset({"CHOWN", "SETGID"}), "setuid(101) failed (1: Operation not permitted)"),
    ],
)
def test_nginx_says_what_it_lacks(capabilities: frozenset[str], said: str) -> None:
    house = House()
    assert said in _log(house, "nginx:1.27", capabilities)
    assert house.ask("/").error


def test_nginx_is_content_with_four() -> None:
    house = House()
    _log(house, "nginx:1.27", frozenset({"CHOWN", "SETGID", "SETUID"}))
    assert house.ask("/").status == 200


@pytest.mark.parametrize(
    ("image", "capabilities", "last"),
    [
        ("postgres:16", NONE, 'error: failed switching to "postgres": operation not permitted'),
        ("redis:7", NONE, 'error: failed switching to "redis": operation not permitted'),
        ("redis:7", frozenset({"SETUID", "SETGID"}), "Ready to accept connections tcp"),
        ("postgres:16", frozenset({"SETUID", "SETGID"}), "database system is ready to accept connections"),
    ],
)
def test_entry_points_say_what_they_lack(image: str, capabilities: frozenset[str], last: str) -> None:
    log = _log(House(), image, capabilities, 20, env={"POSTGRES_PASSWORD": "x"})
    assert log.endswith(last)
    refused = "chmod: changing permissions of '/var/lib/postgresql/data': Operation not permitted"
    assert (refused in log) == (image == "postgres:16")


def test_a_volume_of_roots_is_not_handed_over() -> None:
    volume = Mount("/var/lib/postgresql/data", FileTree(Directory(mode=0o777)))
    log = _log(House(), "postgres:16", frozenset({"SETUID"}), mounts=[volume], env={"POSTGRES_PASSWORD": "x"})
    assert log.endswith("chown: changing ownership of '/var/lib/postgresql/data': Operation not permitted")


def test_anybody_may_listen_on_low_ports() -> None:
    house = House()
    house.start(["sh", "-c", "echo hi > /tmp/i; httpd -f -p 80 -h /tmp"], run_as_user=1000, capabilities=NONE)
    assert house.ask("/i").body == b"hi\n"
