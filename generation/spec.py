"""Spec of a piece of generated content: the brand as it was when it was asked for, its words, its seed.

A spec is a value: whoever has it makes the same piece again, without the project it came from.
"""

from typing import Literal

import msgspec
from msgspec import field

Format = Literal["slideshow", "video", "ugc_remix", "image"]
Aspect = Literal["4:5", "9:16", "1:1"]
#: Voice that reads a video's words: none, or the one, English, that is packaged.
Speech = Literal["none", "heart"]
#: The language that it speaks.
SPOKEN = "en"
Gender = Literal["male", "female", "non_binary"]
AgeRange = Literal["teen", "young_adult", "adult", "mid_adult", "mature", "senior"]
#: Fields of a brand that words are taken from; `caller` is whoever asked for the piece.
Source = Literal["appName", "tagline", "appDescription", "keywords", "audience", "links", "caller"]
#: Part of the brand that a text rests on: its own clause, its keyword, a formula around its names, the
#: caller's own words, a model's that were checked.
Rule = Literal["clause", "keyword", "formula", "caller", "model"]


class Value(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Part of a spec, closed, in camelCase where it is written down."""


class Evidence(Value, frozen=True, kw_only=True):
    """Words of one field of the brand, as they stand there."""

    field: Source
    quote: str


class Line(Value, frozen=True, kw_only=True):
    """Text that is shown, and all that it rests on. A formula without names rests on nothing."""

    text: str
    rule: Rule
    evidence: list[Evidence] = field(default_factory=list)


class Brand(Value, frozen=True, kw_only=True):
    """Snapshot of a project's brand. Of texts with several sources the winner is first.

    `links` are by the name of the place, as the brand context has them; `language` is a BCP-47 tag.
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


class Presenter(Value, frozen=True, kw_only=True):
    """A drawn presenter: the same seed, gender and age have the same face."""

    name: str
    gender: Gender
    age_range: AgeRange
    seed: str


class Labels(Value, frozen=True, kw_only=True):
    """Texts that say nothing of the brand, in the copy's language; empty where it has no formulas.

    `presenter` is what every drawn presenter carries, in whatever language, and never empty.
    """

    swipe: str = ""
    about: str = ""
    save: str = ""
    presenter: str


class Copy(Value, frozen=True, kw_only=True):
    """All texts of a piece. `language` is the one they are in, which may be another than was asked for.

    A piece shows all points, since its hook may name their number. `tagline` stands on the end card, `recap`
    is a title above the points, `places` are stores and the site. `caption` is what is posted with the files:
    hook, points, ending, who presents, hashtags. A warning is a word and its reason.
    """

    language: str
    hook: Line
    points: list[Line] = field(default_factory=list)
    tagline: Line | None = None
    recap: Line
    call_to_action: Line
    places: list[Line] = field(default_factory=list)
    ending: Line
    hashtags: list[Line] = field(default_factory=list)
    caption: str
    labels: Labels
    presenter: Line | None = None
    warnings: list[str] = field(default_factory=list)


class Spec(Value, frozen=True, kw_only=True):
    """Piece to make: `hook` is the caller's, word for word, `language` a wish.

    No `aspect` is that of the format: 4:5 for pictures, 9:16 for videos, which have `seconds` and `speech`.
    `transcript` is what is said in the clip of a remix, by whoever brought it.
    """

    format: Format
    brand: Brand
    seed: str
    hook: str | None = None
    language: str | None = None
    aspect: Aspect | None = None
    seconds: int = 12
    speech: Speech = "none"
    presenter: Presenter | None = None
    transcript: str | None = None
