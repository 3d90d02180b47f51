"""Answer of a model: the types to decode."""

from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

#: Rule of the values that the model proposed.
LLM_RULE_NAME = "llm"
#: Strict schemas need a type in addition to each enumeration.
ConfidenceLevel: TypeAlias = Annotated[Literal["low", "medium", "high"], Meta(extra_json_schema={"type": "string"})]

# The model receives the schema: names and docstrings of these classes would be part of the prompt.


class CopiedText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    text: str
    confidence: ConfidenceLevel


class BrandClaim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    statement: str
    evidence: Annotated[list[str], Meta(max_length=3)]
    confidence: ConfidenceLevel


CustomerPartKind: TypeAlias = Annotated[
    Literal["role", "organization", "need"], Meta(extra_json_schema={"type": "string"})
]


class CustomerPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    part: CustomerPartKind
    words: str
    quote: str
    confidence: ConfidenceLevel


class Trait(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    trait: str
    quote: str
    confidence: ConfidenceLevel


class BrandAnswer(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    app_name: Annotated[list[CopiedText], Meta(max_length=1)]
    app_description: Annotated[list[CopiedText], Meta(max_length=1)]
    tagline: Annotated[list[CopiedText], Meta(max_length=1)]
    keywords: Annotated[list[str], Meta(max_length=12)]
    audience: Annotated[list[BrandClaim], Meta(max_length=3)]
    icp: Annotated[list[CustomerPart], Meta(max_length=4)]
    brand_voice: Annotated[list[Trait], Meta(max_length=4)]
