"""nginx: its entry point, its configuration and default page; the server itself is `daemons.nginx`."""

from __future__ import annotations

from lab.embedded.runtime.daemons.nginx.entrypoint import OWN, SCRIPTS, entrypoint
from lab.embedded.runtime.daemons.nginx.master import nginx
from lab.embedded.runtime.images import Image, ImageModel, Tag, Tags
from lab.embedded.runtime.signals import QUIT
from lab.embedded.runtime.wellknown import alpine, debian

WELCOME = b"""<!DOCTYPE html>
<html>
<head>
<title>Welcome to nginx!</title>
</head>
<body>
<h1>Welcome to nginx!</h1>
<p>The nginx web server is installed and working.</p>
</body>
</html>
"""
_ERROR = WELCOME.replace(b"Welcome to nginx!", b"An error occurred.")
_MAIN = b"""
user  nginx;
worker_processes  auto;

error_log  /var/log/nginx/error.log notice;
pid        /run/nginx.pid;


events {
    worker_connections  1024;
}


http {
    include       /etc/nginx/mime.types;
    default_type  application/octet-stream;

    log_format  main  '$remote_addr - $remote_user [$time_local] "$request" '
                      '$status $body_bytes_sent "$http_referer" '
                      '"$http_user_agent" "$http_x_forwarded_for"';

    access_log  /var/log/nginx/access.log  main;

    sendfile        on;
    #tcp_nopush     on;

    keepalive_timeout  65;

    #gzip  on;

    include /etc/nginx/conf.d/*.conf;
}
"""
_DEFAULT = b"""server {
    listen       80;
    server_name  localhost;

    #access_log  /var/log/nginx/host.access.log  main;

    location / {
        root   /usr/share/nginx/html;
        index  index.html index.htm;
    }

    #error_page  404              /404.html;

    # redirect server error pages to the static page /50x.html
    #
    error_page   500 502 503 504  /50x.html;
    location = /50x.html {
        root   /usr/share/nginx/html;
    }
}
"""
_TYPES = b"""
types {
    text/html                                        html htm shtml;
    text/css                                         css;
    text/xml                                         xml;
    image/gif                                        gif;
    image/jpeg                                       jpeg jpg;
    application/javascript                           js;
    text/plain                                       txt;
    image/png                                        png;
    image/svg+xml                                    svg svgz;
    image/x-icon                                     ico;
    application/json                                 json;
    application/pdf                                  pdf;
    application/wasm                                 wasm;
    application/zip                                  zip;
    font/woff2                                       woff2;
}
"""


def _image(tag: Tag) -> Image:
    small = "alpine" in tag.variant
    return Image(
        20_500_000 if small else 72_400_000,
        entrypoint=("/docker-entrypoint.sh",),
        cmd=("nginx", "-g", "daemon off;"),
        env={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
             "NGINX_VERSION": tag.version, "NJS_VERSION": "0.9.1", "NJS_RELEASE": "1",
             "PKG_RELEASE": "1" if small else "1~bookworm", "DYNPKG_RELEASE": "1"},
        executables={"/usr/sbin/nginx": "nginx", "/docker-entrypoint.sh": "nginx-entrypoint",
                     "/usr/bin/envsubst": "busybox", "/usr/bin/curl": "busybox",
                     **({} if small else debian.PACKAGES)},
        files={
            **(alpine.release(alpine.RELEASE) if small else debian.FILES),
            "/etc/nginx/nginx.conf": _MAIN, "/etc/nginx/mime.types": _TYPES,
            "/etc/nginx/conf.d/default.conf": _DEFAULT, "/etc/nginx/.default.conf": _DEFAULT,
            "/etc/nginx/.version": tag.version.encode(),
            "/usr/share/nginx/html/index.html": WELCOME, "/usr/share/nginx/html/50x.html": _ERROR,
            **{f"{SCRIPTS}/{name}": b"#!/bin/sh\n" for name in OWN},
        },
        links={"/var/log/nginx/access.log": "/dev/stdout", "/var/log/nginx/error.log": "/dev/stderr"},
        directories={"/var/cache/nginx": 0, "/run": 0, "/etc/nginx/modules": 0},
        tools=alpine.TOOLS if small else debian.TOOLS,
        users={"nginx": 101},
        stop_signal=QUIT,
    )  # fmt: skip


MODEL = ImageModel(
    tags=Tags(
        {"1.29": 1, "1.28": 0, "1.27": 5, "1.26": 3, "1.25": 5, "1.24": 0, "1.23": 4, "1.22": 1, "1.21": 6,
         "1.20": 2, "1.19": 10, "1.18": 0, "1.17": 10, "1.16": 1, "1.15": 12, "1.14": 2, "1.13": 12,
         "1.12": 2,
         "1.11": 13, "1.10": 3, "1.9": 15, "1.8": 1, "1.7": 12},
        ("", "alpine", "alpine-slim", "alpine-perl", "perl", "bookworm", "otel"),
        {"stable": "1.28.0", "mainline": "1.29.1"},
    ),
    image=_image,
    programs={"nginx": nginx, "nginx-entrypoint": entrypoint},
)  # fmt: skip
