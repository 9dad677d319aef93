"""The postgres image: its start, its clients, its end."""

from __future__ import annotations

import pytest

from lab.embedded.runtime.filesystem import FileTree
from lab.embedded.runtime.interface import Mount
from tests.embedded.runtime.harness import House, log_of


def test_postgres_refuses_to_start_without_a_password() -> None:
    house = House()
    container, ran = house.start(None, image="postgres:16")
    house.agenda.advance(1)
    assert ran.code == 1
    assert log_of(container)[0] == "Error: Database is uninitialized and superuser password is not specified."


def test_postgres_initialises_in_cluster_time_and_then_accepts() -> None:
    house = House()
    container, ran = house.start(
        None, image="postgres:16", env={"POSTGRES_PASSWORD": "x", "POSTGRES_DB": "shop"}
    )
    house.agenda.advance(1)
    assert house.exec(container, ["pg_isready"]).out == "/var/run/postgresql:5432 - no response\n"
    house.agenda.advance(1.2)  # the temporary server of the init scripts: only the socket reaches it
    assert house.exec(container, ["pg_isready"]).code == 0
    assert house.exec(container, ["pg_isready", "-h", "localhost"], 0).code == 2
    house.agenda.advance(2)
    assert (
        house.exec(container, ["pg_isready", "-h", "localhost"]).out
        == "localhost:5432 - accepting connections\n"
    )
    tcp: list[str | None] = []
    house.runtime.tcp(house.pod.ip, 5432, 1, tcp.append)
    house.agenda.advance(1)
    assert tcp == [None]
    asked = house.exec(container, ["psql", "-U", "postgres", "shop", "-c", "SELECT 1"], 1)
    assert asked.out == " ?column? \n----------\n        1\n(1 row)\n\n"
    container.signal(container.stop_signal)
    house.agenda.advance(1)
    assert ran.code == 0
    said = [each.split("LOG:  ")[-1] for each in log_of(container, "stderr")]
    assert "received fast shutdown request" in said
    assert said[-1] == "database system is shut down"


@pytest.mark.parametrize(
    ("command", "code", "complaint"),
    [
        ("psql -c 'select 1'", 2, 'FATAL:  role "root" does not exist'),
        ("psql -U postgres -d nowhere -c 'select 1'", 2, 'FATAL:  database "nowhere" does not exist'),
        ("psql -h $HOSTNAME -U postgres -c 'select 1'", 2, "fe_sendauth: no password supplied"),
        ("PGPASSWORD=no psql -h $HOSTNAME -U postgres -c 'select 1'", 2,
         'FATAL:  password authentication failed for user "postgres"'),
        ("psql -h nowhere -U postgres -c 'select 1'", 2,
         'could not translate host name "nowhere" to address: Name or service not known'),
        ("psql -h 127.0.0.1 -p 1 -U postgres -c 'select 1'", 2, "port 1 failed: Connection refused"),
        ("psql -U postgres -c 'selec 1'", 1, 'ERROR:  syntax error at or near "selec"'),
        ("psql -U postgres -c 'select * from users'", 1, 'ERROR:  relation "users" does not exist'),
        ("psql -U postgres -c 'explain select 1'", 1, "EXPLAIN is not available in the simulation"),
        ("psql -U postgres -Atc \"select 'a', 1+2\"", 0, ""),
    ],
)  # fmt: skip
def test_psql_words_its_failures_as_libpq_and_the_server_do(command: str, code: int, complaint: str) -> None:
    house = House()
    container, _ = house.start(None, image="postgres:16", env={"POSTGRES_PASSWORD": "x"})
    house.agenda.advance(4)
    ran = house.exec(container, ["sh", "-c", command], 2)
    assert (ran.code, complaint in ran.err) == (code, True), ran


def test_a_database_outlives_its_container_with_its_volume() -> None:
    house, data = House(), FileTree()
    env = {"POSTGRES_PASSWORD": "x", "POSTGRES_USER": "app"}
    options = {"env": env, "mounts": [Mount("/var/lib/postgresql/data", data)]}
    first, _ = house.start(None, image="postgres:16", **options)  # type: ignore[arg-type]
    house.agenda.advance(4)
    house.exec(first, ["psql", "-U", "app", "-c", "CREATE TABLE t (a int); INSERT INTO t VALUES (7)"], 1)
    house.exec(first, ["psql", "-U", "app"], 1, b"BEGIN; DELETE FROM t; SELECT pg_sleep(99);")
    first.signal(9)
    house.agenda.advance(1)
    second, _ = house.start(None, image="postgres:16", **options)  # type: ignore[arg-type]
    house.agenda.advance(1)
    said = log_of(second)
    assert "PostgreSQL Database directory appears to contain a database; Skipping initialization" in said
    assert any("automatic recovery in progress" in each for each in said)
    assert house.exec(second, ["psql", "-U", "app", "-Atc", "select current_user"], 1).out == "app\n"
    assert house.exec(second, ["psql", "-U", "app", "-Atc", "select a from t"], 1).out == "7\n"
