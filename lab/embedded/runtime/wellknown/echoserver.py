"""echoserver: the registry's nginx that tells of the request."""

from __future__ import annotations

from lab.embedded.runtime.daemons.samples import echoserver
from lab.embedded.runtime.images import Image, ImageModel, Tag, Tags
from lab.embedded.runtime.wellknown import alpine


def _image(_tag: Tag) -> Image:
    return Image(
        45_000_000,
        cmd=("/usr/local/bin/run.sh",),
        executables={"/usr/local/bin/run.sh": "echoserver"},
        files=alpine.release(alpine.RELEASE),
        tools=alpine.TOOLS,
    )


MODEL = ImageModel(
    tags=Tags({"1": 10}, bare=False, latest=False), image=_image, programs={"echoserver": echoserver}
)
