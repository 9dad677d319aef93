"""Request bodies: JSON, YAML or protobuf in, by content type; CBOR is refused so that clients fall back."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import orjson

from lab.embedded.api.errors import ApiError, bad_request, unsupported_media_type
from lab.embedded.api.json_errors import wrong_json
from lab.embedded.server import protobuf

_SHOWN = 30
ACCEPTED = ("application/json", "application/yaml", protobuf.MEDIA_TYPE)


def media_type(content_type: str) -> str:
    """The media type without its parameters, in lower case."""
    return content_type.split(";", 1)[0].strip().lower()


def read_object(body: bytes, content_type: str, kind: str = "Object") -> dict[str, Any]:
    """The object (of a kind) that a body holds.

    Raises:
        ApiError: 415 for a format not served here, BadRequest for text that does not parse.
    """
    try:
        value = read_value(body, content_type)
    except ApiError as error:
        if error.code != HTTPStatus.BAD_REQUEST:
            raise
        raise bad_request(
            f"the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; "
            f"json parse error: {error.message} ({_summary(body)})"
        ) from error
    if not isinstance(value, dict):
        raise bad_request("couldn't get version/kind; json parse error: the body is not an object")
    return value


def read_value(body: bytes, content_type: str) -> Any:
    """The JSON value a body holds; an absent content type means JSON.

    Raises:
        ApiError: as `read_object`.
    """
    kind = media_type(content_type)
    if kind in {"", "application/json", "text/plain", "application/octet-stream"} or kind.endswith("+json"):
        return _json(body)
    if kind == "application/yaml" or kind.endswith("+yaml"):
        return _yaml(body)
    if kind == protobuf.MEDIA_TYPE:
        return protobuf.decode(body)
    raise unsupported_media_type(ACCEPTED)


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise bad_request(wrong_json(body) or str(error)) from error


def _summary(body: bytes) -> str:
    """The beginning of a body, as the API server shows it."""
    if not body.startswith((b"{", b"[")):
        return body[:_SHOWN].hex() or "<empty>"
    text = body.decode("utf-8", "replace")
    return f"{text[:_SHOWN]} ..." if len(text) > _SHOWN else text


def _yaml(body: bytes) -> Any:
    import yaml  # noqa: PLC0415 (costs start-up time, seldom needed)

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        value = yaml.load(body, Loader=_without_times(loader))  # noqa: S506 (a subclass of a safe loader)
    except yaml.YAMLError as error:
        raise bad_request(f"error parsing YAML: {error}") from error
    return _json(orjson.dumps(value))


def _without_times(loader: Any) -> Any:
    """Kubernetes' YAML has no timestamps: `2026-01-01` is a string."""
    resolvers = {
        first: [(tag, regexp) for tag, regexp in found if tag != "tag:yaml.org,2002:timestamp"]
        for first, found in loader.yaml_implicit_resolvers.items()
    }
    return type("KubernetesLoader", (loader,), {"yaml_implicit_resolvers": resolvers})


def check_acceptable(accept: str) -> None:
    """Refuse a request that wants nothing this server can write.

    Raises:
        ApiError: 406, so that clients that prefer protobuf fall back to JSON.
    """
    if not accept:
        return
    for wanted in accept.split(","):
        kind = media_type(wanted)
        if kind in {"*/*", "application/*", "application/json"} or kind.endswith("yaml"):
            return
    raise ApiError(406, "NotAcceptable", "only the following media types are accepted: application/json")
