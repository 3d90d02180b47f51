"""Looks: a presenter's appearance in words and numbers, before drawing.

Skin, eyes, curl and ungreyed hair color depend on the seed alone. So each is as frequent for each gender and age.
"""

from collections.abc import Mapping
from typing import NamedTuple

from generation.color import Oklch
from generation.portraits import tones
from generation.seeds import seeded_pick, seeded_random_between, seeded_random_number
from generation.spec import AgeRange, Gender, Presenter

#: Relative frequencies.
ChoiceWeights = Mapping[str, float]

HAIR_COLOR_WEIGHTS: ChoiceWeights = dict(zip(tones.HAIR_TONES, (6, 6, 5, 3, 2, 1, 2, 2), strict=True))
HAIR_CURL_WEIGHTS: ChoiceWeights = {"straight": 3, "wavy": 3, "coiled": 3}
#: Styles by curl and gender. Styles that are unusual for a gender have a low weight.
HAIR_STYLE_WEIGHTS: Mapping[str, Mapping[Gender, ChoiceWeights]] = {
    "straight": {
        "female": {"long": 4, "bob": 4, "bun": 2, "ponytail": 3, "pixie": 2},
        "male": {"parted": 5, "quiff": 4, "cropped": 3, "swept": 2, "long": 1, "bun": 1},
        "non_binary": {"bob": 2, "pixie": 3, "quiff": 2, "swept": 2, "bun": 1, "long": 1},
    },
    "wavy": {
        "female": {"waves": 4, "shag": 3, "bun": 2, "ponytail": 2, "pixie": 1},
        "male": {"tousled": 5, "quiff": 3, "parted": 3, "shag": 1, "swept": 2},
        "non_binary": {"shag": 3, "tousled": 3, "waves": 1, "swept": 2, "bun": 1},
    },
    "coiled": {
        "female": {"afro": 3, "curls": 4, "puff": 3, "locs": 2, "wrap": 1, "coils": 1, "cropped": 1},
        "male": {"coils": 5, "cropped": 4, "afro": 2, "locs": 2, "curls": 1},
        "non_binary": {"afro": 3, "coils": 3, "puff": 2, "locs": 2, "curls": 2, "wrap": 1, "cropped": 1},
    },
}
BEARD_WEIGHTS: ChoiceWeights = {"none": 9, "stubble": 4, "short": 4, "full": 3, "mustache": 1}
GLASSES_WEIGHTS: ChoiceWeights = {"round": 3, "square": 3, "cat": 1, "thin": 2}
CLOTHING_TOP_WEIGHTS: ChoiceWeights = {"tee": 4, "hoodie": 3, "collar": 3, "blazer": 4, "turtleneck": 2, "cardigan": 3}


class HeadProportions(NamedTuple):
    """Proportions of a head and of shoulders, 1.0 the average; for brows and lips the thickness."""

    jaw: float
    length: float
    eyes: float
    brows: float
    lashes: float
    lips: float
    rose: float
    neck: float
    shoulders: float


HEAD_PROPORTIONS_BY_GENDER: Mapping[Gender, HeadProportions] = {
    "female": HeadProportions(0.93, 0.985, 1.05, 0.78, 1.0, 1.12, 0.85, 0.88, 0.90),
    "male": HeadProportions(1.07, 1.03, 0.95, 1.25, 0.0, 0.86, 0.15, 1.14, 1.10),
    "non_binary": HeadProportions(1.0, 1.0, 1.0, 1.0, 0.45, 1.0, 0.4, 0.99, 0.98),
}


class FaceAgeEffects(NamedTuple):
    """An age's factors of proportions, its lines and grey from 0 to 1, and shares of accessories."""

    jaw: float
    length: float
    eyes: float
    shoulders: float
    lines: float
    grey: float
    glasses: float
    beard: float
    receding: float


FACE_EFFECTS_BY_AGE: Mapping[AgeRange, FaceAgeEffects] = {
    "teen": FaceAgeEffects(0.955, 0.945, 1.12, 0.88, 0.0, 0.0, 0.22, 0.0, 0.0),
    "young_adult": FaceAgeEffects(0.985, 0.985, 1.04, 0.97, 0.0, 0.0, 0.24, 0.8, 0.0),
    "adult": FaceAgeEffects(1.0, 1.0, 1.0, 1.0, 0.12, 0.0, 0.26, 1.1, 0.04),
    "mid_adult": FaceAgeEffects(1.015, 1.01, 0.97, 1.02, 0.42, 0.28, 0.32, 1.1, 0.15),
    "mature": FaceAgeEffects(1.025, 1.015, 0.94, 1.02, 0.72, 0.66, 0.48, 1.0, 0.3),
    "senior": FaceAgeEffects(1.02, 1.02, 0.90, 0.97, 1.0, 1.0, 0.62, 0.9, 0.35),
}


class PresenterLook(NamedTuple):
    """A presenter's look. `build` includes the age."""

    seed: str
    build: HeadProportions
    aging: FaceAgeEffects
    tone: int
    skin: Oklch
    hair: Oklch
    eyes: Oklch
    is_flipped: bool
    curl: str
    style: str
    beard: str
    glasses: str
    earrings: str
    marks: str
    top: str
    smile: float
    teeth: bool
    brow: float
    width: float
    tilt: float
    nose: float
    lips: float
    cloth: int


def derive_presenter_look(presenter: Presenter) -> PresenterLook:
    """Return a presenter's look, derived from seed, gender and age. The name has no effect."""
    seed, gender = presenter.seed, presenter.gender
    aging = FACE_EFFECTS_BY_AGE[presenter.age_range]
    curl = choose_by_weight(HAIR_CURL_WEIGHTS, seed, "curl")
    tone = int(seeded_random_number(seed, "skin") * len(tones.SKIN_TONES))
    return PresenterLook(
        seed=seed,
        build=_apply_age_to_head(HEAD_PROPORTIONS_BY_GENDER[gender], aging),
        aging=aging,
        tone=tone,
        skin=_vary_tone_by_seed(tones.SKIN_TONES[tone], seed, "skin"),
        hair=_choose_hair_color(seed, aging),
        eyes=seeded_pick(seed, tones.EYE_TONES, "eyes"),
        is_flipped=seeded_random_number(seed, "flipped") < 0.5,
        curl=curl,
        style=_choose_hair_style(seed, gender, aging, curl),
        beard=_choose_beard(seed, gender, aging),
        glasses=choose_by_weight(GLASSES_WEIGHTS, seed, "glasses")
        if seeded_random_number(seed, "wears glasses") < aging.glasses
        else "none",
        earrings=_choose_earrings(seed, gender),
        marks=choose_by_weight({"none": 6, "freckles": 2, "mole": 1}, seed, "marks"),
        top=choose_by_weight(CLOTHING_TOP_WEIGHTS, seed, "top"),
        smile=seeded_random_between(0.75, 1.15, seed, "smile"),
        teeth=seeded_random_number(seed, "teeth") < 0.55,
        brow=seeded_random_between(-1.0, 1.0, seed, "brow"),
        width=seeded_random_between(0.95, 1.05, seed, "width"),
        tilt=seeded_random_between(-3.2, 3.2, seed, "tilt"),
        nose=seeded_random_between(0.86, 1.22, seed, "nose"),
        lips=seeded_random_between(0.85, 1.3, seed, "lips"),
        cloth=int(seeded_random_number(seed, "cloth") * 6),
    )


def choose_by_weight(weights: ChoiceWeights, seed: str, what: str) -> str:
    left = seeded_random_number(seed, what) * sum(weights.values())
    for name, weight in weights.items():
        left -= weight
        if left < 0:
            return name
    return next(reversed(list(weights)))


def _apply_age_to_head(build: HeadProportions, aging: FaceAgeEffects) -> HeadProportions:
    return build._replace(
        jaw=build.jaw * aging.jaw,
        length=build.length * aging.length,
        eyes=build.eyes * aging.eyes,
        shoulders=build.shoulders * aging.shoulders,
        lips=build.lips * (1 - 0.2 * aging.lines),
        lashes=build.lashes * (1 - 0.4 * aging.lines),
    )


def _vary_tone_by_seed(tone: Oklch, seed: str, what: str) -> Oklch:
    """Return a color tone, varied a little by the seed, so that no two people have the same."""
    light, chroma, hue = tone
    near = seeded_random_between(-0.018, 0.018, seed, f"{what} lightness")
    return Oklch(
        light + near,
        chroma * seeded_random_between(0.92, 1.08, seed, f"{what} chroma"),
        hue + seeded_random_between(-4, 4, seed, f"{what} hue"),
    )


def _choose_hair_color(seed: str, aging: FaceAgeEffects) -> Oklch:
    """Return a presenter's hair color, mixed with gray by age; the seed varies the share of gray."""
    own = _vary_tone_by_seed(tones.HAIR_TONES[choose_by_weight(HAIR_COLOR_WEIGHTS, seed, "hair")], seed, "hair")
    grey = seeded_pick(seed, tones.GREY_HAIR_TONES, "grey")
    turned = min(1.0, aging.grey * seeded_random_between(0.45, 1.35, seed, "turned")) if aging.grey < 1 else 1.0
    return tones.mix_color_tones(own, grey, turned if aging.grey else 0.0)


def _choose_hair_style(seed: str, gender: Gender, aging: FaceAgeEffects, curl: str) -> str:
    if gender != "female" and seeded_random_number(seed, "recedes") < aging.receding:
        return choose_by_weight({"receding": 3, "bald": 2}, seed, "receding")
    if seeded_random_number(seed, "covered") < 0.04:
        return "beanie"
    return choose_by_weight(HAIR_STYLE_WEIGHTS[curl][gender], seed, "style")


def _choose_beard(seed: str, gender: Gender, aging: FaceAgeEffects) -> str:
    if gender == "female" or seeded_random_number(seed, "bearded") > (0.9 if gender == "male" else 0.25):
        return "none"
    weights = {name: weight * (1 if name == "none" else aging.beard) for name, weight in BEARD_WEIGHTS.items()}
    return choose_by_weight(weights, seed, "beard")


def _choose_earrings(seed: str, gender: Gender) -> str:
    share = {"female": 0.6, "male": 0.08, "non_binary": 0.35}[gender]
    if seeded_random_number(seed, "rings") < share:
        return choose_by_weight({"studs": 3, "hoops": 2, "drops": 1}, seed, "earrings")
    return "none"
