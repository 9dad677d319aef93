"""Getting a container's image onto the node: pull policies, back-off, events.

Follows `pkg/kubelet/images/image_manager.go` of v1.36.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from lab.embedded.kubelet.backoff import duration
from lab.embedded.runtime.references import BadReference, parse_reference

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.embedded.kubelet.context import NodeContext
    from lab.embedded.kubelet.steps import Resume, Steps
    from lab.embedded.runtime.interface import PullResult

Json = dict[str, Any]


class StartFailure(Struct, frozen=True):
    """Why a container is not running after a sync: what its status will say, and when to try again."""

    reason: str
    message: str
    retry_at: float | None = None
    """The instant a back-off ends; None: the worker's own retry period."""


def reference_error(image: str) -> str | None:
    """What is wrong with an image reference, in the words of the reference library; None when nothing is."""
    try:
        parse_reference(image)
    except BadReference as wrong:
        return str(wrong)
    return None


def with_tag(image: str) -> str:
    """The reference with `:latest` where it has neither tag nor digest."""
    last = image.rsplit("/", 1)[-1]
    return image if ":" in last or "@" in last else f"{image}:latest"


def pull_policy(container: Json) -> str:
    """The container's policy; the API's default is Always for `:latest` or no tag, else IfNotPresent."""
    policy: str | None = container.get("imagePullPolicy")
    if policy:
        return policy
    return "Always" if with_tag(container["image"]).endswith(":latest") else "IfNotPresent"


class Images:
    """The image manager of a node."""

    def __init__(self, context: NodeContext, pulled: Callable[[], None] = lambda: None) -> None:
        """`pulled` is called when the node has an image more."""
        self._context = context
        self._pulled = pulled
        self._last_error: dict[str, str] = {}

    def ensure(self, pod: Json, container: Json) -> Steps[StartFailure | None]:
        """See that the image is on the node; returns why it is not."""
        failure = yield from self._ensure(pod, container)
        if failure is not None:
            self._event(pod, container, "Warning", "Failed", f"Error: {failure.reason}")
        return failure

    def _ensure(self, pod: Json, container: Json) -> Steps[StartFailure | None]:
        image = container["image"]
        wrong = reference_error(image)
        if wrong is not None:
            parse = f'couldn\'t parse image reference "{image}": {wrong}'
            message = f'Failed to apply default image tag "{image}": {parse}'
            self._event(pod, container, "Warning", "InspectFailed", message)
            return StartFailure("InvalidImageName", message)
        image = with_tag(image)
        policy = pull_policy(container)
        present = self._context.runtime.image_present(self._context.name, image)
        if present and policy != "Always":
            text = f'Container image "{container["image"]}" already present on machine'
            self._event(pod, container, "Normal", "Pulled", text)
            return None
        if policy == "Never":
            message = f'Container image "{container["image"]}" is not present with pull policy of Never'
            self._event(pod, container, "Warning", "ErrImageNeverPull", message)
            return StartFailure("ErrImageNeverPull", message)
        return (yield from self._pull(pod, container, image))

    def _pull(self, pod: Json, container: Json, image: str) -> Steps[StartFailure | None]:
        context, shown = self._context, container["image"]
        key = f"{pod['metadata']['uid']}_{image}"
        left = context.image_backoff.remaining_since_update(key, context.agenda.now())
        if left:
            message = f'Back-off pulling image "{shown}"'
            self._event(pod, container, "Normal", "BackOff", message)
            cause = self._last_error.get(key)
            full = f"{message}: ErrImagePull: {cause}" if cause else message
            return StartFailure("ImagePullBackOff", full)
        self._event(pod, container, "Normal", "Pulling", f'Pulling image "{shown}"')
        began = context.agenda.now()
        secrets = [secret for _, secret in self._pull_secrets(pod) if secret is not None]

        def wait(resume: Resume) -> None:
            context.runtime.pull(context.name, image, secrets, resume)

        result: PullResult = yield wait
        if result.error is not None:
            self._event(
                pod, container, "Warning", "Failed", f'Failed to pull image "{shown}": {result.error}'
            )
            now = context.agenda.now()
            context.image_backoff.next(key, now, now)
            self._last_error[key] = result.error
            return StartFailure("ErrImagePull", result.error)
        self._last_error.pop(key, None)
        self._pulled()
        took, whole = duration(round(result.seconds, 3)), duration(round(context.agenda.now() - began, 3))
        text = (
            f'Successfully pulled image "{shown}" in {took} ({whole} including waiting). '
            f"Image size: {result.size} bytes."
        )
        self._event(pod, container, "Normal", "Pulled", text)
        return None

    def warn_of_missing_secrets(self, pod: Json) -> None:
        """Every sync of a pod tells of pull secrets that are not there, needed or not.

        (`getPullSecretsForPod`; from v1.37 on only a pull that failed does.)
        """
        missing = [name for name, secret in self._pull_secrets(pod) if secret is None]
        if missing:
            lead = f"Unable to retrieve some image pull secrets ({', '.join(missing)})"
            message = f"{lead}; attempting to pull the image may not succeed."
            self._context.recorder.record(pod, "Warning", "FailedToRetrieveImagePullSecret", message)

    def _pull_secrets(self, pod: Json) -> list[tuple[str, Json | None]]:
        """The pull secrets a pod names, with those that exist."""
        namespace = pod["metadata"]["namespace"]
        names = [each.get("name") for each in pod["spec"].get("imagePullSecrets") or ()]
        return [(name, self._context.api.find("secrets", namespace, name)) for name in names if name]

    def _event(self, pod: Json, container: Json, kind: str, reason: str, message: str) -> None:
        self._context.container_event(pod, container["name"], kind, reason, message)

    def forget(self, uid: str) -> None:
        """A pod has gone."""
        self._context.image_backoff.forget(f"{uid}_")
        for key in [key for key in self._last_error if key.startswith(f"{uid}_")]:
            del self._last_error[key]
