"""agnhost: Kubernetes' own test image, a Go program with many subcommands on a small Alpine."""

from __future__ import annotations

from lab.embedded.runtime.daemons.agnhost import commands
from lab.embedded.runtime.images import Image, ImageModel, Tag, Tags
from lab.embedded.runtime.wellknown import alpine


def _image(_tag: Tag) -> Image:
    return Image(
        50_732_000,
        entrypoint=("/agnhost",),
        cmd=("pause",),
        executables={"/agnhost": "agnhost", "/agnhost-2": "agnhost", "/usr/bin/curl": "busybox"},
        files=alpine.release(alpine.RELEASE),
        directories={"/uploads": 0},
        tools=alpine.TOOLS,
    )


MODEL = ImageModel(
    tags=Tags({"2": 59}, bare=False, latest=False),
    image=_image,
    programs={"agnhost": commands.agnhost},
)
