"""httpd: Apache's web server."""

from __future__ import annotations

from lab.embedded.runtime.daemons import apache
from lab.embedded.runtime.images import Image, ImageModel, Tag, Tags
from lab.embedded.runtime.signals import WINCH
from lab.embedded.runtime.wellknown import alpine, debian

HOME = "/usr/local/apache2"


def _image(tag: Tag) -> Image:
    small = tag.variant.startswith("alpine")
    return Image(
        56_378_312 if not small else 22_000_000,
        cmd=("httpd-foreground",),
        env={
            "PATH": f"{HOME}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HTTPD_PREFIX": HOME,
            "HTTPD_VERSION": tag.version,
        },
        working_dir=HOME,
        executables={"/usr/local/bin/httpd-foreground": "httpd", f"{HOME}/bin/httpd": "httpd",
                     f"{HOME}/bin/apachectl": "httpd"},
        files={
            **(alpine.release(alpine.RELEASE) if small else debian.FILES),
            f"{HOME}/htdocs/index.html": b"<html><body><h1>It works!</h1></body></html>\n",
            f"{HOME}/conf/httpd.conf": apache.CONFIGURATION,
        },
        directories={f"{HOME}/logs": 0, f"{HOME}/cgi-bin": 0},
        tools=alpine.TOOLS if small else debian.TOOLS,
        users={"www-data": 82 if small else 33},
        stop_signal=WINCH,
    )  # fmt: skip


MODEL = ImageModel(
    tags=Tags({"2.4": 65}, ("", "alpine", "bookworm", "alpine3.22")),
    image=_image,
    programs={"httpd": apache.httpd},
)
