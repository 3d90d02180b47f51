"""Variants share at most one of look, hook and first picture wherever any choice of them does."""

from itertools import combinations, product

from hypothesis import given, settings
from hypothesis import strategies as st

from generation.variants import LookChoice, PictureChoice, PictureKind, VariantPlan, count_shared_axes, plan_variants

KINDS: st.SearchStrategy[PictureKind | None] = st.sampled_from(["photo", "screen", None])
PICTURES = st.lists(KINDS, max_size=3).map(lambda kinds: [PictureChoice(*one) for one in enumerate(kinds)])
LOOKS = st.lists(KINDS, min_size=1, max_size=3).map(
    lambda kinds: [LookChoice(f"look-{number}", kind) for number, kind in enumerate(kinds)]
)
HOOKS = st.integers(1, 3).map(lambda count: [f"hook-{number}" for number in range(count)])


def are_apart(plans: list[VariantPlan]) -> bool:
    return all(count_shared_axes(*pair) <= 1 for pair in combinations(plans, 2))


def possible(looks: list[LookChoice], hooks: list[str], pictures: list[PictureChoice]) -> list[VariantPlan]:
    shown: list[PictureChoice | None] = [*pictures] or [None]
    return [
        VariantPlan(look.name, hook, picture and picture.place)
        for look, hook, picture in product(looks, hooks, shown)
        if look.needs is None or (picture and picture.kind in {None, look.needs})
    ]


def largest(found: list[VariantPlan], left: list[VariantPlan], most: int) -> int:
    """Return the size of the largest set of plans that are apart, up to a maximum, by trying all."""
    if len(found) == most or not left:
        return len(found)
    first, *rest = left
    fitting = [other for other in rest if count_shared_axes(first, other) <= 1]
    with_first = largest([*found, first], fitting, most)
    return with_first if with_first == most else max(with_first, largest(found, rest, most))


@settings(max_examples=150, deadline=None)
@given(looks=LOOKS, hooks=HOOKS, pictures=PICTURES, count=st.integers(2, 4))
def test_variants_are_apart_if_any_plan_is(
    looks: list[LookChoice], hooks: list[str], pictures: list[PictureChoice], count: int
) -> None:
    planned = plan_variants(looks, hooks, pictures, count)
    choices = possible(looks, hooks, pictures)
    assert len(planned.plans) == count
    assert not choices or {*planned.plans} <= {*choices}
    assert are_apart(planned.plans) == (largest([], choices, count) == count) == (not planned.short_axes)


@settings(max_examples=30, deadline=None)
@given(count=st.integers(2, 5), looks=st.integers(5, 8), hooks=st.integers(5, 10), pictures=st.integers(5, 10))
def test_enough_of_each_repeats_nothing_and_prefers_the_first(
    count: int, looks: int, hooks: int, pictures: int
) -> None:
    planned = plan_variants(
        [LookChoice(str(number)) for number in range(looks)],
        [str(number) for number in range(hooks)],
        [PictureChoice(number) for number in range(pictures)],
        count,
    )
    assert planned.short_axes == []
    assert planned.plans[0] == VariantPlan("0", "0", 0)
    assert all(count_shared_axes(*pair) == 0 for pair in combinations(planned.plans, 2))


def test_short_axes_are_named_and_the_others_still_differ() -> None:
    looks = [LookChoice(str(number)) for number in range(4)]
    planned = plan_variants(looks, ["caller"], [], 3)
    assert planned.short_axes == ["hook", "picture"]
    assert len({plan.look for plan in planned.plans}) == 3
