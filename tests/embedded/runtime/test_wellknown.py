"""The modelled images: what their containers say, answer and end with."""

from __future__ import annotations

import pytest

from lab.embedded.runtime.filesystem import FileTree
from lab.embedded.runtime.interface import Mount
from lab.embedded.runtime.registry import ImageTable
from lab.embedded.runtime.wellknown import table
from tests.embedded.runtime.harness import House, log_of

# -- names and tags -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", sorted(table.PLACES))
def test_every_model_has_an_image_for_every_tag_it_names(place: str) -> None:
    model = table.find(place)
    assert model is not None
    tags = {tag.canonical: tag for tag in model.tags.all()}
    for variant in model.tags.variants:
        tag = next(each for each in tags.values() if each.variant == variant)
        image = model.image(tag)
        assert image.entrypoint or image.cmd
        for program in image.executables.values():
            known = program in ("busybox", "python", "unavailable") or table.program(program)
            assert known, f"{place}: nobody plays {program}"
        image.tree()


@pytest.mark.parametrize(
    ("text", "same_as"),
    [
        ("nginx", "docker.io/library/nginx:1.29.1"),
        ("nginx:stable", "nginx:1.28.0"),
        ("nginx:1.27-alpine", "docker.io/library/nginx:1.27.5-alpine"),
        ("index.docker.io/library/nginx:1.27", "nginx:1.27.5"),
        ("nginx:1", "nginx:latest"),
        ("busybox:1.36", "busybox:1.36.1"),
        ("python:3.12-slim", "python:3.12.11-slim"),
        ("postgres:16-alpine", "postgres:16.9-alpine"),
    ],
)
def test_tags_that_mean_the_same_image_have_one_digest(text: str, same_as: str) -> None:
    images = ImageTable()
    assert images.identity(text) == images.identity(same_as) != ""


@pytest.mark.parametrize(
    "text",
    [
        "nginx:1.161",
        "nginx:1.27.6",
        "busybox:latest-alpine",
        "postgres:16.99",
        "registry.k8s.io/e2e-test-images/agnhost:2.53.1",
    ],
)
def test_a_tag_the_repository_lacks_is_not_found(text: str) -> None:
    images = ImageTable()
    assert (images.registry_error(text) or "").startswith("rpc error: code = NotFound")
    assert (images.registry_error(text) or "").endswith(": not found")
    assert images.find(text) is None


def test_a_digest_is_known_once_an_image_was_shown_to_have_it() -> None:
    images = ImageTable()
    shown = images.identity("nginx:1.27")
    assert images.identity(shown) == shown
    assert images.registry_error(f"nginx:1.1@{shown.partition('@')[2]}") is None  # the digest decides
    assert (images.registry_error("nginx@sha256:" + "ab" * 32) or "").endswith(": not found")


def test_the_old_registry_has_nothing_any_more() -> None:
    assert (ImageTable().registry_error("k8s.gcr.io/pause:3.2") or "").endswith(
        "k8s.gcr.io/pause:3.2: not found"
    )


# -- nginx --------------------------------------------------------------------------------------------------


FILE = "/etc/nginx/conf.d/default.conf"


def _nginx(configuration: str, **options: object) -> tuple[House, list[str]]:
    house, tree = House(), FileTree()
    tree.publish({"default.conf": configuration.encode()})
    mounts = [Mount("/etc/nginx/conf.d", tree, read_only=True)]
    container, _ = house.start(None, image="nginx:1.27", mounts=mounts, **options)  # type: ignore[arg-type]
    house.agenda.advance(1)
    return house, log_of(container)


def test_nginx_serves_its_page_and_logs_as_nginx_does() -> None:
    house = House()
    container, ran = house.start(None, image="nginx:1.27")
    house.agenda.advance(1)
    found = house.ask("/", headers=[("User-Agent", "kube-probe/1.36")])
    assert (found.status, dict(found.headers)["Server"]) == (200, "nginx/1.27.5")
    assert b"Welcome to nginx!" in found.body
    assert house.ask("/nothing").status == 404
    out, err = log_of(container, "stdout"), log_of(container, "stderr")
    assert (
        '10.0.0.1 - - [01/Jan/2026:00:00:01 +0000] "GET / HTTP/1.1" 200 175 "-" "kube-probe/1.36" "-"' in out
    )
    missing = [each for each in err if "failed (2: No such file or directory)" in each]
    assert 'open() "/usr/share/nginx/html/nothing"' in missing[0]
    assert "/docker-entrypoint.sh: Configuration complete; ready for start up" in out
    container.signal(container.stop_signal)
    house.agenda.advance(1)
    assert ran.code == 0
    assert log_of(container)[-2].endswith("signal 3 (SIGQUIT) received, shutting down")


@pytest.mark.parametrize(
    ("configuration", "path", "status", "body"),
    [
        ("server { listen 80; location / { return 200 'hi $uri\\n'; } }", "/x", 200, "hi /x\n"),
        ("server { listen 80; return 301 https://example.org$request_uri; }", "/a?b=1", 301, None),
        ("server { listen 80; location = /ok { return 204; } location / { return 418; } }", "/ok", 204, ""),
        ("server { listen 80; location ~ x { return 403; } location / { return 200; } }", "/x.p", 403, None),
        ("server { listen 80; root /etc; location / { try_files $uri /passwd; } }", "/z", 200, None),
        ("server { listen 80; error_page 404 /sorry; location /sorry { return 200 s; } }", "/none", 404, "s"),
        ("server { listen 80; location / { deny all; } }", "/", 403, None),
        ("server { listen 80; rewrite ^/old/(.*)$ /new/$1; location /new { return 200 $uri; } }",
         "/old/a", 200, "/new/a"),
        ("server { listen 80; location / { proxy_pass http://127.0.0.1:9; } }", "/", 502, None),
        (("server { listen 80; location /a { proxy_pass http://127.0.0.1:81/b; } }\n"
          "server { listen 81; location / { return 200 '$uri $http_host'; } }"),
         "/a/c", 200, "/b/c 127.0.0.1:81"),
        ("server { listen 80; location / { autoindex on; root /var/cache; } }", "/", 200, None),
    ],
)  # fmt: skip
def test_nginx_does_what_its_configuration_says(
    configuration: str, path: str, status: int, body: str | None
) -> None:
    house, log = _nginx(configuration)
    found = house.ask(path)
    assert found.status == status, (found, log)
    assert body is None or found.body.decode() == body


@pytest.mark.parametrize(
    ("configuration", "refusal"),
    [
        ("server { listn 80; }", 'unknown directive "listn" in {FILE}:1'),
        ("server {\n  listen 80\n  server_name x;\n}", 'invalid parameter "server_name" in {FILE}:3'),
        ("server {\n  listen 80;\n", 'unexpected end of file, expecting "}" in {FILE}:3'),
        ("location / { }", '"location" directive is not allowed here in {FILE}:1'),
        ("server { listen 80; location / { proxy_pass http://backend; } }",
         'host not found in upstream "backend" in {FILE}:1'),
        ("server { listen http; }", 'host not found in "http" of the "listen" directive in {FILE}:1'),
        ("server { listen 443 ssl; }", '"listen … ssl" is not available in the simulation'),
        ("server { auth_basic x; }", 'the directive "auth_basic" is not available in the simulation'),
        ("server { listen 80; return abc; }", 'invalid return code "abc"'),
        ("server { listen 80; } }", 'unexpected "}" in {FILE}:1'),
    ],
)  # fmt: skip
def test_nginx_refuses_a_bad_configuration_in_its_words(configuration: str, refusal: str) -> None:
    house, log = _nginx(configuration)
    refusal = refusal.replace("{FILE}", FILE)
    assert log[-1].startswith(f"nginx: [emerg] {refusal}"), log[-3:]
    assert log[-2].startswith(f"2026/01/01 00:00:00 [emerg] 1#1: {refusal}"), "the log file comes first"
    assert house.ask("/").error is not None


def test_nginx_reloads_a_good_configuration_and_keeps_the_old_one_before_a_bad_one() -> None:
    house = House()
    container, _ = house.start(None, image="nginx")
    house.agenda.advance(1)
    write = (
        "echo 'server {{ listen 80; location / {{ return 200 {0}; }} }}' > /etc/nginx/conf.d/default.conf; "
    )
    assert (
        house.exec(container, ["sh", "-c", write.format("new") + "nginx -t && nginx -s reload"], 1).code == 0
    )
    assert house.ask("/").body == b"new"
    ran = house.exec(container, ["sh", "-c", write.format("a b c") + "nginx -t; kill -HUP 1"], 1)
    assert "nginx: configuration file /etc/nginx/nginx.conf test failed" in ran.err
    assert house.ask("/").body == b"new"


def test_nginx_shows_the_whole_configuration() -> None:
    house = House()
    container, _ = house.start(None, image="nginx:1.27")
    ran = house.exec(container, ["nginx", "-T"], 1)
    names = [line for line in ran.out.splitlines() if line.startswith("# configuration file")]
    assert names == [f"# configuration file {each}:" for each in
                     ("/etc/nginx/nginx.conf", "/etc/nginx/mime.types", FILE)]  # fmt: skip
    assert "    server_name  localhost;" in ran.out.splitlines()


def test_nginx_redirects_a_rewritten_address_to_the_host_asked_for() -> None:
    house, _ = _nginx("server { listen 80; rewrite ^/old/(.*)$ /new/$1 permanent; }")
    found = house.ask("/old/a", headers=[("Host", "web")])
    headers = dict(found.headers)
    assert (found.status, headers["Location"], headers["Content-Length"]) == (301, "http://web/new/a", "169")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"read_only_root": True},
            'mkdir() "/var/cache/nginx/client_temp" failed (30: Read-only file system)',
        ),
        ({"run_as_user": 101}, 'mkdir() "/var/cache/nginx/client_temp" failed (13: Permission denied)'),
    ],
)
def test_nginx_fails_where_it_may_not_write(options: dict[str, object], said: str) -> None:
    house = House()
    container, ran = house.start(None, image="nginx", **options)  # type: ignore[arg-type]
    house.agenda.advance(1)
    assert ran.code == 1
    assert f"nginx: [emerg] {said}" in log_of(container, "stderr")


def test_nginx_makes_configuration_of_templates() -> None:
    house, tree = House(), FileTree()
    tree.publish({"default.conf.template": b"server { listen ${PORT}; location / { return 200 $uri; } }"})
    mounts = [Mount("/etc/nginx/templates", tree)]
    house.start(None, image="nginx", mounts=mounts, env={"PORT": "8080"})
    house.agenda.advance(1)
    assert house.ask("/x", port=8080).body == b"/x"


# -- httpd, python, curl ------------------------------------------------------------------------------------


def test_httpd_serves_logs_and_stops_gracefully() -> None:
    house = House()
    container, ran = house.start(None, image="httpd:2.4-alpine")
    house.agenda.advance(1)
    assert house.ask("/").body == b"<html><body><h1>It works!</h1></body></html>\n"
    assert house.ask("/no").status == 404
    assert '10.0.0.1 - - [01/Jan/2026:00:00:01 +0000] "GET / HTTP/1.1" 200 45' in log_of(container, "stdout")
    container.signal(container.stop_signal)
    house.agenda.advance(1)
    assert ran.code == 0
    assert log_of(container, "stderr")[-1].endswith("AH00492: caught SIGWINCH, shutting down gracefully")


def test_a_debian_image_has_no_ps_and_an_alpine_one_no_curl() -> None:
    house = House()
    container, _ = house.start(["sleep", "99"], image="python:3.12-slim")
    asked = "for each in ps curl wget nc bash grep; do which $each; done"
    assert house.exec(container, ["sh", "-c", asked]).out == "/bin/bash\n/bin/grep\n"
    container, _ = house.start(["sleep", "99"], image="alpine:3.20")
    assert (
        house.exec(container, ["sh", "-c", "which curl wget; cat /etc/alpine-release"]).out
        == "/bin/wget\n3.20.6\n"
    )
