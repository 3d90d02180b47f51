"""Text of a source that a language model receives, and quotes of it."""

from collections.abc import Iterable
from typing import NamedTuple

from schemas.brand import BrandFieldName, BrandFieldValue, FieldCandidate
from workers.ingest.derive.tables import CustomerGrammar
from workers.ingest.llm.answer import LLM_RULE_NAME, ConfidenceLevel
from workers.ingest.page.text import count_words
from workers.ingest.shapes import Passage, SourceProse

#: Confidence of a claim: below a source's declarations, close to derived values.
CONFIDENCE_BY_MODEL_LEVEL: dict[ConfidenceLevel, float] = {"low": 0.5, "medium": 0.6, "high": 0.7}
#: Characters of prose: 6,000 tokens of about four characters.
MAX_PROMPT_PROSE_CHARS = 24_000
MAX_LLM_QUOTE_CHARS = 300
#: Words of a quote at least: a shorter one is in every text.
MIN_LLM_QUOTE_WORDS = 3


class PromptSourceText(NamedTuple):
    """Text that proves the model's claims, and the source's prose of the brand alone, with its language.

    `own_text` is the brand's own text without stories. `brand_prose` has its voice, `grammar` is of its language.
    """

    own_text: str
    brand_prose: str
    prose: SourceProse
    grammar: CustomerGrammar


def join_source_text_for_prompt(prose: SourceProse) -> str:
    """Join titles, descriptions and passages of a source for a prompt, the title first."""
    return join_passages_for_prompt([*(Passage(text=line) for line in prose.about), *prose.passages])


def join_passages_for_prompt(passages: Iterable[Passage]) -> str:
    """Join the texts of passages for a prompt, one a line, each once, up to `MAX_PROMPT_PROSE_CHARS`.

    Stories and labels are last. A text that is too long for the rest is left out.
    """
    by_use = sorted(passages, key=lambda passage: (passage.kind == "label", passage.story))
    lines, left = [], MAX_PROMPT_PROSE_CHARS
    for text in dict.fromkeys(passage.text for passage in by_use):
        if len(text) < left:
            lines.append(text)
            left -= len(text) + 1
    return "\n".join(lines)


def is_quote_in_text(quote: str, text: str) -> bool:
    return len(quote) <= MAX_LLM_QUOTE_CHARS and count_words(quote) >= MIN_LLM_QUOTE_WORDS and quote in text


def build_llm_candidate(
    field: BrandFieldName, value: BrandFieldValue, source: PromptSourceText, quotes: Iterable[str], confidence: float
) -> FieldCandidate:
    evidence = list(dict.fromkeys(quotes))
    return FieldCandidate(
        field=field,
        value=value,
        confidence=confidence,
        rule=LLM_RULE_NAME,
        url=find_page_url_of_quote(evidence[0], source.prose),
        evidence=evidence,
    )


def find_lowest_llm_confidence(levels: Iterable[ConfidenceLevel]) -> float:
    return min(CONFIDENCE_BY_MODEL_LEVEL[level] for level in levels)


def find_page_url_of_quote(quote: str, prose: SourceProse) -> str:
    """Return the URL of the first passage with the whole quote, else the source's: a quote may span two passages."""
    pages = (passage.url for passage in prose.passages if quote in passage.text)
    return next(filter(None, pages), prose.url)
