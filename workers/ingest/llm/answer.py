"""Answer of a model: the types to decode, and the JSON schema made of them."""

from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta

from schemas.brand import PartKind
from schemas.errors import ModelInvalid

#: Strict schemas need a type beside each enumeration.
Sureness: TypeAlias = Annotated[Literal["low", "medium", "high"], Meta(extra_json_schema={"type": "string"})]

NOT_AS_ASKED = "the model's answer is not in the form that was asked for"


# The model is shown the schema: names and docstrings of these classes would be words of the prompt.


class Claim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    statement: str
    evidence: Annotated[list[str], Meta(max_length=3)]
    confidence: Sureness


class CustomerPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    part: Annotated[PartKind, Meta(extra_json_schema={"type": "string"})]
    words: str
    quote: str
    confidence: Sureness


class Trait(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    trait: str
    quote: str
    confidence: Sureness


class Answer(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    tagline: Annotated[list[Claim], Meta(max_length=1)]
    audience: Annotated[list[Claim], Meta(max_length=3)]
    icp: Annotated[list[CustomerPart], Meta(max_length=4)]
    brand_voice: Annotated[list[Trait], Meta(max_length=4)]


def schema() -> dict[str, Any]:
    """The JSON schema, with an object at its root, as strict schemas need it."""
    _, named = msgspec.json.schema_components([Answer], ref_template="#/$defs/{name}")
    return {**named.pop("Answer"), "$defs": named}


SCHEMA = schema()


def read(text: str) -> Answer:
    """The claims in a text, from its first brace to its last: models add fences and thoughts around them.

    Raises `ModelInvalid`.
    """
    try:
        return msgspec.json.decode(text[text.find("{") : text.rfind("}") + 1], type=Answer)
    except msgspec.DecodeError as error:
        raise ModelInvalid(NOT_AS_ASKED, wrong=f"not the JSON that was asked for: {error}") from error
    except RecursionError as error:
        raise ModelInvalid(NOT_AS_ASKED, wrong="JSON that is nested too deep") from error
