"""From a model's claims to candidates: only what the text itself bears out.

A page may tell the model anything, so nothing here depends on the model's good will.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from schemas.brand import Candidate, Field
from workers.ingest.llm.answer import Claims, Claim, Sureness
from workers.ingest.page.text import clean, words
from workers.ingest.shapes import Passage

RULE = "llm"
#: Below what sources declare, beside what rules derive.
CONFIDENCE: dict[Sureness, float] = {"low": 0.5, "medium": 0.6, "high": 0.7}
TAGLINE, STATEMENT, QUOTE = 120, 300, 300
#: A shorter quote is in every text.
FEWEST_WORDS = 3
#: Anything that a reader's software might make a link of.
ADDRESS = re.compile(
    r"\b[a-z][a-z0-9+.-]*:\S+|\bwww\.\S+|\b[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,}\b(?:/\S*)?", re.IGNORECASE
)


class Given(NamedTuple):
    """What the model was given, and where it is from; `url` is the source's own.

    `own` is the part without stories, which have the brand's voice and not its customers.
    """

    text: str
    own: str
    passages: Sequence[Passage]
    url: str


def candidates(answer: Claims, given: Given) -> Iterator[Candidate]:
    said: dict[Field, tuple[list[Claim], str]] = {
        "tagline": ([claim for claim in answer.tagline if is_own_line(claim, given.own)], given.own),
        "audience": (answer.audience, given.own),
        "icp": (answer.icp, given.own),
        "brandVoice": (answer.brand_voice, given.text),
    }
    for field, (claims, text) in said.items():
        borne_out = [kept for claim in claims if (kept := checked(claim, text))]
        if borne_out:
            yield candidate(field, borne_out, given)


def is_own_line(claim: Claim, text: str) -> bool:
    """A brand's line is quoted or it is none."""
    return len(claim.statement) <= TAGLINE and is_quote(claim.statement, text)


def checked(claim: Claim, text: str) -> Claim | None:
    """The claim in plain words with the quotes that are true; none where too little is left."""
    statement = clean(claim.statement)
    evidence = [quote for quote in claim.evidence if is_quote(quote, text)]
    if not evidence or not 0 < len(statement) <= STATEMENT or adds_address(statement, text):
        return None
    return Claim(statement, evidence, claim.confidence)


def is_quote(quote: str, text: str) -> bool:
    return len(quote) <= QUOTE and words(quote) >= FEWEST_WORDS and quote in text


def adds_address(statement: str, text: str) -> bool:
    """Whether it names an address that the text doesn't: `me.com` is not in `acme.com`."""
    found = {match.group().rstrip(".,;:!?)'\"") for match in ADDRESS.finditer(statement)}
    return any(
        not re.search(rf"(?<![\w@.-]){re.escape(address)}(?![\w-])", text, re.IGNORECASE) for address in found
    )


def candidate(field: Field, claims: Sequence[Claim], given: Given) -> Candidate:
    """Its claims as one text, as sure as the least sure of them."""
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
    """A quote that runs over two passages has no page of its own."""
    pages = (passage.url for passage in given.passages if quote in passage.text)
    return next(filter(None, pages), given.url)
