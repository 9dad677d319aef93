"""python: what runs is a child process with the interpreter Podlab itself runs on, whatever the tag says."""

from __future__ import annotations

from lab.embedded.runtime.images import Image, ImageModel, Tag, Tags
from lab.embedded.runtime.wellknown import alpine, debian

PATH = "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
_SIZES = {"": 365_000_000, "bookworm": 365_000_000, "alpine": 17_000_000}


def _image(tag: Tag) -> Image:
    based_on_alpine = tag.variant.startswith("alpine")
    line = tag.version.rsplit(".", 1)[0]
    names = ("python", "python3", f"python{line}")
    extra = {} if based_on_alpine else debian.PACKAGES
    return Image(
        _SIZES.get(tag.variant, 45_514_402),
        cmd=("python3",),
        env={"PATH": PATH, "LANG": "C.UTF-8", "PYTHON_VERSION": tag.version},
        executables={**{f"/usr/local/bin/{name}": "python" for name in names}, **extra,
                     "/usr/local/bin/pip": "unavailable", "/usr/local/bin/pip3": "unavailable"},
        files=alpine.release(alpine.RELEASE) if based_on_alpine else debian.FILES,
        tools=alpine.TOOLS if based_on_alpine else _tools(tag.variant),
    )  # fmt: skip


def _tools(variant: str) -> tuple[str, ...]:
    """The plain image is built on a Debian with everything a build needs; a slim one is not."""
    return (
        debian.TOOLS
        if "slim" in variant
        else (*debian.TOOLS, "curl", "wget", "ps", "pgrep", "pkill", "top", "free")
    )


MODEL = ImageModel(
    tags=Tags(
        {
            "3.13": 5,
            "3.12": 11,
            "3.11": 13,
            "3.10": 18,
            "3.9": 23,
            "3.8": 20,
            "3.7": 17,
            "3.6": 15,
            "2.7": 18,
        },
        ("", "slim", "slim-bookworm", "bookworm", "alpine", "alpine3.20"),
    ),
    image=_image,
)
