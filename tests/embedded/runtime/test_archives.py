"""tar: files go in and come out again, as `kubectl cp` asks for it."""

from __future__ import annotations

from tests.embedded.runtime.harness import run_shell


def test_what_is_packed_comes_out_again() -> None:
    ran = run_shell(
        "mkdir -p /a/b /out; echo one > /a/one; echo two > /a/b/two; chmod 750 /a/one; ln -s one /a/link; "
        "tar cf - /a | tar -xmf - -C /out; cat /out/a/one /out/a/b/two /out/a/link; stat -c %a /out/a/one"
    )
    assert ran.out == "one\ntwo\none\n750\n"
    assert ran.err == "tar: removing leading '/' from member names\n"


def test_listing_and_single_members() -> None:
    ran = run_shell(
        "cd /tmp; mkdir d; echo x > d/x; echo y > d/y; tar -cf d.tar d; tar tf d.tar; tar xOf d.tar d/y; "
        "mkdir e; tar --no-same-owner -xmf d.tar -C e d/x; ls e/d"
    )
    assert ran.out == "d/\nd/x\nd/y\ny\nx\n"


def test_complaints() -> None:
    ran = run_shell(
        "tar cf - /nope | wc -c; echo nonsense > /f; tar xf /f; echo $?; tar xf - -C /nope < /f; echo $?"
    )
    assert ran.out.splitlines()[1:] == ["1", "1"]
    assert "tar: /nope: No such file or directory" in ran.err
    assert "tar: can't change directory to '/nope': No such file or directory" in ran.err
