"""The table of kinds, and what is declared about them."""

from __future__ import annotations

from lab.embedded.api import honoured
from lab.embedded.api.schema import definitions
from lab.embedded.api.served import KINDS


def test_every_kind_has_a_schema_and_is_found_by_all_its_names() -> None:
    for kind in KINDS:
        name = definitions.name_of(kind.group, kind.version, kind.kind)
        assert name in definitions.load(), kind
        assert KINDS.by_resource(kind.resource) is kind
        assert KINDS.by_gvk(kind.api_version, kind.kind) is kind
        assert KINDS.by_path(kind.group, kind.version, kind.plural) is kind
    assert KINDS.by_path("apps", "v2", "deployments") is None
    assert KINDS.group_versions()[0] == ("", "v1")


def test_what_is_declared_as_not_honoured_exists() -> None:
    for name, gaps in honoured.BY_DEFINITION.items():
        properties = definitions.load()[name]["properties"]
        assert [gap.field for gap in gaps if gap.field not in properties] == []
    assert set(definitions.load()["io.k8s.api.core.v1.Volume"]["properties"]) >= honoured.VOLUME_SOURCES


def test_shapes_know_how_lists_merge() -> None:
    spec = definitions.Shape.of_kind("apps", "v1", "Deployment").field("spec").field("template").field("spec")
    assert spec.field("containers").merge_key == "name"
    assert spec.field("containers").items.field("ports").list_keys == ("containerPort", "protocol")
    assert "retainKeys" in spec.field("volumes").strategies
    assert spec.field("nodeSelector").is_atomic
    assert spec.field("unheard of").field("at all").schema == {}
