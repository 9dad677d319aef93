"""traefik/whoami: tells about the host and the request; it has no shell."""

from __future__ import annotations

from lab.embedded.runtime.daemons.samples import whoami
from lab.embedded.runtime.images import Image, ImageModel, Tag, Tags


def _image(_tag: Tag) -> Image:
    return Image(2_900_000, entrypoint=("/whoami",), executables={"/whoami": "whoami"}, tools=())


MODEL = ImageModel(
    tags=Tags({"v1.11": 0, "v1.10": 4, "v1.9": 0, "v1.8": 7}), image=_image, programs={"whoami": whoami}
)
