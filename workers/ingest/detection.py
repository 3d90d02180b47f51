"""Detection of a text's language, weighed against what its source declares.

Of 843 real pages 773 declare a language. Where the text surely is in another one, the declaration is nearly
always a template's default: so a sure detection wins, and the declaration gives the region.
The model takes 120 MB, so only the parsing process may import this module.
"""

from collections.abc import Iterable, Iterator

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from workers.ingest.languages import primary, standard

IDENTIFIER = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
#: Characters of text that a detection needs to win over a declaration, and that it reads at most.
ENOUGH, READ = 200, 5000
SURE, LIKELY = 0.95, 0.5
#: Languages of the model, which takes a text in any other one for one of these, and surely.
LEARNED = {primary(tag) for label in IDENTIFIER.nb_classes if (tag := standard(label))}


def weigh(text: str, declared: Iterable[tuple[str, str]]) -> Iterator[tuple[str, float, str]]:
    """Tags with confidence and rule, from a text and the tags that its source declares, with their rules."""
    known = [(tag, rule) for written, rule in declared if (tag := standard(written))]
    detected, probability = detect(text)
    learned = all(primary(tag) in LEARNED for tag, _ in known)
    if detected and learned and probability >= SURE and len(text) >= ENOUGH:
        yield from confirmed(detected, known)
    yield from ((tag, 0.80, rule) for tag, rule in known)
    if detected and probability >= LIKELY:
        yield detected, round(probability * 0.75, 2), "text"


def confirmed(detected: str, declared: list[tuple[str, str]]) -> Iterator[tuple[str, float, str]]:
    agreeing = [(tag, f"{rule}+text") for tag, rule in declared if primary(tag) == primary(detected)]
    for tag, rule in agreeing or [(detected, "text")]:
        yield tag, 0.95 if agreeing else 0.90, rule


def detect(text: str) -> tuple[str | None, float]:
    """A tag and its probability, from 0 to 1; None for an empty text."""
    if not text.strip():
        return None, 0.0
    language, probability = IDENTIFIER.classify(text[:READ])
    return standard(language), float(probability)
