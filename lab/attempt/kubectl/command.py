"""What may run in place: a kubectl command line judged for one exercise before it runs.

The lab changes nothing outside the exercise's namespace, and its command line helps nobody to do so by
mistake: a write that would leave the namespace is refused with the reason. Reading is free, all over the
exercise's cluster. What cannot be judged (a plug-in, an unknown flag, a manifest from the network) is refused
as well: the learner's own shell is one key away, where nobody stands in the way.

On a cluster of the lab's own its nodes may be written too: they may be what an exercise is about.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.attempt import manifests, refusals
from lab.attempt.kubectl import flags, kinds, words
from lab.attempt.workspace import MANIFEST_SUFFIXES
from lab.errors import LabError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

READING = words.of(
    """get describe logs log events explain top api-resources api-versions version cluster-info diff wait
    kustomize options help completion"""
)
"""Commands that change nothing in the cluster."""
NODES = frozenset({"cordon", "uncordon", "drain", "taint"})
"""Commands that only nodes are for."""
WRITING = words.of(
    """annotate apply attach autoscale cp create debug delete edit exec expose label patch port-forward
    replace rollout run scale set"""
)
"""Commands that change something, or reach into a pod, in one namespace."""
_NEVER = {
    "proxy": "a proxy opens the whole cluster to every program on this machine",
    "certificate": "certificates are the cluster's, not the exercise's",
    "kuberc": "it writes your own settings of kubectl",
    "plugin": "plug-ins are programs of their own; what they do cannot be judged here",
}
_READING_PARTS = {
    "rollout": {"status", "history"},
    "auth": {"can-i", "whoami"},
    "config": {"view", "get-contexts", "current-context", "get-clusters", "get-users"},
    "apply": {"view-last-applied"},
}
"""Second words that make a reading command of one that otherwise writes."""
_ELSEWHERE = ("context", "kubeconfig", "server", "cluster", "kuberc")
_SOURCES = ("filename", "kustomize")
_CREATES_WIDE = frozenset({"clusterrole", "clusterrolebinding", "namespace", "ns", "priorityclass", "pc"})
_CREATES = words.of(
    """configmap cm cronjob cj deployment deploy dep ingress ing job poddisruptionbudget pdb quota
    resourcequota role rolebinding secret service svc serviceaccount sa token"""
)
_RUNS = frozenset({"exec", "attach", "run", "debug"})
"""Commands with `--stdin` and `--tty`."""


@dataclass(frozen=True)
class Command:
    """A command line that may run."""

    words: tuple[str, ...]
    """What follows `kubectl`."""
    terminal: bool = False
    """It talks with the user, so it needs the terminal for itself."""
    writes: bool = False
    """It changes something, or reaches into a pod."""


@dataclass(frozen=True)
class Guard:
    """What one exercise lets a command line do."""

    namespace: str
    directory: Path
    """Where relative file names begin."""
    owns: bool
    """Whether the cluster is the lab's own, nodes and all."""

    def judge(self, line: str) -> Command:
        """The command that is to run.

        Raises:
            UsageError: it may not run here, with the reason and what to do instead.
        """
        found = words.split(line)
        if not found:
            raise UsageError("nothing to run", remedy="type a command, such as get pods")
        parts = flags.read(found)
        self._refuse_elsewhere(parts)
        verb = parts.words[0] if parts.words else "help"
        writes = not parts.on("help") and self._refuse(verb, parts)
        space = () if verb in {"config", "completion", "options", "help", "plugin"} else (self._space,)
        return Command((*space, *found), _talks(verb, parts), writes)

    @property
    def _space(self) -> str:
        # Said aloud, so that kubectl itself refuses a file whose objects name another namespace.
        return f"--namespace={self.namespace}"

    def _refuse_elsewhere(self, parts: flags.Line) -> None:
        for flag in _ELSEWHERE:
            if parts.of(flag):
                raise UsageError(
                    f"--{flag} would leave the exercise's cluster: in here kubectl always works on that",
                    remedy=f"leave it out; or {words.SHELL}",
                )

    def _refuse(self, verb: str, parts: flags.Line) -> bool:
        """Refuse what may not run; whether what may run writes."""
        if verb in _NEVER:
            raise UsageError(f"kubectl {verb} does not run here: {_NEVER[verb]}", remedy=words.SHELL)
        second = parts.words[1] if len(parts.words) > 1 else ""
        if verb in READING or second in _READING_PARTS.get(verb, ()):
            _refuse_stdin(parts)
            return False
        if verb not in WRITING | NODES:
            raise _unknown(verb, second)
        if parts.unknown:
            told = (
                "put -- in front of the command that is to run"
                if verb == "exec"
                else f"{verb} --help lists them"
            )
            raise UsageError(
                f"{parts.unknown[0]} is no flag of {verb} that the lab knows: what would it write to?",
                remedy=f"{told}; or {words.SHELL}",
            )
        _refuse_stdin(parts)
        dry = parts.of("dry-run")
        if dry and dry[-1] in {"client", "server"}:
            return False
        if parts.on("local") or (parts.on("list") and verb in {"set", "label", "annotate"}):
            return False
        self._refuse_space(parts)
        if parts.of("raw"):
            raise UsageError(f"{verb} --raw writes to any path of the API", remedy=words.SHELL)
        if verb in NODES:
            self._refuse_kind("nodes", verb)
            return True
        self._refuse_objects(verb, parts)
        self._refuse_files(verb, parts)
        return True

    def _refuse_space(self, parts: flags.Line) -> None:
        others = [space for space in parts.of("namespace") if space != self.namespace]
        if others:
            raise UsageError(
                f"this would write to the namespace {others[0] or 'default'}, not {self.namespace}",
                remedy="leave -n out: kubectl works on the exercise's namespace. Reading others is fine",
            )
        if parts.on("all-namespaces"):
            raise UsageError(
                f"this would write to all namespaces, not {self.namespace} alone",
                remedy="leave -A out: kubectl works on the exercise's namespace. Reading all is fine",
            )

    def _refuse_objects(self, verb: str, parts: flags.Line) -> None:
        rest = parts.words[1:]
        if verb == "cp":
            self._refuse_copies(rest)
        elif verb == "create":
            self._refuse_creation(rest[:1], parts)
        elif verb in {"exec", "attach", "port-forward", "debug"}:
            for kind in (word.partition("/")[0] for word in rest[:1] if "/" in word):
                self._refuse_kind(kind, verb)
        elif verb != "run":
            skipped = rest[1:] if verb in {"set", "rollout"} or _is_part(verb, rest) else rest
            for kind in _kinds_of(skipped):
                self._refuse_kind(kind, verb)

    def _refuse_kind(self, kind: str, verb: str) -> None:
        if kinds.namespaced(kind):
            return
        name = kinds.plural(kind)
        if name == "nodes" and self.owns:
            return
        if name == "nodes":
            raise UsageError(
                f"{verb} would change a node of a cluster that is not the lab's", remedy=words.SHELL
            )
        if name == "namespaces":
            raise UsageError(
                f"{verb} would change namespaces, and an exercise is solved inside its own",
                remedy="podlab reset makes that one anew, with files and cluster as at the start",
            )
        if kinds.cluster_wide(kind):
            raise UsageError(
                f"{name} belong to the whole cluster, not to the exercise's namespace",
                remedy="an exercise is solved inside its own namespace; reading them is fine",
            )
        near = kinds.nearest(kind)
        raise UsageError(
            f"{kind} is no kind of a namespace that the lab knows, so it cannot tell what {verb} writes to",
            remedy=f"did you mean {near}?" if near else words.SHELL,
        )

    def _refuse_creation(self, what: tuple[str, ...], parts: flags.Line) -> None:
        if not what:
            if not any(parts.of(source) for source in _SOURCES):
                raise UsageError("create what?", remedy="create deployment NAME --image=…, or create -f FILE")
            return
        if what[0] in _CREATES_WIDE:
            self._refuse_kind({"ns": "namespace", "pc": "priorityclass"}.get(what[0], what[0]), "create")
        elif what[0] not in _CREATES:
            raise UsageError(
                f"create {what[0]} is nothing the lab knows, so it cannot tell what this writes to",
                remedy=f"create --help lists what there is; or {words.SHELL}",
            )

    def _refuse_copies(self, places: tuple[str, ...]) -> None:
        for place in places:
            pod, colon, _path = place.partition(":")
            space, slash, _name = pod.rpartition("/")
            if colon and slash and not place.startswith(("/", ".")) and space != self.namespace:
                raise UsageError(
                    f"{pod} is a pod of the namespace {space}; the exercise's is {self.namespace}",
                    remedy="write POD:PATH, for a pod of the exercise",
                )

    # --- files ---------------------------------------------------------------------------------------------

    def _refuse_files(self, verb: str, parts: flags.Line) -> None:
        if verb in {"exec", "debug", "attach", "cp", "port-forward"}:
            return  # the file only names a pod of the namespace
        if parts.of("kustomize"):
            raise UsageError(
                "what a kustomization makes cannot be judged here",
                remedy=f"kustomize DIR shows it; to apply it, {words.SHELL}",
            )
        recursive = parts.on("recursive")
        for named in (one for given in parts.of("filename") for one in given.split(",")):
            for file in self._files(named, recursive=recursive):
                self._refuse_file(file)

    def _files(self, named: str, *, recursive: bool) -> Iterator[Path]:
        if "://" in named:
            raise UsageError(
                f"{named} comes from the network: what it holds cannot be judged here",
                remedy=f"save it into {self.directory} and look at it first; or {words.SHELL}",
            )
        path = self.directory / named
        if path.is_dir():
            found = path.rglob("*") if recursive else path.glob("*")
            yield from sorted(one for one in found if one.suffix in MANIFEST_SUFFIXES and one.is_file())
        elif path.exists():
            yield path
        elif any(char in named for char in "*?["):
            raise UsageError(
                f"{named}: patterns are a shell's business", remedy=f"name the files; or {words.SHELL}"
            )
        # A file that is not there is kubectl's to complain of.

    def _refuse_file(self, file: Path) -> None:
        try:
            wrong = refusals.outside(manifests.load(file, name=file.name), self.namespace)
        except LabError as problem:
            raise _as_usage(problem) from problem
        for first in wrong[:1]:
            raise _as_usage(first)


def _as_usage(problem: LabError) -> UsageError:
    return UsageError(problem.what, where=problem.where, remedy=problem.remedy)


def _kinds_of(rest: tuple[str, ...]) -> Iterator[str]:
    """Kinds in `pods,services --all`, `deployment web`, `deploy/web svc/web`."""
    if any("/" in word for word in rest[:1]):
        yield from (
            each.partition("/")[0]
            for word in rest
            for each in word.split(",")
            # The others are what is set or taken off: NAME=VALUE and NAME-.
            if "/" in each and "=" not in word and not word.endswith("-")
        )
    elif rest:
        yield from rest[0].split(",")


def _is_part(verb: str, rest: tuple[str, ...]) -> bool:
    return verb == "apply" and rest[:1] in {("set-last-applied",), ("edit-last-applied",)}


def _refuse_stdin(parts: flags.Line) -> None:
    if "-" in parts.of("filename"):
        raise UsageError("there is nothing to read from here: -f - wants a pipe", remedy=words.SHELL)


def _talks(verb: str, parts: flags.Line) -> bool:
    if parts.on("help"):
        return False
    second = parts.words[1] if len(parts.words) > 1 else ""
    if verb in _RUNS and (parts.on("stdin") or parts.on("tty")):
        return True
    if verb == "delete" and parts.on("interactive"):
        return True
    if verb == "set" and "-" in parts.words[2:]:
        return True  # `set env -` reads from the terminal
    return verb == "edit" or parts.on("edit") or (verb == "apply" and second == "edit-last-applied")


def _unknown(verb: str, second: str) -> UsageError:
    known = sorted(READING | WRITING | NODES | set(_READING_PARTS))
    if verb in _READING_PARTS:
        allowed = ", ".join(sorted(_READING_PARTS[verb]))
        return UsageError(
            f"kubectl {verb} {second}".rstrip() + " does not run here",
            remedy=f"what does: {verb} {allowed}; for the rest, {words.SHELL}",
        )
    near = difflib.get_close_matches(verb, known, n=1, cutoff=0.6)
    meant = f"did you mean {near[0]}? " if near else ""
    return UsageError(
        f"{verb} is no command of kubectl that the lab knows", remedy=f"{meant}For plug-ins, {words.SHELL}"
    )
