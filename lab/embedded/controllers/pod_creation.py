"""A pod made from its owner's template (`GetPodFromTemplate`), and events about making and deleting it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.api.errors import ApiError, is_terminating_namespace
from lab.embedded.objects.copying import copy_json
from lab.embedded.objects.meta import controller_reference, name_of, namespace_of

if TYPE_CHECKING:
    from lab.embedded.api.events import EventRecorder
    from lab.embedded.api.interface import Api

Json = dict[str, Any]


class PodControl:
    """Creates and deletes pods for a controller, and says so in events about the owner."""

    def __init__(self, api: Api, recorder: EventRecorder) -> None:
        self._api = api
        self._recorder = recorder

    def create(self, owner: Json, pod: Json) -> Json:
        """Create a pod.

        Raises:
            ApiError: it was refused, as the event about the owner says (but for a namespace that is going).
        """
        try:
            made = self._api.create("pods", namespace_of(owner), pod).object
        except ApiError as error:
            if not is_terminating_namespace(error):
                self._recorder.record(owner, "Warning", "FailedCreate", f"Error creating: {error.message}")
            raise
        self._recorder.record(owner, "Normal", "SuccessfulCreate", f"Created pod: {name_of(made)}")
        return made

    def delete(self, owner: Json, pod: Json) -> None:
        """Delete a pod gracefully."""
        self._api.delete("pods", namespace_of(pod), name_of(pod))
        self._recorder.record(owner, "Normal", "SuccessfulDelete", f"Deleted pod: {name_of(pod)}")


def pod_from_template(owner: Json) -> Json:
    """The pod an owner's template stands for, owned by it, its name still to be generated."""
    template = copy_json(owner["spec"]["template"])
    metadata = template.get("metadata") or {}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "generateName": f"{name_of(owner)}-",
            **{key: metadata[key] for key in ("labels", "annotations", "finalizers") if metadata.get(key)},
            "ownerReferences": [controller_reference(owner)],
        },
        "spec": template["spec"],
    }
