"""Proofreader of copy: traces each word of each line to the brand's texts."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files

import msgspec

from generation.proofreading.fault import ProofreadingFault
from generation.spec import ApprovedClaim, BrandSnapshot, CopyEvidence, CopyLine, PieceCopy

#: Names of the stores, in any language.
_ALLOWED_APP_STORE_WORDS = "app store google play"
#: Characters between the lines of a caption.
_CAPTION_SEPARATORS = "•→☞♡–▸ \n"
_WORD_PATTERN = re.compile(r"[^\W_]+")
_UNSPACED_LETTER_PATTERN = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
#: Signs of a claim in any language.
_CLAIM_SIGN_PATTERN = re.compile(r"[$€£¥%‰★⭐®™©]|#\s?1\b|\d{3,}|\d[.,]\d{3}|https?:|www\.|@\w")
#: Languages with claim words that count in any language.
_LANGUAGES_OF_BORROWED_CLAIMS = ("en", "de", "fr", "es")
#: Phrases in which a claim word claims nothing.
_HARMLESS_CLAIM_PHRASE_PATTERN = re.compile(
    r"\b(?:(?:ad|hands|distraction|sugar|gluten)[- ]free|free (?:of|from|up|time|text|software)|feel free)\b",
    re.IGNORECASE,
)


class _LanguageWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Words of a language that a line may add to the brand's own, and regular expressions of claims by kind."""

    allowed: str = ""
    claims: dict[str, str] = msgspec.field(default_factory=dict)


_WORDS_BY_LANGUAGE = {
    source.name.removesuffix(".toml"): msgspec.toml.decode(source.read_bytes(), type=_LanguageWords)
    for source in files(__package__).joinpath("data").iterdir()
    if source.name.endswith(".toml")
}


def find_copy_faults(
    copy: PieceCopy, brand: BrandSnapshot, claims: Sequence[ApprovedClaim] = ()
) -> list[ProofreadingFault]:
    """Return faults: unsupported facts, unapproved claims, and caption text of no line; none in the caller's lines."""
    known = _brand_texts_by_field(brand)
    approved_texts = {one.id: one.text for one in claims}
    found = (
        ProofreadingFault(place=place, rule=rule, found=what)
        for place, line in _yield_copy_lines(copy)
        for rule, what in (
            _find_approved_claim_faults(line, approved_texts)
            if line.rule == "claim"
            else _find_copy_line_faults(line, copy, brand, known)
        )
    )
    return [*found, *_find_caption_text_outside_copy_lines(copy)]


def _yield_copy_lines(copy: PieceCopy) -> Iterator[tuple[str, CopyLine]]:
    yield from (("hook", copy.hook), ("recap", copy.recap))
    yield from (("callToAction", copy.call_to_action), ("ending", copy.ending))
    for name, lines in (("point", copy.points), ("place", copy.places), ("hashtag", copy.hashtags)):
        yield from ((f"{name} {number}", line) for number, line in enumerate(lines, 1))
    yield from ((f"item {number}", line) for number, line in enumerate(copy.items, 1))
    for name, single in (("tagline", copy.tagline), ("chip", copy.chip), ("town", copy.place), ("quote", copy.quote)):
        if single:
            yield name, single


def _find_approved_claim_faults(line: CopyLine, approved_texts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if line.claim_id is None or approved_texts.get(line.claim_id) != line.text:
        yield "claim", f"{line.text!r} is no approved claim"


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
        yield from (
            ("claim", one) for one in find_marketing_claim_phrases(line.text.lstrip("#"), brand.name, copy.language)
        )


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
    listed = _WORDS_BY_LANGUAGE.get(_primary_language_subtag(copy.language), _LanguageWords()).allowed
    own = _split_casefolded_words(listed)
    fixed = [*own, *_ALLOWED_APP_STORE_WORDS.split()] if line.rule == "formula" else []
    allowed = quoted | {*fixed} | ({str(len(copy.points))} if fixed else set())
    if line.text.startswith("#") or _UNSPACED_LETTER_PATTERN.search(line.text):
        unknown = "" if _is_quoted_in_evidence(line.text, line.evidence) else _remove_known_parts(line, allowed)
        return [unknown] if unknown else []
    first, *following = _WORD_PATTERN.findall(_strip_tags_and_combining_marks(line.text)) or [""]
    lacking = [word for word in (first, *following) if word and word.casefold() not in allowed]
    if line.rule == "model":
        return [word for word in lacking if _has_digit(word) or (word[0].isupper() and word != first)]
    return lacking


def _remove_known_parts(line: CopyLine, allowed: set[str]) -> str:
    """Return the letters of a line in an unspaced script that neither its quotes nor the allowed words have."""
    text = "".join(_split_casefolded_words(line.text))
    quotes = ("".join(_split_casefolded_words(one.quote)) for one in line.evidence)
    for part in (*quotes, *sorted(allowed, key=lambda word: (-len(word), word))):
        text = text.replace(part, " ") if part else text
    return " ".join(text.split())


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
    return "".join(char for char in plain if unicodedata.category(char) not in {"Cf", "Mn", "Mc"})


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


def find_marketing_claim_phrases(text: str, name: str, language: str = "en") -> list[str]:
    """Return `kind: words` with a text's first claim of each kind; ignore the brand's name and harmless phrases."""
    plain = re.sub(re.escape(name), " ", text, flags=re.IGNORECASE) if name else text
    plain = _HARMLESS_CLAIM_PHRASE_PATTERN.sub(" ", plain)
    patterns = _compile_claim_patterns(_primary_language_subtag(language))
    matches = ((kind, pattern.search(plain)) for kind, pattern in (*patterns, ("sign", _CLAIM_SIGN_PATTERN)))
    return [f"{kind}: {one.group()}" for kind, one in matches if one]


@cache
def _compile_claim_patterns(language: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return pairs of a claim's kind and its pattern, for a language and those with borrowed words.

    A pattern matches whole words, in a script without blanks any part of a text.
    """
    codes = dict.fromkeys((language, *_LANGUAGES_OF_BORROWED_CLAIMS))
    sources = (pair for code in codes if code in _WORDS_BY_LANGUAGE for pair in _WORDS_BY_LANGUAGE[code].claims.items())
    return tuple(
        (kind, re.compile(source if is_unspaced else rf"(?<!\w)(?:{source})(?!\w)", re.IGNORECASE))
        for kind, source in sources
        for is_unspaced in [_UNSPACED_LETTER_PATTERN.search(source)]
    )
