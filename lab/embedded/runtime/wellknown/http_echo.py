"""hashicorp/http-echo: one text to every request, without a shell, as user 65532."""

from __future__ import annotations

from lab.embedded.runtime.daemons.samples import http_echo
from lab.embedded.runtime.images import Image, ImageModel, Tag, Tags


def _image(tag: Tag) -> Image:
    old = tag.version.startswith("0.")
    return Image(
        5_500_000,
        entrypoint=("/http-echo",),
        env={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
        executables={"/http-echo": "http-echo"},
        tools=(),
        user=0 if old else 65532,
    )


MODEL = ImageModel(
    tags=Tags({"1.0": 0, "0.2": 3}, bare=False, names={"1.0": "1.0.0", "1": "1.0.0"}),
    image=_image,
    programs={"http-echo": http_echo},
)
