"""Loads the logic of the lab's own images from the very files their containers run.

An image's logic is plain modules that import one another by short names (`effects`, `settings`). They are
loaded under names of their own, so that two images, and the lab, never meet in `sys.modules`.
"""

from __future__ import annotations

import builtins
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from pathlib import Path

PREFIX = "podlab_image_"

SCRIPTS: Mapping[str, Mapping[str, str]] = {
    "healthz": {"app.py": "health"},
    "actuator": {"app.py": "availability", "database.py": "storage"},
}
"""For each image, which of its scripts puts a web server in front of which module of logic."""

ASK = "ask.py"
"""The script of every image that asks its own app (`ask /healthz`)."""


class Answer(Protocol):
    """`effects.Answer` of an image."""

    status: int
    body: bytes
    content_type: str


class Logic(Protocol):
    """`effects.Process` of an image."""

    def boot(self) -> Generator[Any, Any, None]:
        """From the start until it serves."""

    def handle(self, request: Any) -> Generator[Any, Any, Answer]:
        """Answer one request."""

    def terminate(self) -> Generator[Any, Any, None]:
        """What SIGTERM does."""


class ShippedImage(Struct, frozen=True):
    """One of the lab's images as the lab has it on disk."""

    name: str
    directory: Path
    files: Mapping[str, bytes]
    """What the image has in its work directory."""

    def script_logic(self, script: str) -> str | None:
        """The module of logic behind a script; None: the script is something else."""
        return SCRIPTS.get(self.name, {}).get(script)

    def start(self, module: str, env: Mapping[str, str], clock: Callable[[], float]) -> Logic:
        """A new process of that logic."""
        logic: Logic = self._load(module).start(env, clock)
        return logic

    def request(self, listener: str, method: str, path: str, query: Mapping[str, str]) -> Any:
        """An `effects.Request` of this image."""
        return self._load("effects").Request(listener, method, path, query)

    def _load(self, name: str) -> Any:
        full = f"{PREFIX}{self.name}.{name}"
        if (loaded := sys.modules.get(full)) is not None and loaded.__dict__.get(
            "__podlab_files__"
        ) is self.files:
            return loaded
        module = ModuleType(full)
        path = self.directory / f"{name}.py"
        scope = {**vars(builtins), "__import__": self._import}
        module.__dict__.update({"__builtins__": scope, "__file__": str(path), "__podlab_files__": self.files})
        sys.modules[full] = module  # before its code runs: dataclasses look their module up
        exec(compile(self.files[f"{name}.py"], str(path), "exec", dont_inherit=True), module.__dict__)  # noqa: S102 (the lab's own files)
        return module

    def _import(
        self, name: str, scope: Any = None, local: Any = None, names: Any = (), level: int = 0
    ) -> ModuleType:
        if level == 0 and f"{name}.py" in self.files:
            loaded: ModuleType = self._load(name)
            return loaded
        return builtins.__import__(name, scope, local, names, level)


def contents(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """What of an image's directory lands in the container's work directory (`COPY *.py requirements.txt`)."""
    return {
        name: data
        for name, data in files.items()
        if name == "requirements.txt" or (name.endswith(".py") and "__pycache__" not in name)
    }


def shipped_images(directory: Path) -> tuple[ShippedImage, ...]:
    """The lab's images under `directory` (the `images/` of the checkout or of the wheel), by name.

    Raises:
        FileNotFoundError: an image's directory is not there.
    """
    found = []
    for name in SCRIPTS:
        place = directory / name
        files = {path.name: path.read_bytes() for path in sorted(place.iterdir()) if path.is_file()}
        found.append(ShippedImage(name, place, contents(files)))
    return tuple(found)
