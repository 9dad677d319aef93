"""Who a process runs as: a user's number, and the groups that go with it.

`User` is the number itself, so that whoever only compares owners need not know of groups. How groups come
about follows containerd (`WithUser`, `WithAdditionalGIDs`) and the kubelet's security context: a number that
the image does not know belongs to group 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.embedded.runtime.filesystem import text_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lab.embedded.runtime.filesystem import FileTree


class User(int):
    """A user's number with its primary group, and all groups including that one, in order."""

    gid: int
    groups: tuple[int, ...]
    overrides: int = 7
    """As root: rights to files whatever their mode says (4 read, 2 write, 1 search or execute)."""

    def __new__(cls, number: int, gid: int = 0, groups: Iterable[int] = ()) -> User:
        """`groups` are those besides the primary one."""
        user = super().__new__(cls, number)
        user.gid = gid
        user.groups = tuple(dict.fromkeys((gid, *groups)))
        return user


def as_user(number: int) -> User:
    """A process' user with its groups; a bare number has the group of the same number only."""
    return number if isinstance(number, User) else User(number, number)


def user_of(
    image: FileTree, number: int, gid: int | None, more: Iterable[int], *, image_groups: bool = True
) -> User:
    """The user that a container runs as.

    Args:
        image: where `/etc/passwd` and `/etc/group` are looked up.
        number: the user's number.
        gid: the primary group, where the manifest gives one (`runAsGroup`).
        more: groups the manifest adds (`supplementalGroups`, `fsGroup`).
        image_groups: whether those count that the image gives the user (`supplementalGroupsPolicy: Merge`).
    """
    known = next((fields for fields in _lines(image, "/etc/passwd") if fields[2] == str(number)), None)
    own = int(known[3]) if known is not None and known[3].isdigit() else 0
    given = []
    if image_groups and known is not None:
        groups = [fields for fields in _lines(image, "/etc/group") if fields[2].isdigit()]
        given = [int(fields[2]) for fields in groups if known[0] in fields[3].split(",")]
    return User(number, own if gid is None else gid, [*given, *more])


def _lines(image: FileTree, path: str) -> list[list[str]]:
    lines = text_of(image.find(path)).splitlines()
    return [fields for line in lines if len(fields := line.split(":")) >= 4]
