"""File systems of containers: mounts, read-only trees, links, live ConfigMaps, bounds; logs and memory."""

from __future__ import annotations

from lab.embedded.runtime.filesystem import FileTree
from lab.embedded.runtime.interface import Mount
from lab.embedded.runtime.logs import OVERHEAD, PART, SIZE_LIMIT
from tests.embedded.runtime.harness import House, run_shell


def test_a_configmap_changes_at_once_and_as_a_whole_under_an_open_reader() -> None:
    house, volume = House(), FileTree()
    volume.publish({"mode": b"slow\n", "name": b"a\n"}, version="2026_01_01")
    container, _ = house.start(["sleep", "999"], mounts=[Mount("/etc/app", volume, read_only=True)])
    assert house.exec(container, ["sh", "-c", "cat /etc/app/*"]).out == "slow\na\n"
    link = house.exec(container, ["readlink", "/etc/app/mode"])
    assert link.out == "..data/mode\n"
    reader = house.exec(container, ["sh", "-c", "exec 3</etc/app/mode; sleep 5; cat <&3; cat /etc/app/mode"])
    volume.publish({"mode": b"fast\n"}, version="2026_01_02")
    assert house.exec(container, ["ls", "/etc/app"]).out == "mode\n"
    house.agenda.advance(6)
    assert reader.out == "slow\nfast\n"
    told = house.exec(container, ["sh", "-c", "echo x > /etc/app/mode"])
    assert (told.code, told.err) == (1, "sh: can't create /etc/app/mode: Read-only file system\n")


def test_an_empty_dir_is_one_file_system_in_two_containers() -> None:
    house, volume = House(), FileTree()
    first, _ = house.start(["sleep", "999"], mounts=[Mount("/data", volume)])
    second, _ = house.start(["sleep", "999"], mounts=[Mount("/elsewhere", volume)])
    house.exec(first, ["sh", "-c", "mkdir -p /data/a; echo 1 > /data/a/b; ln -s a/b /data/c"])
    assert house.exec(second, ["cat", "/elsewhere/c"]).out == "1\n"
    assert house.exec(second, ["ls", "/data"]).code == 1


def test_a_sub_path_does_not_follow_updates() -> None:
    house, volume = House(), FileTree()
    volume.publish({"mode": b"slow\n"}, version="1")
    mount = Mount("/etc/mode", volume, read_only=True, sub_path="mode")
    container, _ = house.start(["sleep", "999"], mounts=[mount])
    volume.publish({"mode": b"fast\n"}, version="2")
    assert house.exec(container, ["cat", "/etc/mode"]).out == "slow\n"


def test_a_read_only_root_leaves_its_volumes_writable() -> None:
    house = House()
    container, _ = house.start(
        ["sleep", "999"], mounts=[Mount("/scratch", FileTree())], read_only_root=True
    )  # fmt: skip
    ran = house.exec(container, ["sh", "-c", "echo 1 > /scratch/x; cat /scratch/x; touch /y"])
    assert (ran.out, ran.err) == ("1\n", "touch: /y: Read-only file system\n")


def test_links_go_where_they_point_and_not_for_ever() -> None:
    ran = run_shell("cd /tmp; ln -s b a; ln -s a b; cat a; ln -s /etc/hostname h; cat h; ln -s x d; cat d")
    assert ran.out == "web-1\n"
    assert "Too many levels of symbolic links" in ran.err
    assert "can't open 'd': No such file or directory" in ran.err


def test_a_tree_is_bounded_and_gives_space_back() -> None:
    house, volume = House(), FileTree(limit=64 * 1024)
    container, _ = house.start(["sleep", "999"], mounts=[Mount("/small", volume)])
    ran = house.exec(container, ["sh", "-c", "cat /dev/zero > /small/x"], 5)
    assert (ran.code, "No space left on device" in ran.err) == (1, True)
    ran = house.exec(container, ["sh", "-c", "rm /small/x; echo ok > /small/y; cat /small/y"], 1)
    assert ran.out == "ok\n"


def test_other_users_may_not_write_what_is_roots() -> None:
    house = House()
    _, ran = house.start(["sh", "-c", "echo x > /etc/motd || touch /tmp/fine && exit 7"], run_as_user=1000)
    house.agenda.advance(1)
    assert ran.code == 7


def test_a_log_keeps_its_end_and_cuts_long_lines() -> None:
    house = House()
    container, _ = house.start(["sleep", "999"])
    for number in range(3):
        container.logs.write("stdout", bytes([65 + number]) * (SIZE_LIMIT // 2) + b"\n")
    kept = container.logs.lines()
    assert sum(len(line.data) for line in kept) <= SIZE_LIMIT
    assert kept[-1].data[-1:] == b"C"
    container.logs.write("stderr", b"x" * (PART + 5))
    assert len(container.logs.lines()[-1].data) == PART
    assert container.logs.lines()[-1].partial


def test_a_log_begins_anew_when_its_file_is_full() -> None:
    house = House()
    container, _ = house.start(["sleep", "999"])
    container.logs.write("stdout", b"old\n" * (SIZE_LIMIT // (3 + OVERHEAD)))
    assert container.logs.lines()[0].data == b"old"
    container.logs.write("stdout", b"new\n" * 2)
    assert [line.data for line in container.logs.lines()][-1] == b"new"
    assert len(container.logs.lines()) <= 2


def test_an_unfinished_last_line_is_kept() -> None:
    house = House()
    container, _ = house.start(["printf", "no end"])
    house.agenda.advance(1)
    assert [line.data for line in container.logs.lines()] == [b"no end"]


def test_all_processes_of_a_container_share_its_memory_and_die_of_it_together() -> None:
    house = House()
    eats = "x=0123456789abcdef; i=0; while [ $i -lt 14 ]; do x=$x$x; i=$((i+1)); done; sleep 60"
    _, alone = house.start(["sh", "-c", eats], memory_limit=2 * 1024**2)
    house.agenda.advance(5)
    assert alone.code is None
    _, crowd = house.start(["sh", "-c", f"({eats}) & ({eats}) & ({eats}) & wait"], memory_limit=2 * 1024**2)
    house.agenda.advance(5)
    assert crowd.status is not None
    assert (crowd.code, crowd.status.oom_killed) == (137, True)
