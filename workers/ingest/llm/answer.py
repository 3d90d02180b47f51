"""Answer of a model: the types to decode."""

from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

from schemas.brand import PartKind

#: Strict schemas need a type in addition to each enumeration.
ConfidenceLevel: TypeAlias = Annotated[
    Literal["low", "medium", "high"], Meta(extra_json_schema={"type": "string"})
]

# The model receives the schema: names and docstrings of these classes would be part of the prompt.


class Claim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    statement: str
    evidence: Annotated[list[str], Meta(max_length=3)]
    confidence: ConfidenceLevel


class CustomerPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    part: Annotated[PartKind, Meta(extra_json_schema={"type": "string"})]
    words: str
    quote: str
    confidence: ConfidenceLevel


class Trait(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    trait: str
    quote: str
    confidence: ConfidenceLevel


class Answer(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    tagline: Annotated[list[Claim], Meta(max_length=1)]
    audience: Annotated[list[Claim], Meta(max_length=3)]
    icp: Annotated[list[CustomerPart], Meta(max_length=4)]
    brand_voice: Annotated[list[Trait], Meta(max_length=4)]
