"""LimitRange: defaults for new pods, bounds in Kubernetes' words, and what makes no LimitRange."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.embedded.api.conftest import CLIENT, container, pod, refusal

if TYPE_CHECKING:
    from lab.embedded.api.verbs import ApiMachinery

Json = dict[str, Any]


def _limits(*items: Json, name: str = "limits") -> Json:
    return {"metadata": {"name": name}, "spec": {"limits": list(items)}}


def _with(**resources: Json) -> Json:
    return pod("web", container(resources=resources))


def _refused(api: ApiMachinery, body: Json) -> str:
    return refusal(lambda: api.create("pods", "default", body, CLIENT)).message


def test_defaults_are_filled_in_and_told(api: ApiMachinery) -> None:
    item = {
        "type": "Container",
        "default": {"memory": "24Mi", "cpu": "0.2"},
        "defaultRequest": {"cpu": "50m"},
    }
    api.create("limitranges", "default", _limits(item), CLIENT)
    body = pod("web", container(), initContainers=[container(name="first")])
    made = api.create("pods", "default", body, CLIENT).object
    wanted = {"limits": {"cpu": "200m", "memory": "24Mi"}, "requests": {"cpu": "50m", "memory": "24Mi"}}
    assert made["spec"]["containers"][0]["resources"] == wanted
    assert made["spec"]["initContainers"][0]["resources"] == wanted
    assert made["status"]["qosClass"] == "Burstable"
    assert made["metadata"]["annotations"]["kubernetes.io/limit-ranger"] == (
        "LimitRanger plugin set: cpu, memory request for container app; cpu, memory limit for container app; "
        "cpu, memory request for init container first; cpu, memory limit for init container first"
    )


def test_what_a_container_says_itself_stays(api: ApiMachinery) -> None:
    api.create(
        "limitranges", "default", _limits({"type": "Container", "default": {"memory": "24Mi"}}), CLIENT
    )
    made = api.create("pods", "default", _with(limits={"memory": "64Mi"}), CLIENT).object
    assert made["spec"]["containers"][0]["resources"] == {
        "limits": {"memory": "64Mi"}, "requests": {"memory": "64Mi"},
    }  # fmt: skip
    assert "annotations" not in made["metadata"]


def test_defaults_follow_from_bounds(api: ApiMachinery) -> None:
    item = {"type": "Container", "max": {"memory": "1024Mi"}, "min": {"cpu": "100m"}}
    stored = api.create("limitranges", "default", _limits(item), CLIENT).object["spec"]["limits"][0]
    assert stored["default"] == {"memory": "1Gi"}
    assert stored["defaultRequest"] == {"cpu": "100m", "memory": "1Gi"}


@pytest.mark.parametrize(
    ("item", "resources", "why"),
    [
        ({"max": {"memory": "1Gi"}}, {"limits": {"memory": "2Gi"}},
         "maximum memory usage per Container is 1Gi, but limit is 2Gi"),
        ({"min": {"cpu": "100m"}}, {"requests": {"cpu": "50m"}},
         "minimum cpu usage per Container is 100m, but request is 50m"),
        ({"maxLimitRequestRatio": {"cpu": "2"}}, {"requests": {"cpu": "100m"}, "limits": {"cpu": "300m"}},
         "cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000"),
        ({"maxLimitRequestRatio": {"cpu": "2"}}, {},
         "cpu max limit to request ratio per Container is 2, but no request is specified or request is 0"),
        ({"type": "Pod", "max": {"cpu": "1"}}, {},
         "maximum cpu usage per Pod is 1.  No limit is specified"),
        ({"type": "Pod", "min": {"cpu": "1"}, "max": {"memory": "1Mi"}}, {"limits": {"memory": "2Mi"}},
         ("[minimum cpu usage per Pod is 1.  No request is specified, "
         "maximum memory usage per Pod is 1Mi, but limit is 2Mi]")),
    ],
)  # fmt: skip
def test_bounds_are_kept(api: ApiMachinery, item: Json, resources: Json, why: str) -> None:
    api.create("limitranges", "default", _limits({"type": "Container", **item}), CLIENT)
    assert _refused(api, _with(**resources)) == f'pods "web" is forbidden: {why}'


@pytest.mark.parametrize(
    ("item", "why"),
    [
        ({"type": "Nope"},
         'spec.limits[0].type: Invalid value: "Nope": must be a standard limit type or fully qualified'),
        ({"type": "Pod", "default": {"cpu": "1"}},
         "spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'"),
        ({"type": "Container", "min": {"cpu": "2"}, "max": {"cpu": "1"}, "default": {"cpu": "1"}},
         'spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1'),
        ({"type": "Container", "default": {"cpu": "1"}, "defaultRequest": {"cpu": "2"}},
         "default request value 2 is greater than default limit value 1"),
        ({"type": "Pod", "maxLimitRequestRatio": {"cpu": "500m"}},
         'spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "500m": ratio 500m is less than 1'),
    ],
)  # fmt: skip
def test_what_is_no_limit_range(api: ApiMachinery, item: Json, why: str) -> None:
    message = refusal(lambda: api.create("limitranges", "default", _limits(item), CLIENT)).message
    assert why in message
