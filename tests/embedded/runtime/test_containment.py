"""What would fill a machine or hold it up for ever ends, or goes on in cluster time; nobody else notices.

A test that does not end is one that failed.
"""

from __future__ import annotations

import pytest

from tests.embedded.runtime.harness import House, run_shell

MANY = "x=$(head -c 8000 /dev/zero | tr '\\0' a);"
"""A long text of one letter: what expressions and patterns try to death."""


@pytest.mark.parametrize(
    ("script", "printed"),
    [
        (MANY + "echo $x | grep -Ec '^(a+)+$'; echo ${x}b | grep -Ec '^(a|aa)+$'", "1\n0\n"),
        (MANY + "echo $x | sed -E 's/(a*)*b/y/' | wc -c; echo $x | awk '/(a|a?)+b/' | wc -l", "8001\n0\n"),
        (MANY + "case $x in *a*a*a*a*a*a*a*b) echo yes;; *) echo no;; esac", "no\n"),
        (MANY + "echo ${x%a*b} ${x#*b*} ${x//a*b/} | wc -c", "24003\n"),
        (MANY + "echo $x | grep '\\(a*\\)*\\1b' 2>&1 | cut -c1-23", "grep: too much to try: \n"),
        ("grep -E '((a{100}){100}){100}' /etc/hosts 2>&1 | cut -d: -f3", " Regular expression too big\n"),
        ("printf '%999999999d' 1 | wc -c", "1048576\n"),
        ("awk 'BEGIN { printf \"%999999999d\", 1 }' | wc -c", "65536\n"),
        ("awk 'BEGIN { NF = 1e9 }' 2>&1", "out of memory\n"),
        ("awk 'BEGIN { for (;;) x = x \"aaaa\" x }' 2>&1", "out of memory\n"),
        ("echo a | sed ':a;s/a/aa/g;ta' 2>&1", "sed: out of memory\n"),
        ("awk 'function f() { return f() } BEGIN { f() }'; echo $?", "139\n"),
        ("(ls /*/../*/../*/../*/../*/../*) 2>&1", "sh: Argument list too long\n"),
        ("x=$(printf '(%.0s' $(seq 5000)); expr $x 1 2>/dev/null; [ $x a ] 2>/dev/null; echo on", "on\n"),
        ("head -c 5000000 /dev/zero | gzip | gunzip | wc -c", "5000000\n"),
    ],
)  # fmt: skip
def test_what_could_be_tried_for_ever_ends(script: str, printed: str) -> None:
    out = run_shell(script).out
    assert out.replace("awk: cmd. line:1: ", "") == printed


@pytest.mark.parametrize(
    "script",
    [
        "yes | sort",
        "yes | split -l 1",
        "yes | awk '{ a[NR] = $0 }'",
        "while usleep 1; do :; done",
        "cat /dev/zero | sh",
        "yes | xargs -n1 echo > /tmp/out",
        'awk \'BEGIN { for (;;) print "x" > "/tmp/f" }\'',
        "sed ':a;ba' /etc/hosts",
    ],
)
def test_a_neighbour_answers_at_once_beside(script: str) -> None:
    """The same seconds pass for another pod, and what it asks for comes when it would come anyway."""
    house = House()
    busy, _ = house.start(["sh", "-c", script], memory_limit=64 * 1024**2)
    quiet, _ = house.start(["sleep", "1000"])
    house.agenda.advance(0.2)
    ran = house.exec(quiet, ["sh", "-c", "sleep 0.2; echo here"], 0.25)
    assert (ran.out, ran.code) == ("here\n", 0)
    assert busy.memory_usage() <= 64 * 1024**2
