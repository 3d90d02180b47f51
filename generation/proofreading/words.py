"""Proofreader of copy: traces each word of each line to the brand's texts."""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from generation.proofreading.fault import ProofreadingFault
from generation.spec import BrandSnapshot, CopyEvidence, CopyLine, PieceCopy

#: Words that a line may add to the brand's own, by language.
_WORDS_ALLOWED_WITHOUT_EVIDENCE = {
    "en": """meet things to know about have you seen yet pov just found in short try discover on the app
        store google play a look at there s here so this is ever few words give go take peek psst drum roll
        nutshell say hello from closer come and see introducing an overview summary get started with learn
        comes glance let""",
    "de": """das ist dinge über schon von gehört pov gerade entdeckt in kürze ausprobieren entdecken im app
        store bei google play mehr erfahren da gibt s also mal gesehen kurz gesagt anschauen psst
        trommelwirbel einer nussschale na los willkommen hallo ein näherer blick auf ruhe kennenlernen
        überblick eine vorstellung zusammenfassung mit beginnen zu hier kommt und einen geht hast haben du sie
        probier probieren aus entdecke erfahre erfahren""",
    "fr": """voici choses à savoir sur en quelques images pov vient d arriver l écran bref essayer découvrir
        app store google play plus il y a alors c est quoi vite dit tester jeter un œil psitt roulement de
        tambour clin hop bienvenue chez bonjour petit tour douceur faire connaissance avec présentation
        aperçu synthèse commencer s informer et voilà place coup parti cap tu vous connais connaissez
        déjà essaie essayez découvre découvrez""",
    "es": """esto es cosas sobre ya conoces pov acabas de encontrar en breve probar descubrir app store
        google play más pues y a grandes rasgos darle una vuelta echar un vistazo chist redoble tambor pocas
        palabras venga saludos desde te saluda paseo por con calma conocer presentación resumen empezar
        informarse aquí llega prueba pruebe descubre descubra conoce acaba""",
}
#: Languages without formulas name only the stores.
_ALLOWED_APP_STORE_WORDS = "app store google play"
#: Characters between the lines of a caption.
_CAPTION_SEPARATORS = "•→☞♡–▸ \n"
_WORD_PATTERN = re.compile(r"[^\W_]+")
_UNSPACED_LETTER_PATTERN = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_MARKETING_CLAIM_REGEX_BY_KIND = {
    "superlative": r"best|greatest|fastest|easiest|simplest|smartest|safest|cheapest|ultimate|perfect|leading"
    r"|world[- ]class|unrivall?ed|most (?:\w+ )?(?:popular|powerful|advanced|trusted)|number one|only app"
    r"|beste[nrs]?|schnellste\w?|einfachste\w?|größte\w?|führende\w?|einzigartig\w*|perfekt\w*"
    r"|meilleure?s?|leader|la plus \w+|le plus \w+|parfaite?s?|ultime"
    r"|mejor(?:es)?|líder|perfect[oa]s?|la más \w+|el más \w+",
    "award": r"award\w*|prize\w*|winner|editor.s choice|auszeichnung\w*|preisgekrönt\w*|ausgezeichnet\w*"
    r"|récompens\w*|premiad[oa]s?|galardon\w*|trusted by|loved by|rated|acclaimed|proven",
    "price": r"free|gratis|kostenlos\w*|gratuit\w*|discount|sale|rabatt\w*|prix|precio|trial|subscription"
    r"|abo(?:nnement)?|suscripción|cheap\w*",
    "money": r"earn|profits?|income|get rich|geld verdienen|gagne[rz]|ganar dinero|invest\w*|cashback",
    "health": r"cures?|heals?|heilt|guérit|treats?|therap\w*|diagnos\w*|lose weight|abnehmen|maigrir"
    r"|adelgazar",
    "current": r"currently|coming soon|new version|latest|derzeit|aktuell\w*|neueste\w?|actuellement"
    r"|actualmente",
    "sign": r"[$€£¥%‰★⭐®™©]|#\s?1\b|\d{3,}|\d[.,]\d{3}|https?:|www\.|@\w",
}
#: Phrases in which a claim word claims nothing.
_HARMLESS_CLAIM_PHRASE_PATTERN = re.compile(
    r"\b(?:(?:ad|hands|distraction|sugar|gluten)[- ]free|free (?:of|from|up|time|text|software)|feel free)\b",
    re.IGNORECASE,
)
_MARKETING_CLAIM_PATTERN_BY_KIND = {
    kind: re.compile(source if kind == "sign" else rf"(?<!\w)(?:{source})(?!\w)", re.IGNORECASE)
    for kind, source in _MARKETING_CLAIM_REGEX_BY_KIND.items()
}


def find_copy_faults(copy: PieceCopy, brand: BrandSnapshot) -> list[ProofreadingFault]:
    """Return faults: unsupported facts, claims, and caption text of no line; none in a line that the caller wrote."""
    known = _brand_texts_by_field(brand)
    found = (
        ProofreadingFault(place=place, rule=rule, found=what)
        for place, line in _yield_copy_lines(copy)
        for rule, what in _find_copy_line_faults(line, copy, brand, known)
    )
    return [*found, *_find_caption_text_outside_copy_lines(copy)]


def _yield_copy_lines(copy: PieceCopy) -> Iterator[tuple[str, CopyLine]]:
    yield from (("hook", copy.hook), ("recap", copy.recap))
    yield from (("callToAction", copy.call_to_action), ("ending", copy.ending))
    for name, lines in (("point", copy.points), ("place", copy.places), ("hashtag", copy.hashtags)):
        yield from ((f"{name} {number}", line) for number, line in enumerate(lines, 1))
    if copy.tagline:
        yield "tagline", copy.tagline


def _find_copy_line_faults(
    line: CopyLine, copy: PieceCopy, brand: BrandSnapshot, known: dict[str, list[str]]
) -> Iterator[tuple[str, str]]:
    if line.rule == "caller":
        return
    for quoted in line.evidence:
        if not any(quoted.quote in text for text in known[quoted.field]):
            yield "quote", f"{quoted.field} has no {quoted.quote!r}"
    yield from (("number" if _has_digit(word) else "word", word) for word in _find_unevidenced_words(line, copy))
    if line.rule in {"clause", "keyword"} and not _is_quoted_in_evidence(line.text, line.evidence):
        yield "clause", f"{line.text!r} is in none of its quotes"
    # An address that proves a place contains digits and signs of its own.
    if not any(one.field == "links" for one in line.evidence):
        yield from (("claim", one) for one in find_marketing_claim_phrases(line.text.lstrip("#"), brand.name))


def _brand_texts_by_field(brand: BrandSnapshot) -> dict[str, list[str]]:
    """Return lists of the brand's texts, by the names of the fields that evidence cites."""
    return {
        "appName": [brand.name],
        "tagline": brand.taglines,
        "appDescription": brand.descriptions,
        "keywords": brand.keywords,
        "audience": [brand.audience or ""],
        "links": [*brand.links.values()],
        "statements": [one.quote for one in brand.statements],
        "place": [brand.place or ""],
        "caller": [],
    }


def _find_unevidenced_words(line: CopyLine, copy: PieceCopy) -> list[str]:
    """Return the words and numbers that a line's quotes and formula lack; of a model's, only numbers and names.

    A hashtag, or a line in a script without spaces, counts as one word.
    """
    quoted = {word for one in line.evidence for word in _split_casefolded_words(one.quote)}
    fixed = (
        _WORDS_ALLOWED_WITHOUT_EVIDENCE.get(_primary_language_subtag(copy.language), _ALLOWED_APP_STORE_WORDS)
        if line.rule == "formula"
        else ""
    )
    allowed = quoted | {*fixed.split()} | ({str(len(copy.points))} if fixed else set())
    if line.text.startswith("#") or _UNSPACED_LETTER_PATTERN.search(line.text):
        return [] if _is_quoted_in_evidence(line.text, line.evidence) or line.rule == "formula" else [line.text]
    first, *following = _WORD_PATTERN.findall(_strip_tags_and_combining_marks(line.text)) or [""]
    lacking = [word for word in (first, *following) if word and word.casefold() not in allowed]
    if line.rule == "model":
        return [word for word in lacking if _has_digit(word) or (word[0].isupper() and word != first)]
    return lacking


def _is_quoted_in_evidence(text: str, evidence: Sequence[CopyEvidence]) -> bool:
    """Return whether one quote has a text's words in a row; hashtags and unspaced scripts ignore blanks."""
    if text.startswith("#") or _UNSPACED_LETTER_PATTERN.search(text):
        return any(
            "".join(_split_casefolded_words(text)) in "".join(_split_casefolded_words(one.quote)) for one in evidence
        )
    words = f" {' '.join(_split_casefolded_words(text))} "
    return any(words in f" {' '.join(_split_casefolded_words(one.quote))} " for one in evidence)


def _split_casefolded_words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD_PATTERN.findall(_strip_tags_and_combining_marks(text))]


def _strip_tags_and_combining_marks(text: str) -> str:
    """Return a text without tags, invisible characters and combining marks, with compatible letters made equal."""
    plain = unicodedata.normalize("NFKC", re.sub(r"</?[A-Za-z][^<>]*>", " ", text))
    return "".join(char for char in plain if unicodedata.category(char) not in {"Cf", "Mn"})


def _has_digit(word: str) -> bool:
    return any(map(str.isdigit, word))


def _primary_language_subtag(language: str) -> str:
    return language.partition("-")[0].lower()


def _find_caption_text_outside_copy_lines(copy: PieceCopy) -> Iterator[ProofreadingFault]:
    """Yield a fault if a post's caption has any text besides the copy's own lines."""
    texts = {line.text for _, line in _yield_copy_lines(copy)} | {" ".join(line.text for line in copy.hashtags)}
    texts |= {copy.presenter.text} if copy.presenter else set()
    unknown = copy.caption
    for text in sorted(texts, key=len, reverse=True):
        unknown = unknown.replace(text, "") if text else unknown
    if unknown.strip(_CAPTION_SEPARATORS):
        yield ProofreadingFault(place="caption", rule="word", found=unknown.strip(_CAPTION_SEPARATORS))


def find_marketing_claim_phrases(text: str, name: str) -> list[str]:
    """Return `kind: words` with a text's first claim of each kind; ignore the brand's name and harmless phrases."""
    plain = re.sub(re.escape(name), " ", text, flags=re.IGNORECASE) if name else text
    plain = _HARMLESS_CLAIM_PHRASE_PATTERN.sub(" ", plain)
    matches = ((kind, pattern.search(plain)) for kind, pattern in _MARKETING_CLAIM_PATTERN_BY_KIND.items())
    return [f"{kind}: {one.group()}" for kind, one in matches if one]
