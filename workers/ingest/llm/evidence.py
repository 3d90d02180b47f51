"""Evidence check: turns a model's claims into candidates, as far as quotes of the text support them.

A page may tell the model anything, so nothing that the model says is taken on trust.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from schemas.brand import Candidate, Field
from workers.ingest.llm.answer import Answer, Claim, Sureness
from workers.ingest.page.text import clean, words
from workers.ingest.shapes import Passage

RULE = "llm"
#: Confidence of a claim: below what sources declare, beside what rules derive.
CONFIDENCE: dict[Sureness, float] = {"low": 0.5, "medium": 0.6, "high": 0.7}
#: Characters of a tagline, a statement, a quote.
TAGLINE, STATEMENT, QUOTE = 120, 300, 300
#: Words of a quote at least: a shorter one is in every text.
FEWEST_WORDS = 3
#: Addresses: all that software might turn into a link.
ADDRESS = re.compile(
    r"\b[a-z][a-z0-9+.-]*:\S+|\bwww\.\S+|\b[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,}\b(?:/\S*)?", re.IGNORECASE
)


class Given(NamedTuple):
    """Text that the model was given, its passages and its source's address.

    `own` is the part without stories, which have the brand's voice, not its customers.
    """

    text: str
    own: str
    passages: Sequence[Passage]
    url: str


def candidates(answer: Answer, given: Given) -> Iterator[Candidate]:
    by_field: dict[Field, tuple[list[Claim], str]] = {
        "tagline": ([claim for claim in answer.tagline if is_own_line(claim, given.own)], given.own),
        "audience": (answer.audience, given.own),
        "icp": (answer.icp, given.own),
        "brandVoice": (answer.brand_voice, given.text),
    }
    for field, (claims, text) in by_field.items():
        supported = [kept for claim in claims if (kept := checked(claim, text))]
        if supported:
            yield candidate(field, supported, given)


def is_own_line(claim: Claim, text: str) -> bool:
    """True if the claim is a tagline: a quote, word for word."""
    return len(claim.statement) <= TAGLINE and is_quote(claim.statement, text)


def checked(claim: Claim, text: str) -> Claim | None:
    """The claim as plain text, with the quotes that are in the text; None where none is left."""
    statement = clean(claim.statement)
    evidence = [quote for quote in claim.evidence if is_quote(quote, text)]
    if not evidence or not 0 < len(statement) <= STATEMENT or adds_address(statement, text):
        return None
    return Claim(statement, evidence, claim.confidence)


def is_quote(quote: str, text: str) -> bool:
    return len(quote) <= QUOTE and words(quote) >= FEWEST_WORDS and quote in text


def adds_address(statement: str, text: str) -> bool:
    """True if it names an address that the text doesn't: `me.com` is not in `acme.com`."""
    found = {match.group().rstrip(".,;:!?)'\"") for match in ADDRESS.finditer(statement)}
    return any(
        not re.search(rf"(?<![\w@.-]){re.escape(address)}(?![\w-])", text, re.IGNORECASE) for address in found
    )


def candidate(field: Field, claims: Sequence[Claim], given: Given) -> Candidate:
    """The claims as one candidate, with the least confidence among them."""
    evidence = list(dict.fromkeys(quote for claim in claims for quote in claim.evidence))
    return Candidate(
        field=field,
        value=" ".join(claim.statement for claim in claims),
        confidence=min(CONFIDENCE[claim.confidence] for claim in claims),
        rule=RULE,
        url=page_of(evidence[0], given),
        evidence=evidence,
    )


def page_of(quote: str, given: Given) -> str:
    """The address of the passage with the quote; the source's own for one that spans two passages."""
    pages = (passage.url for passage in given.passages if quote in passage.text)
    return next(filter(None, pages), given.url)
