"""Influencers: drawn presenters that give generated content a face, a voice and a language."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from schemas import ids
from schemas.base import CreatedAt, In, Instant, Out, Text, UpdatedAt

Gender = Literal["male", "female", "non_binary"]
AgeRange = Literal["teen", "young_adult", "adult", "mid_adult", "mature", "senior"]
InfluencerStatus = Literal["pending", "training", "ready", "failed"]

Name = Annotated[Text, Meta(min_length=1, max_length=128, examples=["Lena"])]
Voice = Annotated[Text, Meta(min_length=1, max_length=4000, examples=["Casual: short plain sentences."])]
Language = Annotated[Text, Meta(max_length=35, examples=["de-AT"])]


class InfluencerCreate(In, frozen=True, kw_only=True):
    """An influencer to make. What is omitted, `prompt` chooses; what that leaves open, chance does."""

    gender: Gender | None = None
    """What it is drawn as."""
    age_range: AgeRange | None = None
    """How old it is drawn."""
    prompt: Annotated[Text, Meta(max_length=1000, examples=["A young woman, warm and funny"])] = ""
    """Words for gender, age and tone, in English, German, French or Spanish; others are left aside.

    It is neither kept nor shown."""
    name: Name | None = None
    """What it is called; a common first name of its language unless given."""


class InfluencerPatch(In, frozen=True, kw_only=True):
    """What is omitted stays. Content that is there stays as it is."""

    name: Name | UnsetType = UNSET
    """What it is called."""
    brand_voice: Voice | UnsetType = UNSET
    """How it speaks."""
    language: Language | UnsetType = UNSET
    """What it speaks, a BCP-47 tag."""


class InfluencerOverrides(In, frozen=True, kw_only=True):
    """What a clone has differently. Another gender or age makes another face."""

    gender: Gender | UnsetType = UNSET
    """What it is drawn as."""
    age_range: AgeRange | UnsetType = UNSET
    """How old it is drawn."""
    brand_voice: Voice | UnsetType = UNSET
    """How it speaks."""
    language: Language | UnsetType = UNSET
    """What it speaks, a BCP-47 tag."""


class InfluencerClone(In, frozen=True, kw_only=True):
    """A clone to make, in the same project."""

    name: Name
    """What the clone is called."""
    overrides: InfluencerOverrides = InfluencerOverrides()
    """What it has differently; the rest, its face too, is the original's."""


class Influencer(Out, frozen=True, kw_only=True):
    """`GET /v1/influencers/{id}`."""

    influencer_id: ids.InfluencerId
    project_id: ids.ProjectId
    name: str
    """What it is called."""
    gender: Gender
    """What it is drawn as."""
    age_range: AgeRange
    """How old it is drawn."""
    brand_voice: str
    """How it speaks: the tone of the texts of its content."""
    language: str
    """What it speaks, a BCP-47 tag."""
    topics: list[str]
    """What it speaks about: keywords of the brand, as it was when the influencer was made."""
    discloses: str
    """What stands in all content that shows it."""
    image_url: str | None
    """Its portrait, for anybody, without a key; null until it is `ready`. It stays the same."""
    status: InfluencerStatus
    """Only one that is `ready` can present content."""
    error_message: str | None
    """Why it `failed`, and what to do; else null."""
    created_at: CreatedAt
    updated_at: UpdatedAt


class InfluencerDeleted(Out, frozen=True, kw_only=True):
    """An influencer that is gone. Content that it presents stays as it is."""

    influencer_id: ids.InfluencerId
    deleted_at: Instant
    """When it was deleted, in UTC."""
