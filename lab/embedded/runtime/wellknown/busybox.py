"""busybox: the shell and its applets, and nothing else."""

from __future__ import annotations

from lab.embedded.runtime.images import Image, ImageModel, Tag, Tags


def _image(_tag: Tag) -> Image:
    return Image(2_220_094, cmd=("sh",))


MODEL = ImageModel(
    tags=Tags(
        {"1.37": 0, "1.36": 1, "1.35": 0, "1.34": 1, "1.33": 1, "1.32": 1, "1.31": 1, "1.30": 1, "1.29": 3,
         "1.28": 4, "1.27": 2},
        ("", "glibc", "musl", "uclibc"),
        {"stable": "1.36.1", "unstable": "1.37.0", "1.29-4": "1.29.3"},
    ),
    image=_image,
)  # fmt: skip
