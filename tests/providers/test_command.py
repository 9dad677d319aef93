"""The seam to other programs: streamed, cancellable, and telling when it fails."""

from __future__ import annotations

import sys
import threading

import pytest

from lab.errors import Cancelled, CommandFailed
from lab.providers.command import Command


def python(code: str, **options: float) -> Command:
    return Command([sys.executable, "-u", "-c", code], **options)  # type: ignore[arg-type]


def test_output_is_streamed_and_kept_apart() -> None:
    said: list[str] = []
    output = python("import sys; print('out'); print('err', file=sys.stderr)").run(on_line=said.append)
    assert (output.stdout, output.stderr) == ("out\n", "err\n")
    assert sorted(said) == ["err", "out"]


def test_stdin_is_given_and_closed() -> None:
    assert Command([sys.executable, "-c", "print(input())"], stdin="hello\n").run().stdout == "hello\n"
    assert Command([sys.executable, "-c", "import sys; print(sys.stdin.read())"]).run().stdout == "\n"


def test_a_program_that_ignores_its_input_is_no_error() -> None:
    Command([sys.executable, "-c", "pass"], stdin="x" * 1_000_000).run()


def test_a_failure_tells_command_output_and_code() -> None:
    with pytest.raises(CommandFailed) as caught:
        python("print('it broke'); raise SystemExit(7)").run(remedy="mend it")
    assert caught.value.returncode == 7
    assert "it broke" in caught.value.what
    assert "  $ " in caught.value.what
    assert caught.value.remedy == "mend it"


def test_a_missing_program_is_said() -> None:
    with pytest.raises(CommandFailed, match="there is no no-such-program on PATH"):
        Command(["no-such-program"]).run()


def test_a_slow_program_is_ended() -> None:
    with pytest.raises(CommandFailed, match="longer than"):
        python("import time; time.sleep(600)", timeout=0.2).run()


def test_a_cancelled_program_is_ended_with_its_children() -> None:
    """The child's child holds the pipe: the run returns only when it is gone too."""
    wish = threading.Event()
    code = (
        "import subprocess, sys, time\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print('begun'); time.sleep(600)"
    )
    with pytest.raises(Cancelled):
        python(code).run(on_line=lambda _line: wish.set(), cancelled=wish.is_set)


def test_the_pasteable_line_is_quoted() -> None:
    command = Command(["kind", "create", "a b"], stdin="x: 1\n")
    assert command.pasteable == "kind create 'a b' <<'EOF'\nx: 1\nEOF"
