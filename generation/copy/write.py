"""Copy of a piece: all its texts, from a brand's snapshot, the request and a seed."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from generation.copy import hooks, names, statements, texts, tones
from generation.copy.approved_claims import add_approved_claim
from generation.copy.claims import CLAIM_KINDS_FOR_APPROVAL, find_text_claims
from generation.copy.clauses import (
    BrandClause,
    are_lines_alike,
    clause_to_copy_line,
    extract_brand_clauses,
    keep_best_distinct_clauses,
)
from generation.copy.languages import DEFAULT_LANGUAGE, LANGUAGE_TABLES, PRESENTER_DISCLOSURES, primary_language
from generation.copy.languages.table import LanguageTable, Register, list_template_slots
from generation.copy.model import LlmCopyLine, LlmCopyLines, select_valid_llm_lines
from generation.copy.shapes import HookOption, SlotText, fill_template, line_slot, name_slot
from generation.copy.speech import detect_brand_language, do_words_fit_language
from generation.seeds import seeded_pick, seeded_sample
from generation.spec import (
    BrandSnapshot,
    CopyEvidence,
    CopyLabels,
    CopyLine,
    EvidenceField,
    PieceCopy,
    PieceFormat,
    PieceSpec,
    Presenter,
)
from generation.timing import shortest_video_timing
from schemas.errors.generation import GenerationError

#: Maximum points of a piece, and the number of best clauses to choose them from.
MAX_TEXT_POINTS_BY_FORMAT: dict[PieceFormat, int] = {"slideshow": 4, "video": 4, "ugc_remix": 2, "image": 3}
#: Slides of a slideshow that show no point: its hook and its end.
SLIDES_WITHOUT_POINTS = 2
MAX_TEXT_POINT_CANDIDATES = 10
#: With fewer clauses, keywords become points.
MIN_CLAUSES_TO_SKIP_KEYWORD_POINTS = 2
#: With so many clauses, a piece may leave one out.
MIN_CLAUSES_TO_LEAVE_ONE_OUT = 3
#: Formats whose hook may name the number of points: a video drops some if its time is short.
FORMATS_WITH_COUNT_HOOK: frozenset[PieceFormat] = frozenset({"slideshow"})

#: Shapes of hooks that the caller or a model wrote.
CALLER_SHAPE = "caller"
MODEL_SHAPE = "model"

MAX_HASHTAGS = 4
#: Maximum characters of a hashtag.
MAX_HASHTAG_CHARACTERS = 28
#: Template of the name alone.
NAME_TEMPLATE = "{name}"
#: Default: no lines of a model.
NO_LLM_LINES = LlmCopyLines()


class MissingBrandText(GenerationError):
    """A brand without enough text for a piece; `fields` are the missing fields."""

    def __init__(self, fields: Sequence[EvidenceField]) -> None:
        super().__init__("BRAND_LACKS_WORDS", f"nothing can be said of the brand: add {', '.join(fields)}")
        self.fields = list(fields)


class BrandWithClauses(msgspec.Struct, frozen=True, kw_only=True):
    """A brand as the writer reads it: its texts' language, and its clauses in that language."""

    brand: BrandSnapshot
    language: str
    clauses: list[BrandClause]


def find_language_and_clauses_of_brand(brand: BrandSnapshot) -> BrandWithClauses:
    language = detect_brand_language(brand)
    clauses = (*extract_brand_clauses(brand, language), *statements.list_statement_clauses(brand, language))
    distinct = keep_best_distinct_clauses(clauses)
    spoken_clauses = [one for one in distinct if do_words_fit_language(one.text, language)]
    return BrandWithClauses(brand=brand, language=language, clauses=spoken_clauses)


def propose_brand_hooks(brand: BrandSnapshot) -> list[HookOption]:
    """Return up to ten hooks that a brand's texts support, each with its evidence and shape, the best first.

    Raises `MissingBrandText`.
    """
    words = _require_brand_text(find_language_and_clauses_of_brand(brand))
    number = min(
        len(list_point_clauses(words, MAX_TEXT_POINTS_BY_FORMAT["slideshow"])), MAX_TEXT_POINTS_BY_FORMAT["slideshow"]
    )
    return hooks.list_hook_options(brand, words.clauses, words.language, number=number, call=_call_of_brand(brand))


def write_piece_copy(spec: PieceSpec, offers: LlmCopyLines = NO_LLM_LINES) -> PieceCopy:
    """Return all texts of a piece, with a model's valid `offers`; the same spec and offers give the same texts.

    Raises `MissingBrandText` if nothing but the brand's name can be said, unless the caller supplies a hook and the
    brand has a name.
    """
    words = find_language_and_clauses_of_brand(spec.brand)
    if spec.hook is None or not names.app_display_name(spec.brand):
        _require_brand_text(words)
    hook = pick_seeded_hook(words, spec, offers)
    points = list(
        _apply_llm_lines(
            choose_piece_points(words, spec, hook.line), hook.line, _select_valid_llm_lines(offers.points, words)
        )
    )
    points = add_approved_claim(points, spec, hook.line, words.language, max_points=compute_max_points(spec))
    if not points and hooks.names_only_the_app(hook.line):
        # Each of its slides would have only the name.
        raise MissingBrandText(hooks.HOOK_FIELDS)
    if spec.format == "video":
        points = _drop_points_to_fit_video(hook.line, points, spec.seconds)
    return compose_piece_copy(words, hook, points, spec)


def _require_brand_text(words: BrandWithClauses) -> BrandWithClauses:
    if lacking := hooks.find_fields_missing_for_hook(words.brand, words.clauses, words.language):
        raise MissingBrandText(lacking)
    return words


def _select_valid_llm_lines(offers: Sequence[LlmCopyLine], words: BrandWithClauses) -> dict[str, CopyLine]:
    return select_valid_llm_lines(
        offers, words.clauses, name=names.app_display_name(words.brand), language=words.language
    )


def pick_seeded_hook(words: BrandWithClauses, spec: PieceSpec, offers: LlmCopyLines = NO_LLM_LINES) -> HookOption:
    """Return a piece's hook: the caller's, else a language model's valid one, else one by the seed."""
    if spec.hook is not None:
        evidence = [CopyEvidence(field="caller", quote=spec.hook)]
        return HookOption(CopyLine(text=spec.hook, rule="caller", evidence=evidence), CALLER_SHAPE)
    if spec.hook_shape is not None and (planned := list_hooks_by_shape(words, spec).get(spec.hook_shape)):
        return planned
    if offered := _select_valid_llm_lines(offers.hooks, words):
        return HookOption(next(iter(offered.values())), MODEL_SHAPE)
    return hooks.pick_hook(
        words.brand,
        words.clauses,
        words.language,
        number=_count_points_for_hook(words, spec),
        call=_call_of_brand(words.brand),
        seed=spec.seed,
    )


def list_hooks_by_shape(words: BrandWithClauses, spec: PieceSpec) -> dict[str, HookOption]:
    """Return a hook of each shape that a brand's texts support, by the seed; the own lines of the brand come first."""
    brand, language = words.brand, words.language
    slots = hooks.list_shape_slots(brand, words.clauses, language, _count_points_for_hook(words, spec))
    shaped = hooks.list_shaped_hooks(brand, slots, language, _call_of_brand(brand), spec.seed)
    own = hooks.list_own_hooks(brand, words.clauses, language)
    options_by_shape: dict[str, list[HookOption]] = {}
    for option in [*own, *(one for one in shaped if one.tells)] or shaped:
        options_by_shape.setdefault(option.shape, []).append(option)
    return {shape: seeded_pick(spec.seed, options, f"hook {shape}") for shape, options in options_by_shape.items()}


def _count_points_for_hook(words: BrandWithClauses, spec: PieceSpec) -> int:
    """Return the number of points that a piece's hook may name; 0: none."""
    clauses = list_point_clauses(words, compute_max_points(spec)) if spec.format in FORMATS_WITH_COUNT_HOOK else []
    return count_points(len(clauses), spec)


def compute_max_points(spec: PieceSpec) -> int:
    """Return the most points of a piece: its format's, or as many as a slideshow within `max_slides` shows."""
    maximum = MAX_TEXT_POINTS_BY_FORMAT[spec.format]
    if spec.max_slides is None or spec.format != "slideshow":
        return maximum
    return max(1, min(maximum, spec.max_slides - SLIDES_WITHOUT_POINTS))


def list_point_clauses(words: BrandWithClauses, maximum: int) -> list[BrandClause]:
    """Return the clauses that a piece's points are chosen from, best first; services complete a short list."""
    best = [one for one in words.clauses if one.field != "tagline"]
    best += [one for one in words.clauses if one.field == "tagline"][: max(maximum - len(best), 0)]
    items = [
        item
        for item in statements.list_item_clauses(words.brand, words.language)
        if not any(are_lines_alike(item.text, other.text) for other in best)
    ]
    return [*best, *items][:MAX_TEXT_POINT_CANDIDATES]


def count_points(available: int, spec: PieceSpec) -> int:
    """Return the number of a piece's points. A few clauses give all or one less by the seed, so that pieces differ."""
    maximum = compute_max_points(spec)
    if not MIN_CLAUSES_TO_LEAVE_ONE_OUT <= available <= maximum:
        return min(available, maximum)
    return available - seeded_pick(spec.seed, [0, 1], "point count")


def choose_piece_points(words: BrandWithClauses, spec: PieceSpec, hook: CopyLine) -> list[CopyLine]:
    """Return a piece's points: the best clause, and some of the next best by the seed, none like the hook.

    They keep the order of the brand's texts. Keywords follow if there are under two clauses, but never one word
    as the only point.
    """
    maximum = compute_max_points(spec)
    best = [one for one in list_point_clauses(words, maximum) if not are_lines_alike(one.text, hook.text)]
    count = count_points(len(best), spec)
    style = tones.voice_to_style(spec.brand.voice)
    candidates = tones.select_texts_fitting_style(
        style, best[1:], lambda one: one.text, words.language, least=maximum - 1
    )
    chosen = best[:1] + seeded_sample(spec.seed, candidates, count - 1, "points") if count else []
    lines = [clause_to_copy_line(one) for one in sorted(chosen, key=lambda one: one.place)]
    if len(lines) >= MIN_CLAUSES_TO_SKIP_KEYWORD_POINTS:
        return lines
    named = [*_brand_keyword_points(words, hook, several=bool(lines))]
    alone = not lines and len(named) == 1 and not texts.is_phrase(named[0].text)
    return [*lines, *([] if alone else named)][:maximum]


def _apply_llm_lines(points: Sequence[CopyLine], hook: CopyLine, offered: Mapping[str, CopyLine]) -> Iterator[CopyLine]:
    """Yield the points, each replaced by a language model's line for the same clause if that is unlike the hook."""
    for point in points:
        other = offered.get(point.text)
        yield other if other and not are_lines_alike(other.text, hook.text) else point


def _drop_points_to_fit_video(hook: CopyLine, points: list[CopyLine], seconds: int) -> list[CopyLine]:
    """Return a video's points without the longest ones, until it leaves time to read all; keep at least one."""
    while len(points) > 1 and shortest_video_timing(hook.text, [one.text for one in points]).total_s > seconds:
        longest = max(points, key=lambda one: len(one.text))
        points = [one for one in points if one is not longest]
    return points


def _brand_keyword_points(words: BrandWithClauses, hook: CopyLine, *, several: bool) -> Iterator[CopyLine]:
    """Yield the brand's keywords as points, except one like the hook.

    With `several`, yield only keywords of several words, which are more informative.
    """
    for keyword, quoted in names.displayable_keywords(words.brand, words.language):
        if not are_lines_alike(keyword, hook.text) and (texts.is_phrase(keyword) or not several):
            yield CopyLine(text=texts.capitalize_first_word(keyword), rule="keyword", evidence=[quoted], intent="offer")


def compose_piece_copy(words: BrandWithClauses, hook: HookOption, points: list[CopyLine], spec: PieceSpec) -> PieceCopy:
    """Return all texts of a piece, with its hook and points."""
    brand, language = words.brand, words.language
    tags, ending = hashtags_from_keywords(brand, language), _caption_ending_line(words, spec.seed)
    presented = _presenter_disclosure_line(spec.presenter, language) if spec.presenter else None
    mark = tones.POINT_BULLET_BY_TONE[tones.voice_to_tone(brand.voice)]
    place, items = statements.brand_place_line(brand, language), _list_items(words)
    return PieceCopy(
        language=language_tag_of_brand(brand, language),
        hook=hook.line,
        points=points,
        tagline=_unused_tagline(words, [hook.line, *points]),
        recap=_fill_own_words(words, lambda table, register: table.recaps.choose(register)),
        call_to_action=_call_to_action_line(words),
        places=list(_copy_lines_naming_stores_and_site(brand, language)),
        ending=ending,
        hashtags=tags,
        caption=compose_piece_caption(hook.line, points, [ending, *([presented] if presented else [])], tags, mark),
        labels=build_slide_labels_in_language(language),
        presenter=presented,
        warnings=[*find_copy_warnings(words, spec)],
        hook_shape=hook.shape,
        chip=_chip_line(language, place, items),
        place=place,
        quote=statements.find_quotable_sentence(words.clauses, [hook.line, *points]),
        items=items if len(items) >= statements.MIN_LIST_ITEMS else [],
        flagged=[hook.line] if find_claims_of_requested_hook(words, spec) else [],
    )


def _list_items(words: BrandWithClauses) -> list[CopyLine]:
    """Return the brand's services or products; if there are too few for a list, its topics if they are enough."""
    items = statements.list_offer_items(words.brand, words.language)
    topics = [
        CopyLine(text=texts.capitalize_first_word(keyword), rule="keyword", evidence=[quoted], intent="offer")
        for keyword, quoted in names.displayable_keywords(words.brand, words.language)
        if len(keyword) <= statements.MAX_CHIP_CHARACTERS
    ][: statements.MAX_LIST_ITEMS]
    return topics if len(items) < statements.MIN_LIST_ITEMS <= len(topics) else items


def _chip_line(language: str, place: CopyLine | None, items: Sequence[CopyLine]) -> CopyLine | None:
    """Return a short label with the brand's town, else with its first service or topic that fits; else None."""
    if (table := LANGUAGE_TABLES.get(language)) is None:
        return None
    filled = [fill_template(table.chips.place, {"place": line_slot(place)}, "place")] if place else []
    filled += [fill_template(table.chips.item, {"item": line_slot(item)}, "offer") for item in items]
    return next((one for one in filled if one and len(one.text) <= statements.MAX_CHIP_CHARACTERS), None)


def _unused_tagline(words: BrandWithClauses, said: Sequence[CopyLine]) -> CopyLine | None:
    """Return the brand's first tagline that is unlike all lines of a piece so far; None if there is none."""
    own = hooks.usable_taglines(words.brand, words.language)
    return next((one for one in own if not any(are_lines_alike(one.text, other.text) for other in said)), None)


def compose_piece_caption(
    hook: CopyLine, points: Sequence[CopyLine], endings: Sequence[CopyLine], tags: Sequence[CopyLine], mark: str
) -> str:
    """Return the caption of a post: its hook, its points with `mark` before each, the endings and the hashtags."""
    listed = "\n".join(f"{mark} {point.text}" for point in points)
    closing = "\n\n".join(ending.text for ending in endings if ending.text)
    paragraphs = (hook.text, listed, closing, " ".join(tag.text for tag in tags))
    return "\n\n".join(filter(None, paragraphs))


def language_tag_of_brand(brand: BrandSnapshot, language: str) -> str:
    """Return a language as a BCP-47 tag, with the region if the brand declares this language with one."""
    declared = brand.language
    return declared if declared and primary_language(declared) == primary_language(language) else language


def build_slide_labels_in_language(language: str) -> CopyLabels:
    presenter = texts.capitalize_first_word(_presenter_disclosure(language))
    if (table := LANGUAGE_TABLES.get(language)) is None:
        return CopyLabels(presenter=presenter)
    own = table.labels
    return CopyLabels(swipe=own.swipe, about=own.about, save=own.save, presenter=presenter)


def _presenter_disclosure(language: str) -> str:
    """Return the note in a language, else in English, that the presenter is no real person."""
    if language not in LANGUAGE_TABLES:
        return PRESENTER_DISCLOSURES.get(language, LANGUAGE_TABLES[DEFAULT_LANGUAGE].presenter)
    return LANGUAGE_TABLES[language].presenter


def _presenter_disclosure_line(presenter: Presenter, language: str) -> CopyLine:
    """Return a caption's line with the presenter's name and the note that they are no real person."""
    name = texts.strip_html_to_line(presenter.name)
    text = " – ".join(filter(None, (name, _presenter_disclosure(language))))
    return CopyLine(text=text, rule="formula", evidence=[CopyEvidence(field="caller", quote=name)] if name else [])


def find_copy_warnings(words: BrandWithClauses, spec: PieceSpec) -> Iterator[str]:
    """Yield warnings about a piece's copy, each as `code: reason`."""
    own = words.language
    if spec.language and primary_language(spec.language) != primary_language(own):
        yield f"language_kept: the brand's texts are in {own}, and texts are not translated"
    if own not in LANGUAGE_TABLES:
        yield f"no_formulas: {own} has no formulas, only the brand's words; few claims in them are recognised"
    if claims := find_claims_of_requested_hook(words, spec):
        yield f"claims: a person must approve the hook, since it has a claim ({', '.join(claims)})"
    if len(words.clauses) < MIN_CLAUSES_TO_SKIP_KEYWORD_POINTS:
        yield "few_clauses: add an appDescription of three to five plain sentences"


def find_claims_of_requested_hook(words: BrandWithClauses, spec: PieceSpec) -> list[str]:
    """Return the kinds of claims in the caller's hook that a person must approve; empty without a hook."""
    if spec.hook is None:
        return []
    kinds = find_text_claims(spec.hook, words.language, [names.app_display_name(words.brand)])
    return sorted(kinds & CLAIM_KINDS_FOR_APPROVAL)


def _fill_own_words(
    words: BrandWithClauses, choose: Callable[[LanguageTable, Register], str], **slots: SlotText
) -> CopyLine:
    """Return the template that `choose` takes from the language's table, filled with the name and `slots`.

    Return the brand's name alone if the language has no table, or if the line is too long.
    """
    name = name_slot(words.brand)
    alone = CopyLine(text=name.text, rule="formula", evidence=[*name.evidence])
    if (table := LANGUAGE_TABLES.get(words.language)) is None:
        return alone
    template = choose(table, tones.voice_to_register(words.brand.voice))
    return fill_template(template, {"name": name, **slots}, "invitation") or alone


def _call_of_brand(brand: BrandSnapshot) -> str:
    return statements.choose_call_of_trade(brand, in_store=_is_brand_in_app_store(brand))


def _call_to_action_line(words: BrandWithClauses) -> CopyLine:
    call = _call_of_brand(words.brand)
    return _fill_own_words(words, lambda table, register: table.calls[call].choose(register))


def _is_brand_in_app_store(brand: BrandSnapshot) -> bool:
    return any(names.app_store_listing_evidence(brand, which) for which in names.APP_STORE_HOST_PATTERNS)


def _copy_lines_naming_stores_and_site(brand: BrandSnapshot, language: str) -> Iterator[CopyLine]:
    """Yield a line for each app store that a link of the brand proves, then one for the brand's own site."""
    names_of_stores = {"apple": "App Store", "google": "Google Play"}
    if language in LANGUAGE_TABLES:
        labels = LANGUAGE_TABLES[language].labels
        names_of_stores = {"apple": labels.apple, "google": labels.google}
    for which, text in names_of_stores.items():
        if (link := names.app_store_listing_evidence(brand, which)) is not None:
            yield CopyLine(text=text, rule="formula", evidence=[link])
    if (own := names.own_site_host(brand)) is not None:
        yield CopyLine(text=own[0], rule="formula", evidence=[own[1]])


def _caption_ending_line(words: BrandWithClauses, seed: str) -> CopyLine:
    """Return the end of a caption: the brand's name and site, else one of its register's closing sentences."""
    name, place = name_slot(words.brand), statements.brand_place_line(words.brand, words.language)
    if (own := names.own_site_host(words.brand)) is not None:
        return CopyLine(text=f"{name.text} – {own[0]}", rule="formula", evidence=[*name.evidence, own[1]])
    slots = {"place": line_slot(place)} if place else {}

    def choose(table: LanguageTable, register: Register) -> str:
        known = {"name", *slots}
        closings = [one for one in table.closings.choose(register) if list_template_slots(one) <= known]
        return seeded_pick(seed, closings or [NAME_TEMPLATE], "closing")

    return _fill_own_words(words, choose, **slots)


def hashtags_from_keywords(brand: BrandSnapshot, language: str) -> list[CopyLine]:
    tags: dict[str, CopyLine] = {}
    for keyword, evidence in names.displayable_keywords(brand, language):
        if text := keyword_to_hashtag(keyword):
            tags.setdefault(text.lower(), CopyLine(text=text, rule="keyword", evidence=[evidence]))
    return list(tags.values())[:MAX_HASHTAGS]


def keyword_to_hashtag(keyword: str) -> str:
    """Return a keyword as a hashtag: one word in lower case, several words capitalized and joined.

    Return an empty text for a number, without letters, or for a tag of more than 28 characters with its `#`.
    """
    parts = [part for part in texts.strip_html_to_line(keyword).replace("'", " ").replace("’", " ").split() if part]
    parts = [letters for part in parts for piece in part.split("-") if (letters := _keep_hashtag_letters(piece))]
    joined = parts[0].lower() if len(parts) == 1 else "".join(part[:1].upper() + part[1:] for part in parts)
    return f"#{joined}" if joined and not joined.isdigit() and len(joined) < MAX_HASHTAG_CHARACTERS else ""


def _keep_hashtag_letters(part: str) -> str:
    return "".join(character for character in part if character.isalnum() or not character.isascii())
