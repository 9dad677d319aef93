"""Builds an image from a directory on a real engine, with its output as progress.

The SDK speaks to the classic builder, so no Dockerfile of the lab uses what only BuildKit knows. Leaving
the stream early makes the engine stop the build; an image gets its tag only at the end, so an interrupted
build leaves nothing that could be taken for one.
"""

from __future__ import annotations

import re
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from lab.errors import Cancelled, NotAbleError
from lab.images.content import files_of
from lab.images.engine import engine

if TYPE_CHECKING:
    import docker

    from lab.settings import Settings

Progress = Callable[[str], None]

STEP = re.compile(r"Step (\d+)/(\d+) : (.*)")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
KEPT = 30
"""Lines of a failing step's output that the error shows."""

MANAGED_LABEL = "app.kubernetes.io/managed-by"


class Source(Protocol):
    """What is built: `lab.providers.base.ImageSource` has this shape."""

    @property
    def reference(self) -> str:
        """The tag it gets."""

    @property
    def directory(self) -> Path:
        """Where its Dockerfile is."""

    @property
    def build_args(self) -> Mapping[str, str]:
        """Values for the Dockerfile's `ARG`s, over those of the settings."""

    @property
    def also(self) -> tuple[str, ...]:
        """Further tags it gets."""


Build = Callable[[Source, Progress], None]
"""Builds an image: `lab.providers.base.Build`."""


@dataclass
class Transcript:
    """A build's output as it comes: lines, and the step they belong to."""

    step: str = ""
    tail: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT))
    error: str = ""
    _partial: str = ""

    def feed(self, event: Mapping[str, Any]) -> Iterator[str]:
        """Take one event of the engine's stream; gives the lines that are now complete."""
        if "error" in event:
            self.error = str(event.get("errorDetail", {}).get("message") or event["error"]).strip()
        elif set(event) == {"message"}:  # refused before the first step: a Dockerfile that does not parse
            self.error = str(event["message"]).strip()
        text = self._partial + str(event.get("stream", ""))
        if status := event.get("status"):  # the base image being pulled
            text += f"{event['id']}: {status}\n" if "id" in event else f"{status}\n"
            if event.get("progressDetail"):
                return  # a progress bar's tick, many a second
        *whole, self._partial = text.split("\n")
        for line in whole:
            clean = COLOUR.sub("", line).rstrip("\r")
            if match := STEP.match(clean):
                self.step = clean
                self.tail.clear()
                yield f"[{match[1]}/{match[2]}] {match[3]}"
            elif clean.strip():
                self.tail.append(clean)
                yield clean

    def finish(self) -> Iterator[str]:
        """The last line, where it has no end."""
        if self._partial.strip():
            yield self._partial
            self.tail.append(self._partial)
        self._partial = ""


def _never() -> bool:
    return False


def builder(settings: Settings, cancelled: Callable[[], bool] = _never) -> Build:
    """A `build(source, progress)` for providers, with the user's engine, base image and index."""

    def build(source: Source, progress: Progress) -> None:
        build_image(source, settings, progress, cancelled)

    return build


def build_image(
    source: Source, settings: Settings, progress: Progress, cancelled: Callable[[], bool] = _never
) -> str:
    """Build `source` and tag it; gives the image's ID. Every line of output goes to `progress`.

    Raises:
        NotAbleError: no engine, or a step failed (which one, and its output).
        ContentError: the directory cannot be an image.
        Cancelled: `cancelled` said so between two lines.
    """
    files = files_of(source.directory)
    if "Dockerfile" not in files:
        raise NotAbleError(
            "there is no Dockerfile",
            where=str(source.directory),
            remedy="reset the exercise's image directory",
        )
    transcript = Transcript()
    with (
        engine(settings.environment) as client,
        tempfile.TemporaryDirectory(prefix="podlab-build-") as context,
    ):
        _lay_out(source.directory, files, Path(context))
        stream = client.api.build(path=context, tag=source.reference, **_options(source, settings))
        for event in _events(stream, source):
            if cancelled():
                stream.close()
                raise Cancelled(
                    f"the build of {source.reference} was interrupted", remedy="nothing was tagged"
                )
            for line in transcript.feed(event):
                progress(line)
        for line in transcript.finish():
            progress(line)
        if transcript.error:
            raise _failed(source, transcript)
        for name in source.also:
            client.api.tag(source.reference, name)
        return _identity(client, source)


def save_image(reference: str, target: Path, settings: Settings) -> None:
    """Write an image of the engine into a tar file, as `docker save` does.

    Raises:
        NotAbleError: no engine, or it has no such image.
    """
    from docker.errors import ImageNotFound  # noqa: PLC0415

    with engine(settings.environment) as client:
        try:
            chunks = client.images.get(reference).save(named=reference)
        except ImageNotFound as error:
            raise NotAbleError(
                f"the engine has no image {reference}", remedy="build it first: it was removed or never built"
            ) from error
        partial = target.with_name(f"{target.name}.partial")
        with partial.open("wb") as file:
            for chunk in chunks:
                file.write(chunk)
        partial.replace(target)


def _options(source: Source, settings: Settings) -> dict[str, Any]:
    arguments = {
        "BASE_IMAGE": settings.base_image,
        "PIP_INDEX_URL": settings.pip_index_url,
        "PIP_TRUSTED_HOST": settings.environment.get("PODLAB_PIP_TRUSTED_HOST", ""),
        **source.build_args,
    }
    network = settings.environment.get("PODLAB_BUILD_NETWORK", "")
    return {
        "buildargs": {name: text for name, text in arguments.items() if text},
        "decode": True,
        "forcerm": True,
        "labels": {MANAGED_LABEL: "podlab"},
        "rm": True,
        **({"network_mode": network} if network else {}),
    }


def _lay_out(directory: Path, files: Mapping[str, bytes], context: Path) -> None:
    """Copy what counts and nothing else, so that what is built is what the digest names."""
    for name, data in files.items():
        target = context / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        executable = (directory / name).stat().st_mode & 0o111
        target.chmod(0o755 if executable else 0o644)


def _events(stream: Any, source: Source) -> Iterator[Mapping[str, Any]]:
    from docker.errors import APIError  # noqa: PLC0415

    try:
        yield from stream
    except APIError as error:  # refused before the first step: a Dockerfile that does not parse
        raise NotAbleError(
            f"the engine refused to build {source.reference}: {error.explanation or error}",
            where=str(source.directory / "Dockerfile"),
            remedy="mend the Dockerfile and try again",
        ) from error
    except OSError as error:  # requests' errors are OSErrors
        raise NotAbleError(
            f"the connection to the Docker engine broke during the build of {source.reference}: {error}",
            remedy="check the engine with `docker info`, then try again",
        ) from error


def _failed(source: Source, transcript: Transcript) -> NotAbleError:
    step = transcript.step or "before its first step"
    output = "\n".join(f"    {line}" for line in transcript.tail)
    shown = f"\n{output}" if output else ""
    return NotAbleError(
        f"building {source.reference} failed at: {step}\n{transcript.error}{shown}",
        where=str(source.directory),
        remedy=_way_out(transcript, source),
    )


def _way_out(transcript: Transcript, source: Source) -> str:
    text = transcript.error.lower() + "\n".join(transcript.tail).lower()
    if transcript.step.partition(" : ")[2].startswith("FROM"):
        return (
            "the base image cannot be had; name another one with PODLAB_BASE_IMAGE "
            "(it needs Python 3.11 or later with pip)"
        )
    if "could not find a version" in text or "connection" in text or "resolve" in text:
        return (
            "check the names and versions in requirements.txt; where pip cannot reach its package index from "
            "the build, name one with PODLAB_PIP_INDEX_URL, or the network with PODLAB_BUILD_NETWORK=host"
        )
    return f"see it by yourself: docker build -t {source.reference} {source.directory}"


def _identity(client: docker.DockerClient, source: Source) -> str:
    return str(client.images.get(source.reference).id)
