"""nginxinc/nginx-unprivileged: nginx as user 101, on port 8080, with what it writes in /tmp."""

from __future__ import annotations

from msgspec.structs import replace

from lab.embedded.runtime.images import Image, ImageModel, Tag
from lab.embedded.runtime.wellknown import nginx

_TEMPORARY = "".join(
    f"    {name}_temp_path /tmp/{folder};\n"
    for name, folder in (("proxy", "proxy_temp"), ("client_body", "client_temp"), ("fastcgi", "fastcgi_temp"),
                         ("uwsgi", "uwsgi_temp"), ("scgi", "scgi_temp"))
)  # fmt: skip


def _image(tag: Tag) -> Image:
    plain = nginx.MODEL.image(tag)
    files = dict(plain.files)
    main = files["/etc/nginx/nginx.conf"].decode()
    main = main.replace("user  nginx;\n", "").replace("/run/nginx.pid", "/tmp/nginx.pid")  # noqa: S108 (the container's)
    files["/etc/nginx/nginx.conf"] = main.replace("http {\n", f"http {{\n{_TEMPORARY}\n").encode()
    default = (
        files["/etc/nginx/conf.d/default.conf"].decode().replace("listen       80;", "listen       8080;")
    )
    files["/etc/nginx/conf.d/default.conf"] = files["/etc/nginx/.default.conf"] = default.encode()
    directories = {**plain.directories, "/etc/nginx/conf.d": 101, "/var/cache/nginx": 101}
    return replace(plain, user=101, files=files, directories=directories)


MODEL = ImageModel(tags=nginx.MODEL.tags, image=_image, programs=nginx.MODEL.programs)
