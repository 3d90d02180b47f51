"""Ladder of `appDescription`: texts on a page that describe the brand's product."""

import re
from collections.abc import Iterator
from itertools import chain, islice

from schemas.brand import FieldCandidate
from workers.ingest.page import jsonld
from workers.ingest.page.blocks.cues import TextCue, has_text_cue
from workers.ingest.page.document import HtmlDocument, read_tag_text
from workers.ingest.page.kinds import is_brand_node
from workers.ingest.page.lead import end_sentence
from workers.ingest.page.lines import SENTENCE_END_PATTERN, is_list_of_short_items
from workers.ingest.page.names import is_generic_page_name
from workers.ingest.page.text import (
    MAX_DESCRIPTION_CHARS,
    clean_text_line,
    count_words,
    fold_text,
    split_sentences,
    truncate_text,
)
from workers.ingest.shapes import Passage

#: Characters below which a text is a weak description.
MIN_STRONG_DESCRIPTION_CHARS = 25
#: Confidence factor of a text that is too short, or only repeats the title.
WEAK_DESCRIPTION_CONFIDENCE_FACTOR = 0.4
#: Words of a declared description that needs no other.
MIN_FULL_DESCRIPTION_WORDS = 14
#: Characters of a text without its last sentences at least, and of a lead at most.
MIN_TRIMMED_DESCRIPTION_CHARS = 40
MAX_LEAD_DESCRIPTION_CHARS = 330
#: Marks for words that are left out of a quotation.
OMISSION_PATTERN = re.compile(r"\s*[(\[](?:…|\.\.\.)[)\]]\s*")
#: Cues of sentences for visitors at the end of a description.
TRIMMED_CUES: tuple[TextCue, ...] = ("contact", "appeal", "instruction", "thanks")
LEADING_SIGNS_PATTERN = re.compile(r"^[^\w@+(]+")
#: Words of a text that counts as prose.
MIN_HERO_PROSE_WORDS = 8
#: Texts after the headline; further ones are ignored.
MAX_TEXTS_CHECKED_AFTER_HEADLINE = 8
#: Paragraphs after the headline that are checked next.
MAX_PARAGRAPHS_CHECKED_AFTER_HEADLINE = 5
PROSE_END_PATTERN = re.compile(r"[.!?…:。！？][\"”“»’')\]]*$")
JSONLD_PAGE_TYPE_PATTERN = re.compile(r"\w*(?:Page|Article|Posting)|Product|Recipe|Course|Event")
CREDIT_LINE_PATTERN = re.compile(r"(?:written by|sponsored by|by|von|par|por|di|door)[:\s].{0,70}", re.IGNORECASE)
QUOTATION_AS_DESCRIPTION_PATTERN = re.compile(r"[\"“„«][^\"“”„«»]{0,160}[\"”“»]")


def find_description_candidates(
    page: HtmlDocument, passages: list[Passage], lead: Passage | None
) -> Iterator[FieldCandidate]:
    """Yield candidates for a page's `appDescription`, with less confidence for weak ones.

    `passages` are the page's passages, the passages from its headline on first; `lead` is its lead paragraph.
    """
    titles = {fold_text(page.title), *(fold_text(text) for _, text in page.read_first_meta_texts("og:title"))}
    for value, confidence, rule in find_scored_descriptions(page, passages, lead):
        text = trim_description(clean_text_line(value))
        if text and not is_generic_page_name(text):
            is_weak = is_weak_description(text) or (page.is_home and is_piece_or_list(text, page.domain_label))
            is_weak = is_weak or fold_text(text) in titles
            factor = WEAK_DESCRIPTION_CONFIDENCE_FACTOR if is_weak else 1.0
            yield page.build_candidate(
                "appDescription", truncate_text(text, MAX_DESCRIPTION_CHARS), confidence * factor, rule
            )


def trim_description(text: str) -> str:
    """Return a text without the sentences at its end that have contacts or ask for a visit or call.

    A text of only such sentences stays whole.
    """
    sentences = split_sentences(OMISSION_PATTERN.sub(" ", text))
    kept = len(sentences)
    while kept > 1 and is_request(sentences[kept - 1]):
        kept -= 1
    trimmed = "".join(sentences[:kept]).strip()
    return trimmed if len(trimmed) >= MIN_TRIMMED_DESCRIPTION_CHARS else text


def is_request(sentence: str) -> bool:
    """Return whether a sentence has a contact, or asks for a visit or call; signs such as `📞` may be before it."""
    words = LEADING_SIGNS_PATTERN.sub("", sentence.lower())
    return any(has_text_cue(words, cue) for cue in TRIMMED_CUES)


def is_weak_description(text: str) -> bool:
    """Return whether the text is too short, only a credit line such as `by Jane`, or only a quotation."""
    return (
        len(text) < MIN_STRONG_DESCRIPTION_CHARS
        or CREDIT_LINE_PATTERN.fullmatch(text) is not None
        or QUOTATION_AS_DESCRIPTION_PATTERN.fullmatch(text) is not None
    )


def is_piece_or_list(text: str, label: str) -> bool:
    """Return whether a text is a list of keywords, or begins with a small letter, and not with the domain's label."""
    is_list = is_list_of_short_items(text) and SENTENCE_END_PATTERN.search(text) is None
    return is_list or (text[0].islower() and not fold_text(text).startswith(fold_text(label)))


def find_scored_descriptions(
    page: HtmlDocument, passages: list[Passage], lead: Passage | None
) -> Iterator[tuple[str, float, str]]:
    declared = [
        *((text, 0.89, "html.og:description") for _, text in page.read_first_meta_texts("og:description")),
        *(
            (text, 0.85, f"html.{name}")
            for name, text in page.read_first_meta_texts("twitter:description", "description")
        ),
    ]
    yield from declared
    yield from find_fuller_description(page, [clean_text_line(text) for text, _, _ in declared], lead)
    for node in page.jsonld_nodes:
        for text in jsonld.unwrap_jsonld_texts(node.get("description"))[:1]:
            yield text, *rate_jsonld_description(node)
    if lead is not None:
        text = keep_first_sentences(lead.text, MAX_LEAD_DESCRIPTION_CHARS)
        yield text, *((0.60, "html.hero") if lead.role == "hero" else (0.55, "html.prose"))
    elif not page.is_home:
        yield from ((text, 0.60, "html.hero") for text in find_prose_after_headline(page, passages))


def find_fuller_description(
    page: HtmlDocument, declared: list[str], lead: Passage | None
) -> Iterator[tuple[str, float, str]]:
    """Yield a fuller description if the first declared one is short: another one, else it with the lead's sentences."""
    first = declared[0] if declared else ""
    if not page.is_home or is_weak_description(first) or count_words(first) >= MIN_FULL_DESCRIPTION_WORDS:
        return
    fuller = next((text for text in declared if count_words(text) >= MIN_FULL_DESCRIPTION_WORDS), None)
    if fuller and not has_text_cue(fuller.lower(), "appeal"):
        yield fuller, 0.895, "html.description"
    elif lead is not None and fold_text(first) not in fold_text(lead.text) and lead.text not in declared:
        rest = keep_first_sentences(lead.text, MAX_LEAD_DESCRIPTION_CHARS - len(first))
        yield f"{end_sentence(first)} {rest}", 0.895, "html.description.lead"


def keep_first_sentences(text: str, limit: int) -> str:
    """Return the first sentences of a text of at most `limit` characters together, one at least."""
    first, *others = split_sentences(text)
    for sentence in others:
        if len(first) + len(sentence) > limit:
            break
        first += sentence
    return first.strip()


def rate_jsonld_description(node: jsonld.JsonLdNode) -> tuple[float, str]:
    """Return confidence and rule of a node's description, by the type of the node."""
    if is_brand_node(node):
        return 0.85, "jsonld.brand.description"
    if any(JSONLD_PAGE_TYPE_PATTERN.fullmatch(kind) for kind in jsonld.read_jsonld_types(node)):
        return 0.80, "jsonld.page.description"
    return 0.50, "jsonld.description"


def find_prose_after_headline(page: HtmlDocument, passages: list[Passage]) -> Iterator[str]:
    """Yield the first prose after a page's headline, of `passages`, else of a paragraph; nothing without a headline."""
    if page.headline_h1_tag is None:
        return
    own_texts = (passage.text for passage in passages if passage.kind == "text" and passage.speaker == "brand")
    texts = islice(own_texts, MAX_TEXTS_CHECKED_AFTER_HEADLINE)
    paragraphs = map(
        read_tag_text, page.headline_h1_tag.find_all_next("p", limit=MAX_PARAGRAPHS_CHECKED_AFTER_HEADLINE)
    )
    yield from islice(filter(may_be_hero_prose, chain(texts, paragraphs)), 1)


def may_be_hero_prose(text: str) -> bool:
    return (
        count_words(text) >= MIN_HERO_PROSE_WORDS
        and PROSE_END_PATTERN.search(text) is not None
        and CREDIT_LINE_PATTERN.match(text) is None
    )
