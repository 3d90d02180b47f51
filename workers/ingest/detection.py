"""Detection of a text's language, weighed against the language that its source declares.

Of 843 real pages 773 declare a language. Where the text surely has another language, the declaration is
nearly always a template's default. So a sure detection wins, and the declaration gives the region. A
detection is sure if it has enough sentences; other parts of a page may be in the template's language.
The model takes 120 MB, so only the parsing process may import this module.
"""

from array import array
from collections.abc import Iterable, Iterator
from typing import Any

import regex
from langcodes import Language
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from workers.ingest.derive.frequencies import list_function_words
from workers.ingest.languages import normalize_first_language_tag, primary_language_subtag
from workers.ingest.sentences import find_language_detection_sentences, remove_lorem_ipsum


def load_language_detector() -> Any:
    """Return the detector, with its tables as arrays.

    The parsing process forks for each document. A read of a list's number counts a reference to it, so that the
    kernel copies the number's memory page: some hundred pages for a text.
    """
    detector = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    detector._rowbase = array("l", detector._rowbase)  # noqa: SLF001  of an exact version's only table of rows
    detector.tk_output = array("l", detector.tk_output)
    return detector


LANGUAGE_DETECTOR = load_language_detector()
#: Characters of sentences that a detection needs to override a declaration. Of 445 sure detections in 100
#: characters of store texts, in 46 languages, none is wrong.
MIN_CHARS_TO_OVERRIDE_DECLARED_LANGUAGE = 200
#: The same for the sentences of its paragraphs: banners and repeats are left out.
MIN_PROSE_CHARS_TO_OVERRIDE_LANGUAGE = 80
MAX_LANGUAGE_SAMPLE_CHARS = 5000
#: Probability from which a detection is sure.
MIN_SURE_LANGUAGE_PROBABILITY = 0.95
#: Probability from which it is likely. Of 41 store texts in other than Latin letters, 40 are in the likely
#: language.
MIN_LIKELY_LANGUAGE_PROBABILITY = 0.5
#: Distinct words of a text that can prove that it isn't in a declared language.
MIN_WORDS_AGAINST_DECLARED_LANGUAGE = 40
#: Share of function words of the declared language among the words of such a text at most, and of the detected
#: language at least. On 600 pages and store texts in their own language the least share is .15, and the only page
#: that counts as another language is in English below German menus. Spanish words in Portuguese texts make .23.
MAX_DECLARED_FUNCTION_WORDS_SHARE = 0.1
MIN_DETECTED_FUNCTION_WORDS_SHARE = 0.12
#: The declared language's function words at most, as a share of the detected language's.
MAX_DECLARED_TO_DETECTED_FUNCTION_WORDS_RATIO = 0.35
#: Words that languages share by chance, such as `a`, have one letter.
FUNCTION_WORD_PATTERN = regex.compile(r"\p{L}{2,}")
ASCII_NON_LETTERS = bytes(code for code in range(128) if not chr(code).isalpha())
LATIN_LETTER_PATTERN = regex.compile(r"\p{Latin}")
LETTER_OF_ANY_SCRIPT_PATTERN = regex.compile(r"\p{L}")
#: Languages of the model. A text in any other language is detected as one of these, with a high probability.
DETECTABLE_LANGUAGES = {
    primary_language_subtag(tag)
    for label in LANGUAGE_DETECTOR.nb_classes
    if (tag := normalize_first_language_tag(label))
}


def find_language_tag_candidates(
    text: str, declared: Iterable[tuple[str, str]], prose: Iterable[str] | None = None
) -> Iterator[tuple[str, float, str]]:
    """Yield language tags with confidence and rule, from a text and the tags that its source declares.

    `declared` are pairs of a tag and its rule. `prose` are the paragraphs of a text with other parts.
    Without it all of the text is prose.
    """
    standard_tags = [(tag, rule) for written, rule in declared if (tag := normalize_first_language_tag(written))]
    detected, probability = detect_text_language(text)
    is_learned = all(primary_language_subtag(tag) in DETECTABLE_LANGUAGES for tag, _ in standard_tags)
    if detected and is_learned and len(text) >= MIN_CHARS_TO_OVERRIDE_DECLARED_LANGUAGE:
        tags = [tag for tag, _ in standard_tags]
        if standard_tags and primary_language_subtag(detected) not in map(primary_language_subtag, tags):
            detection_wins = may_override_declared_languages(detected, text, tags, [text] if prose is None else prose)
        else:
            detection_wins = probability >= MIN_SURE_LANGUAGE_PROBABILITY
        yield from score_confirmed_language_tags(detected, standard_tags) if detection_wins else ()
    yield from ((tag, 0.80, rule) for tag, rule in standard_tags)
    if detected and probability >= MIN_LIKELY_LANGUAGE_PROBABILITY:
        yield detected, round(probability * 0.75, 2), "text"


def score_confirmed_language_tags(detected: str, declared: list[tuple[str, str]]) -> Iterator[tuple[str, float, str]]:
    agreeing = [
        (tag, f"{rule}+text")
        for tag, rule in declared
        if primary_language_subtag(tag) == primary_language_subtag(detected)
    ]
    for tag, rule in agreeing or [(detected, "text")]:
        yield tag, 0.95 if agreeing else 0.90, rule


def may_override_declared_languages(language: str, text: str, declared: list[str], prose: Iterable[str]) -> bool:
    """Return whether enough sentences are surely in `language` to override the `declared` ones; `prose` are paragraphs.

    Fewer characters at a lower probability are enough if all declared ones use Latin letters, and the text mostly not.
    Text and prose that are certainly in no declared language need no sentences.
    """
    prose = list(prose)
    if is_certainly_in_none_of_languages(text, declared) and is_certainly_in_none_of_languages(
        " ".join(prose), declared, detected=language
    ):
        return True
    prose_text = " ".join(sentence for paragraph in prose for sentence in find_language_detection_sentences(paragraph))
    likely, enough = MIN_SURE_LANGUAGE_PROBABILITY, MIN_CHARS_TO_OVERRIDE_DECLARED_LANGUAGE
    if is_in_undeclared_script(prose_text, declared):
        likely, enough = MIN_LIKELY_LANGUAGE_PROBABILITY, MIN_PROSE_CHARS_TO_OVERRIDE_LANGUAGE
    has_enough = (
        sum(map(len, find_language_detection_sentences(text))) >= enough
        and len(prose_text) >= MIN_PROSE_CHARS_TO_OVERRIDE_LANGUAGE
    )
    return has_enough and all(is_text_in_language(language, sample, likely) for sample in (text, prose_text))


def is_certainly_in_none_of_languages(text: str, declared: Iterable[str], detected: str | None = None) -> bool:
    """Return whether the text is certainly in none of the declared languages, but in `detected`, if given."""
    is_as_detected = detected is None or is_text_in_language(detected, text, MIN_LIKELY_LANGUAGE_PROBABILITY)
    return is_as_detected and all(is_certainly_not_in_language(text, tag) for tag in declared)


def is_certainly_not_in_language(text: str, declared: str) -> bool:
    """Return whether the text has enough words of another language, and next to none of the `declared` one.

    Return False for related languages, such as Portuguese and Spanish, and for a language without a list of words.
    """
    sample, declared_language = text[:MAX_LANGUAGE_SAMPLE_CHARS], primary_language_subtag(declared)
    words = FUNCTION_WORD_PATTERN.findall(sample.lower())
    if len(set(words)) < MIN_WORDS_AGAINST_DECLARED_LANGUAGE or not list_function_words(declared_language):
        return False
    declared_share = measure_share_of_language_words(words, declared_language)
    if declared_share > MAX_DECLARED_FUNCTION_WORDS_SHARE:
        return False
    detected, probability = detect_text_language(sample)
    if detected is None or probability < MIN_LIKELY_LANGUAGE_PROBABILITY:
        return False
    detected_language = primary_language_subtag(detected)
    if declared_language == detected_language:
        return False
    detected_share = measure_share_of_language_words(words, detected_language)
    return (
        detected_share >= MIN_DETECTED_FUNCTION_WORDS_SHARE
        and declared_share <= MAX_DECLARED_TO_DETECTED_FUNCTION_WORDS_RATIO * detected_share
    )


def measure_share_of_language_words(words: list[str], language: str) -> float:
    """Return the share of the language's function words, and of any words in other letters if it has no Latin ones."""
    function_words = list_function_words(language)
    has_latin_letters = Language.get(language).maximize().script == "Latn"
    return sum(
        word in function_words or not (has_latin_letters or LATIN_LETTER_PATTERN.match(word)) for word in words
    ) / len(words)


def is_in_undeclared_script(text: str, declared: list[str]) -> bool:
    """Return whether all declared languages use Latin letters, and the text mostly doesn't.

    Return False if no language is declared. As many ASCII letters as other characters prove a text in Latin letters.
    """
    ascii_text = text.encode("ascii", "ignore")
    if 2 * len(ascii_text.translate(None, ASCII_NON_LETTERS)) >= len(text):
        return False
    latin = bool(declared) and all(Language.get(tag).maximize().script == "Latn" for tag in declared)
    return latin and len(LATIN_LETTER_PATTERN.findall(text)) * 2 < len(LETTER_OF_ANY_SCRIPT_PATTERN.findall(text))


def is_text_in_language(language: str, text: str, likely: float) -> bool:
    detected, probability = detect_text_language(text)
    return detected == language and probability >= likely


def detect_text_language(text: str) -> tuple[str | None, float]:
    """Return the tag of a text's language and its probability, from 0 to 1.

    Return None and 0 for an empty or a placeholder text. A text in Latin is read again without `lorem ipsum`.
    Only the first 5,000 characters are read.
    """
    tag, probability = classify_text_language(text[:MAX_LANGUAGE_SAMPLE_CHARS])
    if tag == "la":
        tag, probability = classify_text_language(remove_lorem_ipsum(text[:MAX_LANGUAGE_SAMPLE_CHARS]))
    return tag, probability


def classify_text_language(text: str) -> tuple[str | None, float]:
    if not text.strip():
        return None, 0.0
    language, probability = LANGUAGE_DETECTOR.classify(text)
    return normalize_first_language_tag(language), float(probability)
