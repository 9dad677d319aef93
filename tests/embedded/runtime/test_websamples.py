"""The small web servers of tutorials, and the distributions people look around in."""

from __future__ import annotations

import pytest

from tests.embedded.runtime.harness import House, log_of


@pytest.mark.parametrize(
    ("image", "args", "port", "answer"),
    [
        ("gcr.io/google-samples/hello-app:1.0", None, 8080, "Hello, world!\nVersion: 1.0.0\nHostname: web"),
        ("gcr.io/google-samples/hello-app:2.0", None, 8080, "Hello, world!\nVersion: 2.0.0\nHostname: web"),
        ("hashicorp/http-echo:0.2.3", ["-text=apple", "-listen=:5679"], 5679, "apple\n"),
        ("traefik/whoami", None, 80, "Hostname: web-1\nIP: 127.0.0.1\nIP: 10.244.0."),
        ("kicbase/echo-server:1.0", None, 8080, "Request served by web-1\n\nHTTP/1.1 GET /x?y=1\n\nHost: "),
        ("registry.k8s.io/echoserver:1.10", None, 8080, "\n\nHostname: web-1\n\nPod Information:\n\t-no pod"),
        ("gcr.io/google-samples/kubernetes-bootcamp:v1", None, 8080,
         "Hello Kubernetes bootcamp! | Running on: web-1 | v=1\n"),
        ("nginxinc/nginx-unprivileged:1.27-alpine", None, 8080, "<html>\r\n<head><title>404 Not Found"),
    ],
)  # fmt: skip
def test_a_sample_answers(image: str, args: list[str] | None, port: int, answer: str) -> None:
    house = House()
    house.start(None, image=image, args=args)
    house.agenda.advance(1)
    found = house.ask("/x?y=1", port=port)
    assert found.body.decode().startswith(answer), found


@pytest.mark.parametrize(
    ("image", "args", "code"),
    [
        ("gcr.io/google-samples/hello-app:1.0", None, 2),
        ("traefik/whoami:v1.10", None, 2),
        ("hashicorp/http-echo:1.0", ["-text=x"], 0),
        ("registry.k8s.io/e2e-test-images/agnhost:2.53", ["test-webserver"], 2),
        ("registry.k8s.io/e2e-test-images/agnhost:2.53", ["netexec"], 2),
        ("gcr.io/google-samples/kubernetes-bootcamp:v2", None, None),
    ],
)
def test_a_go_program_that_asks_for_no_signal_ends_with_2(
    image: str, args: list[str] | None, code: int
) -> None:
    house = House()
    container, ran = house.start(None, image=image, args=args)
    house.agenda.advance(1)
    container.signal(15)
    house.agenda.advance(1)
    assert ran.code == code


def test_http_echo_needs_a_text_and_has_no_shell() -> None:
    house = House()
    container, ran = house.start(None, image="hashicorp/http-echo")
    house.agenda.advance(1)
    assert (ran.code, log_of(container)) == (127, ["Missing -text option!"])


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("ubuntu", "Ubuntu 24.04.2 LTS"),
        ("ubuntu:jammy", "Ubuntu 22.04.5 LTS"),
        ("debian:bookworm-slim", "Debian GNU/Linux 12 (bookworm)"),
        ("debian:11", "Debian GNU/Linux 11 (bullseye)"),
    ],
)
def test_a_distribution_tells_its_name(image: str, name: str) -> None:
    house = House()
    container, _ = house.start(["sleep", "99"], image=image)
    shown = house.exec(container, ["bash", "-c", '. /etc/os-release; echo "$PRETTY_NAME"']).out
    assert shown == f"{name}\n"
