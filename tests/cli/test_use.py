"""What the command line says when it is used well and badly, without any cluster."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lab.attempt.preferences import Preferences
from lab.cli.console import Console
from lab.cli.main import COMMANDS, run
from tests.attempt import exercises
from tests.cli.program import in_process, podlab

ROOT = Path(__file__).parents[2]


@pytest.fixture
def catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    exercises.write(tmp_path / "exercises")
    monkeypatch.setenv("PODLAB_EXERCISES", str(tmp_path / "exercises"))
    return tmp_path / "exercises"


def loaded(*arguments: str) -> set[str]:
    """Top-level names of the modules a fresh interpreter has loaded after a command."""
    code = (
        "import sys\nfrom lab.cli.main import run\n"
        f"run({list(arguments)!r})\n"
        "print(*{name.partition('.')[0] for name in sys.modules}, *sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stderr.split())


def test_help_lists_every_command_and_imports_none_of_the_heavy_ones() -> None:
    ran = podlab("--help")
    assert ran.code == 0
    assert all(re.search(rf"^  {name} ", ran.out, re.MULTILINE) for name in COMMANDS)
    heavy = {"textual", "kubernetes", "docker", "aiohttp", "yaml", "lab.embedded", "lab.attempt.lab", "rich"}
    assert not heavy & loaded("--help")


def test_list_needs_no_cluster_client() -> None:
    assert not {"textual", "kubernetes", "docker", "aiohttp", "lab.embedded"} & loaded("list")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--help"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith(f"Usage: podlab {name}")
    assert said.err == ""


def test_list_is_data_on_stdout(catalogue: Path) -> None:
    ran = in_process("list")
    assert (ran.code, "sample" in ran.out, "podlab start" in ran.err) == (0, True, True)
    document = json.loads(in_process("list", "--format", "json").out)
    assert (document["format"], document["kind"]) == (1, "exercises")
    assert document["exercises"][0]["standing"] == "new"


def test_without_a_terminal_the_lab_lists_instead_of_opening(catalogue: Path) -> None:
    ran = podlab()
    assert ran.code == 0
    assert "no terminal" in ran.err
    assert "sample" in ran.out


@pytest.mark.parametrize(
    ("arguments", "says", "remedy"),
    [
        (["strat"], "no command 'strat'", "start"),
        (["list", "--fromat", "json"], "--fromat", "--format"),
        (["start"], "NAME", "podlab start --help"),
        (["start", "sampel"], "no exercise 'sampel'", "did you mean sample?"),
        (["start", "sample", "--provider", "embeded"], "no provider 'embeded'", "did you mean embedded?"),
        (["start", "sample", "--provider", "context:nope"], "no context 'nope'", "known contexts"),
        (["check"], "no exercise has been started", "podlab start NAME"),
        (["check", "sample"], "sample has not been started", "podlab start sample"),
        (["grade", "/nonexistent"], "no such directory", "submission"),
        (["author", "porve"], "no command 'porve'", "prove"),
        (["cluster", "advance", "5", "--kubeconfig", "/nonexistent"], "/nonexistent", ""),
        (["cluster", "serve"], "--kubeconfig", "podlab cluster serve --help"),
    ],
)
def test_wrong_use_is_two_with_what_and_remedy(
    catalogue: Path, arguments: list[str], says: str, remedy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(arguments)
    said = capsys.readouterr()
    assert code == 2, said.err
    assert said.err.startswith("error: ")
    assert says in said.err
    assert remedy in said.err
    assert said.out == ""


def test_minikube_is_three() -> None:
    ran = in_process("cluster", "up", "--provider", "minikube")
    assert ran.code == 3
    assert "minikube is planned" in ran.err


def test_a_broken_exercise_is_said_with_file_and_line(catalogue: Path) -> None:
    header = catalogue / "probes" / "01-sample" / "exercise.yaml"
    header.write_text(header.read_text(encoding="utf-8").replace("minutes:", "minuets:"), encoding="utf-8")
    ran = in_process("author", "check")
    assert ran.code == 1
    assert re.search(r"exercise\.yaml:\d+", ran.out)
    assert "minutes" in ran.out
    assert in_process("list").code == 2


def test_solution_does_not_ask_without_a_terminal(catalogue: Path, own_home: Path) -> None:
    started(own_home)
    ran = in_process("solution")
    assert ran.code == 2
    assert "--yes" in ran.err
    assert ran.out == ""
    assert "sleep 100000" in in_process("solution", "--yes").out


def test_hints_come_one_at_a_time_and_are_remembered(catalogue: Path, own_home: Path) -> None:
    started(own_home)
    rungs = [json.loads(in_process("hint", "--format", "json").out)["hints"][0]["rung"] for _ in range(4)]
    assert rungs == [1, 2, 3, 3]
    assert len(json.loads(in_process("hint", "--all", "--format", "json").out)["hints"]) == 3


def test_a_damaged_progress_file_is_said_and_kept(catalogue: Path, own_home: Path) -> None:
    state = own_home / "podlab"
    state.mkdir()
    (state / "progress.json").write_text("{", encoding="utf-8")
    ran = in_process("list")
    assert ran.code == 0
    assert "damaged" in ran.err
    assert [path.read_text(encoding="utf-8") for path in state.glob("progress.json.damaged-*")] == ["{"]


def test_a_state_directory_that_is_none_is_three(catalogue: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    ran = in_process("start", "sample", PODLAB_HOME=str(tmp_path / "file"))
    assert ran.code == 3
    assert "PODLAB_HOME" in ran.err


def test_a_deleted_workspace_is_said_with_its_remedy(catalogue: Path, own_home: Path) -> None:
    started(own_home)
    ran = in_process("watch")
    assert ran.code == 2
    assert "the workspace is gone" in ran.err
    assert "podlab start sample" in ran.err


def test_a_mistake_of_ours_is_a_short_message_and_a_file(catalogue: Path, own_home: Path) -> None:
    code = (
        "import lab.cli.catalogue as module\nfrom lab.cli.main import run\n"
        "def broken(*_args, **_keywords): raise ZeroDivisionError('by nothing')\n"
        "module.command.callback = broken\nraise SystemExit(run(['list']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 4
    assert "ZeroDivisionError" in done.stderr
    assert "Traceback" not in done.stderr
    (log,) = (own_home / "podlab" / "crashes").iterdir()
    assert str(log) in done.stderr
    assert "Traceback" in log.read_text(encoding="utf-8")


def test_a_reader_that_goes_away_is_no_error(catalogue: Path) -> None:
    code = (
        "import subprocess, sys\n"
        "p = subprocess.Popen([sys.executable, '-m', 'lab', 'list'], stdout=subprocess.PIPE)\n"
        "p.stdout.close()\nsys.exit(p.wait())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=dict(os.environ),
    )
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.parametrize("closed", ["stdout", "stderr", "stdin"])
def test_a_stream_that_is_closed_from_the_start_is_no_crash(catalogue: Path, closed: str) -> None:
    number = {"stdin": "<&-", "stdout": ">&-", "stderr": "2>&-"}[closed]
    done = subprocess.run(
        ["sh", "-c", f"exec {sys.executable} -m lab list {number}"],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done
    assert "stumbled" not in done.stderr


def test_a_full_disk_behind_stdout_is_three_and_behind_stderr_no_matter(catalogue: Path) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        out = subprocess.run(
            [sys.executable, "-m", "lab", "list"], stdout=full, stderr=subprocess.PIPE, text=True,
            check=False, cwd=ROOT,
        )  # fmt: skip
        err = subprocess.run(
            [sys.executable, "-m", "lab", "list"], stderr=full, stdout=subprocess.PIPE, text=True,
            check=False, cwd=ROOT,
        )  # fmt: skip
    assert out.returncode == 3
    assert "No space left on device" in out.stderr
    assert (err.returncode, "sample" in err.stdout) == (0, True)


@pytest.mark.parametrize("module", ["lab.cli.entry", "lab.cli.main"])
def test_ctrl_c_while_the_command_line_is_imported_is_130_without_a_trace(module: str) -> None:
    code = (
        "import importlib.abc, os, signal, sys\n"
        "class Striking(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path, target=None):\n"
        f"        if name == '{module}':\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Striking())\nsys.argv[1:] = ['list']\n"
        "from lab.__main__ import main\nmain()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.returncode, done.stderr) == (130, "interrupted\n")


def test_ctrl_c_inside_generated_code_is_130_too(catalogue: Path) -> None:
    code = (
        "import lab.cli.catalogue as module\nfrom lab import __main__\n"
        "def struck(*_args, **_keywords): exec('raise KeyboardInterrupt')\n"
        "module.command.callback = struck\nimport sys\nsys.argv[1:] = ['list']\n__main__.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.returncode, done.stderr.strip()) == (130, "interrupted")


def test_lines_of_help_that_belong_together_stay_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["env", "--help"]) == 0
    said = capsys.readouterr().out
    assert '\n  eval "$(podlab env)"' in said
    assert "\n  podlab env | source " in said


def test_doctor_tells_all_and_changes_nothing(catalogue: Path, own_home: Path) -> None:
    ran = in_process("doctor", "--format", "json", PATH="/nonexistent")
    found = {one["name"]: one for one in json.loads(ran.out)["examined"]}
    assert set(found) == {
        "python", "terminal", "state directory", "progress", "exercises", "kubectl", "provider",
        "embedded cluster", "docker", "kind", "editor",
    }  # fmt: skip
    assert found["docker"]["health"] == "missing"
    assert found["docker"]["remedy"]
    assert ran.code == 0
    assert not (own_home / "podlab").exists()


def test_what_was_chosen_in_the_settings_holds_for_commands(catalogue: Path, own_home: Path) -> None:
    def provider(*options: str) -> str:
        ran = in_process(*options, "doctor", "--format", "json")
        return str({one["name"]: one for one in json.loads(ran.out)["examined"]}["provider"]["detail"])

    assert provider() == "auto: nobody chose another; it is embedded now"
    Preferences(own_home / "podlab").keep(provider="embedded")
    assert provider() == "embedded, by the settings"
    assert in_process("cluster", "status", "--format", "json", PODLAB_PROVIDER="nowhere").code == 2
    assert provider("--provider", "auto").startswith("auto, by --provider")


def started(home: Path) -> None:
    """Progress as `podlab start sample` leaves it."""
    state = home / "podlab"
    state.mkdir(exist_ok=True)
    record = {"standing": "started", "provider": "embedded"}
    document = {"format": 1, "current": "sample", "records": {"sample": record}}
    (state / "progress.json").write_text(json.dumps(document), encoding="utf-8")


def test_one_broken_exercise_does_not_take_the_others_along(catalogue: Path) -> None:
    broken = catalogue / "probes" / "02-torn"
    broken.mkdir()
    (broken / "exercise.yaml").write_text("format: 1\nnaem: torn\n", encoding="utf-8")
    ran = in_process("list")
    assert (ran.code, "sample" in ran.out) == (0, True)
    assert "02-torn" in ran.err
    assert "podlab author check" in ran.err
    for arguments, code in ((("author", "check"), 1), (("author", "prove"), 2), (("start", "torn"), 2)):
        failed = in_process(*arguments)
        assert failed.code == code, failed
        assert re.search(r"02-torn.exercise\.yaml", failed.out + failed.err), failed


@pytest.mark.parametrize(
    "arguments",
    [("list",), ("doctor",), ("hint",), ("solution", "--yes"), ("author", "check"), ("cluster", "status")],
    ids=" ".join,
)
def test_json_is_alone_on_stdout(catalogue: Path, own_home: Path, arguments: tuple[str, ...]) -> None:
    started(own_home)
    ran = in_process(*arguments, "--format", "json")
    document = json.loads(ran.out)
    assert document["format"] == 1
    assert document["kind"]


def test_cluster_down_says_what_is_lost_before_it_asks(
    own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def confirm(_console: Console, question: str, *, yes: bool) -> bool:
        asked.append(question)
        return yes

    monkeypatch.setattr(Console, "interactive", True)
    monkeypatch.setattr(Console, "confirm", confirm)
    ran = in_process("cluster", "down", PODLAB_PROVIDER="embedded")
    assert (ran.code, asked) == (0, ["remove the embedded cluster?"])
    assert "everything made with kubectl alone; podlab export DIR keeps it" in ran.err
    assert ran.err.endswith("nothing was removed\n")


def kubeconfig(path: Path, port: int) -> Path:
    """A kubeconfig as an embedded cluster's; nobody answers at port 1."""
    path.parent.mkdir(parents=True, exist_ok=True)
    context = {"name": "c", "context": {"cluster": "c", "user": "u"}}
    cluster = {"server": f"https://127.0.0.1:{port}", "certificate-authority-data": ""}
    document = {
        "current-context": "c",
        "contexts": [context],
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": {"token": "t"}}],
    }
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_a_served_cluster_that_has_gone_is_not_the_labs_to_start(own_home: Path, tmp_path: Path) -> None:
    served = kubeconfig(tmp_path / "served", 1)
    ran = in_process("cluster", "advance", "5", "--kubeconfig", str(served))
    assert (ran.code, "cluster up" in ran.err) == (4, False), ran.err
    assert f"podlab cluster serve --kubeconfig {served}" in ran.err
    own = in_process("cluster", "advance", "5", "--kubeconfig", str(kubeconfig(own_home / "podlab" / "c", 1)))
    assert "podlab cluster up" in own.err


def test_advance_says_when_kubectl_means_another_cluster_than_the_one_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, other = kubeconfig(tmp_path / "own", 1), kubeconfig(tmp_path / "other", 2)
    monkeypatch.setattr("lab.providers.embedded.provider.EmbeddedProvider.kubeconfig", lambda _self: own)
    monkeypatch.setattr("lab.attempt.clusters.advance", lambda *_: {"now": 0.0})
    said = in_process("cluster", "advance", "5", KUBECONFIG=str(other)).err
    assert "the lab's own cluster; KUBECONFIG names another, https://127.0.0.1:2" in said
    assert f"--kubeconfig {other}" in said
    assert "https://127.0.0.1:1 is 5 s further" in said
    assert "KUBECONFIG" not in in_process("cluster", "advance", "5", KUBECONFIG=str(own)).err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_asks_for_an_end_once(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with Console().working("waiting") as cancel:
        signal.raise_signal(number)
        assert cancel.requested
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
    assert signal.getsignal(number) is before
