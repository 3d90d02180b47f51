"""Copy of a piece: all its texts, from a brand's snapshot, the request and a seed."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from generation.copy import hooks, names, texts, tones
from generation.copy.clauses import Clause, are_alike, clauses, line
from generation.copy.hooks import fill
from generation.copy.languages import DEFAULT_LANGUAGE, LANGUAGE_TABLES, PRESENTER_DISCLOSURES, primary
from generation.copy.model import Offer, Offers, valid_lines
from generation.copy.speech import language_of, may_be_in
from generation.seeds import pick, sample
from generation.spec import BrandSnapshot, Copy, Evidence, Format, Labels, Line, Presenter, Source, Spec
from generation.timing import shortest_timing
from schemas.errors.generation import GenerationError

#: Maximum points of a piece, and the number of best clauses to choose them from.
MAX_POINTS: dict[Format, int] = {"slideshow": 4, "video": 3, "ugc_remix": 2, "image": 3}
MAX_CANDIDATES = 7
#: With fewer clauses, keywords become points.
MIN_CLAUSES_FOR_POINTS = 2
#: Formats whose hook may name the number of points: a video drops some if its time is short.
NUMBERED_FORMATS: frozenset[Format] = frozenset({"slideshow"})

MAX_HASHTAGS = 4
#: Maximum characters of a hashtag.
MAX_HASHTAG_LENGTH = 28
#: Default: no lines of a model.
NO_OFFERS = Offers()


class MissingBrandText(GenerationError):
    """A brand without enough text for a piece; `fields` are the missing fields."""

    def __init__(self, fields: Sequence[Source]) -> None:
        super().__init__("BRAND_LACKS_WORDS", f"nothing can be said of the brand: add {', '.join(fields)}")
        self.fields = list(fields)


class BrandReading(msgspec.Struct, frozen=True, kw_only=True):
    """A brand as the writer reads it: its texts' language, and its clauses in that language."""

    brand: BrandSnapshot
    language: str
    clauses: list[Clause]


def read_brand(brand: BrandSnapshot) -> BrandReading:
    language = language_of(brand)
    spoken_clauses = [one for one in clauses(brand, language) if may_be_in(one.text, language)]
    return BrandReading(brand=brand, language=language, clauses=spoken_clauses)


def propose(brand: BrandSnapshot) -> list[Line]:
    """Return up to ten hooks with their evidence. Raises `MissingBrandText`."""
    words = _check_words(read_brand(brand))
    number = min(len(words.clauses), MAX_POINTS["slideshow"])
    return hooks.proposals(brand, words.clauses, words.language, number)


def write(spec: Spec, offers: Offers = NO_OFFERS) -> Copy:
    """Write the copy; the same spec and offers give the same copy.

    Raises `MissingBrandText`, unless the caller supplies a hook and the brand has a name.
    """
    words = read_brand(spec.brand)
    if spec.hook is None or not names.app(spec.brand):
        _check_words(words)
    hook = choose_hook(words, spec, offers)
    points = list(_apply_offers(choose_points(words, spec, hook), hook, _valid_offers(offers.points, words)))
    if spec.format == "video":
        points = _drop_points_beyond_time(hook, points, spec.seconds)
    return compose_copy(words, hook, points, warnings=list(warnings(words, spec)), presenter=spec.presenter)


def _check_words(words: BrandReading) -> BrandReading:
    if lacking := hooks.missing_fields(words.brand, words.clauses, words.language):
        raise MissingBrandText(lacking)
    return words


def _valid_offers(offers: Sequence[Offer], words: BrandReading) -> dict[str, Line]:
    return valid_lines(offers, words.clauses, name=names.app(words.brand), language=words.language)


def choose_hook(words: BrandReading, spec: Spec, offers: Offers = NO_OFFERS) -> Line:
    """Choose the caller's hook, else a valid one of a model, else an informative one by the seed."""
    if spec.hook is not None:
        return Line(text=spec.hook, rule="caller", evidence=[Evidence(field="caller", quote=spec.hook)])
    if offered := _valid_offers(offers.hooks, words):
        return next(iter(offered.values()))
    number = min(len(words.clauses), MAX_POINTS[spec.format]) if spec.format in NUMBERED_FORMATS else 0
    tiers = hooks.hook_tiers(words.brand, words.clauses, words.language, number)
    candidates = tones.select_for_tone(
        tones.tone_of(spec.brand.voice),
        next(filter(None, tiers)),
        lambda one: one.text,
        words.language,
        least=1,
    )
    return pick(spec.seed, candidates, "hook")


def choose_points(words: BrandReading, spec: Spec, hook: Line) -> list[Line]:
    """Choose the best clause and some of the next best by the seed, in their order, none like the hook.

    If there are too few, keywords fill up, but never one word as the only point.
    """
    maximum = MAX_POINTS[spec.format]
    fresh = [one for one in words.clauses if not are_alike(one.text, hook.text)]
    best = [one for one in fresh if one.field != "tagline"]
    best += [one for one in fresh if one.field == "tagline"][: max(maximum - len(best), 0)]
    tone = tones.tone_of(spec.brand.voice)
    candidates = tones.select_for_tone(
        tone, best[1:MAX_CANDIDATES], lambda one: one.text, words.language, least=maximum - 1
    )
    chosen = best[:1] + sample(spec.seed, candidates, maximum - 1, "points")
    lines = [line(one) for one in sorted(chosen, key=lambda one: one.place)]
    if len(lines) >= MIN_CLAUSES_FOR_POINTS:
        return lines
    named = [*_keywords(words, hook, several=bool(lines))]
    alone = not lines and len(named) == 1 and " " not in named[0].text
    return [*lines, *([] if alone else named)][:maximum]


def _apply_offers(points: Sequence[Line], hook: Line, offered: Mapping[str, Line]) -> Iterator[Line]:
    """Replace points by a model's lines if they are valid and unlike the hook."""
    for point in points:
        other = offered.get(point.text)
        yield other if other and not are_alike(other.text, hook.text) else point


def _drop_points_beyond_time(hook: Line, points: list[Line], seconds: int) -> list[Line]:
    """Drop the longest points until a video leaves time to read the rest; keep at least one."""
    while len(points) > 1 and shortest_timing(hook.text, [one.text for one in points]).seconds > seconds:
        longest = max(points, key=lambda one: len(one.text))
        points = [one for one in points if one is not longest]
    return points


def _keywords(words: BrandReading, hook: Line, *, several: bool) -> Iterator[Line]:
    """Yield keywords as points; next to a clause only those of several words, which are more informative."""
    for keyword, quoted in names.keywords(words.brand, words.language):
        if not are_alike(keyword, hook.text) and (" " in keyword or not several):
            yield Line(text=texts.initial(keyword), rule="keyword", evidence=[quoted])


def compose_copy(
    words: BrandReading,
    hook: Line,
    points: list[Line],
    warnings: list[str],
    presenter: Presenter | None = None,
) -> Copy:
    brand, language = words.brand, words.language
    tags, ending = hashtags(brand, language), _ending(brand, language)
    presented = _disclosure_line(presenter, language) if presenter else None
    mark = tones.MARKS[tones.tone_of(brand.voice)]
    return Copy(
        language=tag(brand, language),
        hook=hook,
        points=points,
        tagline=_unused_tagline(words, [hook, *points]),
        recap=_formula("recap", brand, language),
        call_to_action=_formula("try_it" if _in_store(brand) else "visit", brand, language),
        places=list(_places(brand, language)),
        ending=ending,
        hashtags=tags,
        caption=caption(hook, points, [ending, *([presented] if presented else [])], tags, mark),
        labels=labels(language),
        presenter=presented,
        warnings=warnings,
    )


def _unused_tagline(words: BrandReading, said: Sequence[Line]) -> Line | None:
    """Return the first tagline that is unlike all lines of the piece so far."""
    own = hooks.taglines(words.brand, words.language)
    return next((one for one in own if not any(are_alike(one.text, other.text) for other in said)), None)


def caption(
    hook: Line, points: Sequence[Line], endings: Sequence[Line], tags: Sequence[Line], mark: str
) -> str:
    """Return the text of the post: the same lines, with `mark` before each point."""
    listed = "\n".join(f"{mark} {point.text}" for point in points)
    closing = "\n\n".join(ending.text for ending in endings if ending.text)
    paragraphs = (hook.text, listed, closing, " ".join(tag.text for tag in tags))
    return "\n\n".join(filter(None, paragraphs))


def tag(brand: BrandSnapshot, language: str) -> str:
    """Return the language's BCP-47 tag, with the region that the brand declares."""
    return brand.language if brand.language and primary(brand.language) == language else language


def labels(language: str) -> Labels:
    presenter = texts.initial(_disclosure(language))
    table = LANGUAGE_TABLES.get(language)
    if table is None:
        return Labels(presenter=presenter)
    own = table.formulas
    return Labels(swipe=own.swipe, about=own.about, save=own.save, presenter=presenter)


def _disclosure(language: str) -> str:
    """Return the disclosure in the language, else in English."""
    own = LANGUAGE_TABLES[language if language in LANGUAGE_TABLES else DEFAULT_LANGUAGE].formulas.presenter
    return PRESENTER_DISCLOSURES.get(language, own)


def _disclosure_line(presenter: Presenter, language: str) -> Line:
    """Return a caption's line with the presenter's name and the disclosure."""
    name = texts.clean(presenter.name)
    text = " – ".join(filter(None, (name, _disclosure(language))))
    return Line(text=text, rule="formula", evidence=[Evidence(field="caller", quote=name)] if name else [])


def warnings(words: BrandReading, spec: Spec) -> Iterator[str]:
    """Yield the warnings, a code and its reason each."""
    own = words.language
    if spec.language and primary(spec.language) != own:
        yield f"language_kept: the brand's texts are in {own}, and texts are not translated"
    if own not in LANGUAGE_TABLES:
        yield f"no_formulas: {own} has no formulas, only the brand's words; claims in them aren't recognised"
    if len(words.clauses) < MIN_CLAUSES_FOR_POINTS:
        yield "few_clauses: add an appDescription of three to five plain sentences"


def _formula(name: str, brand: BrandSnapshot, language: str) -> Line:
    """Fill a formula; return the name alone if the language has none, or if the line is too long."""
    alone = Line(text=names.app(brand), rule="formula", evidence=[names.app_evidence(brand)])
    if (own := tones.formulas(brand, language)) is None:
        return alone
    return next(fill(getattr(own, name), brand), alone)


def _in_store(brand: BrandSnapshot) -> bool:
    return any(names.store(brand, which) for which in names.STORES)


def _places(brand: BrandSnapshot, language: str) -> Iterator[Line]:
    """Yield the stores that a link proves, and the brand's own site."""
    table = LANGUAGE_TABLES.get(language, LANGUAGE_TABLES[DEFAULT_LANGUAGE]).formulas
    names_of_stores = {"apple": "App Store", "google": "Google Play"}
    if language in LANGUAGE_TABLES:
        names_of_stores = {"apple": table.apple, "google": table.google}
    for which, text in names_of_stores.items():
        if (link := names.store(brand, which)) is not None:
            yield Line(text=text, rule="formula", evidence=[link])
    if (own := names.site(brand)) is not None:
        yield Line(text=own[0], rule="formula", evidence=[own[1]])


def _ending(brand: BrandSnapshot, language: str) -> Line:
    if (own := names.site(brand)) is None:
        return _formula("ending", brand, language)
    text, link = own
    return Line(
        text=f"{names.app(brand)} – {text}", rule="formula", evidence=[names.app_evidence(brand), link]
    )


def hashtags(brand: BrandSnapshot, language: str) -> list[Line]:
    tags: dict[str, Line] = {}
    for keyword, evidence in names.keywords(brand, language):
        if text := hashtag(keyword):
            tags.setdefault(text.lower(), Line(text=text, rule="keyword", evidence=[evidence]))
    return list(tags.values())[:MAX_HASHTAGS]


def hashtag(keyword: str) -> str:
    """Return a lower-case tag of one word, a capitalized tag of several; empty for a number or a long one."""
    parts = [part for part in texts.clean(keyword).replace("'", " ").replace("’", " ").split() if part]
    parts = [letters for part in parts for piece in part.split("-") if (letters := _letters(piece))]
    joined = parts[0].lower() if len(parts) == 1 else "".join(part[:1].upper() + part[1:] for part in parts)
    return f"#{joined}" if joined and not joined.isdigit() and len(joined) < MAX_HASHTAG_LENGTH else ""


def _letters(part: str) -> str:
    return "".join(character for character in part if character.isalnum() or not character.isascii())
