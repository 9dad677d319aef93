"""The table of modelled images: which repositories there are, and which file models each.

A model is loaded when somebody first asks for its image: the servers behind them cost imports that a cluster
without them should not pay.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.embedded.runtime.images import ImageModel
    from lab.embedded.runtime.process import Program

PLACES = {
    "docker.io/curlimages/curl": "curl",
    "docker.io/library/alpine": "alpine",
    "docker.io/library/busybox": "busybox",
    "docker.io/library/debian": "debian",
    "docker.io/library/httpd": "httpd",
    "docker.io/library/nginx": "nginx",
    "docker.io/library/postgres": "postgres",
    "docker.io/library/python": "python",
    "docker.io/library/redis": "redis",
    "docker.io/library/ubuntu": "ubuntu",
    "docker.io/hashicorp/http-echo": "http_echo",
    "docker.io/jmalloc/echo-server": "echo_server",
    "docker.io/kicbase/echo-server": "echo_server",
    "docker.io/nginxinc/nginx-unprivileged": "nginx_unprivileged",
    "docker.io/traefik/whoami": "whoami",
    "gcr.io/google-samples/hello-app": "hello_app",
    "gcr.io/google-samples/kubernetes-bootcamp": "bootcamp",
    "us-docker.pkg.dev/google-samples/containers/gke/hello-app": "hello_app",
    "registry.k8s.io/echoserver": "echoserver",
    "localhost/pause": "pause",
    "quay.io/curl/curl": "curl",
    "registry.k8s.io/busybox": "busybox",
    "registry.k8s.io/e2e-test-images/agnhost": "agnhost",
    "registry.k8s.io/e2e-test-images/busybox": "busybox",
    "registry.k8s.io/pause": "pause",
}
"""Registry and repository, and the module here that models it."""

_programs: dict[str, Program] = {}


@cache
def _load(module: str) -> ImageModel:
    model: ImageModel = import_module(f"{__package__}.{module}").MODEL
    _programs.update(model.programs)
    return model


def find(place: str) -> ImageModel | None:
    """The model of a repository; None: nobody models it."""
    module = PLACES.get(place)
    return _load(module) if module is not None else None


def program(name: str) -> Program | None:
    """A program of the models looked at so far: an image is found before anything of it runs."""
    return _programs.get(name)
