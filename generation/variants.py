"""Variants of a piece: plans that differ in the look, the hook's shape and the first picture.

No two plans share two of the three, if the piece has enough of each.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import Literal, NamedTuple, TypeVar

T = TypeVar("T")

VariantAxis = Literal["look", "hook", "picture"]
#: Kind of picture that a look may need; a picture of an unknown kind may be either.
PictureKind = Literal["photo", "screen"]

#: Most combinations that the search for distinct variants visits: it ends within a tenth of a second.
MAX_VISITED_COMBINATIONS = 20_000
#: Axes that two variants may share.
MAX_SHARED_AXES = 1


class LookChoice(NamedTuple):
    """Look that a piece may have, and the kind of picture that it needs first; None: any picture or none."""

    name: str
    needs: PictureKind | None = None


class PictureChoice(NamedTuple):
    """Picture that a piece may show first, by its place among the input pictures; a kind of None is unknown."""

    place: int
    kind: PictureKind | None = None


class VariantPlan(NamedTuple):
    """Look, hook shape and first picture of a variant. `picture` is None for a piece without pictures."""

    look: str
    hook: str
    picture: int | None


class PlannedVariants(NamedTuple):
    """Plans of all variants, the preferred one first, and the axes with too few values to keep all apart."""

    plans: list[VariantPlan]
    short_axes: list[VariantAxis]


def plan_variants(
    looks: Sequence[LookChoice], hooks: Sequence[str], pictures: Sequence[PictureChoice], count: int
) -> PlannedVariants:
    """Return `count` plans; earlier choices are preferred. `looks` and `hooks` have one choice at least.

    Without enough choices the plans repeat as few values as possible, and `short_axes` says which were too few.
    """
    candidates = [*_list_candidates(looks, hooks, pictures, count)]
    plans = _Search(candidates, count).run()
    if plans is not None:
        return PlannedVariants(plans, [])
    plans = _choose_least_alike(candidates, count)
    sizes: dict[VariantAxis, int] = {"look": len(looks), "hook": len(hooks), "picture": len(pictures)}
    # With enough of each, the looks need other kinds of pictures than the piece has.
    return PlannedVariants(plans, [axis for axis, size in sizes.items() if size < count] or ["picture"])


def count_shared_axes(one: VariantPlan, other: VariantPlan) -> int:
    """Return the number of axes on which two variants are the same; no picture is the same as no picture."""
    return sum(mine == its for mine, its in zip(one, other, strict=True))


def is_distinct_from_all(plan: VariantPlan, others: Iterable[VariantPlan]) -> bool:
    return all(count_shared_axes(plan, other) <= MAX_SHARED_AXES for other in others)


def _list_candidates(
    looks: Sequence[LookChoice], hooks: Sequence[str], pictures: Sequence[PictureChoice], count: int
) -> Iterator[VariantPlan]:
    """Yield the possible combinations, preferred first; of equal choices, `count` suffice for any plan."""
    shown = _keep_most_of_each([(picture.kind, picture) for picture in pictures], count)
    fitting = _keep_most_of_each([(look.needs, look) for look in looks], count)
    combined = [
        (look_rank + hook_rank + picture_rank, VariantPlan(look.name, hook, picture and picture.place))
        for (look_rank, look), (hook_rank, hook), (picture_rank, picture) in product(
            enumerate(fitting), enumerate(hooks[:count]), enumerate(shown or [None])
        )
        if _can_show(look, picture)
    ]
    # Without any suitable picture, the renderer decides which look it can draw.
    combined = combined or [
        (rank, VariantPlan(look.name, hooks[0], shown[0].place if shown else None)) for rank, look in enumerate(fitting)
    ]
    return (plan for _, plan in sorted(combined, key=lambda one: one[0]))


def _keep_most_of_each(choices: Iterable[tuple[object, T]], most: int) -> list[T]:
    counts: dict[object, int] = {}
    kept: list[T] = []
    for kind, choice in choices:
        counts[kind] = counts.get(kind, 0) + 1
        if counts[kind] <= most:
            kept.append(choice)
    return kept


def _can_show(look: LookChoice, picture: PictureChoice | None) -> bool:
    return look.needs is None or (picture is not None and picture.kind in {None, look.needs})


def _sort_by_repeats(candidates: Iterable[VariantPlan], chosen: Sequence[VariantPlan]) -> list[VariantPlan]:
    """Return the candidates that repeat the fewest values of the chosen ones first, then the preferred ones."""
    return sorted(candidates, key=lambda one: sum(count_shared_axes(one, other) for other in chosen))


def _choose_least_alike(candidates: Sequence[VariantPlan], count: int) -> list[VariantPlan]:
    chosen: list[VariantPlan] = []
    for _ in range(count):
        by_repeats = _sort_by_repeats(candidates, chosen)
        chosen.append(min(by_repeats, key=lambda one: sum(not is_distinct_from_all(one, [other]) for other in chosen)))
    return chosen


class _Search:
    """Depth-first search for distinct plans, the fewest repeats first, within `MAX_VISITED_COMBINATIONS`."""

    def __init__(self, candidates: Sequence[VariantPlan], count: int) -> None:
        self._candidates, self._count = candidates, count
        self._visited = 0

    def run(self) -> list[VariantPlan] | None:
        return self._extend([], self._candidates)

    def _extend(self, chosen: list[VariantPlan], candidates: Sequence[VariantPlan]) -> list[VariantPlan] | None:
        if len(chosen) == self._count:
            return chosen
        possible = [one for one in candidates if is_distinct_from_all(one, chosen[-1:])]
        for place, plan in enumerate(_sort_by_repeats(possible, chosen)):
            self._visited += 1
            if self._visited > MAX_VISITED_COMBINATIONS or len(possible) - place < self._count - len(chosen):
                return None
            if found := self._extend([*chosen, plan], possible):
                return found
        return None
