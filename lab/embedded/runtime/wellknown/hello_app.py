"""hello-app: Google's first sample, in its versions 1.0 and 2.0."""

from __future__ import annotations

from lab.embedded.runtime.daemons.samples import hello_app
from lab.embedded.runtime.images import Image, ImageModel, Tag, Tags


def _image(tag: Tag) -> Image:
    return Image(
        11_500_000,
        cmd=("/hello-app",),
        env={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "PORT": "8080"},
        executables={"/hello-app": f"hello-app-{tag.version[0]}"},
        tools=(),
    )


MODEL = ImageModel(
    tags=Tags({"2": 0, "1": 0}, bare=False, latest=False),
    image=_image,
    programs={"hello-app-1": hello_app("1.0.0"), "hello-app-2": hello_app("2.0.0")},
)
