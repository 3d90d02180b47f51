"""primaryLanguage: what the page declares against what it is written in (research 2.2).

Of 843 real pages 773 declare a language; where the text disagrees for certain, the declaration is nearly
always a template's default. So a sure detection wins, and the declaration gives the region.
"""

from collections.abc import Iterator

import langcodes
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from schemas.brand import Candidate
from workers.ingest.page import jsonld
from workers.ingest.page.document import Document, attribute

IDENTIFIER = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
#: Characters of text that a detection needs to overrule a declaration, and those that it reads at all.
ENOUGH, READ = 200, 5000
SURE, LIKELY = 0.95, 0.5


def candidates(page: Document) -> Iterator[Candidate]:
    declared = [(tag, rule) for text, rule in declarations(page) if (tag := standard(text))]
    detected, probability = detect(page.text)
    if detected and probability >= SURE and len(page.text) >= ENOUGH:
        yield from confirmed(page, detected, declared)
    yield from (page.candidate("primaryLanguage", tag, 0.80, rule) for tag, rule in declared)
    if detected and probability >= LIKELY:
        yield page.candidate("primaryLanguage", detected, round(probability * 0.75, 2), "text")


def confirmed(page: Document, detected: str, declared: list[tuple[str, str]]) -> Iterator[Candidate]:
    agreeing = [(tag, f"{rule}+text") for tag, rule in declared if primary(tag) == primary(detected)]
    for tag, rule in agreeing or [(detected, "text")]:
        yield page.candidate("primaryLanguage", tag, 0.95 if agreeing else 0.90, rule)


def declarations(page: Document) -> Iterator[tuple[str, str]]:
    for root in page.tags["html"][:1]:
        yield attribute(root, "lang") or attribute(root, "xml:lang"), "html.lang"
    yield from ((text, "html.og:locale") for _, text in page.meta("og:locale"))
    yield page.header_language, "http.content-language"
    yield from (
        (text, f"html.{name}")
        for name, text in page.meta("content-language", "language", "dc.language", "inlanguage")
    )
    for node in page.nodes:
        yield from (
            (text, "jsonld.inLanguage") for text in jsonld.texts(node.get("inLanguage"), "alternateName")
        )


def standard(text: str) -> str | None:
    """A BCP-47 tag of a real language, or None: `en_us` is `en-US`, `english` and `x-default` are not."""
    first = text.replace(";", ",").split(",")[0].strip().replace("_", "-")
    if not langcodes.tag_is_valid(first):
        return None
    tag = langcodes.standardize_tag(first)
    return None if primary(tag) in {"und", "mul", "zxx", "x"} else tag


def primary(tag: str) -> str:
    return tag.partition("-")[0]


def detect(text: str) -> tuple[str | None, float]:
    if not text.strip():
        return None, 0.0
    language, probability = IDENTIFIER.classify(text[:READ])
    return standard(language), float(probability)
