"""What the simulated PostgreSQL makes of statements, and what it says of those it does not play."""

from __future__ import annotations

import pytest

from lab.embedded.runtime.filesystem import FileTree
from lab.embedded.runtime.interface import Mount
from tests.embedded.runtime.harness import House, Ran, log_of

USERS = """CREATE TABLE users (id SERIAL PRIMARY KEY, name VARCHAR(5) NOT NULL, email TEXT UNIQUE,
  active BOOLEAN DEFAULT true, price NUMERIC(10,2) DEFAULT 0, made TIMESTAMP DEFAULT now());
INSERT INTO users (name, email, price) VALUES ('Ann', 'a@x', 9.5), ('Bob', NULL, 10);"""


class Server:
    """A running server with a table in it."""

    def __init__(self, **options: object) -> None:
        self.house = House()
        env = {"POSTGRES_PASSWORD": "x"}
        self.container, self.ran = self.house.start(None, image="postgres:16", env=env, **options)  # type: ignore[arg-type]
        self.house.agenda.advance(4)
        self.ask(USERS)

    def ask(self, text: str, *options: str, typed: bytes = b"", tty: bool = False) -> Ran:
        command = ["psql", "-U", "postgres", *options, *(["-c", text] if text else [])]
        return self.house.exec(self.container, command, 2, typed, tty=tty)


@pytest.fixture(scope="module")
def server() -> Server:
    return Server()


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("SELECT id, name, email, active, price FROM users", "1|Ann|a@x|t|9.50\n2|Bob||t|10.00\n"),
        ("SELECT made FROM users LIMIT 1", "2026-01-01 00:00:04\n"),
        ("select count(*), max(price) from public.users where name ilike 'a%' or name like 'b%'", "1|9.5\n"),
        ("SELECT u.name FROM users u JOIN users v ON u.id = v.id + 1 ORDER BY 1 DESC", "Bob\n"),
        ("SELECT '5'::int + 1, 3/2, 'x' || 1, 1 = 1, NULL, 'no'::bool", "6|1|x1|t||f\n"),
        ("SELECT now()::date, current_user, current_database()", "2026-01-01|postgres|postgres\n"),
        ("SELECT CASE WHEN active THEN 'y' ELSE 'n' END FROM users WHERE email IS NULL", "y\n"),
        ("VALUES (1, 'a'), (2, 'b')", "1|a\n2|b\n"),
        ("WITH t AS (SELECT 1 AS n) SELECT n + 1 FROM t", "2\n"),
        ("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'", "users\n"),
        ("SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'users' LIMIT 2",
         "id|integer\nname|character varying\n"),
        ("SELECT datname FROM pg_database WHERE datname LIKE 'temp%'", "template0\ntemplate1\n"),
        ("SHOW server_version", "16.9\n"),
    ],
)  # fmt: skip
def test_a_question_is_answered(server: Server, text: str, rows: str) -> None:
    ran = server.ask(text, "-At")
    assert (ran.out, ran.err, ran.code) == (rows, "", 0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("select nosuch from users",
         'ERROR:  column "nosuch" does not exist\nLINE 1: select nosuch from users\n               ^\n'),
        ("select * from nosuch", 'ERROR:  relation "nosuch" does not exist\nLINE 1: select * from nosuch\n'),
        ("INSERT INTO users (name, email) VALUES ('C', 'a@x')",
         'ERROR:  duplicate key value violates unique constraint "users_email_key"\n'),
        ("INSERT INTO users (id, name) VALUES (1, 'C')",
         'ERROR:  duplicate key value violates unique constraint "users_pkey"\n'),
        ("INSERT INTO users (email) VALUES ('z')",
         'ERROR:  null value in column "name" of relation "users" violates not-null constraint\n'),
        ("INSERT INTO users (name, price) VALUES ('C', 'abc')",
         'ERROR:  invalid input syntax for type numeric: "abc"\n'),
        ("UPDATE users SET name = 'too long'", "ERROR:  value too long for type character varying(5)\n"),
        ("CREATE TABLE users (id int)", 'ERROR:  relation "users" already exists\n'),
        ("DROP TABLE nothing", 'ERROR:  table "nothing" does not exist\n'),
        ("CREATE TABLE t (a nosuch)", 'ERROR:  type "nosuch" does not exist\nLINE 1: CREATE TABLE t ('),
        ("SELECT * FROM pg_stat_activity", 'ERROR:  the relation "pg_stat_activity" is not available in the'),
        ("EXPLAIN SELECT 1", "ERROR:  EXPLAIN is not available in the simulation\n"),
        ("SELECT interval '1 day'", "ERROR:  intervals are not available in the simulation\n"),
        ("CREATE EXTENSION pgcrypto", "ERROR:  CREATE EXTENSION is not available in the simulation\n"),
        ("SELECT 'x", "ERROR:  unterminated quoted string at or near \"'x\"\n"),
    ],
)  # fmt: skip
def test_a_statement_fails_in_the_servers_words(server: Server, text: str, said: str) -> None:
    ran = server.ask(text)
    assert (ran.code, ran.err.startswith(said)) == (1, True), ran.err


@pytest.mark.parametrize(
    "text",
    [
        "ATTACH DATABASE '/tmp/host' AS host",
        "PRAGMA database_list",
        "VACUUM INTO '/tmp/host'; SELECT * FROM sqlite_master",
        "SELECT load_extension('x')",
        "SELECT readfile('/etc/passwd')",
        "SELECT * FROM pragma_database_list",
        "CREATE VIRTUAL TABLE t USING csv(filename='/etc/passwd')",
        "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t",
        "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t LIMIT 30000) SELECT * FROM t",
        "SELECT printf('%1000000d', 1)",
        "COPY users TO '/tmp/host'",
    ],
)
def test_nothing_of_the_host_is_reached_and_nothing_is_without_end(server: Server, text: str) -> None:
    ran = server.ask(text)
    assert ran.code == 1
    assert "ERROR:  " in ran.err


def test_what_a_database_holds_is_bounded() -> None:
    server = Server()
    server.ask("CREATE TABLE big (t text)")
    server.ask("INSERT INTO big VALUES (repeat(repeat('x', 1000), 60))")
    said = [server.ask("INSERT INTO big SELECT t FROM big").err for _ in range(10)]
    assert any("could not extend file: No space left on device" in each for each in said)
    assert server.ask("SELECT 1", "-At").out == "1\n"


def test_a_transaction_is_rolled_back_or_committed_and_others_wait() -> None:
    server = Server()
    script = b"BEGIN;\nDELETE FROM users;\nselec;\nSELECT 1;\nCOMMIT;\nSELECT count(*) FROM users;\n"
    ran = server.ask("", "-At", typed=script)
    assert ran.out == "BEGIN\nDELETE 2\nROLLBACK\n2\n"
    assert (
        "ERROR:  current transaction is aborted, commands ignored until end of transaction block" in ran.err
    )
    assert server.ask("DELETE FROM users; SELECT nosuch", "-q").code == 1  # together they are one transaction
    assert server.ask("SELECT count(*) FROM users", "-At").out == "2\n"
    slow = server.ask("", typed=b"BEGIN;\nDELETE FROM users;\nSELECT pg_sleep(5);\nCOMMIT;\n")
    waiting = server.ask("SELECT count(*) FROM users", "-At")
    assert (slow.code, waiting.out) == (None, "")
    server.house.agenda.advance(5)
    assert waiting.out == "0\n"


def test_psql_talks_at_its_prompt() -> None:
    server = Server()
    typed = b"CREATE DATABASE shop;\n\\c shop\nCREATE TABLE t\n (a int);\n\\dt\n\\nonsense\n\\q\n"
    ran = server.ask("", typed=typed, tty=True)
    out = ran.out.replace("\r\n", "\n")
    assert 'psql (16.9 (Debian 16.9-1.pgdg120+1))\nType "help" for help.\n' in out
    assert 'You are now connected to database "shop" as user "postgres".' in out
    assert "shop=# shop-# CREATE TABLE" in out
    assert " public | t    | table | postgres\n(1 row)\n" in out
    assert ran.code == 0


def test_init_scripts_fill_the_database_and_stop_at_an_error() -> None:
    tree = FileTree()
    script = b'psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" <<-EOF\n\tSELECT 1;\nEOF\n'
    tree.publish({"1.sql": b"CREATE TABLE t (a int);\nINSERT INTO t VALUES (1), (2);\n", "2.sh": script})
    server = Server(mounts=[Mount("/docker-entrypoint-initdb.d", tree)])
    assert server.ask("SELECT sum(a) FROM t", "-At").out == "3\n"
    lines = log_of(server.container)
    assert "/usr/local/bin/docker-entrypoint.sh: running /docker-entrypoint-initdb.d/1.sql" in lines
    assert "INSERT 0 2" in lines
    bad = FileTree()
    bad.publish({"1.sql": b"\nSELEC 1;\n"})
    house = House()
    mounts = [Mount("/docker-entrypoint-initdb.d", bad)]
    failed, ran = house.start(None, image="postgres:16", env={"POSTGRES_PASSWORD": "x"}, mounts=mounts)
    house.agenda.advance(4)
    assert ran.code == 3
    said = 'psql:/docker-entrypoint-initdb.d/1.sql:2: ERROR:  syntax error at or near "SELEC"'
    assert said in log_of(failed, "stderr")


def test_questions_cost_no_time_however_many_there_were() -> None:
    server = Server()
    for _ in range(20):
        for _ in range(3):
            assert (
                server.house.exec(server.container, ["psql", "-U", "postgres", "-Atc", "SELECT 1"]).code == 0
            )
        server.house.agenda.advance(1)
