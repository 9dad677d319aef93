"""Completion indexes of Jobs with `completionMode: Indexed`; pure.

Follows `pkg/controller/job/indexed_job_utils.go`: each index is to succeed once, and its pod knows it from a
label, an annotation, a variable and its host name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.objects.meta import annotations_of, name_of

if TYPE_CHECKING:
    from collections.abc import Iterable

Json = dict[str, Any]
INDEX = "batch.kubernetes.io/job-completion-index"
VARIABLE = "JOB_COMPLETION_INDEX"


def parse(text: str) -> set[int]:
    """The indexes of `0-2,5`."""
    found: set[int] = set()
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return found


def written(indexes: Iterable[int]) -> str:
    """`0-2,5`: runs of at least three, and of two as `0,1`."""
    runs: list[list[int]] = []
    for each in sorted(indexes):
        if runs and each == runs[-1][-1] + 1:
            runs[-1].append(each)
        else:
            runs.append([each])
    return ",".join(f"{run[0]}-{run[-1]}" if len(run) > 2 else ",".join(map(str, run)) for run in runs)


def index_of(pod: Json) -> int:
    """The index a pod works on; -1 for none."""
    text = annotations_of(pod).get(INDEX, "")
    return int(text) if text.isdigit() else -1


def pending(completions: int, completed: set[int], active: Iterable[Json], count: int) -> list[int]:
    """The first indexes that no pod has completed or is working on."""
    taken = completed | set(map(index_of, active))
    return [each for each in range(completions) if each not in taken][:count]


def give_index(job: Json, pod: Json, index: int) -> Json:
    """The pod for an index (changed in place)."""
    metadata, spec = pod["metadata"], pod["spec"]
    metadata["generateName"] = f"{name_of(job)}-{index}-"
    for field in ("labels", "annotations"):
        metadata.setdefault(field, {})[INDEX] = str(index)
    spec["hostname"] = f"{name_of(job)}-{index}"
    source = {"fieldRef": {"apiVersion": "v1", "fieldPath": f"metadata.labels['{INDEX}']"}}
    for container in (*(spec.get("initContainers") or ()), *spec["containers"]):
        variables = container.setdefault("env", [])
        if all(each["name"] != VARIABLE for each in variables):
            variables.append({"name": VARIABLE, "valueFrom": source})
    return pod
