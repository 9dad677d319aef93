"""Images an exercise needs: the lab's own, and the one a learner edits.

An edited image is the lab image it builds on with the learner's files over it. Which content runs in a
cluster is remembered in the cluster, as an annotation of the exercise's namespace: a cluster that was made
anew gets its image again without anybody having to know.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.attempt import durable
from lab.attempt.cancel import Narrate, silent
from lab.catalogue.locate import shipped
from lab.images.content import digest_of
from lab.kube import ApiError
from lab.providers.base import ImageSource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lab.attempt.manifests import Manifest
    from lab.kube import Client
    from lab.model.exercise import Build, Exercise
    from lab.providers.base import Provider


@dataclass(frozen=True)
class Place:
    """Where an image is brought: a namespace of a provider's cluster."""

    provider: Provider
    client: Client
    namespace: str


DIGEST = "podlab.dev/image"
"""Annotation: digest of the edited image's files."""


def lab_image(name: str) -> ImageSource:
    """One of the lab's own images, by its directory in `images/`.

    Its second name is made of the content: manifests say `podlab/NAME:1`, and a cluster that outlived an
    update of the lab has another image under that name.
    """
    directory = shipped("images") / name
    source = ImageSource(f"podlab/{name}:1", directory, content=digest_of(directory))
    return replace(source, also=(_of_content(source),))


def _of_content(source: ImageSource) -> str:
    """The tag's name for these very files."""
    return f"{source.reference}-{source.content.removeprefix('sha256:')[:12]}"


def load_lab_images(
    exercise: Exercise, provider: Provider, client: Client, narrate: Narrate = silent
) -> None:
    """Bring the lab images an exercise needs into the cluster, where these contents are not there yet.

    Raises:
        NotAbleError: one cannot be built or brought there.
    """
    for source in map(lab_image, exercise.header.images):
        if not on_nodes(client, source):
            provider.load_image(source, narrate)


def on_nodes(client: Client, source: ImageSource) -> bool:
    """Whether every node tells that it has one image of all these names; who does not tell has none."""
    try:
        nodes = client.list("Node", None).items
    except ApiError:
        return False  # no right to look at nodes; loading again is only slow
    return bool(nodes) and all(
        any(
            _named(image.get("names") or [], source.names)
            for image in (node.get("status") or {}).get("images") or []
        )
        for node in nodes
    )


def _named(told: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether one image has all the wanted names; runtimes complete them with Docker's registry."""
    return set(wanted) <= {name.removeprefix("docker.io/") for name in told}


def lay_out(build: Build, files: Mapping[str, bytes], scratch: Path) -> ImageSource:
    """Put an edited image's files into the directory `scratch` (emptied first), the lab image below them.

    `files` are the workspace's, by name; those outside the build's directory are not looked at.
    """
    with durable.explained(scratch):
        shutil.rmtree(scratch, ignore_errors=True)
        if build.base:
            shutil.copytree(
                shipped("images") / build.base, scratch, ignore=shutil.ignore_patterns("__pycache__")
            )
        for name, content in files.items():
            inside, prefix, rest = name.partition(f"{build.directory}/")
            if inside or not prefix:
                continue
            target = scratch / rest
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    return ImageSource(build.tag, scratch, content=digest_of(scratch))


def bring_edited(
    build: Build,
    files: Mapping[str, bytes],
    manifests: Sequence[Manifest],
    place: Place,
    narrate: Narrate = silent,
) -> tuple[Manifest, ...]:
    """Bring an edited image into the cluster under a name of its content; the manifests that ask for it.

    For runs side by side on one cluster: under the tag that all manifests name, one would get the code of
    another.

    Raises:
        NotAbleError: it cannot be built or brought there.
    """
    with tempfile.TemporaryDirectory(prefix="podlab-image-") as scratch:
        laid = lay_out(build, files, Path(scratch) / "image")
        source = replace(laid, reference=_of_content(laid))
        rebuild(source, place.provider, place.client, place.namespace, narrate)
    return tuple(replace(one, object=_renamed(one.object, build.tag, source.reference)) for one in manifests)


def _renamed(value: Any, old: str, new: str) -> Any:
    if isinstance(value, dict):
        return {
            key: new if key == "image" and item == old else _renamed(item, old, new)
            for key, item in value.items()
        }
    return [_renamed(item, old, new) for item in value] if isinstance(value, list) else value


def rebuild(
    source: ImageSource, provider: Provider, client: Client, namespace: str, narrate: Narrate = silent
) -> bool:
    """Bring an edited image into the cluster when its files changed; True when they had.

    Deployments that run the tag already are rolled over to the new content: the tag alone would not tell
    them.

    Raises:
        NotAbleError: it cannot be built or brought there.
    """
    digest = source.content
    live = client.get("Namespace", None, namespace)
    if (live["metadata"].get("annotations") or {}).get(DIGEST) == digest:
        return False
    narrate(f"building {source.reference} from the files in the workspace")
    provider.load_image(source, narrate)
    for deployment in client.list("Deployment", namespace).items:
        template = deployment["spec"]["template"]
        images = {container.get("image") for container in template["spec"].get("containers") or []}
        if source.reference in images:
            name = deployment["metadata"]["name"]
            client.patch("Deployment", namespace, name, _annotated(template=digest))
            narrate(f"deployment/{name} rolls over to the new image")
    # Last, so that an interruption before this point builds and rolls over again.
    client.patch("Namespace", None, namespace, {"metadata": {"annotations": {DIGEST: digest}}})
    return True


def _annotated(*, template: str) -> dict[str, object]:
    return {"spec": {"template": {"metadata": {"annotations": {DIGEST: template}}}}}
