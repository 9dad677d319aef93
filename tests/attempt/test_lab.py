"""The facade on an embedded cluster in this process: start, edit, apply, drift, reset, export, live."""

from __future__ import annotations

import errno
import os
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lab.attempt import clusters, durable, edits
from lab.attempt.lab import Lab
from lab.attempt.preferences import Preferences
from lab.attempt.views import LiveView
from lab.errors import ContentError, NotAbleError, UsageError
from lab.kube import Client
from lab.model.progress import Standing
from lab.model.verdict import State
from tests.attempt import exercises

if TYPE_CHECKING:
    from lab.attempt.attempt import Attempt
    from lab.providers.embedded.inprocess import InProcessProvider


def test_starting_applies_and_records(lab: Lab, attempt: Attempt) -> None:
    live = attempt.client.get("Deployment", "podlab-sample", "web")
    assert live["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "podlab"
    namespace = attempt.client.get("Namespace", None, "podlab-sample")
    assert namespace["metadata"]["labels"]["podlab.dev/exercise"] == "sample"
    progress = lab.progress()
    assert progress.current == "sample"
    assert progress.of("sample").standing is Standing.STARTED
    assert progress.of("sample").baseline
    assert lab.resume().workspace == attempt.workspace


def test_one_begun_stays_on_its_cluster_unless_another_is_named(
    lab: Lab, attempt: Attempt, cluster: InProcessProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str | None] = []

    def provider(name: str | None, *_rest: object) -> InProcessProvider:
        asked.append(name)
        return cluster

    monkeypatch.setattr(clusters, "provider", provider)
    Preferences(lab.settings.home).keep(provider="kind")
    lab.start("sample")
    lab.resume("sample")
    lab.resume("sample", provider="context:mine")
    assert asked == [attempt.provider.name, attempt.provider.name, "context:mine"]


def test_starting_again_keeps_edits(lab: Lab, attempt: Attempt) -> None:
    exercises.edit(attempt, "exit 1", "sleep 5")
    again = lab.start("sample")
    assert "sleep 5" in (again.workspace / "web.yaml").read_text(encoding="utf-8")


def test_starting_again_applies_nothing_and_tells_what_it_found(lab: Lab, attempt: Attempt) -> None:
    attempt.client.delete("Deployment", attempt.namespace, "web")
    said: list[str] = []
    lab.start("sample", narrate=said.append)
    assert attempt.client.find("Deployment", attempt.namespace, "web") is None, "a deletion may be the fix"
    assert "nothing was applied" in said[-1]
    assert "deployment/web: not there; in web.yaml: declared" in said[-1]
    exercises.edit(attempt, "kind: Deployment", "kind: [")
    lab.start("sample", narrate=said.append)
    assert "YAML is broken" in said[-1]
    attempt.client.delete("Namespace", None, attempt.namespace)
    exercises.edit(attempt, "kind: [", "kind: Deployment")
    lab.start("sample")
    assert attempt.client.find("Deployment", attempt.namespace, "web") is not None, "a cluster made anew"


def test_what_was_deleted_comes_back_only_when_its_declaration_is_edited(attempt: Attempt) -> None:
    text = (attempt.workspace / "web.yaml").read_text(encoding="utf-8")
    settings = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n"
    attempt.client.delete("Deployment", attempt.namespace, "web")
    (one,) = attempt.overwritten({"web.yaml": f"{text}---\n{settings}"})
    assert (one.object, one.path, one.live) == ("deployment/web", "", "not there")
    assert attempt.overwritten({"web.yaml": text.replace("exit 1", "sleep 5")}) == ()


def test_apply_says_what_changed_and_prunes_only_what_it_applied(attempt: Attempt) -> None:
    assert attempt.apply().unchanged == ("deployment/web",)
    extra = attempt.workspace / "settings.yaml"
    settings = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME}\ndata: {a: b}\n"
    extra.write_text(settings.replace("NAME", "settings"), encoding="utf-8")
    assert attempt.apply().created == ("configmap/settings",)
    by_hand = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "by-hand"}}
    attempt.client.create(by_hand, attempt.namespace)
    extra.unlink()
    assert attempt.apply().pruned == ("configmap/settings",)
    assert attempt.client.find("ConfigMap", attempt.namespace, "by-hand") is not None


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("image: busybox:1.36", "imag: busybox:1.36", 12, "unknown field"),
        ("spec:\n  selector", "spec:\n  replicas: many\n  selector", 6, "a whole number is wanted"),
        ("spec:\n  selector", "spec:\n selector", 7, "YAML is broken"),
        ("kind: Deployment", "kind: Node", 2, "refused"),
        ("name: web", "name: web\n  namespace: default", 5, "another namespace"),
    ],
)  # fmt: skip
def test_mistakes_have_their_line_and_change_nothing(
    attempt: Attempt, old: str, new: str, line: int, what: str
) -> None:
    before = attempt.client.get("Deployment", attempt.namespace, "web")["metadata"]["resourceVersion"]
    exercises.edit(attempt, old, new)
    with pytest.raises(ContentError, match=what) as caught:
        attempt.apply()
    assert caught.value.where is not None
    assert str(attempt.workspace / "web.yaml") in str(caught.value.where)
    assert getattr(caught.value.where, "line", None) == line
    after = attempt.client.get("Deployment", attempt.namespace, "web")["metadata"]["resourceVersion"]
    assert after == before


def test_drift_is_told_by_field(attempt: Attempt) -> None:
    assert attempt.drift() == ()
    attempt.client.patch("Deployment", attempt.namespace, "web", {"spec": {"replicas": 3}})
    assert attempt.drift() == (), "what no file says is nobody's drift"
    exercises.edit(attempt, "exit 1", "sleep 5")
    (one,) = attempt.drift()
    assert (one.object, one.path) == ("deployment/web", "spec.template.spec.containers[0].command[2]")
    assert (one.in_file, one.live) == ("sleep 5", "exit 1")
    (note,) = attempt.check().notes
    assert note.endswith("differs from your files in deployment/web"), "what has not passed is not handed in"
    attempt.client.delete("Deployment", attempt.namespace, "web")
    assert [(found.path, found.live) for found in attempt.drift()] == [("", "not there")]


def test_what_an_apply_would_undo_is_told_before(attempt: Attempt) -> None:
    text = (attempt.workspace / "web.yaml").read_text(encoding="utf-8")
    assert attempt.overwritten({"web.yaml": text.replace("exit 1", "sleep 5")}) == (), (
        "nobody else changed it"
    )
    patch = {"spec": {"template": {"spec": {"terminationGracePeriodSeconds": 7}}}}
    attempt.client.patch("Deployment", attempt.namespace, "web", patch)
    assert attempt.overwritten({}) == (), "what no file says stays"
    (container,) = attempt.client.get("Deployment", attempt.namespace, "web")["spec"]["template"]["spec"][
        "containers"
    ]
    mended = {"name": container["name"], "command": [*container["command"][:-1], "sleep 9"]}
    other = {"spec": {"template": {"spec": {"containers": [mended]}}}}
    attempt.client.patch("Deployment", attempt.namespace, "web", other)
    (one,) = attempt.overwritten({"web.yaml": text.replace("exit 1", "sleep 5")})
    assert (one.object, one.in_file, one.live) == ("deployment/web", "sleep 5", "sleep 9")
    assert attempt.overwritten({"web.yaml": text.replace("exit 1", "sleep 9")}) == (), "the same change"


def test_reset_brings_everything_back_and_keeps_the_edits(lab: Lab, attempt: Attempt) -> None:
    exercises.edit(attempt, "exit 1", "sleep 5")
    attempt.apply()
    attempt.client.create(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "by-hand"}}, attempt.namespace
    )
    backup = attempt.reset()
    assert backup is not None
    assert "sleep 5" in (backup / "web.yaml").read_text(encoding="utf-8")
    assert attempt.drift() == ()
    assert attempt.client.find("ConfigMap", attempt.namespace, "by-hand") is None


def test_a_verdict_that_cannot_be_recorded_is_told_all_the_same(
    attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object, **_keywords: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as short:
        short.setattr(durable, "_sync_directory", full)
        verdict = attempt.check()
    assert verdict.state is State.FAILED
    assert any("not recorded: cannot write here: No space left" in note for note in verdict.notes)
    assert any("make room on the disk" in note for note in verdict.notes)


def test_what_was_edited_since_the_last_apply_is_known_in_any_sitting(lab: Lab, attempt: Attempt) -> None:
    assert edits.edited(lab.resume()) == ()
    exercises.edit(attempt, "exit 1", "exit 2")
    (attempt.workspace / "more.yaml").write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more}\n", encoding="utf-8"
    )
    assert edits.edited(lab.resume()) == ("more.yaml", "web.yaml")
    attempt.apply()
    assert edits.edited(lab.resume()) == ()


def test_hints_and_answers_need_no_room_on_the_disk(
    lab: Lab, attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object, **_keywords: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as short:
        short.setattr(durable, "_sync_directory", full)
        short.setattr(Path, "replace", full)
        assert [attempt.hint().rung, attempt.hint().rung] == [1, 2]
        assert attempt.solution_files()
        assert any("could not be noted" in one and "No space left" in one for one in lab.notices())
    assert len(attempt.hint().title) > 0
    assert lab.unwritten() == ""
    assert Lab.open(lab.settings).progress().of("sample").hints == 3


def test_a_namespace_that_is_not_the_labs_is_left_alone(lab: Lab, cluster: InProcessProvider) -> None:
    client = Client(cluster.kubeconfig())
    client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "podlab-sample"}}, None)
    with pytest.raises(NotAbleError, match="not the lab's"):
        lab.start("sample")
    assert client.list("Deployment", "podlab-sample").items == []


def test_two_labs_do_not_change_one_exercise_at_once(
    lab: Lab, attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab.attempt.attempt.LOCK_SECONDS", 0.01)
    with attempt.alone(), pytest.raises(NotAbleError, match="another podlab is working on sample"):
        lab.resume().apply()


def test_an_export_is_what_was_written_not_what_the_server_added(attempt: Attempt, tmp_path: Path) -> None:
    attempt.client.patch("Deployment", attempt.namespace, "web", {"spec": {"replicas": 2}})
    written = attempt.export(tmp_path / "out")
    text = (tmp_path / "out" / "deployment-web.yaml").read_text(encoding="utf-8")
    assert "replicas: 2" in text
    for added in (
        "uid",
        "resourceVersion",
        "status:",
        "managedFields",
        "last-applied",
        "managed-by",
        "namespace:",
    ):
        assert added not in text
    assert {path.name for path in written} == {"deployment-web.yaml", ".podlab"}
    with pytest.raises(UsageError, match="not empty"):
        attempt.export(tmp_path / "out")
    assert attempt.export(tmp_path / "out", force=True)


def test_a_cluster_without_the_exercise_is_said(attempt: Attempt) -> None:
    attempt.client.delete("Namespace", None, attempt.namespace)
    with pytest.raises(NotAbleError, match="does not run on this cluster") as caught:
        attempt.check()
    assert "podlab start sample" in caught.value.remedy


def test_a_cluster_made_anew_gets_the_images_with_the_files(
    attempt: Attempt, cluster: InProcessProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    brought: list[str] = []
    monkeypatch.setattr(cluster, "load_image", lambda source, _progress: brought.append(source.reference))
    header = replace(attempt.exercise.header, images=("healthz",))
    monkeypatch.setattr(attempt, "exercise", replace(attempt.exercise, header=header))
    attempt.apply()
    assert brought == []
    attempt.close()
    cluster.down(lambda _line: None)
    cluster.up(lambda _line: None)
    attempt.apply()
    assert brought == ["podlab/healthz:1"]


def test_the_environment_leads_to_the_namespace(attempt: Attempt) -> None:
    found = attempt.environment()
    text = Path(found["KUBECONFIG"]).read_text(encoding="utf-8")
    assert "namespace: podlab-sample" in text
    assert found["PODLAB_WORKSPACE"] == str(attempt.workspace)


def test_the_live_stream_shows_changes_and_loss(attempt: Attempt, cluster: InProcessProvider) -> None:
    views: list[LiveView] = []
    seen = threading.Condition()

    def take(view: LiveView) -> None:
        with seen:
            views.append(view)
            seen.notify_all()

    def until(wanted: str) -> None:
        def met() -> bool:
            last = views[-1] if views else LiveView("", 0)
            names = {row.name for row in last.workloads}
            return bool(last.lost) if wanted == "lost" else not last.lost and wanted in names

        with seen:
            assert seen.wait_for(met, timeout=30), views[-1]

    stream = attempt.live()
    stream.subscribe(take)
    try:
        until("web")
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "fresh"}}
        attempt.client.create(body, attempt.namespace)
        until("fresh")
        cluster.down(lambda _line: None)
        until("lost")
        assert {row.name for row in views[-1].workloads} >= {"web", "fresh"}, "the last that was known stays"
    finally:
        stream.close()
    generations = [view.generation for view in views]
    assert generations == sorted(generations)
