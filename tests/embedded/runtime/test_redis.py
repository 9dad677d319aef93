"""The redis image: its start by configuration, its commands, its client, its end."""

from __future__ import annotations

import pytest

from lab.embedded.runtime.filesystem import FileTree
from lab.embedded.runtime.interface import Mount
from tests.embedded.runtime.harness import House, log_of


def _conf(text: str) -> list[Mount]:
    tree = FileTree()
    tree.publish({"redis.conf": text.encode()})
    return [Mount("/redis-master", tree)]


def test_redis_starts_by_its_configuration_and_keeps_its_keys_on_its_volume() -> None:
    house, data = House(), FileTree()
    mounts = [*_conf("maxmemory 2mb\nmaxmemory-policy allkeys-lru\n"), Mount("/data", data)]
    command = ["redis-server", "/redis-master/redis.conf"]
    container, ran = house.start(command, image="redis:7.4", mounts=mounts)
    house.agenda.advance(1)
    assert log_of(container)[-1].endswith("* Ready to accept connections tcp")
    asked = house.exec(container, ["redis-cli", "CONFIG", "GET", "maxmemory*"], 1)
    assert asked.out.split() == [
        "maxmemory",
        "2097152",
        "maxmemory-policy",
        "allkeys-lru",
        "maxmemory-samples",
        "5",
    ]
    house.exec(container, ["redis-cli", "SET", "a", "1"], 1)
    container.signal(container.stop_signal)
    house.agenda.advance(1)
    assert ran.code == 0
    assert log_of(container)[-1].endswith("# Redis is now ready to exit, bye bye...")
    second, _ = house.start(None, image="redis:7.4", mounts=mounts)
    house.agenda.advance(1)
    assert house.exec(second, ["redis-cli", "GET", "a"], 1).out == "1\n"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("PING", "PONG"),
        ("SET k v\nGET k\nGET none", 'OK\n"v"\n(nil)'),
        ("INCR n\nINCRBY n 4\nDECR n\nSET s x\nINCR s",
         "(integer) 1\n(integer) 5\n(integer) 4\nOK\n(error) ERR value is not an integer or out of range"),
        ("SETEX t 10 v\nTTL t\nPERSIST t\nTTL t\nTTL no",
         "OK\n(integer) 10\n(integer) 1\n(integer) -1\n(integer) -2"),
        ("RPUSH l a b c\nLRANGE l 0 -1\nLPOP l", '(integer) 3\n1) "a"\n2) "b"\n3) "c"\n"a"'),
        ("SADD s a b a\nSISMEMBER s b\nSCARD s", "(integer) 2\n(integer) 1\n(integer) 2"),
        ("HSET h f 1 g 2\nHGETALL h", '(integer) 2\n1) "f"\n2) "1"\n3) "g"\n4) "2"'),
        ("SET k v\nLPUSH k x",
         "OK\n(error) WRONGTYPE Operation against a key holding the wrong kind of value"),
        ("SET a 1\nSET b 2\nKEYS *\nDEL a b c\nDBSIZE", 'OK\nOK\n1) "a"\n2) "b"\n(integer) 2\n(integer) 0'),
        ("NOSUCH x", "(error) ERR unknown command 'NOSUCH', with args beginning with: 'x'"),
        ("GET", "(error) ERR wrong number of arguments for 'get' command"),
        ("ZADD z 1 a", "(error) ERR the command 'zadd' is not available in the simulation"),
        ("KEYS none", "(empty array)"),
    ],
)  # fmt: skip
def test_commands_answer_as_redis_does(typed: str, shown: str) -> None:
    house = House()
    container, _ = house.start(None, image="redis:7-alpine")
    house.agenda.advance(1)
    ran = house.exec(container, ["redis-cli"], 1, f"{typed}\nexit\n".encode(), tty=True)
    out = ran.out.replace("\r\n", "\n").replace("127.0.0.1:6379> ", "").removeprefix(f"{typed}\nexit\n")
    assert (out, ran.code) == (f"{shown}\n", 0)


def test_a_password_is_asked_for_and_a_missing_server_told() -> None:
    house = House()
    container, _ = house.start(None, image="redis", args=["--requirepass", "secret", "--appendonly", "yes"])
    house.agenda.advance(1)
    assert house.exec(container, ["redis-cli", "PING"], 1).out == "NOAUTH Authentication required.\n\n"
    assert (
        house.exec(container, ["redis-cli", "-a", "secret", "--no-auth-warning", "PING"], 1).out == "PONG\n"
    )
    wrong = house.exec(container, ["sh", "-c", "REDISCLI_AUTH=x redis-cli PING"], 1)
    assert "AUTH failed: WRONGPASS invalid username-password pair or user is disabled." in wrong.err
    away = house.exec(container, ["redis-cli", "-p", "1", "PING"], 1)
    assert (away.code, away.err) == (1, "Could not connect to Redis at 127.0.0.1:1: Connection refused\n")


def test_a_bad_configuration_stops_the_start() -> None:
    house = House()
    mounts = _conf("maxmemory 2mb\nnosuch yes\n")
    container, ran = house.start(
        ["redis-server", "/redis-master/redis.conf"], image="redis:7.4", mounts=mounts
    )
    house.agenda.advance(1)
    assert ran.code == 1
    assert log_of(container)[1:] == [
        "*** FATAL CONFIG FILE ERROR (Redis 7.4.5) ***",
        "Reading the configuration file, at line 2",
        ">>> 'nosuch yes'",
        "Bad directive or wrong number of arguments",
    ]


def test_keys_are_bounded_by_maxmemory() -> None:
    house = House()
    container, _ = house.start(None, image="redis:7.4", args=["--maxmemory", "1kb"])
    house.agenda.advance(1)
    said = house.exec(
        container, ["sh", "-c", "for i in 1 2 3; do redis-cli SET k$i $(printf %0600d 0); done"], 1
    ).out
    assert said.split("\n")[:2] == ["OK", "OOM command not allowed when used memory > 'maxmemory'."]
