"""A sequence whose items are made where somebody looks at them: of long ones most never are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar, overload

Item = TypeVar("Item")


class OnDemand(Sequence[Item]):
    """Items that follow from their numbers."""

    def __init__(self, count: Callable[[], int], make: Callable[[int], Item]) -> None:
        """`count`: how many there are now; `make`: the one with a number, from 0 on."""
        self._count, self._make = count, make

    def __len__(self) -> int:
        return self._count()

    @overload
    def __getitem__(self, index: int) -> Item: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Item]: ...

    def __getitem__(self, index: int | slice) -> Item | Sequence[Item]:
        numbers = range(self._count())[index]
        return self._make(numbers) if isinstance(numbers, int) else [self._make(one) for one in numbers]
