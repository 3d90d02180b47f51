"""Evidence check: turns a model's claims into candidates, as far as quotes of the text support them.

A page may contain instructions to the model, so the model's answer is not trusted.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from schemas.brand import BrandPart, Candidate, Field
from workers.ingest.derive.audience import listing, sentence_case
from workers.ingest.derive.icp import describe_customer, is_customer
from workers.ingest.derive.voice import MIN_HABITS
from workers.ingest.derive.voice import MIN_PROSE_WORDS as VOICE_WORDS
from workers.ingest.llm.answer import BrandAnswer, BrandClaim, ConfidenceLevel, CustomerPart, Trait
from workers.ingest.page.text import MAX_TAGLINE_CHARS, clean, count_words
from workers.ingest.shapes import Passage

RULE = "llm"
#: Confidence of a claim: below a source's declarations, close to derived values.
CONFIDENCE_BY_LEVEL: dict[ConfidenceLevel, float] = {"low": 0.5, "medium": 0.6, "high": 0.7}
MAX_STATEMENT_CHARS = 300
MAX_QUOTE_CHARS = 300
MAX_PART_CHARS = 120
MAX_TRAIT_CHARS = 60
#: Words of a quote at least: a shorter one is in every text.
MIN_QUOTE_WORDS = 3
#: Addresses: anything that software might turn into a link.
ADDRESS = re.compile(
    r"\b[a-z][a-z0-9+.-]*:\S+|\bwww\.\S+|\b[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,}\b(?:/\S*)?", re.IGNORECASE
)


class SourceText(NamedTuple):
    """Text that the model received, its passages and its source's address.

    `own_text` is the part without stories. `brand_prose` has the brand's own voice.
    """

    own_text: str
    brand_prose: str
    passages: Sequence[Passage]
    url: str


def candidates(answer: BrandAnswer, source: SourceText) -> Iterator[Candidate]:
    taglines = [claim for claim in answer.tagline if is_quoted_tagline(claim, source.own_text)]
    yield from claim_candidate("tagline", taglines, source)
    yield from claim_candidate("audience", answer.audience, source)
    yield from icp_candidate(answer.icp, answer.audience, source)
    yield from voice_candidate(answer.brand_voice, source)


def claim_candidate(field: Field, claims: Iterable[BrandClaim], source: SourceText) -> Iterator[Candidate]:
    supported = [checked_claim for claim in claims if (checked_claim := check_claim(claim, source.own_text))]
    if supported:
        value = " ".join(claim.statement for claim in supported)
        quotes = [quote for claim in supported for quote in claim.evidence]
        yield candidate(
            field, value, source, quotes, lowest_confidence(claim.confidence for claim in supported)
        )


def icp_candidate(
    parts: Sequence[CustomerPart], audience: Iterable[BrandClaim], source: SourceText
) -> Iterator[Candidate]:
    """Yield at most one ICP, of the parts with their words in their quote and their quote in the text.

    Yields none if these parts describe no customer.
    """
    quoted = [
        part
        for part in parts
        if is_quote(part.quote, source.own_text) and is_in_quote(part.words, part.quote)
    ]
    brand_parts = [BrandPart(part=part.part, value=clean(part.words), quote=part.quote) for part in quoted]
    if is_customer(brand_parts, " ".join(claim.statement for claim in audience)):
        confidence = lowest_confidence(part.confidence for part in quoted)
        icp = candidate(
            "icp", describe_customer(brand_parts), source, [part.quote for part in brand_parts], confidence
        )
        yield msgspec.structs.replace(icp, parts=brand_parts)


def is_in_quote(part_words: str, quote: str) -> bool:
    return part_words in quote and 0 < len(clean(part_words)) <= MAX_PART_CHARS


def voice_candidate(traits: Iterable[Trait], source: SourceText) -> Iterator[Candidate]:
    """Yield a voice of enough traits, each with its own quote, if the brand's prose is long enough."""
    by_quote = {trait.quote: trait for trait in traits if is_supported_trait(trait, source.brand_prose)}
    by_name = {clean(trait.trait).rstrip("."): trait for trait in by_quote.values()}
    if len(by_name) >= MIN_HABITS and count_words(source.brand_prose) >= VOICE_WORDS:
        quotes = [trait.quote for trait in by_name.values()]
        confidence = lowest_confidence(trait.confidence for trait in by_name.values())
        yield candidate("brandVoice", f"{sentence_case(listing([*by_name]))}.", source, quotes, confidence)


def is_supported_trait(trait: Trait, text: str) -> bool:
    name = clean(trait.trait)
    return is_quote(trait.quote, text) and 0 < len(name) <= MAX_TRAIT_CHARS and not adds_address(name, text)


def is_quoted_tagline(claim: BrandClaim, text: str) -> bool:
    """Return whether the claim is a tagline: a quote, word for word."""
    return len(claim.statement) <= MAX_TAGLINE_CHARS and is_quote(claim.statement, text)


def check_claim(claim: BrandClaim, text: str) -> BrandClaim | None:
    """Return the claim as plain text, with the quotes that are in the text; None if no quote is."""
    statement = clean(claim.statement)
    evidence = [quote for quote in claim.evidence if is_quote(quote, text)]
    if not evidence or not 0 < len(statement) <= MAX_STATEMENT_CHARS or adds_address(statement, text):
        return None
    return BrandClaim(statement, evidence, claim.confidence)


def is_quote(quote: str, text: str) -> bool:
    return len(quote) <= MAX_QUOTE_CHARS and count_words(quote) >= MIN_QUOTE_WORDS and quote in text


def adds_address(statement: str, text: str) -> bool:
    """Return whether it names an address that the text doesn't: `me.com` is not in `acme.com`."""
    addresses = {match.group().rstrip(".,;:!?)'\"") for match in ADDRESS.finditer(statement)}
    return any(
        not re.search(rf"(?<![\w@.-]){re.escape(address)}(?![\w-])", text, re.IGNORECASE)
        for address in addresses
    )


def candidate(
    field: Field, value: str, source: SourceText, quotes: Iterable[str], confidence: float
) -> Candidate:
    evidence = list(dict.fromkeys(quotes))
    return Candidate(
        field=field,
        value=value,
        confidence=confidence,
        rule=RULE,
        url=page_of(evidence[0], source),
        evidence=evidence,
    )


def lowest_confidence(levels: Iterable[ConfidenceLevel]) -> float:
    return min(CONFIDENCE_BY_LEVEL[level] for level in levels)


def page_of(quote: str, source: SourceText) -> str:
    """Return the address of the passage with the quote, or the source's if the quote spans two passages."""
    pages = (passage.url for passage in source.passages if quote in passage.text)
    return next(filter(None, pages), source.url)
