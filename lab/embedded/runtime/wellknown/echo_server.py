"""jmalloc/echo-server, which is kicbase/echo-server too: the request, and who served it."""

from __future__ import annotations

from lab.embedded.runtime.daemons.samples import echo_server
from lab.embedded.runtime.images import Image, ImageModel, Tag, Tags


def _image(_tag: Tag) -> Image:
    return Image(
        2_100_000,
        entrypoint=("/bin/echo-server",),
        env={"PORT": "8080"},
        executables={"/bin/echo-server": "echo-server"},
        tools=(),
    )


MODEL = ImageModel(
    tags=Tags({"1": 0, "0.3": 7}, names={"1.0": "1.0", "v0.3.7": "0.3.7"}),
    image=_image,
    programs={"echo-server": echo_server},
)
