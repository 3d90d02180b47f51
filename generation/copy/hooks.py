"""Hooks: first lines that a brand's texts support, each with its evidence, or the missing fields.

Formulas are templates with slots for names, without grammatical agreement.
"""

from collections.abc import Iterator, Sequence

from generation.copy import names, texts, tones
from generation.copy.claims import find_text_claims
from generation.copy.clauses import (
    MAX_COPY_LINE_CHARACTERS,
    TRAILING_PUNCTUATION,
    BrandClause,
    clause_to_copy_line,
    is_readable_prose,
)
from generation.copy.languages.table import Tone
from generation.copy.speech import do_words_fit_language
from generation.spec import BrandSnapshot, CopyEvidence, CopyLine, EvidenceField

MAX_HOOK_PROPOSALS = 10
#: Maximum keywords that become hooks.
MAX_KEYWORD_HOOKS = 3
#: Minimum points for a hook with their number.
MIN_POINTS_FOR_NUMBER_HOOK = 3
#: A clause becomes the hook only if so many others are left for the points.
MIN_CLAUSES_LEFT_AFTER_HOOK = 2
#: Maximum characters of a clause that serves as a hook.
MAX_SHORT_HOOK_CHARACTERS = 70
#: Tones that also use the casual formula.
TONES_WITH_CASUAL_HOOK: frozenset[Tone] = frozenset({"casual", "playful"})
#: Fields that give hooks beside the name.
HOOK_FIELDS: Sequence[EvidenceField] = ("tagline", "appDescription", "keywords")
NAME_FINAL_MARKS = (".", "!", "?", "…")
#: Ends of formulas that are dropped after a name with its own mark, the longer one first.
FORMULA_MARKS_DROPPED_AFTER_NAME_MARK = ("\u00a0!", ".", "!")
FormulaSlot = tuple[str, CopyEvidence | None]


def find_fields_missing_for_hook(
    brand: BrandSnapshot, found: Sequence[BrandClause], language: str
) -> list[EvidenceField]:
    """Return fields missing for hooks: `appName`; `tagline`, `appDescription` and `keywords` if none gives a hook."""
    missing: list[EvidenceField] = [] if names.app_display_name(brand) else ["appName"]
    if not (found or any(usable_taglines(brand, language)) or names.displayable_keywords(brand, language)):
        missing += HOOK_FIELDS
    return missing


def names_only_the_app(hook: CopyLine) -> bool:
    """Return whether a hook has nothing but the brand's name in a formula."""
    return hook.rule == "formula" and {one.field for one in hook.evidence} == {"appName"}


def usable_taglines(brand: BrandSnapshot, language: str) -> Iterator[CopyLine]:
    """Yield the brand's own taglines as lines, if they are short, readable, in the language, and make no claim."""
    for own in brand.taglines:
        text = texts.strip_html_to_line(own).rstrip(" .。,;:-–—")
        if (
            len(text) <= MAX_COPY_LINE_CHARACTERS
            and is_readable_prose(text)
            and not find_text_claims(text, language, [names.app_display_name(brand)])
            and do_words_fit_language(text, language)
        ):
            evidence = CopyEvidence(field="tagline", quote=own)
            line = texts.capitalize_first_word(text, names.app_display_name(brand))
            yield CopyLine(text=line, rule="clause", evidence=[evidence])


def find_question_hooks(brand: BrandSnapshot, language: str) -> Iterator[CopyLine]:
    """Yield the questions in the brand's descriptions as hooks, of at most 70 characters and without claims."""
    for text in brand.descriptions:
        for quote in texts.split_sentences(text[:2000]):
            asked = texts.strip_html_to_line(quote)
            if (
                asked.endswith(("?", "？"))
                and len(asked) <= MAX_SHORT_HOOK_CHARACTERS
                and len(texts.split_lowercase_words(asked)) >= 3
                and is_readable_prose(asked.rstrip(TRAILING_PUNCTUATION))
                and not find_text_claims(asked, language, [names.app_display_name(brand)])
            ):
                evidence = CopyEvidence(field="appDescription", quote=quote)
                line = texts.capitalize_first_word(asked, names.app_display_name(brand))
                yield CopyLine(text=line, rule="clause", evidence=[evidence])


def point_count_hook(brand: BrandSnapshot, language: str, number: int) -> Iterator[CopyLine]:
    """Yield a hook that names the number of points; nothing for under three points, or without formulas."""
    own = tones.choose_line_formulas_for_voice(brand.voice, language)
    if own is not None and number >= MIN_POINTS_FOR_NUMBER_HOOK:
        yield from fill_copy_formula(own.number, brand, n=(str(number), None))


def keyword_hooks(brand: BrandSnapshot, language: str) -> Iterator[CopyLine]:
    """Yield formula hooks with up to three brand keywords, then one with the audience; nothing without formulas."""
    if (own := tones.choose_line_formulas_for_voice(brand.voice, language)) is None:
        return
    for keyword, quoted in names.displayable_keywords(brand, language)[:MAX_KEYWORD_HOOKS]:
        yield from fill_copy_formula(own.keyword, brand, Keyword=(texts.capitalize_first_word(keyword), quoted))
    if (people := names.displayable_audience(brand, language)) is not None:
        yield from fill_copy_formula(own.audience, brand, Audience=people)


def build_app_name_hooks(brand: BrandSnapshot, language: str) -> list[CopyLine]:
    """Return hooks that state only the brand's name; in a language without formulas, the name alone."""
    if (own := tones.choose_line_formulas_for_voice(brand.voice, language)) is None:
        return [CopyLine(text=names.app_display_name(brand), rule="formula", evidence=[names.app_name_evidence(brand)])]
    casual = [own.casual] if tones.voice_to_tone(brand.voice) in TONES_WITH_CASUAL_HOOK else []
    return [hook for text in (*own.meet, *casual) for hook in fill_copy_formula(text, brand)]


def group_hooks_by_informativeness(
    brand: BrandSnapshot, found: Sequence[BrandClause], language: str, number: int
) -> list[list[CopyLine]]:
    """Return a brand's possible hooks in four lists, the most informative first.

    The first has taglines, questions, the number of points, and informative keywords or audience. The second has
    at most one short clause. The third states the name. The last has all keywords and the audience.
    """
    own = [
        *usable_taglines(brand, language),
        *find_question_hooks(brand, language),
        *point_count_hook(brand, language, number),
    ]
    around = list(keyword_hooks(brand, language))
    telling = [hook for hook in around if is_informative_formula_value(hook.evidence[0], brand, language)]
    short = [clause_to_copy_line(one) for one in found if len(one.text) <= MAX_SHORT_HOOK_CHARACTERS][
        : len(found) > MIN_CLAUSES_LEFT_AFTER_HOOK
    ]
    return [drop_repeated_copy_lines([*own, *telling]), short, build_app_name_hooks(brand, language), around]


def is_informative_formula_value(slot: CopyEvidence, brand: BrandSnapshot, language: str) -> bool:
    """Return whether a formula's value is informative: any audience, or certain keywords of several words.

    Such a keyword is in no text of the brand, or it is in a tagline or in the first sentence of the first
    description. A language that inflects several words, such as German, has no such keyword.
    """
    keyword = slot.quote.strip().casefold()
    openings = [next(texts.split_sentences(text), "") for text in brand.descriptions[:1]]
    brand_text = " ".join([*brand.taglines, *brand.descriptions]).casefold()
    opens = keyword not in brand_text or any(keyword in text.casefold() for text in (*brand.taglines, *openings))
    return slot.field == "audience" or (" " in keyword and opens and language not in names.NOUN_CAPITALIZING_LANGUAGES)


def build_ranked_hook_proposals(
    brand: BrandSnapshot, found: Sequence[BrandClause], language: str, number: int
) -> list[CopyLine]:
    """Return up to ten different hooks for a brand, the most informative first."""
    informative, short, name, around = group_hooks_by_informativeness(brand, found, language, number)
    return drop_repeated_copy_lines([*informative, *short, *around, *name])[:MAX_HOOK_PROPOSALS]


def drop_repeated_copy_lines(lines: Sequence[CopyLine]) -> list[CopyLine]:
    return list({line.text.casefold(): line for line in reversed(lines)}.values())[::-1]


def fill_copy_formula(formula: str, brand: BrandSnapshot, **slots: FormulaSlot) -> Iterator[CopyLine]:
    """Yield a formula as a line, filled with the brand's name and the slots; nothing if the line is too long.

    Drop the formula's final mark after a name that ends in a mark.
    """
    app = names.app_display_name(brand)
    text = formula.format(app=app, **{slot: value for slot, (value, _) in slots.items()})
    if app.endswith(NAME_FINAL_MARKS):
        end = next((one for one in FORMULA_MARKS_DROPPED_AFTER_NAME_MARK if text.endswith(app + one)), "")
        text = text.removesuffix(end)
    if len(text) <= MAX_COPY_LINE_CHARACTERS:
        evidence = [found for _, found in slots.values() if found is not None]
        about = [names.app_name_evidence(brand)] if "{app}" in formula else []
        yield CopyLine(text=text, rule="formula", evidence=[*evidence, *about])
