"""Names of custom properties: the role of a color by its name, and palettes of frameworks.

`--brand`, `--color-primary`, `--acme-accent-500` have roles; `--btn-primary-hover` is a component's,
`--blue` has no role. Frameworks include palettes, with a color for each hue; a role that only repeats one
of these colors is the framework's own.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from schemas.brand import ColorRole

#: Words of a name, of `--color-primary`, `--colorPrimary`, `--color_primary`.
CSS_PROPERTY_NAME_WORD_PATTERN = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


class ScoredColorRole(NamedTuple):
    """Role by a name, and its confidence."""

    role: ColorRole
    confidence: float


COLOR_ROLE_BY_WORD: Mapping[str, ScoredColorRole] = {
    "brand": ScoredColorRole("primary", 0.65),
    "primary": ScoredColorRole("primary", 0.60),
    "main": ScoredColorRole("primary", 0.45),
    "theme": ScoredColorRole("primary", 0.40),
    "accent": ScoredColorRole("accent", 0.50),
    "secondary": ScoredColorRole("accent", 0.45),
    "background": ScoredColorRole("background", 0.50),
    "bg": ScoredColorRole("background", 0.45),
}
#: Words that don't change a role's meaning; palettes often start at 500 or 600.
COLOR_NAME_FILLER_WORDS = frozenset(
    """color colors colour clr col c theme site base global globals default light root page body app main ui
    token tokens ds sys ref palette brand web value hex hsl rgb fg 500 600 1""".split()
)
#: Words that a name may not begin with: parts of a page, states, and third-party widgets.
NON_BRAND_FIRST_PROPERTY_WORDS = frozenset(
    """btn button buttons text link links a border icon icons header footer nav navbar menu card input form
    label table tab tabs heading headings title font shadow outline focus hover active disabled on dark
    inverse overlay modal badge alert tag chip code pre error danger warning success info sidebar hero banner
    section block toolbar tooltip popover dropdown scrollbar selection placeholder progress slider switch
    checkbox radio toast surface container content image img bs wp tw fa swiper plyr fancybox toastify slick
    splide leaflet mapbox cookie cookies cc cky cmplz ot onetrust consent gdpr usercentrics uc osano klaro
    docsearch algolia aa recaptcha woocommerce wc wpforms gform gf ninja jetpack elementor fluentform rs
    tippy flatpickr choices select2 quill ck prism hljs video vjs player audio disqus intercom hubspot hs
    drift zendesk tidio crisp chat social facebook twitter linkedin instagram youtube pinterest whatsapp
    mdc mat mui ant el v vp p iti pagefind photoswipe pswp glide tns lb lightbox rating stars paypal stripe
    apple google github ms office sharepoint amp mce tox acf popup promo sale price""".split()
)
#: Property with Bootstrap's main color: the brand's, unless it is a default or in Bootstrap's palette.
BOOTSTRAP_PRIMARY_PROPERTY = "bs-primary"
CSS_HUE_WORDS = frozenset(
    """red orange amber yellow lime green emerald teal cyan sky blue indigo violet purple fuchsia magenta pink
    rose brown""".split()
)
#: Hues that make a palette: a brand that names its own colors seldom has so many.
MIN_FRAMEWORK_PALETTE_HUES = 5
#: Role of `--brand-blue`, which may be one of several.
COLOR_ROLE_OF_BRAND_HUE_PROPERTY = ScoredColorRole("accent", 0.44)


def find_color_role_of_property_name(name: str) -> ScoredColorRole | None:
    """Return the color role and confidence that a custom property's name declares; None if it declares none.

    The first word may be an unknown one, such as the brand's own, except in a background's name.
    """
    words = split_css_property_name(name)
    if name == BOOTSTRAP_PRIMARY_PROPERTY:
        return COLOR_ROLE_BY_WORD["main"]
    role_words = [word for word in words if word in COLOR_ROLE_BY_WORD]
    other_words = [word for word in words if word not in COLOR_ROLE_BY_WORD and word not in COLOR_NAME_FILLER_WORDS]
    if not role_words or words[0] in NON_BRAND_FIRST_PROPERTY_WORDS:
        return None
    if "brand" in role_words and other_words and {*other_words} <= CSS_HUE_WORDS:
        return COLOR_ROLE_OF_BRAND_HUE_PROPERTY
    is_brand = other_words == words[:1] and words[0] not in CSS_HUE_WORDS and not words[0].isdigit()
    role = choose_color_role_unless_ambiguous(role_words) if is_brand or not other_words else None
    return None if role and role.role == "background" and other_words else role


def split_css_property_name(name: str) -> list[str]:
    return [word.lower() for word in CSS_PROPERTY_NAME_WORD_PATTERN.findall(name)]


def choose_color_role_unless_ambiguous(role_words: list[str]) -> ScoredColorRole | None:
    """Return a name's color role, at its words' highest confidence; None for two roles, as `--primary-background`."""
    specific = [COLOR_ROLE_BY_WORD[word] for word in role_words if word not in COLOR_NAME_FILLER_WORDS] or [
        COLOR_ROLE_BY_WORD[word] for word in role_words
    ]
    is_single = len({candidate.role for candidate in specific}) == 1
    return max(specific, key=lambda candidate: candidate.confidence) if is_single else None


def find_framework_palette_props(names: Iterable[str]) -> Iterator[str]:
    """Yield the names of custom properties that belong to a framework's palette.

    Such names are hues, or shades of one, in a family of names with at least five hues.
    """
    families: dict[str, dict[str, list[str]]] = {}
    for name in names:
        family, hue = split_property_family_and_hue(name)
        if hue:
            families.setdefault(family, {}).setdefault(hue, []).append(name)
    for hues in families.values():
        if len(hues) >= MIN_FRAMEWORK_PALETTE_HUES:
            yield from (name for names_of_hue in hues.values() for name in names_of_hue)


def split_property_family_and_hue(name: str) -> tuple[str, str]:
    """Return the family of a name (the words before its hue) and the hue; both empty without a hue."""
    words = split_css_property_name(name)
    place = next((at for at, word in enumerate(words) if word in CSS_HUE_WORDS), None)
    return ("", "") if place is None else (" ".join(words[:place]), words[place])
