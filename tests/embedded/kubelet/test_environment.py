"""The environment of a container, from everything that it can be made of."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from lab.embedded.kubelet.environment import ConfigError, Sources, container_environment, expand_path

Json = dict[str, Any]
_POD: Json = {
    "metadata": {"namespace": "shop", "name": "app", "labels": {"app": "web"}},
    "spec": {"containers": []},
}
_CONF: Json = {
    "data": {"GOOD": "good", "1bad": "one", "with.dot": "dot"},
    "binaryData": {"LOGO": base64.b64encode(b"\x89").decode()},
}


def _environment(**container: Any) -> dict[str, str]:
    found: dict[tuple[str, str], Json] = {("configmaps", "conf"): _CONF}
    sources = Sources(lambda resource, name: found.get((resource, name)), list, {"cpu": "2"})
    return container_environment(_POD, container, "10.0.0.5", "10.87.0.1", sources)


def test_any_printable_key_becomes_a_variable_but_no_binary_one() -> None:
    """`RelaxedEnvironmentVariableValidation` (v1.34): nothing is skipped; `binaryData` never counted."""
    source = {"prefix": "P_", "configMapRef": {"name": "conf"}}
    assert _environment(envFrom=[source]) == {"P_GOOD": "good", "P_1bad": "one", "P_with.dot": "dot"}


def test_a_binary_key_is_not_found_by_a_reference() -> None:
    reference = {"name": "LOGO", "valueFrom": {"configMapKeyRef": {"name": "conf", "key": "LOGO"}}}
    with pytest.raises(ConfigError, match="couldn't find key LOGO in ConfigMap shop/conf"):
        _environment(env=[reference])


def test_references_are_expanded_once_and_in_order() -> None:
    env = [
        {"name": "A", "value": "one"},
        {"name": "B", "value": "$(A) two $(NOPE) $$(A) $(A"},
        {"name": "C", "value": "$(D)"},
        {"name": "D", "value": "$(B)"},
        {"name": "A", "value": "again $(A)"},
    ]
    assert _environment(env=env) == {
        "A": "again one",
        "B": "one two $(NOPE) $(A) $(A",
        "C": "$(D)",
        "D": "one two $(NOPE) $(A) $(A",
    }


def test_a_path_in_a_volume_is_made_of_variables_that_have_values() -> None:
    assert expand_path("logs/$(POD)/$$(POD)", {"POD": "app-1"}) == "logs/app-1/$(POD)"


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("$(POD)/$(B)/$(A)", "missing value for A, B"),
        ("$(EMPTY)", "missing value for EMPTY"),
        ("$(ROOT)", "error SubPath `/etc` must not be an absolute path"),
        ("a/$(UP)", "unable to provision SubPath `a/..`: must not contain '..'"),
    ],
)
def test_a_path_that_cannot_be_made_out_is_no_configuration(expression: str, told: str) -> None:
    with pytest.raises(ConfigError) as refused:
        expand_path(expression, {"POD": "app-1", "EMPTY": "", "ROOT": "/etc", "UP": ".."})
    assert str(refused.value) == told
