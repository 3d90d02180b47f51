"""Evidence check: turns a model's claims into candidates, as far as quotes of the text support them.

A page may contain instructions to the model, so the model's answer is not trusted.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from schemas.brand import BrandFieldName, BrandPart, FieldCandidate
from workers.ingest.derive.audience import capitalize_sentence
from workers.ingest.derive.icp import describe_ideal_customer
from workers.ingest.derive.tables import CustomerGrammar
from workers.ingest.derive.voice import MIN_VOICE_PROSE_WORDS as VOICE_WORDS
from workers.ingest.llm.answer import BrandAnswer, BrandClaim, ConfidenceLevel, CustomerPart, Trait
from workers.ingest.page.text import MAX_TAGLINE_CHARS, clean_text_line, count_words
from workers.ingest.shapes import Passage

LLM_RULE_NAME = "llm"
#: Confidence of a claim: below a source's declarations, close to derived values.
CONFIDENCE_BY_MODEL_LEVEL: dict[ConfidenceLevel, float] = {"low": 0.5, "medium": 0.6, "high": 0.7}
MAX_LLM_CLAIM_CHARS = 300
MAX_LLM_QUOTE_CHARS = 300
MAX_ICP_PART_CHARS = 120
#: Kinds of parts at least: a single kind is only an audience.
MIN_ICP_PART_KINDS = 2
MAX_VOICE_TRAIT_CHARS = 60
MIN_LLM_VOICE_TRAITS = 3
#: Words of a quote at least: a shorter one is in every text.
MIN_LLM_QUOTE_WORDS = 3
#: Addresses: anything that software might turn into a link.
WEB_ADDRESS_PATTERN = re.compile(
    r"\b[a-z][a-z0-9+.-]*:\S+|\bwww\.\S+|\b[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,}\b(?:/\S*)?", re.IGNORECASE
)


class PromptSourceText(NamedTuple):
    """Text that the model received, its passages and its source's address.

    `own_text` is the part without stories. `brand_prose` has the brand's own voice. `grammar` is its language's.
    """

    own_text: str
    brand_prose: str
    passages: Sequence[Passage]
    url: str
    grammar: CustomerGrammar


def build_candidates_from_model_answer(answer: BrandAnswer, source: PromptSourceText) -> Iterator[FieldCandidate]:
    taglines = [claim for claim in answer.tagline if is_tagline_in_source(claim, source.own_text)]
    yield from join_supported_llm_claims_as_candidate("tagline", taglines, source)
    yield from join_supported_llm_claims_as_candidate("audience", answer.audience, source)
    yield from build_llm_icp_candidate(answer.icp, answer.audience, source)
    yield from build_llm_voice_candidate(answer.brand_voice, source)


def join_supported_llm_claims_as_candidate(
    field: BrandFieldName, claims: Iterable[BrandClaim], source: PromptSourceText
) -> Iterator[FieldCandidate]:
    supported = [
        checked_claim for claim in claims if (checked_claim := keep_found_quotes_of_llm_claim(claim, source.own_text))
    ]
    if supported:
        value = " ".join(claim.statement for claim in supported)
        quotes = [quote for claim in supported for quote in claim.evidence]
        yield build_llm_candidate(
            field, value, source, quotes, find_lowest_llm_confidence(claim.confidence for claim in supported)
        )


def build_llm_icp_candidate(
    parts: Sequence[CustomerPart], audience: Iterable[BrandClaim], source: PromptSourceText
) -> Iterator[FieldCandidate]:
    """Yield at most one `icp` candidate from the model's customer parts.

    A part counts if its words are in its quote, and its quote is in the text. Yield none if these parts are of
    one kind only, or repeat the `audience`.
    """
    quoted = [
        part
        for part in parts
        if is_quote_in_text(part.quote, source.own_text) and is_icp_part_quoted(part.words, part.quote)
    ]
    # A need of the model follows the word "to": it is a use of the product.
    brand_parts = [
        BrandPart(part="use" if part.part == "need" else part.part, value=clean_text_line(part.words), quote=part.quote)
        for part in quoted
    ]
    if has_enough_icp_parts(brand_parts, " ".join(claim.statement for claim in audience)):
        confidence = find_lowest_llm_confidence(part.confidence for part in quoted)
        icp = build_llm_candidate(
            "icp",
            describe_ideal_customer(brand_parts, source.grammar),
            source,
            [part.quote for part in brand_parts],
            confidence,
        )
        yield msgspec.structs.replace(icp, parts=brand_parts)


def has_enough_icp_parts(parts: Sequence[BrandPart], audience: str) -> bool:
    """Return whether the ICP parts are of two kinds at least, and one has a value that `audience` lacks."""
    has_kinds = len({part.part for part in parts}) >= MIN_ICP_PART_KINDS
    return has_kinds and not all(part.value.casefold() in audience.casefold() for part in parts)


def is_icp_part_quoted(part_words: str, quote: str) -> bool:
    return part_words in quote and 0 < len(clean_text_line(part_words)) <= MAX_ICP_PART_CHARS


def build_llm_voice_candidate(traits: Iterable[Trait], source: PromptSourceText) -> Iterator[FieldCandidate]:
    """Yield at most one `brandVoice` candidate from the model's traits, each with its own quote.

    Yield none with fewer than `MIN_LLM_VOICE_TRAITS` traits in the brand's prose, or if that prose is too short.
    """
    by_quote = {trait.quote: trait for trait in traits if is_quoted_voice_trait(trait, source.brand_prose)}
    by_name = {clean_text_line(trait.trait).rstrip("."): trait for trait in by_quote.values()}
    if len(by_name) >= MIN_LLM_VOICE_TRAITS and count_words(source.brand_prose) >= VOICE_WORDS:
        quotes = [trait.quote for trait in by_name.values()]
        confidence = find_lowest_llm_confidence(trait.confidence for trait in by_name.values())
        yield build_llm_candidate(
            "brandVoice", f"{capitalize_sentence(', '.join(by_name), source.grammar)}.", source, quotes, confidence
        )


def is_quoted_voice_trait(trait: Trait, text: str) -> bool:
    name = clean_text_line(trait.trait)
    return (
        is_quote_in_text(trait.quote, text)
        and 0 < len(name) <= MAX_VOICE_TRAIT_CHARS
        and not does_llm_claim_invent_address(name, text)
    )


def is_tagline_in_source(claim: BrandClaim, text: str) -> bool:
    """Return whether the claim's statement has a tagline's length and is in the text, word for word."""
    return len(claim.statement) <= MAX_TAGLINE_CHARS and is_quote_in_text(claim.statement, text)


def keep_found_quotes_of_llm_claim(claim: BrandClaim, text: str) -> BrandClaim | None:
    """Return the model's claim as plain text, with those of its quotes that are in the text.

    Return None if no quote is there, if the statement is empty or too long, or if it adds a web address.
    """
    statement = clean_text_line(claim.statement)
    evidence = [quote for quote in claim.evidence if is_quote_in_text(quote, text)]
    if not evidence or not 0 < len(statement) <= MAX_LLM_CLAIM_CHARS or does_llm_claim_invent_address(statement, text):
        return None
    return BrandClaim(statement, evidence, claim.confidence)


def is_quote_in_text(quote: str, text: str) -> bool:
    return len(quote) <= MAX_LLM_QUOTE_CHARS and count_words(quote) >= MIN_LLM_QUOTE_WORDS and quote in text


def does_llm_claim_invent_address(statement: str, text: str) -> bool:
    """Return whether the statement has a web address that the text lacks; `me.com` isn't in `acme.com`."""
    addresses = {match.group().rstrip(".,;:!?)'\"") for match in WEB_ADDRESS_PATTERN.finditer(statement)}
    return any(
        not re.search(rf"(?<![\w@.-]){re.escape(address)}(?![\w-])", text, re.IGNORECASE) for address in addresses
    )


def build_llm_candidate(
    field: BrandFieldName, value: str, source: PromptSourceText, quotes: Iterable[str], confidence: float
) -> FieldCandidate:
    evidence = list(dict.fromkeys(quotes))
    return FieldCandidate(
        field=field,
        value=value,
        confidence=confidence,
        rule=LLM_RULE_NAME,
        url=find_page_url_of_quote(evidence[0], source),
        evidence=evidence,
    )


def find_lowest_llm_confidence(levels: Iterable[ConfidenceLevel]) -> float:
    return min(CONFIDENCE_BY_MODEL_LEVEL[level] for level in levels)


def find_page_url_of_quote(quote: str, source: PromptSourceText) -> str:
    """Return the URL of the first passage with the whole quote, else the source's: a quote may span two passages."""
    pages = (passage.url for passage in source.passages if quote in passage.text)
    return next(filter(None, pages), source.url)
