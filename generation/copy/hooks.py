"""Hooks: first lines that a brand's texts support, each with its evidence and its shape, or the missing fields."""

from collections.abc import Iterator, Mapping, Sequence

from generation.copy import names, statements, texts, tones
from generation.copy.claims import find_text_claims
from generation.copy.clauses import (
    MAX_COPY_LINE_CHARACTERS,
    TRAILING_PUNCTUATION,
    BrandClause,
    are_lines_alike,
    clause_to_copy_line,
    is_about_other_topic,
    is_cut_phrase,
    is_only_name,
    is_readable_prose,
)
from generation.copy.languages import LANGUAGE_TABLES
from generation.copy.shapes import (
    HookOption,
    SlotText,
    capitalized,
    fill_hook_shape,
    fill_hook_shapes,
    line_slot,
    name_slot,
)
from generation.copy.speech import do_words_fit_language
from generation.seeds import seeded_pick, seeded_random_number
from generation.spec import BrandSnapshot, CopyEvidence, CopyLine, EvidenceField

MAX_HOOK_PROPOSALS = 10
#: Maximum own lines among them.
MAX_PROPOSED_OWN_HOOKS = 5
#: Maximum keywords that fill shapes.
MAX_KEYWORD_HOOKS = 3
#: Minimum points for a hook with their number.
MIN_POINTS_FOR_NUMBER_HOOK = 3
#: A clause becomes the hook only if so many others are left for the points.
MIN_CLAUSES_LEFT_AFTER_HOOK = 3
#: Maximum characters of a clause that serves as a hook, or fills a shape.
MAX_SHORT_HOOK_CHARACTERS = 70
#: Maximum own lines that serve as hooks.
MAX_OWN_HOOKS = 12
#: Own lines that a style leaves at least.
MIN_STYLED_OWN_HOOKS = 6
#: Share of seeds that take one of the brand's own lines: so much for each line, up to the maximum.
OWN_HOOK_SHARE_OF_LINE = 0.2
MAX_OWN_HOOK_SHARE = 0.5
#: Shapes of a register's own from which no other ones are taken.
MIN_TONED_HOOKS = 6
#: Fields that give hooks beside the name.
HOOK_FIELDS: Sequence[EvidenceField] = ("tagline", "appDescription", "keywords")
#: Shapes of lines in the brand's own words.
TAGLINE_SHAPE = "tagline"
CLAUSE_SHAPE = "clause"
#: Shape of the name alone, in a language without shapes.
NAME_SHAPE = "name"
#: Fields that tell nothing of the offer.
FIELDS_WITHOUT_OFFER = frozenset({"appName", "place"})


def find_fields_missing_for_hook(
    brand: BrandSnapshot, found: Sequence[BrandClause], language: str
) -> list[EvidenceField]:
    """Return fields missing for hooks: `appName`; `tagline`, `appDescription` and `keywords` if none gives a hook."""
    missing: list[EvidenceField] = [] if names.app_display_name(brand) else ["appName"]
    if not (found or any(usable_taglines(brand, language)) or names.displayable_keywords(brand, language)):
        missing += HOOK_FIELDS
    return missing


def names_only_the_app(hook: CopyLine) -> bool:
    """Return whether a hook has nothing but the brand's name and town in a formula."""
    return hook.rule == "formula" and {one.field for one in hook.evidence} <= FIELDS_WITHOUT_OFFER


def usable_taglines(brand: BrandSnapshot, language: str) -> Iterator[CopyLine]:
    """Yield the brand's own taglines as lines, if they are short, readable, in the language, and make no claim."""
    for own in brand.taglines:
        text = texts.strip_end_marks(texts.strip_html_to_line(own), " .。,;:-–—")
        if (
            len(text) <= MAX_COPY_LINE_CHARACTERS
            and is_readable_prose(text)
            and not is_only_name(text, f"{brand.name} {brand.place or ''}")
            and not is_about_other_topic(text, language)
            and not find_text_claims(text, language, [names.app_display_name(brand)])
            and do_words_fit_language(text, language)
        ):
            evidence = CopyEvidence(field="tagline", quote=own)
            line = texts.capitalize_first_word(text, names.app_display_name(brand))
            yield CopyLine(text=line, rule="clause", evidence=[evidence], intent="benefit")


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
                yield CopyLine(text=line, rule="clause", evidence=[evidence], intent="problem")


def list_own_hooks(brand: BrandSnapshot, found: Sequence[BrandClause], language: str) -> list[HookOption]:
    """Return hooks in the brand's own words: its taglines, its questions, and whole short sentences of its texts."""
    whole = list_spare_lines(found)
    asked = [*find_question_hooks(brand, language), *statements.list_statement_questions(brand, language)]
    options = [HookOption(line, TAGLINE_SHAPE) for line in usable_taglines(brand, language)]
    options += [HookOption(line, CLAUSE_SHAPE) for line in (*asked, *whole)]
    distinct: list[HookOption] = []
    for option in options:
        if not any(are_lines_alike(option.line.text, other.line.text) for other in distinct):
            distinct.append(option)
    return distinct[:MAX_OWN_HOOKS]


def list_spare_lines(found: Sequence[BrandClause]) -> list[CopyLine]:
    """Return the whole short sentences of a brand, if enough other clauses are left for the points."""
    if len(found) <= MIN_CLAUSES_LEFT_AFTER_HOOK:
        return []
    return [clause_to_copy_line(one) for one in found if one.is_whole and len(one.text) <= MAX_SHORT_HOOK_CHARACTERS]


def list_shape_slots(
    brand: BrandSnapshot, found: Sequence[BrandClause], language: str, number: int
) -> dict[str, list[SlotText]]:
    """Return the texts that fill the slots of shapes; a slot without a text is empty.

    `number` is the number of points, if a hook may name it.
    """
    keywords = [
        SlotText(keyword, [quoted])
        for keyword, quoted in names.displayable_keywords(brand, language)
        if is_informative_keyword(keyword, brand, language)
    ][:MAX_KEYWORD_HOOKS]
    audience = names.displayable_audience(brand, language)
    place = statements.brand_place_line(brand, language)
    taglines = [line for line in usable_taglines(brand, language) if len(line.text) <= MAX_SHORT_HOOK_CHARACTERS]
    lines = [*taglines, *list_spare_lines(found)]
    people = [SlotText(audience[0], [audience[1]])] if audience else []
    return {
        "name": [name_slot(brand)],
        "keyword": keywords,
        "Keyword": [*map(capitalized, keywords)],
        "audience": people,
        "Audience": [*map(capitalized, people)],
        "item": [*map(line_slot, statements.list_offer_items(brand, language))],
        "place": [line_slot(place)] if place else [],
        "line": [*map(line_slot, lines[:MAX_OWN_HOOKS])],
        "number": [SlotText(str(number))] if number >= MIN_POINTS_FOR_NUMBER_HOOK else [],
    }


def list_shaped_hooks(
    brand: BrandSnapshot, slots: Mapping[str, Sequence[SlotText]], language: str, call: str, seed: str | None = None
) -> list[HookOption]:
    """Return the hooks of all shapes in the voice's register, those of the register before those of any.

    The seed chooses the texts of the slots; without one, each shape takes the next ones. A language without shapes
    has one hook, the name alone.
    """
    if (table := LANGUAGE_TABLES.get(language)) is None:
        name = name_slot(brand)
        return [
            HookOption(CopyLine(text=name.text, rule="formula", evidence=[*name.evidence]), NAME_SHAPE, tells=False)
        ]
    register = tones.voice_to_register(brand.voice)
    fitting = sorted(
        fill_hook_shapes(table.hooks, slots, register=register, call=call), key=lambda one: one[1].tone != register
    )
    options = (
        fill_hook_shape(
            name, shape, slots, turn if seed is None else int(seeded_random_number(seed, f"slot:{name}") * count)
        )
        for turn, (name, shape, count) in enumerate(fitting)
    )
    return [option for option in options if option]


def pick_hook(
    brand: BrandSnapshot, found: Sequence[BrandClause], language: str, *, number: int, call: str, seed: str
) -> HookOption:
    """Return a hook by the seed: an own line of the brand, or a shape with its own words.

    Only a brand without both has a shape with its name alone. A register takes fewer own lines, since these have none,
    and its own shapes if they are enough.
    """
    style, register = tones.voice_to_style(brand.voice), tones.voice_to_register(brand.voice)
    slots = list_shape_slots(brand, found, language, number)
    own = list_own_hooks(brand, found, language)
    shaped = list_shaped_hooks(brand, slots, language, call, seed)
    own = tones.select_texts_fitting_style(style, own, lambda one: one.line.text, language, least=MIN_STYLED_OWN_HOOKS)
    telling = [option for option in shaped if option.tells]
    if (
        register != "any"
        and len(spoken := [option for option in telling if option.tone == register]) >= MIN_TONED_HOOKS
    ):
        telling = spoken
    share = MAX_OWN_HOOK_SHARE if register == "any" else MAX_OWN_HOOK_SHARE / 2
    if telling and seeded_random_number(seed, f"own hook {register}") >= min(OWN_HOOK_SHARE_OF_LINE * len(own), share):
        return seeded_pick(seed, telling, f"hook {register}")
    return seeded_pick(seed, own or shaped, f"hook {register}")


def list_hook_options(
    brand: BrandSnapshot, found: Sequence[BrandClause], language: str, *, number: int, call: str
) -> list[HookOption]:
    """Return up to ten different hooks of different shapes for a brand, the most informative first.

    Only lines in the brand's own words may share a shape.
    """
    slots = list_shape_slots(brand, found, language, number)
    own = list_own_hooks(brand, found, language)
    shaped = list_shaped_hooks(brand, slots, language, call)
    telling = [option for option in shaped if option.tells]
    options = [*own[:MAX_PROPOSED_OWN_HOOKS], *telling, *(option for option in shaped if not option.tells)]
    return [*{option.line.text.casefold(): option for option in reversed(options)}.values()][::-1][:MAX_HOOK_PROPOSALS]


def is_informative_keyword(keyword: str, brand: BrandSnapshot, language: str) -> bool:
    """Return whether a keyword is informative by itself: in German a noun, elsewhere several words.

    It is no part of the brand's name. It is in no text of the brand, or in a tagline or the first sentence of the
    first description. Several German words are inflected, so they don't fit each shape.
    """
    is_noun_language = language in names.NOUN_CAPITALIZING_LANGUAGES
    is_noun = keyword[:1].isupper() and " " not in keyword
    is_telling = (is_noun if is_noun_language else texts.is_phrase(keyword)) and not is_only_name(keyword, brand.name)
    is_telling = is_telling and not (is_cut_phrase(keyword, language) or is_name_in_statements(keyword, brand))
    openings = [next(texts.split_sentences(text), "") for text in brand.descriptions[:1]]
    brand_text = " ".join([*brand.taglines, *brand.descriptions]).casefold()
    folded = keyword.casefold()
    opens = folded not in brand_text or any(folded in text.casefold() for text in (*brand.taglines, *openings))
    return is_telling and opens


def is_name_in_statements(keyword: str, brand: BrandSnapshot) -> bool:
    """Return whether the brand's statements write a keyword of several words with capitals, as a person's name."""
    is_capitalized = " " in keyword and all(word[:1].isupper() for word in keyword.split())
    return is_capitalized and any(keyword in one.quote for one in brand.statements)
