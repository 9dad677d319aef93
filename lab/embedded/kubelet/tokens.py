"""Service account tokens as pods find them in a volume: a JWT whose claims are true and that nobody signed.

The claims are those of `pkg/serviceaccount/claims.go`; the kubelet asks for a new token when 80 % of the old
one's time are over (`pkg/kubelet/token`). Nothing here can check a signature, so there is none.
"""

from __future__ import annotations

import base64
import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from lab.embedded.clock.agenda import EPOCH
from lab.embedded.objects.times import parse_time

if TYPE_CHECKING:
    from lab.embedded.kubelet.context import NodeContext

Json = dict[str, Any]
ISSUER = "https://kubernetes.default.svc.cluster.local"
_LIFE = 3600
_RENEWED_AT = 0.8
_UNSIGNED = {"alg": "none", "typ": "JWT"}


def service_account_token(pod: Json, projection: Json, context: NodeContext) -> bytes:
    """The token that a pod's `serviceAccountToken` projection shows now."""
    life = int(projection.get("expirationSeconds") or _LIFE)
    begun = parse_time(pod["metadata"]["creationTimestamp"])
    step = int(life * _RENEWED_AT)
    issued = int(EPOCH + begun + (context.agenda.now() - begun) // step * step)
    metadata, account = pod["metadata"], pod["spec"].get("serviceAccountName", "default")
    found = context.api.find("serviceaccounts", metadata["namespace"], account)
    uid = found["metadata"]["uid"] if found is not None else ""
    return _token(
        projection.get("audience") or ISSUER, issued, life, metadata["namespace"], context.name,
        (metadata["name"], metadata["uid"]), (account, uid),
    )  # fmt: skip


@lru_cache(maxsize=4096)
def _token(
    audience: str, issued: int, life: int, namespace: str, node: str, pod: tuple[str, str],
    account: tuple[str, str],
) -> bytes:  # fmt: skip
    """The token of these claims; `pod` and `account` are (name, UID). Asked for at every sync of a pod."""
    claims = {
        "aud": [audience],
        "exp": issued + life,
        "iat": issued,
        "iss": ISSUER,
        "kubernetes.io": {
            "namespace": namespace,
            "node": {"name": node},
            "pod": {"name": pod[0], "uid": pod[1]},
            "serviceaccount": {"name": account[0], "uid": account[1]},
        },
        "nbf": issued,
        "sub": f"system:serviceaccount:{namespace}:{account[0]}",
    }
    return b".".join((_encoded(_UNSIGNED), _encoded(claims), b""))


def _encoded(part: Json) -> bytes:
    text = json.dumps(part, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=")
