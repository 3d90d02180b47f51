"""Plans of revisions: the look, the hook and the first picture of each piece, as far as a request decides them.

A plan opens no picture. A look that a picture or a text doesn't fit is dropped by the renderer, which then uses the
next one of the plan.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import structs

from domain.content.briefs import GenerationBrief
from domain.content.performance import LearnedFigures
from generation import learning
from generation.copy import tones, write
from generation.looks.catalog import list_looks
from generation.looks.choosing import LookMaterial, count_list_items, order_looks
from generation.looks.template import LookHeader
from generation.seeds import seeded_random_number
from generation.spec import LANGUAGES_BY_SPEECH_VOICE, PieceCopy, PieceFormat, PieceSpec
from generation.variants import (
    LookChoice,
    PictureChoice,
    PictureKind,
    PlannedVariants,
    VariantAxis,
    VariantPlan,
    plan_variants,
)
from schemas.content import ContentChoice
from schemas.errors import BrandTooSparse, InvalidValue
from schemas.pictures import PictureRole

#: Formats with a look.
FORMATS_WITH_LOOK: frozenset[PieceFormat] = frozenset({"slideshow", "image", "video"})
#: Look of a piece without one.
NO_LOOK = LookChoice("")
#: Kind of a picture by its role; a logo or a wordmark is no first picture.
KIND_BY_PICTURE_ROLE: Mapping[PictureRole, PictureKind] = {
    "photo": "photo",
    "person": "photo",
    "place": "photo",
    "product": "photo",
    "screenshot": "screen",
    "framed": "screen",
}
#: Words for the axes in reasons and warnings.
NOUN_BY_AXIS: Mapping[VariantAxis, str] = {"look": "look", "hook": "opening", "picture": "first picture"}
WARNING_BY_AXIS: Mapping[VariantAxis, str] = {
    "look": "few_looks: the pictures and texts suit {count} looks, so variants share one: add photos or texts",
    "hook": "few_hooks: the brand's texts give {count} kinds of opening lines, so variants share one: add texts",
    "picture": "few_pictures: {count} pictures suit the looks, so variants begin with the same: add pictures",
}


class PlannedRevision(NamedTuple):
    """Brief of a revision, with the copy that it gives without a language model, and the reason for its choices."""

    brief: GenerationBrief
    copy: PieceCopy
    choice: ContentChoice

    @property
    def columns(self) -> dict[str, Any]:
        """Return the plan as columns of `content_generation`."""
        look = next(iter(self.brief.spec.looks), None)
        return build_revision_columns(look, self.copy, find_picture_id(self.brief, self.brief.spec.first_picture))


class PlannedRequest(NamedTuple):
    """Planned revisions of all items of a request, and warnings about variants that are too much alike."""

    revisions: list[PlannedRevision]
    warnings: list[str]


class PieceChoices(NamedTuple):
    """Choices of a piece, the preferred ones first. `learned` has the axes that figures have put in order."""

    looks: list[LookChoice]
    hooks: list[str]
    pictures: list[PictureChoice]
    learned: frozenset[VariantAxis]
    method: ContentChoice


def build_revision_columns(look: str | None, copy: PieceCopy, picture: UUID | None) -> dict[str, Any]:
    """Return a revision's look, hook and first picture as columns of `content_generation`."""
    return {"look": look, "hook_shape": copy.hook_shape or None, "hook_intent": copy.hook.intent, "picture": picture}


def find_picture_id(brief: GenerationBrief, place: int | None) -> UUID | None:
    """Return the asset id of the input picture at a place; without a place, of the first one, if any."""
    return next(iter(brief.files.screenshot_ids[place or 0 :]), None)


def plan_request(brief: GenerationBrief, seeds: Sequence[str], learned: LearnedFigures) -> PlannedRequest:
    """Return a planned revision for each seed. Takes a tenth of a second of CPU for each.

    Raises `BrandTooSparse` for too few texts, and `InvalidValue` for speech in another language than English.
    """
    spec = structs.replace(brief.spec, seed=seeds[0])
    copy = _write_copy_or_refuse(spec)
    choices = _list_choices(brief, spec, copy, seeds, learned)
    if len(seeds) == 1:
        spec = _apply_preferences(spec, choices)
        return PlannedRequest([_plan_revision(brief, spec, copy, choices, learned)], [])
    planned = plan_variants(choices.looks, choices.hooks, choices.pictures, len(seeds))
    specs = [
        structs.replace(_apply_plan(spec, plan, planned.plans, choices), seed=seed)
        for plan, seed in zip(planned.plans, seeds, strict=True)
    ]
    return PlannedRequest(
        [_plan_revision(brief, one, copy, choices, learned) for one in specs], _warn_of_short_axes(planned, choices)
    )


def plan_next_revision(
    brief: GenerationBrief, latest: GenerationBrief, learned: LearnedFigures, *, keeps_variant: bool
) -> PlannedRevision:
    """Return the planned next revision of an item.

    With `keeps_variant` a variant keeps its looks, its hook's shape and its first picture, so that it stays unlike the
    other variants of its request. Raises as `plan_request`.
    """
    if latest.asked.variants == 1 or not keeps_variant:
        return plan_request(brief, [brief.spec.seed], learned).revisions[0]
    first = find_picture_id(latest, latest.spec.first_picture)
    spec = structs.replace(
        brief.spec,
        looks=latest.spec.looks,
        hook_shape=latest.spec.hook_shape,
        first_picture=next((place for place, one in enumerate(brief.files.screenshot_ids) if one == first), None),
    )
    reason = "it keeps the look, the kind of opening and the first picture of its variant"
    choice = ContentChoice(by="variant", because=reason)
    return PlannedRevision(structs.replace(brief, spec=spec), _write_copy_or_refuse(spec), choice)


def _write_copy_or_refuse(spec: PieceSpec) -> PieceCopy:
    try:
        copy = write.write_piece_copy(spec)
    except write.MissingBrandText as error:
        raise BrandTooSparse(error.fields) from None
    spoken = LANGUAGES_BY_SPEECH_VOICE[spec.speech]
    if spec.speech != "none" and copy.language.partition("-")[0].lower() not in spoken:
        languages_text = ", ".join(sorted(spoken))
        raise InvalidValue(
            "voice", f"speaks {languages_text}, and the brand's texts are in {copy.language}: leave it out"
        )
    return copy


def _plan_revision(
    brief: GenerationBrief, spec: PieceSpec, copy: PieceCopy, choices: PieceChoices, learned: LearnedFigures
) -> PlannedRevision:
    planned = structs.replace(brief, spec=spec)
    is_same_copy = (spec.seed, spec.hook_shape) == (brief.spec.seed, None)
    own = copy if is_same_copy else _write_copy_or_refuse(spec)
    return PlannedRevision(planned, own, _explain_choice(planned, own, choices, learned))


def _list_choices(
    brief: GenerationBrief, spec: PieceSpec, copy: PieceCopy, seeds: Sequence[str], learned: LearnedFigures
) -> PieceChoices:
    """Return the looks, hooks and pictures that a piece may have, in the order of preference."""
    pictures = _list_pictures(brief)
    looks = {header.name: header for header in _list_fitting_looks(brief, spec, copy, pictures)}
    hooks = _list_hook_shapes(spec, copy, seeds, {row.value for row in learned["hook"]})
    by_id = {str(brief.files.screenshot_ids[one.place]): one for one in pictures if _has_id(brief, one)}
    values: dict[VariantAxis, list[str]] = {"look": [*looks], "hook": hooks, "picture": [*by_id]}
    method = _choose_method(brief, spec, learned)
    ranked: set[VariantAxis] = set()
    for axis in values if method.by == "performance" else ():
        if learning.can_learn_from(learned[axis]) and not _is_decided_by_caller(axis, brief):
            ranked.add(axis)
            values[axis] = learning.rank_by_sampled_rate(values[axis], learned[axis], f"{spec.seed}:{axis}")
    return PieceChoices(
        [LookChoice(name, find_needed_picture_kind(looks[name])) for name in values["look"]] or [NO_LOOK],
        values["hook"],
        [by_id[value] for value in values["picture"]] if by_id else pictures,
        frozenset(ranked),
        method,
    )


def _has_id(brief: GenerationBrief, picture: PictureChoice) -> bool:
    return picture.place < len(brief.files.screenshot_ids)


def _is_decided_by_caller(axis: VariantAxis, brief: GenerationBrief) -> bool:
    asked = brief.asked
    return (axis == "hook" and asked.hook is not None) or (axis == "picture" and bool(asked.media_ids))


def _choose_method(brief: GenerationBrief, spec: PieceSpec, learned: LearnedFigures) -> ContentChoice:
    if not brief.asked.learn:
        return ContentChoice(by="suitability", because="they suit the brand; `learn` is off")
    if not any(learning.can_learn_from(figures) for figures in learned.values()):
        evidence = f"{learning.MIN_POSTS_FOR_EVIDENCE} posts with views"
        return ContentChoice(by="suitability", because=f"they suit the brand; no two values have {evidence} yet")
    if learning.is_exploring(spec.seed):
        share = f"{100 * learning.EXPLORATION_SHARE:.0f} % of the requests"
        return ContentChoice(by="exploration", because=f"{share} follow no figures, so that other values are tried")
    return ContentChoice(by="performance", because="")


def _list_pictures(brief: GenerationBrief) -> list[PictureChoice]:
    """Return the input pictures that a piece may show first; without a declared role their kind is unknown."""
    roles: list[PictureRole | None] = [*brief.spec.picture_roles]
    roles += [None] * (len(brief.files.screenshots) - len(roles))
    return [
        PictureChoice(place, KIND_BY_PICTURE_ROLE[role] if role else None)
        for place, role in enumerate(roles)
        if role is None or role in KIND_BY_PICTURE_ROLE
    ]


def _list_fitting_looks(
    brief: GenerationBrief, spec: PieceSpec, copy: PieceCopy, pictures: Sequence[PictureChoice]
) -> list[LookHeader]:
    """Return the looks that a piece has the material for, best first. A picture of an unknown kind counts as any."""
    if spec.format not in FORMATS_WITH_LOOK:
        return []
    sides = [*brief.files.screenshot_sides_px, *[0] * len(brief.files.screenshots)]
    material = LookMaterial(
        photo_sides_px=[sides[one.place] for one in pictures if one.kind != "screen"],
        screenshots=sum(one.kind != "photo" for one in pictures),
        items=count_list_items(copy),
        has_quote=copy.quote is not None,
        tone=tones.voice_to_tone(spec.brand.voice),
        trade=spec.brand.trade,
        allowed=spec.looks,
    )
    return order_looks(list_looks(), material, spec.seed)


def find_needed_picture_kind(look: LookHeader) -> PictureKind | None:
    """Return the kind of picture that a look needs first; None: any picture or none."""
    if look.needs_photos:
        return "photo"
    return "screen" if look.needs_screenshots else None


def _list_hook_shapes(spec: PieceSpec, copy: PieceCopy, seeds: Sequence[str], used: set[str]) -> list[str]:
    """Return the shapes of hooks that the brand's texts give for each seed; the one by the seed alone comes first.

    A model's line counts as a shape once the project has figures of such lines.
    """
    if spec.hook is not None:
        return [write.CALLER_SHAPE]
    words = write.find_language_and_clauses_of_brand(spec.brand)
    shapes = [*write.list_hooks_by_shape(words, spec)]
    for seed in seeds[1:]:
        possible = write.list_hooks_by_shape(words, structs.replace(spec, seed=seed))
        shapes = [shape for shape in shapes if shape in possible]
    shapes.sort(key=lambda shape: (shape != copy.hook_shape, seeded_random_number(spec.seed, f"shape:{shape}")))
    model = [write.MODEL_SHAPE] if write.MODEL_SHAPE in used else []
    return [*shapes, *model] or [copy.hook_shape]


def _apply_preferences(spec: PieceSpec, choices: PieceChoices) -> PieceSpec:
    """Return the spec of a single piece: all looks in their order, the hook and the picture only by figures."""
    return structs.replace(
        spec,
        looks=[look.name for look in choices.looks if look is not NO_LOOK],
        hook_shape=choices.hooks[0] if "hook" in choices.learned else None,
        first_picture=choices.pictures[0].place if "picture" in choices.learned else None,
    )


def _apply_plan(spec: PieceSpec, plan: VariantPlan, plans: Sequence[VariantPlan], choices: PieceChoices) -> PieceSpec:
    """Return the spec of a variant. If its look doesn't fit, looks of no other variant are next."""
    names = [look.name for look in choices.looks if look is not NO_LOOK]
    others = [name for name in names if name != plan.look]
    start = plans.index(plan)
    spare = [name for name in others if name not in {one.look for one in plans}]
    # Each variant begins with another spare look.
    turned = [spare[(start + number) % len(spare)] for number in range(len(spare))]
    looks = [plan.look, *turned, *(name for name in others if name not in spare)] if names else []
    return structs.replace(
        spec, looks=looks, hook_shape=plan.hook if spec.hook is None else None, first_picture=plan.picture
    )


def _warn_of_short_axes(planned: PlannedVariants, choices: PieceChoices) -> list[str]:
    counts: dict[VariantAxis, int] = {
        "look": sum(look is not NO_LOOK for look in choices.looks),
        "hook": len(choices.hooks),
        "picture": len(choices.pictures),
    }
    return [WARNING_BY_AXIS[axis].format(count=counts[axis]) for axis in planned.short_axes]


def _explain_choice(
    brief: GenerationBrief, copy: PieceCopy, choices: PieceChoices, learned: LearnedFigures
) -> ContentChoice:
    """Return why a piece has its look, its hook's shape and its first picture."""
    if choices.method.by != "performance":
        return choices.method
    picture = find_picture_id(brief, brief.spec.first_picture)
    values: dict[VariantAxis, str | None] = {
        "look": next(iter(brief.spec.looks), None),
        "hook": copy.hook_shape,
        "picture": None if picture is None else str(picture),
    }
    reasons = [
        f"{NOUN_BY_AXIS[axis]}{'' if axis == 'picture' else f' {value}'}: "
        + learning.explain_value(value, learned[axis])
        for axis, value in values.items()
        if value is not None and axis in choices.learned
    ]
    return structs.replace(
        choices.method, because="; ".join(reasons) or "no look, opening or picture was left to choose"
    )
