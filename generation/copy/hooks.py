"""Hooks: first lines that a brand's texts support, each with its evidence, or the missing fields.

Formulas are templates with slots for names, without grammatical agreement.
"""

from collections.abc import Iterator, Sequence

from generation.copy import names, texts, tones
from generation.copy.claims import claims
from generation.copy.clauses import MAX_LENGTH, TRAILING_MARKS, Clause, is_prose, line
from generation.copy.languages.table import Tone
from generation.copy.speech import may_be_in
from generation.spec import BrandSnapshot, Evidence, Line, Source

MAX_PROPOSALS = 10
#: Maximum keywords that become hooks.
MAX_KEYWORDS = 3
#: Minimum points for a hook with their number.
MIN_NUMBERED_POINTS = 3
#: Minimum clauses of a piece for its points.
MIN_POINT_CLAUSES = 2
#: Maximum characters of a clause that serves as a hook.
MAX_SHORT_HOOK_LENGTH = 70
#: Tones that also use the casual formula.
CASUAL: frozenset[Tone] = frozenset({"casual", "playful"})
NAME_MARKS = (".", "!", "?", "…")
#: Ends of formulas that are dropped after a name with its own mark, the longer one first.
FORMULA_ENDS = ("\u00a0!", ".", "!")
Slot = tuple[str, Evidence | None]


def missing_fields(brand: BrandSnapshot, found: Sequence[Clause], language: str) -> list[Source]:
    """Return missing fields: the name, and all fields that describe the product if none gives a line."""
    missing: list[Source] = [] if names.app(brand) else ["appName"]
    if not (found or any(taglines(brand, language)) or names.keywords(brand, language)):
        missing += ["tagline", "appDescription", "keywords"]
    return missing


def taglines(brand: BrandSnapshot, language: str) -> Iterator[Line]:
    """Yield the brand's own short taglines that make no claim."""
    for own in brand.taglines:
        text = texts.clean(own).rstrip(" .。,;:-–—")
        if (
            len(text) <= MAX_LENGTH
            and is_prose(text)
            and not claims(text, language, [names.app(brand)])
            and may_be_in(text, language)
        ):
            yield Line(text=texts.initial(text), rule="clause", evidence=[names.evidence("tagline", own)])


def questions(brand: BrandSnapshot, language: str) -> Iterator[Line]:
    """Yield short questions from the brand's own descriptions."""
    for text in brand.descriptions:
        for quote in texts.sentences(text[:2000]):
            asked = texts.clean(quote)
            if (
                asked.endswith(("?", "？"))
                and len(asked) <= MAX_SHORT_HOOK_LENGTH
                and _can_ask(asked, brand, language)
            ):
                yield Line(
                    text=texts.initial(asked),
                    rule="clause",
                    evidence=[names.evidence("appDescription", quote)],
                )


def _can_ask(asked: str, brand: BrandSnapshot, language: str) -> bool:
    return (
        len(texts.words(asked)) >= 3
        and is_prose(asked.rstrip(TRAILING_MARKS))
        and not claims(asked, language, [names.app(brand)])
    )


def number_hook(brand: BrandSnapshot, language: str, number: int) -> Iterator[Line]:
    """Yield a hook with the number of points; nothing for under three points, or without formulas."""
    own = tones.formulas(brand, language)
    if own is not None and number >= MIN_NUMBERED_POINTS:
        yield from fill(own.number, brand, n=(str(number), None))


def keyword_hooks(brand: BrandSnapshot, language: str) -> Iterator[Line]:
    """Yield formulas around the brand's keywords and its audience."""
    if (own := tones.formulas(brand, language)) is None:
        return
    for keyword, quoted in names.keywords(brand, language)[:MAX_KEYWORDS]:
        yield from fill(own.keyword, brand, Keyword=(texts.initial(keyword), quoted))
    if (people := names.audience(brand, language)) is not None:
        yield from fill(own.audience, brand, Audience=people)


def name_hooks(brand: BrandSnapshot, language: str) -> list[Line]:
    """Return hooks that state only the name; in a language without formulas, the name alone."""
    if (own := tones.formulas(brand, language)) is None:
        return [Line(text=names.app(brand), rule="formula", evidence=[names.app_evidence(brand)])]
    casual = [own.casual] if tones.tone_of(brand.voice) in CASUAL else []
    return [hook for text in (*own.meet, *casual) for hook in fill(text, brand)]


def hook_tiers(brand: BrandSnapshot, found: Sequence[Clause], language: str, number: int) -> list[list[Line]]:
    """Return hooks by information: own words and long names, one clause of many, the name, other names."""
    own = [*taglines(brand, language), *questions(brand, language), *number_hook(brand, language, number)]
    around = list(keyword_hooks(brand, language))
    telling = [hook for hook in around if is_informative(hook.evidence[0], brand, language)]
    short = [line(one) for one in found if len(one.text) <= MAX_SHORT_HOOK_LENGTH][
        : len(found) > MIN_POINT_CLAUSES
    ]
    return [distinct_lines([*own, *telling]), short, name_hooks(brand, language), around]


def is_informative(slot: Evidence, brand: BrandSnapshot, language: str) -> bool:
    """Return whether a slot is informative: an audience, or a keyword of several words near the opening.

    A language that inflects several words, such as German, has no such keyword.
    """
    keyword = slot.quote.strip().casefold()
    openings = [next(texts.sentences(text), "") for text in brand.descriptions[:1]]
    brand_text = " ".join([*brand.taglines, *brand.descriptions]).casefold()
    opens = keyword not in brand_text or any(
        keyword in text.casefold() for text in (*brand.taglines, *openings)
    )
    return slot.field == "audience" or (
        " " in keyword and opens and language not in names.NOUN_CAPITAL_LANGUAGES
    )


def proposals(brand: BrandSnapshot, found: Sequence[Clause], language: str, number: int) -> list[Line]:
    """Return up to ten hooks, the most informative first."""
    informative, short, name, around = hook_tiers(brand, found, language, number)
    return distinct_lines([*informative, *short, *around, *name])[:MAX_PROPOSALS]


def distinct_lines(lines: Sequence[Line]) -> list[Line]:
    return list({line.text.casefold(): line for line in reversed(lines)}.values())[::-1]


def fill(formula: str, brand: BrandSnapshot, **slots: Slot) -> Iterator[Line]:
    """Yield the filled formula unless it is too long; drop its final mark after a name that ends in one."""
    app = names.app(brand)
    text = formula.format(app=app, **{slot: value for slot, (value, _) in slots.items()})
    if app.endswith(NAME_MARKS):
        end = next((one for one in FORMULA_ENDS if text.endswith(app + one)), "")
        text = text.removesuffix(end)
    if len(text) <= MAX_LENGTH:
        evidence = [found for _, found in slots.values() if found is not None]
        about = [names.app_evidence(brand)] if "{app}" in formula else []
        yield Line(text=text, rule="formula", evidence=[*evidence, *about])
