"""kubectl's command line, read as kubectl reads it (spf13/pflag under cobra).

`--name value`, `--name=value`, `-nvalue`, `-n=value`, `-n value`, letters in one (`-itn web`), underscores
for dashes (k8s.io/component-base's WordSepNormalizeFunc), everything behind `--` taken as it is. Which flag
takes a value differs by command for a few only (`-f` and `-p` are switches of `logs`). The flags are those of
kubectl 1.20 to 1.37; one that is not in the tables is told as unknown: nobody can say where its value ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.attempt.kubectl.words import of
from lab.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

GLOBAL = of(
    """as as-group as-uid as-user-extra cache-dir certificate-authority client-certificate
    client-key cluster context disable-compression insecure-skip-tls-verify kubeconfig kuberc
    log-flush-frequency match-server-version namespace password profile profile-output proxy-url
    request-timeout server tls-server-name token user username v vmodule warnings-as-errors
    add-dir-header alsologtostderr log-backtrace-at log-dir log-file log-file-max-size logtostderr
    one-output skip-headers skip-log-headers stderrthreshold help"""
)
"""Flags every command takes, also in front of the command."""

SWITCHES = of(
    """all all-containers all-namespaces all-pods allow-missing-template-keys append-hash attach
    arguments-only cached client command delete-emptydir-data delete-local-data disable-compression
    disable-eviction edit exact expose export flatten follow force force-conflicts help
    ignore-daemonsets ignore-errors ignore-not-found insecure-skip-tls-verify
    insecure-skip-tls-verify-backend interactive keep-annotations keep-init-containers keep-labels
    keep-liveness keep-readiness keep-startup leave-stdin-open list local match-server-version merge
    minify namespaced no-headers no-preserve now openapi-patch output-patch output-watch-events
    overwrite previous privileged prune prune-all quiet raw-bytes record recursive
    remove-extra-permissions remove-extra-subjects replace resolve rm same-node save-config
    server-print server-side share-processes short show-capacity show-events show-kind show-labels
    show-managed-fields show-secrets stdin sum swap tty timestamps wait warnings-as-errors watch
    watch-only windows-line-endings add-dir-header alsologtostderr logtostderr one-output
    skip-headers skip-log-headers append-server-path as-current-user create-annotation
    disable-filter enable-alpha-plugins enable-helm global-default helm-debug network show-swap
    use-protocol-buffers"""
)
"""Flags that take a value only behind `=`."""

OPTIONAL = frozenset({"cascade", "dry-run", "validate"})
"""Flags that take a value behind `=` only, and mean something without one."""

VALUES = of(
    """address annotation annotations api-group api-prefix accept-hosts accept-paths reject-methods
    reject-paths audience bound-object-kind bound-object-name bound-object-uid categories chunk-size
    class cluster-ip clusterip clusterrole concurrency configmap container containers copy-to cpu
    cpu-percent current-replicas custom default-backend description detach-keys docker-email
    docker-password docker-server docker-username duration env external-ip external-name
    field-manager field-selector filename for from from-env-file from-file from-literal grace-period
    group hard helm-api-versions helm-command helm-kube-version keepalive network-name unix-socket
    image image-pull-policy key keys kustomize label-columns labels limit-bytes limits
    load-balancer-ip load-restrictor mount max max-depth max-log-requests max-unavailable memory min
    min-available name namespaces node-port non-resource-url output output-directory override-type
    overrides patch patch-file pod-running-timeout pod-selector port preemption-policy prefix
    prune-allowlist prune-whitelist protocol raw replicas resource resource-name resource-version
    requests restart retries revision role rule schedule scopes selector serviceaccount
    session-affinity set-image since since-time skip-wait-for-delete-timeout sort-by subresource
    tail target target-port tcp template timeout to-revision type types value verb verbs www
    www-prefix aggregation-rule cert api-version"""
)

LETTERS = {
    "A": "all-namespaces", "c": "container", "e": "env", "f": "filename", "h": "help", "i": "stdin",
    "k": "kustomize", "l": "selector", "L": "label-columns", "n": "namespace", "o": "output", "p": "patch",
    "q": "quiet", "r": "replicas", "R": "recursive", "s": "server", "t": "tty", "v": "v", "w": "watch",
}  # fmt: skip
_LETTERS_OF = {
    "logs": {"f": "follow", "p": "previous"},
    "log": {"f": "follow", "p": "previous"},
    "delete": {"i": "interactive"},
    "expose": {"l": "labels"},
    "run": {"l": "labels"},
    "set": {"c": "containers"},
    "auth": {"q": "quiet"},
    "proxy": {"p": "port", "w": "www", "P": "www-prefix", "u": "unix-socket"},
}
_SWITCH_OF = {"raw": {"config"}, "prefix": {"logs", "log"}, "containers": {"top"}}
"""Flags that take a value, except with these commands."""
_FALSE = frozenset({"0", "f", "F", "false", "FALSE", "False"})


@dataclass(frozen=True)
class Line:
    """A command line taken apart."""

    words: tuple[str, ...]
    """What is no flag and no flag's value, the command first."""
    flags: tuple[tuple[str, str], ...]
    """Long names and values, in order; a switch without a value has `true`."""
    behind: tuple[str, ...] = ()
    """Everything behind `--`."""
    unknown: tuple[str, ...] = ()
    """Flags that are in no table, as they were written."""

    def of(self, name: str) -> tuple[str, ...]:
        """All values a flag was given."""
        return tuple(value for flag, value in self.flags if flag == name)

    def on(self, name: str) -> bool:
        """Whether a switch is on; the last one counts."""
        values = self.of(name)
        return bool(values) and values[-1] not in _FALSE


def read(words: Sequence[str]) -> Line:
    """Take a command line, without `kubectl`, apart.

    Raises:
        UsageError: a flag lacks its value, or one that only some commands have comes before the command.
    """
    return _Reader(tuple(words)).read()


class _Reader:
    def __init__(self, words: tuple[str, ...]) -> None:
        self._words, self._at = words, 0
        self._plain: list[str] = []
        self._flags: list[tuple[str, str]] = []
        self._unknown: list[str] = []

    def read(self) -> Line:
        behind: tuple[str, ...] = ()
        while self._at < len(self._words):
            word = self._words[self._at]
            self._at += 1
            if word == "--":
                behind = self._words[self._at :]
                break
            if word.startswith("--"):
                self._long(word)
            elif word.startswith("-") and word != "-":
                self._letters(word)
            else:
                self._plain.append(word)
        return Line(tuple(self._plain), tuple(self._flags), behind, tuple(self._unknown))

    def _long(self, word: str) -> None:
        name, equals, value = word[2:].partition("=")
        name = name.replace("_", "-")
        self._place(name, word)
        if equals:
            if name not in GLOBAL | SWITCHES | OPTIONAL | VALUES:
                self._unknown.append(word)
            self._flags.append((name, value))
        elif name in SWITCHES or self._verb in _SWITCH_OF.get(name, ()):
            self._flags.append((name, "true"))
        elif name in OPTIONAL:
            self._flags.append((name, ""))
        elif name in GLOBAL | VALUES:
            self._flags.append((name, self._next(word)))
        else:
            self._unknown.append(word)

    def _letters(self, word: str) -> None:
        own = _LETTERS_OF.get(self._verb, {})
        letters = word[1:]
        while letters:
            letter, letters = letters[0], letters[1:]
            name = own.get(letter) or LETTERS.get(letter)
            if name is None:
                self._unknown.append(f"-{letter}")
                return
            self._place(name, word)
            if letters.startswith("="):
                self._flags.append((name, letters[1:]))
                return
            if name in SWITCHES:
                self._flags.append((name, "true"))
            else:
                self._flags.append((name, letters or self._next(f"-{letter}")))
                return

    @property
    def _verb(self) -> str:
        return self._plain[0] if self._plain else ""

    def _place(self, name: str, word: str) -> None:
        if not self._plain and name not in GLOBAL:
            raise UsageError(f"{word} comes before the command", remedy="put it behind: get pods -o wide")

    def _next(self, word: str) -> str:
        if self._at >= len(self._words):
            raise UsageError(f"{word} needs a value", remedy=f"write it behind: {word} VALUE")
        self._at += 1
        return self._words[self._at - 1]
