"""Containers that see each other's processes."""

from __future__ import annotations

import pytest

from lab.embedded.runtime.capabilities import DEFAULT
from lab.embedded.runtime.interface import StartFailed
from tests.embedded.runtime.harness import House

ROOT = "root"


@pytest.fixture
def house() -> House:
    """A pod with `shareProcessNamespace`."""
    made = House()
    made.pod = made.runtime.create_sandbox("node-1", "default", "shared", "uid-2", share_processes=True)
    return made


def root_of(pid: str) -> str:
    """Where /proc shows the files that a process sees."""
    return f"/proc/{pid}/{ROOT}/"


def test_pid_1_is_pause_and_everybody_is_seen(house: House) -> None:
    house.start(["sleep", "1000"], env={"WHO": "first"})
    second, _ = house.start(["sh", "-c", "sleep 1000; :"])
    house.agenda.settle()
    ran = house.exec(second, ["ps"], 1)
    assert [line.split(None, 3)[1::2] for line in ran.out.splitlines()[1:]] == [
        ["65535", "/pause"],
        ["root", "sleep 1000"],
        ["root", "sh -c sleep 1000; :"],
        ["root", "sleep 1000"],
        ["root", "ps"],
    ]
    first = ran.out.splitlines()[2].split()[0]
    assert first != "1"
    looked = house.exec(
        second,
        ["sh", "-c", f"cd /proc/{first}; tr '\\0' ' ' < cmdline; tr '\\0' '\\n' < environ | grep WHO"],
        1,
    )
    assert looked.out == "sleep 1000 WHO=first\n"


def test_another_containers_files_are_behind_root(house: House) -> None:
    first, _ = house.start(["ash", "-c", "echo mine > /note; mkdir /srv; cd /srv; sleep 1000; :"])
    second, _ = house.start(["sleep", "1000"])
    house.agenda.settle()
    script = (
        "p=$(pidof ash); cd /proc/$p/root && cat note /proc/$p/root/etc/hostname; ls -d tmp;"
        "echo more >> note; echo new > /proc/$p/cwd/made; readlink -f /proc/$p/cwd; ls /note"
    )
    ran = house.exec(second, ["sh", "-c", script], 1)
    assert ran.out.splitlines()[:3] == ["mine", "shared", "tmp"]
    assert ran.err == "ls: /note: No such file or directory\n"
    assert first.read_file("/note") == b"mine\nmore\n"
    assert first.read_file("/srv/made") == b"new\n"


def test_a_signal_ends_another_container_and_nothing_else(house: House) -> None:
    first, ended = house.start(["ash", "-c", "sleep 500 & sleep 1000; :"])
    second, other = house.start(["sleep", "1000"])
    house.exec(second, ["sh", "-c", "kill $(pidof ash)"], 1)
    assert ended.code == 143
    assert other.code is None
    assert not first.running
    assert "sleep 500" not in house.exec(second, ["ps"], 1).out


def test_who_may_signal_and_look(house: House) -> None:
    house.start(["sleep", "1000"], env={"SECRET": "s"})
    user, _ = house.start(["sleep", "2000"], run_as_user=1000)
    root, _ = house.start(["sleep", "3000"])
    tracer, _ = house.start(["sleep", "4000"], capabilities=DEFAULT | {"SYS_PTRACE"})
    pids = {
        line.split()[-1]: line.split()[0]
        for line in house.exec(root, ["ps"], 1).out.splitlines()
        if "sleep" in line
    }
    ran = house.exec(
        user,
        ["sh", "-c", f"kill {pids['1000']}; cat /proc/{pids['1000']}/environ; ls {root_of(pids['1000'])}"],
        1,
    )
    assert ran.err == (
        f"sh: can't kill pid {pids['1000']}: Operation not permitted\n"
        f"cat: can't open '/proc/{pids['1000']}/environ': Permission denied\n"
        f"ls: {root_of(pids['1000'])}: Permission denied\n"
    )
    ask = ["ls", f"{root_of(pids['2000'])}etc/passwd"]
    assert "Permission denied" in house.exec(root, ask, 1).err
    assert house.exec(tracer, ask, 1).out == f"{root_of(pids['2000'])}etc/passwd\n"


def test_a_daemon_is_found_by_its_name_whatever_its_title(house: House) -> None:
    house.start(None, image="nginx:1.27")
    second, _ = house.start(["sleep", "1000"])
    house.agenda.advance(1)
    assert house.exec(second, ["pidof", "nginx"], 1).out.split()[-1] == "7"


def test_killing_pause_ends_the_pod(house: House) -> None:
    _, first = house.start(["sleep", "1000"])
    second, other = house.start(["sleep", "1000"])
    house.exec(second, ["kill", "1"], 1)
    assert (first.code, other.code, house.pod.over) == (137, 137, True)


def test_memory_limits_stay_apart(house: House) -> None:
    _, fat = house.start(["sh", "-c", "x=$(yes | head -c 6000000); sleep 1000"], memory_limit=4 * 1024 * 1024)
    _, thin = house.start(["sleep", "1000"], memory_limit=4 * 1024 * 1024)
    house.agenda.advance(60)
    assert fat.status is not None
    assert fat.status.oom_killed
    assert thin.code is None


def test_a_debugger_joins_its_target_and_goes_with_it() -> None:
    house = House()
    target, ended = house.start(["sh", "-c", "trap 'exit 3' TERM; sleep 1000 & wait"])
    other, _ = house.start(["sleep", "77"])
    debugger, gone = house.start(["sleep", "2000"], target=target.id)
    listed = house.exec(debugger, ["ps"], 1).out
    assert "    1 root      0:00 sh -c trap" in listed
    assert "sleep 77" not in listed
    assert "sleep 2000" in house.exec(target, ["ps"], 1).out
    assert "sleep 2000" not in house.exec(other, ["ps"], 1).out
    house.exec(debugger, ["kill", "1"], 1)
    assert (ended.code, gone.code) == (3, 137)
    with pytest.raises(StartFailed, match=r"invalid target container: .* is not running - in state"):
        house.start(["sleep", "1"], target=target.id)
