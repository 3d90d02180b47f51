"""Hooks of a brand: opening lines for content, each with its evidence."""

from typing import Literal

from schemas.base import ResponseStruct

HookField = Literal["appName", "tagline", "appDescription", "keywords", "audience", "links", "statements", "place"]
HookIntent = Literal["problem", "benefit", "proof", "place", "offer", "invitation"]
HookRule = Literal["clause", "keyword", "formula"]


class HookEvidence(ResponseStruct, frozen=True, kw_only=True):
    """A quote of the brand behind a hook."""

    field: HookField
    """The field of the brand."""
    quote: str
    """The quoted words, verbatim."""


class Hook(ResponseStruct, frozen=True, kw_only=True):
    """An opening line."""

    text: str
    """The line, at most about 110 characters: send it as `hook` to use it."""
    rule: HookRule
    """The brand's own words, one of its keywords, or a formula around its names."""
    evidence: list[HookEvidence]
    """The quotes behind it."""
    intent: HookIntent | None
    """The line's purpose: a problem, a benefit, a proof, a place, an offer or an invitation; null if it has none."""
    shape: str
    """The name of the line's shape; `clause` or `tagline` for the brand's own words."""


class Hooks(ResponseStruct, frozen=True, kw_only=True):
    """`GET /v1/projects/{id}/content/hooks`."""

    language: str
    """The language of the hooks, a BCP-47 tag: the brand's own, as nothing is translated."""
    items: list[Hook]
    """At most ten, the most informative first."""
