"""ubuntu: a shell and the GNU tools, and `ps`."""

from __future__ import annotations

from lab.embedded.runtime.images import Image, ImageModel, Tag, Tags
from lab.embedded.runtime.wellknown import debian

_RELEASES = {
    "24": ("noble", "24.04.2", "Noble Numbat"),
    "22": ("jammy", "22.04.5", "Jammy Jellyfish"),
    "20": ("focal", "20.04.6", "Focal Fossa"),
    "18": ("bionic", "18.04.6", "Bionic Beaver"),
}


def _image(tag: Tag) -> Image:
    name, version, title = _RELEASES[tag.version.partition(".")[0]]
    text = (
        f'PRETTY_NAME="Ubuntu {version} LTS"\nNAME="Ubuntu"\nVERSION_ID="{version.rpartition(".")[0]}"\n'
        f'VERSION="{version} LTS ({title})"\nVERSION_CODENAME={name}\nID=ubuntu\nID_LIKE=debian\n'
    )
    return Image(
        29_700_000,
        cmd=("/bin/bash",),
        env={"PATH": debian.PATH},
        files={"/etc/os-release": text.encode()},
        tools=(*debian.TOOLS, "ps", "free", "top", "pgrep", "pkill"),
        executables=debian.PACKAGES,
    )


MODEL = ImageModel(
    tags=Tags(
        dict.fromkeys(_RELEASES, 4),
        names={
            text: f"{number}.4" for number, each in _RELEASES.items() for text in (f"{number}.04", each[0])
        },
        bare=False,
    ),
    image=_image,
)
