"""alpine: busybox' applets, without its `httpd` and `telnet` (they are in a package of their own there)."""

from __future__ import annotations

from lab.embedded.runtime.applets.table import NAMES
from lab.embedded.runtime.images import Image, ImageModel, Tag, Tags

MISSING = frozenset(
    ["httpd", "telnet", "telnetd", "tftp", "tftpd", "ftpget", "ftpput", "ftpd", "dnsd", "inetd", "udhcpd",
     "dumpleases", "fakeidentd", "lpd", "lpq", "lpr", "dpkg", "dpkg-deb", "rpm", "rpm2cpio"]
)  # fmt: skip
"""What `busybox-extras` and other packages have there."""
TOOLS = tuple(name for name in NAMES if name not in MISSING)
"""The commands every Alpine-based image has."""
RELEASE = "3.20.3"


def release(version: str) -> dict[str, bytes]:
    """The files that tell which Alpine this is."""
    line = version.rsplit(".", 1)[0]
    text = f'NAME="Alpine Linux"\nID=alpine\nVERSION_ID={version}\nPRETTY_NAME="Alpine Linux v{line}"\n'
    return {"/etc/alpine-release": f"{version}\n".encode(), "/etc/os-release": text.encode()}


def _image(tag: Tag) -> Image:
    return Image(3_642_247, cmd=("/bin/sh",), files=release(tag.version), tools=TOOLS,
                 executables={"/sbin/apk": "unavailable"})  # fmt: skip


MODEL = ImageModel(
    tags=Tags(
        {"3.22": 1, "3.21": 3, "3.20": 6, "3.19": 7, "3.18": 12, "3.17": 10, "3.16": 9, "3.15": 11,
         "3.14": 10, "3.13": 12, "3.12": 12, "3.11": 13, "3.10": 9, "3.9": 6},
        names={"edge": "3.22.1"},
    ),
    image=_image,
)  # fmt: skip
