"""A widget whose content is in place by the layout that resized it: it asks for no other one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widget import Widget

if TYPE_CHECKING:
    from textual.geometry import Size


class Settled(Widget):
    """Named behind the kind of widget it settles: a widget's style sheets are those of its first base."""

    def _size_updated(
        self,
        size: Size,
        virtual_size: Size,
        container_size: Size,
        layout: bool = True,  # noqa: ARG002 (the signature is Textual's)
    ) -> bool:
        """A size is taken over without laying everything out a second time."""
        return super()._size_updated(size, virtual_size, container_size, layout=False)
