"""An identity made by a child, and what happens when there is no child."""

from __future__ import annotations

import ssl
import sys
from typing import TYPE_CHECKING

import pytest

from lab.embedded.server import minting

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("interpreter", ["", "/nothing/here", "/bin/true"])
def test_an_identity_is_made_whatever_becomes_of_the_child(
    interpreter: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if interpreter:
        monkeypatch.setattr(sys, "executable", interpreter)
    made, other = minting.Minting()(), minting.Minting()()
    assert made.token != other.token
    assert made.authority != other.authority
    trusted = ssl.create_default_context(cadata=made.authority.decode())
    assert trusted.get_ca_certs()
    assert made.certificate.decode() not in repr(made)


def test_one_nobody_asked_for_leaves_nothing_behind() -> None:
    minting.Minting().drop()
