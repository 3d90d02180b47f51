"""Evidence check: turns a model's claims into candidates, as far as quotes of the text support them.

A page may contain instructions to the model, so the model's answer is not trusted.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from schemas.brand import BrandPart, Candidate, Field
from workers.ingest.derive.audience import listing, sentence_case
from workers.ingest.derive.parts import described, is_customer
from workers.ingest.derive.voice import FEWEST
from workers.ingest.derive.voice import FEWEST_WORDS as VOICE_WORDS
from workers.ingest.llm.answer import Answer, Claim, CustomerPart, Sureness, Trait
from workers.ingest.page.text import clean, words
from workers.ingest.shapes import Passage

RULE = "llm"
#: Confidence of a claim: below a source's declarations, close to derived values.
CONFIDENCE: dict[Sureness, float] = {"low": 0.5, "medium": 0.6, "high": 0.7}
#: Characters of a tagline, a statement, a quote, an ICP's part, a voice's trait.
TAGLINE, STATEMENT, QUOTE, PART, TRAIT = 120, 300, 300, 120, 60
#: Words of a quote at least: a shorter one is in every text.
FEWEST_WORDS = 3
#: Addresses: anything that software might turn into a link.
ADDRESS = re.compile(
    r"\b[a-z][a-z0-9+.-]*:\S+|\bwww\.\S+|\b[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,}\b(?:/\S*)?", re.IGNORECASE
)


class Given(NamedTuple):
    """Text that the model received, its passages and its source's address.

    `own` is the part without stories. `spoken` is the brand's own prose, the only one with its voice.
    """

    own: str
    spoken: str
    passages: Sequence[Passage]
    url: str


def candidates(answer: Answer, given: Given) -> Iterator[Candidate]:
    taglines = [claim for claim in answer.tagline if is_own_line(claim, given.own)]
    yield from claimed("tagline", taglines, given)
    yield from claimed("audience", answer.audience, given)
    yield from customer(answer.icp, answer.audience, given)
    yield from voice(answer.brand_voice, given)


def claimed(field: Field, claims: Iterable[Claim], given: Given) -> Iterator[Candidate]:
    supported = [kept for claim in claims if (kept := checked(claim, given.own))]
    if supported:
        value = " ".join(claim.statement for claim in supported)
        quotes = [quote for claim in supported for quote in claim.evidence]
        yield candidate(field, value, given, quotes, least(claim.confidence for claim in supported))


def customer(parts: Sequence[CustomerPart], audience: Iterable[Claim], given: Given) -> Iterator[Candidate]:
    """Yield an ICP of the parts with their words in their quote, and their quote in the text."""
    kept = [one for one in parts if is_quote(one.quote, given.own) and is_said(one.words, one.quote)]
    said = [BrandPart(part=one.part, value=clean(one.words), quote=one.quote) for one in kept]
    if is_customer(said, " ".join(claim.statement for claim in audience)):
        sure = least(one.confidence for one in kept)
        found = candidate("icp", described(said), given, [one.quote for one in said], sure)
        yield msgspec.structs.replace(found, parts=said)


def is_said(words: str, quote: str) -> bool:
    return words in quote and 0 < len(clean(words)) <= PART


def voice(traits: Iterable[Trait], given: Given) -> Iterator[Candidate]:
    """Yield a voice of enough traits, each with its own quote, if the brand's prose is long enough."""
    by_quote = {one.quote: one for one in traits if is_heard(one, given.spoken)}
    named = {clean(one.trait).rstrip("."): one for one in by_quote.values()}
    if len(named) >= FEWEST and words(given.spoken) >= VOICE_WORDS:
        quotes = [one.quote for one in named.values()]
        sure = least(one.confidence for one in named.values())
        yield candidate("brandVoice", f"{sentence_case(listing([*named]))}.", given, quotes, sure)


def is_heard(one: Trait, text: str) -> bool:
    trait = clean(one.trait)
    return is_quote(one.quote, text) and 0 < len(trait) <= TRAIT and not adds_address(trait, text)


def is_own_line(claim: Claim, text: str) -> bool:
    """Return whether the claim is a tagline: a quote, word for word."""
    return len(claim.statement) <= TAGLINE and is_quote(claim.statement, text)


def checked(claim: Claim, text: str) -> Claim | None:
    """Return the claim as plain text, with the quotes that are in the text; None if no quote is."""
    statement = clean(claim.statement)
    evidence = [quote for quote in claim.evidence if is_quote(quote, text)]
    if not evidence or not 0 < len(statement) <= STATEMENT or adds_address(statement, text):
        return None
    return Claim(statement, evidence, claim.confidence)


def is_quote(quote: str, text: str) -> bool:
    return len(quote) <= QUOTE and words(quote) >= FEWEST_WORDS and quote in text


def adds_address(statement: str, text: str) -> bool:
    """Return whether it names an address that the text doesn't: `me.com` is not in `acme.com`."""
    found = {match.group().rstrip(".,;:!?)'\"") for match in ADDRESS.finditer(statement)}
    return any(
        not re.search(rf"(?<![\w@.-]){re.escape(address)}(?![\w-])", text, re.IGNORECASE) for address in found
    )


def candidate(field: Field, value: str, given: Given, quotes: Iterable[str], confidence: float) -> Candidate:
    evidence = list(dict.fromkeys(quotes))
    return Candidate(
        field=field,
        value=value,
        confidence=confidence,
        rule=RULE,
        url=page_of(evidence[0], given),
        evidence=evidence,
    )


def least(sureness: Iterable[Sureness]) -> float:
    return min(CONFIDENCE[one] for one in sureness)


def page_of(quote: str, given: Given) -> str:
    """Return the address of the passage with the quote, or the source's if the quote spans two passages."""
    pages = (passage.url for passage in given.passages if quote in passage.text)
    return next(filter(None, pages), given.url)
