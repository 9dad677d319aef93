"""kubernetes-bootcamp: the sample of the tutorials of kubernetes.io, in its versions v1 and v2."""

from __future__ import annotations

from lab.embedded.runtime.daemons.samples import bootcamp
from lab.embedded.runtime.images import Image, ImageModel, Tag, Tags
from lab.embedded.runtime.wellknown import debian


def _image(tag: Tag) -> Image:
    return Image(
        83_700_000,
        cmd=("/bin/sh", "-c", "node server.js"),
        env={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "NODE_VERSION": "6.3.1"},
        executables={"/usr/local/bin/node": f"bootcamp-{tag.version[1]}", "/usr/bin/curl": "busybox"},
        files={**debian.FILES, "/server.js": b"// the program is played by the simulation\n"},
        tools=(*debian.TOOLS, "ps"),
    )


MODEL = ImageModel(
    tags=Tags({}, latest=False, bare=False, names={"v1": "v1", "v2": "v2"}),
    image=_image,
    programs={"bootcamp-1": bootcamp("1"), "bootcamp-2": bootcamp("2")},
)
