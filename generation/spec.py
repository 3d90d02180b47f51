"""Spec of a piece of generated content: a snapshot of the brand, its copy, a seed.

A spec is a value: it reproduces the same piece without its project.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec
from msgspec import field

from schemas.pictures import PictureRole

PieceFormat = Literal["slideshow", "video", "ugc_remix", "image"]
AspectRatio = Literal["4:5", "9:16", "1:1"]
#: Voice that reads a video's words: none, the packaged English voice, or the voice of the copy's language.
SpeechVoice = Literal["none", "heart", "auto"]
#: Language of the packaged voice.
PACKAGED_VOICE_LANGUAGE = "en"
#: Languages that each voice speaks.
LANGUAGES_BY_SPEECH_VOICE: Mapping[SpeechVoice, frozenset[str]] = {
    "none": frozenset(),
    "heart": frozenset({PACKAGED_VOICE_LANGUAGE}),
    "auto": frozenset({PACKAGED_VOICE_LANGUAGE, "de", "es", "fr", "hi", "it", "ja", "pt", "zh"}),
}
Gender = Literal["male", "female", "non_binary"]
AgeRange = Literal["teen", "young_adult", "adult", "mid_adult", "mature", "senior"]
#: Brand fields that copy is taken from; `caller` is the API caller.
EvidenceField = Literal[
    "appName", "tagline", "appDescription", "keywords", "audience", "links", "statements", "place", "caller"
]
#: Origin of a line: a clause or a keyword of the brand, a formula around its names, the caller's own words,
#: a model's checked line, or a claim that the caller approved.
CopyLineOrigin = Literal["clause", "keyword", "formula", "caller", "model", "claim"]
#: Purpose of a line: it names a problem, a benefit, a proof, a place or an offer, or it invites.
CopyIntent = Literal["problem", "benefit", "proof", "place", "offer", "invitation"]


class StrictCamelCaseStruct(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Base of a spec's parts: unknown fields are refused, serialized in camelCase."""


class CopyEvidence(StrictCamelCaseStruct, frozen=True, kw_only=True):
    """An exact quote from one field of the brand."""

    field: EvidenceField
    quote: str


class CopyLine(StrictCamelCaseStruct, frozen=True, kw_only=True):
    """Displayed text with its evidence. A formula without names has none; `claim_id` names an approved claim."""

    text: str
    rule: CopyLineOrigin
    evidence: list[CopyEvidence] = field(default_factory=list)
    intent: CopyIntent | None = None
    claim_id: str | None = None


class ApprovedClaim(StrictCamelCaseStruct, frozen=True, kw_only=True):
    """A sentence that the caller lets a piece say, only as a whole and word for word."""

    id: str
    text: str


class BrandStatement(StrictCamelCaseStruct, frozen=True, kw_only=True):
    """A whole sentence or noun phrase from the brand's own pages. `quote` is verbatim, `url` is its page."""

    text: str
    intent: CopyIntent
    quote: str
    url: str


class BrandSnapshot(StrictCamelCaseStruct, frozen=True, kw_only=True):
    """Snapshot of a project's brand. For fields with several sources the winner comes first.

    `links` are by the name of the place, as in the brand context; `language` is a BCP-47 tag. `trade` is a key
    of the ingest's table of trades, `place` the brand's town.
    """

    name: str
    taglines: list[str] = field(default_factory=list)
    descriptions: list[str] = field(default_factory=list)
    keywords: list[str] = field(default_factory=list)
    audience: str | None = None
    voice: str | None = None
    language: str | None = None
    colors: list[str] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    trade: str | None = None
    place: str | None = None
    statements: list[BrandStatement] = field(default_factory=list)


class Presenter(StrictCamelCaseStruct, frozen=True, kw_only=True):
    """A drawn presenter: the same seed, gender and age give the same face."""

    name: str
    gender: Gender
    age_range: AgeRange
    seed: str


class CopyLabels(StrictCamelCaseStruct, frozen=True, kw_only=True):
    """Fixed labels in the copy's language; empty for a language without formulas.

    `presenter` discloses that the presenter is drawn. It is never empty, in any language.
    """

    swipe: str = ""
    about: str = ""
    save: str = ""
    presenter: str


class PieceCopy(StrictCamelCaseStruct, frozen=True, kw_only=True):
    """All texts of a piece. `language` is their language, which may differ from the requested one.

    A piece shows all points, since its hook may name their number. `tagline` stands on the end card, `recap`
    is a title above the points, `places` are stores and the site. `caption` is the text of the post: hook,
    points, ending, presenter, hashtags. A warning is a code and its reason.

    `hook_shape` is the name of the hook's shape, or `clause`, `tagline`, `caller` or `model`. `chip` is a place or
    an offer in at most 26 characters, `place` the brand's town, `quote` a sentence of the brand in 30 to 110
    characters. `items` are three to five entries of one sort, such as services, in at most 26 characters each.
    `flagged` are lines with claims that a person must approve.
    """

    language: str
    hook: CopyLine
    points: list[CopyLine] = field(default_factory=list)
    tagline: CopyLine | None = None
    recap: CopyLine
    call_to_action: CopyLine
    places: list[CopyLine] = field(default_factory=list)
    ending: CopyLine
    hashtags: list[CopyLine] = field(default_factory=list)
    caption: str
    labels: CopyLabels
    presenter: CopyLine | None = None
    warnings: list[str] = field(default_factory=list)
    hook_shape: str = ""
    chip: CopyLine | None = None
    place: CopyLine | None = None
    quote: CopyLine | None = None
    items: list[CopyLine] = field(default_factory=list)
    flagged: list[CopyLine] = field(default_factory=list)


class PieceTemplate(StrictCamelCaseStruct, frozen=True, kw_only=True):
    """A partner's template in one version, with its file."""

    id: str
    name: str
    version: int
    html: str


class PieceSpec(StrictCamelCaseStruct, frozen=True, kw_only=True):
    """Piece to make: `hook` is the caller's, word for word; `language` is only a wish.

    The default `aspect` is the format's: 4:5 for pictures, 9:16 for videos. Videos and remixes use `seconds`,
    videos `speech`. `max_slides` is the most that all platforms of the project take. `looks` are the allowed
    looks, preferred first; empty: any. `template` is tried before them. `picture_roles` are those of the pictures, in
    their order; null: told by pixels. `logo_role` is that of the logo. `hook_shape` is the shape of the hook to write,
    `first_picture` the place of the picture to show first. `transcript` is the speech of a remix's clip, as the caller
    wrote it. The piece says at most one of the `claims`. `pictured_claim_ids` are those of the claims in its pictures
    and its clip.
    """

    format: PieceFormat
    brand: BrandSnapshot
    seed: str
    hook: str | None = None
    language: str | None = None
    aspect: AspectRatio | None = None
    seconds: int = 12
    speech: SpeechVoice = "none"
    presenter: Presenter | None = None
    transcript: str | None = None
    max_slides: int | None = None
    looks: list[str] = field(default_factory=list)
    picture_roles: list[PictureRole | None] = field(default_factory=list)
    logo_role: PictureRole | None = None
    claims: list[ApprovedClaim] = field(default_factory=list)
    pictured_claim_ids: list[str] = field(default_factory=list)
    template: PieceTemplate | None = None
    hook_shape: str | None = None
    first_picture: int | None = None
