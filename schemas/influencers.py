"""Influencers: drawn presenters with a face, a voice and a language for generated content."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from schemas import ids
from schemas.base import CreatedAt, NulFreeText, RequestStruct, ResponseStruct, UpdatedAt, UtcInstant

Gender = Literal["male", "female", "non_binary"]
AgeRange = Literal["teen", "young_adult", "adult", "mid_adult", "mature", "senior"]
InfluencerStatus = Literal["pending", "training", "ready", "failed"]

InfluencerName = Annotated[NulFreeText, Meta(min_length=1, max_length=128, examples=["Lena"])]
InfluencerVoice = Annotated[
    NulFreeText, Meta(min_length=1, max_length=4000, examples=["Casual: short plain sentences."])
]
InfluencerLanguage = Annotated[NulFreeText, Meta(max_length=35, examples=["de-AT"])]


class InfluencerCreate(RequestStruct, frozen=True, kw_only=True):
    """An influencer to create. `prompt` chooses the omitted fields, and chance the rest."""

    gender: Gender | None = None
    """The drawn gender."""
    age_range: AgeRange | None = None
    """The drawn age."""
    prompt: Annotated[NulFreeText, Meta(max_length=1000, examples=["A young woman, warm and funny"])] = ""
    """Keywords for gender, age and tone, in English, German, French or Spanish; other words are ignored.
    It is neither stored nor shown.
    """
    name: InfluencerName | None = None
    """The name; default: a common first name of its language."""


class InfluencerPatch(RequestStruct, frozen=True, kw_only=True):
    """Omitted fields stay unchanged. Existing content stays unchanged."""

    name: InfluencerName | UnsetType = UNSET
    """The name."""
    brand_voice: InfluencerVoice | UnsetType = UNSET
    """The tone of voice."""
    language: InfluencerLanguage | UnsetType = UNSET
    """The spoken language, a BCP-47 tag."""


class InfluencerOverrides(RequestStruct, frozen=True, kw_only=True):
    """Changes of a clone. Another gender or age changes the face."""

    gender: Gender | UnsetType = UNSET
    """The drawn gender."""
    age_range: AgeRange | UnsetType = UNSET
    """The drawn age."""
    brand_voice: InfluencerVoice | UnsetType = UNSET
    """The tone of voice."""
    language: InfluencerLanguage | UnsetType = UNSET
    """The spoken language, a BCP-47 tag."""


class InfluencerClone(RequestStruct, frozen=True, kw_only=True):
    """A clone to create, in the same project."""

    name: InfluencerName
    """The clone's name."""
    overrides: InfluencerOverrides = InfluencerOverrides()
    """Changes; the clone inherits the rest, including the face."""


class Influencer(ResponseStruct, frozen=True, kw_only=True):
    """`GET /v1/influencers/{id}`."""

    influencer_id: ids.InfluencerId
    project_id: ids.ProjectId
    name: str
    """The name."""
    gender: Gender
    """The drawn gender."""
    age_range: AgeRange
    """The drawn age."""
    brand_voice: str
    """The tone of voice, used for the texts of its content."""
    language: str
    """The spoken language, a BCP-47 tag."""
    topics: list[str]
    """The topics: keywords of the brand when the influencer was created."""
    discloses: str
    """The disclosure in all content that shows it."""
    image_url: str | None
    """A permanent public URL of its portrait, without a key; null until it is `ready`."""
    status: InfluencerStatus
    """Only a `ready` influencer can present content."""
    error_message: str | None
    """Why it `failed`, and the remedy; else null."""
    created_at: CreatedAt
    updated_at: UpdatedAt


class InfluencerDeleted(ResponseStruct, frozen=True, kw_only=True):
    """A deleted influencer. Content that it presents stays unchanged."""

    influencer_id: ids.InfluencerId
    deleted_at: UtcInstant
    """When it was deleted, in UTC."""
