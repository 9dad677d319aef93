"""Applets that the recorded table does not hold, and what becomes of the last command of `sh -c`."""

from __future__ import annotations

import pytest

from lab.embedded.runtime.applets import table
from lab.embedded.runtime.interface import ExitStatus
from tests.embedded.runtime.harness import House, run_shell


@pytest.mark.parametrize(
    ("script", "printed"),
    [
        (r"printf 'a\nb\nc\nd\ne\n' | grep -n -A1 -B1 c", "2-b\n3:c\n4-d\n"),
        (r"printf 'a\nb\nc\nd\ne\n' | grep -C1 -e a -e e", "a\nb\n--\nd\ne\n"),
        (r"printf 'one two\n' | grep -o '\<t[a-z]*'", "two\n"),
        ("expr 3 + 4 '*' 2; expr 7 / -2; expr abc : 'a\\(.*\\)'; expr 2 '<' 10", "11\n-3\nbc\n1\n"),
        ("expr length abc; expr substr abcd 2 2; expr index abc c", "3\nbc\n3\n"),
        ("expr 1 = 2; echo $?; expr 1 +; echo $?", "0\n1\n2\n"),
        (r"printf 'a:1\nb:2\n' | awk -F: '$2 > 1 {print $1, NR}'", "b 2\n"),
        ("printf 'a 1\\nb 2\\n' | awk '{s += $2} END {print \"sum\", s / 2}'", "sum 1.5\n"),
        (r"printf 'a 1\nb 2\n' | awk '/b/ || NR == 1 {print $NF}'", "1\n2\n"),
        ("echo a b c | awk '{print $3 $1; x = 2; x++; print x}'", "ca\n3\n"),
        (
            "mkdir /l; echo 1 > /l/f; ln -s f /l/g; ln -s no /l/h; ls -L -l /l /l/g 2>/dev/null | cut -c1-10",
            "-rw-r--r--\n\n/l:\ntotal 8\n-rw-r--r--\n-rw-r--r--\n",
        ),
        ("less /etc/hostname; more /etc/hostname; tty", "web-1\nweb-1\nnot a tty\n"),
        (
            "printf 'a\\nb\\n' | sed 'x;H;g'; seq 60 | sed 'G;G;h' 2>&1 | tail -n 1",
            "a\n\nb\na\n\nsed: out of memory\n",
        ),
        ("df -P / | awk 'NR == 2 {print $1, $NF}'; free -m | awk '/Mem/ {print $2}'", "overlay /\n4096\n"),
    ],
)
def test_what_applets_print(script: str, printed: str) -> None:
    assert run_shell(script).out == printed


@pytest.mark.parametrize(
    "program", ["{print", "{print 1; if}", "BEGIN { print 1; f() }", 'BEGIN { print "x }']
)
def test_awk_reads_all_of_a_program_before_it_prints(program: str) -> None:
    ran = run_shell(f"awk '{program}' /etc/hosts")
    assert (ran.out, ran.code) == ("", 1)
    assert ran.err.startswith("awk: cmd. line:1: ")


def test_every_applet_is_where_the_table_says() -> None:
    for module, names in (table.PLACES | table.OTHERS).items():
        assert [found.name for name in names.split() if (found := table.find(name))] == names.split(), module


def test_an_applet_nobody_plays_says_so() -> None:
    ran = run_shell("fdisk -l")
    assert (ran.err, ran.code) == ("fdisk: not available in the simulation\n", 1)


def test_an_unknown_option_is_told_with_the_usage() -> None:
    ran = run_shell("grep -Z x")
    assert ran.code == 2
    assert ran.err.startswith("grep: invalid option -- 'Z'\nBusyBox v1.36")
    assert "\nUsage: grep [-HhnlLoqvsrRiwFE]" in ran.err


@pytest.mark.parametrize(
    ("script", "first"),
    [
        ("sleep 99", "sleep 99"),
        ("cd /tmp; true && sleep 99", "sleep 99"),
        ("if true; then sleep 99; fi", "sleep 99"),
        ("sleep 99\n", "sh -c sleep 99\n"),
        ("sleep 99; true", "sh -c sleep 99; true"),
        ("trap 'echo' TERM; sleep 99", "sh -c trap 'echo' TERM; sleep 99"),
    ],
)
def test_the_shell_becomes_its_last_program_as_ash_does(script: str, first: str) -> None:
    house = House()
    container, _ = house.start(["sh", "-c", script])
    lines = house.exec(container, ["ps"]).out.split("\n", 2)
    assert lines[1].split(None, 3)[3] == first.split("\n", maxsplit=1)[0]


def test_a_background_job_is_the_program_itself() -> None:
    assert run_shell("sleep 99 & kill $!; wait $!; echo $?").out == "143\n"


def test_exec_keeps_its_redirections() -> None:
    assert run_shell("(exec echo hi >/tmp/x); cat /tmp/x; (echo ho >/tmp/y); cat /tmp/y").out == "hi\nho\n"


def test_ctrl_c_ends_the_program_and_not_the_shell_at_a_terminal() -> None:
    house = House()
    container, _ = house.start(["sleep", "999"])
    shown, ended = bytearray(), list[ExitStatus]()
    session = container.exec(
        ["sh"], on_output=lambda _, data: shown.extend(data), on_exit=ended.append, stdin=True, tty=True
    )
    house.agenda.settle()
    for typed in (b"sleep 50\r", b"\x03", b"echo $?\r", b"half\x03", b"exit 4\r"):
        session.write_stdin(typed)
        house.agenda.advance(1)
    assert shown.decode().split("\r\n") == [
        "/ # sleep 50", "^C", "/ # echo $?", "130", "/ # half^C", "/ # exit 4", "",
    ]  # fmt: skip
    assert [status.code for status in ended] == [4]


def test_ctrl_d_leaves_the_shell() -> None:
    house = House()
    container, _ = house.start(["sleep", "999"])
    ran = house.exec(container, ["sh"], 1, b"false\n\x04", tty=True)
    assert ran.code == 1


def test_a_terminal_shells_jobs_can_be_terminated() -> None:
    house = House()
    container, _ = house.start(["sleep", "999"])
    ran = house.exec(container, ["sh"], 1, b"sleep 60 &\nkill $!\nwait $!\necho =$?\nexit\n", tty=True)
    assert "=143" in ran.out


def test_a_prompt_tells_of_a_job_that_has_ended_and_jobs_names_what_runs() -> None:
    house = House()
    container, _ = house.start(["sleep", "999"])
    ran = house.exec(container, ["sh"], 5, b"sleep 1 &\nsleep 9 &\njobs\nsleep 2\njobs\nexit\n", tty=True)
    told = [line for line in ran.out.split("\r\n") if "[" in line]
    assert [line[line.index("[") :] for line in told] == [
        "[2]+  Running                    sleep 9",
        "[1]-  Running                    sleep 1",
        "[1]-  Done                       sleep 1",
        "[2]+  Running                    sleep 9",
    ]


def test_a_file_that_is_not_there_yet_is_followed_when_it_comes() -> None:
    ran = run_shell("timeout 5 tail -F /log & sleep 2; echo one > /log; sleep 1; echo two >> /log; wait")
    assert ran.out == "one\ntwo\n"
    assert ran.err == (
        "tail: can't open '/log': No such file or directory\n"
        "tail: /log has appeared; following end of new file\n"
    )
