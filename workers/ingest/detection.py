"""Detection of a text's language, weighed against what its source declares.

Of 843 real pages 773 declare a language. Where the text surely is in another one, the declaration is nearly
always a template's default: so a sure detection wins, and the declaration gives the region. What is sure is
sentences, enough of them; the rest of a page may be in its template's language.
The model takes 120 MB, so only the parsing process may import this module.
"""

from collections.abc import Iterable, Iterator

import regex
from langcodes import Language
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from workers.ingest.languages import primary, standard
from workers.ingest.sentences import sentences, without_placeholder

IDENTIFIER = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
#: Characters of sentences that a detection needs to win over a declaration, and those of its paragraphs,
#: where banners and repeats are left out. Of 445 sure detections in 100 characters of store texts, in 46
#: languages, none is wrong.
ENOUGH, DISTINCT = 200, 80
#: Characters that are read at most.
READ = 5000
#: Probabilities. Of 41 store texts in other than Latin letters 40 are in the language that is likely.
SURE, LIKELY = 0.95, 0.5
LATIN, LETTER = regex.compile(r"\p{Latin}"), regex.compile(r"\p{L}")
#: Languages of the model, which takes a text in any other one for one of these, and surely.
LEARNED = {primary(tag) for label in IDENTIFIER.nb_classes if (tag := standard(label))}


def weigh(
    text: str, declared: Iterable[tuple[str, str]], prose: Iterable[str] | None = None
) -> Iterator[tuple[str, float, str]]:
    """Tags with confidence and rule, from a text and the tags that its source declares, with their rules.

    `prose` are the paragraphs of a text that has other parts too; without it all of the text is prose.
    """
    known = [(tag, rule) for written, rule in declared if (tag := standard(written))]
    detected, probability = detect(text)
    learned = all(primary(tag) in LEARNED for tag, _ in known)
    if detected and learned and len(text) >= ENOUGH:
        tags = [tag for tag, _ in known]
        if known and primary(detected) not in map(primary, tags):
            wins = overrules(detected, text, tags, [text] if prose is None else prose)
        else:
            wins = probability >= SURE
        yield from confirmed(detected, known) if wins else ()
    yield from ((tag, 0.80, rule) for tag, rule in known)
    if detected and probability >= LIKELY:
        yield detected, round(probability * 0.75, 2), "text"


def confirmed(detected: str, declared: list[tuple[str, str]]) -> Iterator[tuple[str, float, str]]:
    agreeing = [(tag, f"{rule}+text") for tag, rule in declared if primary(tag) == primary(detected)]
    for tag, rule in agreeing or [(detected, "text")]:
        yield tag, 0.95 if agreeing else 0.90, rule


def overrules(language: str, text: str, declared: list[str], prose: Iterable[str]) -> bool:
    """True if a text's language outweighs those that are declared: enough sentences surely are in it.

    Less will do where no declared language has its letters.
    """
    told = " ".join(sentence for paragraph in prose for sentence in sentences(paragraph))
    likely, enough = (LIKELY, DISTINCT) if is_foreign(told, declared) else (SURE, ENOUGH)
    said = sum(map(len, sentences(text))) >= enough and len(told) >= DISTINCT
    return said and all(is_in(language, one, likely) for one in (text, told))


def is_foreign(text: str, declared: list[str]) -> bool:
    """True if all declared languages are written in Latin letters, and the text mostly isn't."""
    latin = bool(declared) and all(Language.get(tag).maximize().script == "Latn" for tag in declared)
    return latin and len(LATIN.findall(text)) * 2 < len(LETTER.findall(text))


def is_in(language: str, text: str, likely: float) -> bool:
    detected, probability = detect(text)
    return detected == language and probability >= likely


def detect(text: str) -> tuple[str | None, float]:
    """A tag and its probability, from 0 to 1; None for a text that is empty, or a placeholder."""
    found, probability = classified(text[:READ])
    if found == "la":
        found, probability = classified(without_placeholder(text[:READ]))
    return found, probability


def classified(text: str) -> tuple[str | None, float]:
    if not text.strip():
        return None, 0.0
    language, probability = IDENTIFIER.classify(text)
    return standard(language), float(probability)
