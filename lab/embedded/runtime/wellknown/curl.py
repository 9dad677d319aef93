"""curlimages/curl: an Alpine with curl in it, run by a user of its own."""

from __future__ import annotations

from lab.embedded.runtime.images import Image, ImageModel, Tag, Tags
from lab.embedded.runtime.wellknown import alpine

_ENTRYPOINT = b'#!/bin/sh\ncase "${1:-}" in\n  -*|http*) set -- curl "$@" ;;\nesac\nexec "$@"\n'


def _image(_tag: Tag) -> Image:
    return Image(
        9_320_000,
        entrypoint=("/entrypoint.sh",),
        cmd=("curl",),
        user=100,
        user_name="curl_user",
        users={"curl_user": 100},
        working_dir="/home/curl_user",
        directories={"/home/curl_user": 100},
        tools=alpine.TOOLS,
        executables={"/usr/bin/curl": "busybox"},
        files={
            **alpine.release(alpine.RELEASE),
            "/entrypoint.sh": _ENTRYPOINT,
        },
    )


MODEL = ImageModel(
    tags=Tags({"8.15": 0, "8.14": 1, "8.13": 0, "8.12": 1, "8.11": 1, "8.10": 1, "8.9": 1, "8.8": 0, "8.7": 1,
               "8.6": 0, "8.5": 0, "8.4": 0, "8.3": 0, "8.2": 1, "8.1": 2, "8.0": 1, "7.88": 1, "7.87": 0,
               "7.86": 0, "7.85": 0, "7.84": 0}),
    image=_image,
)  # fmt: skip
