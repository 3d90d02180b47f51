"""Hooks that a brand can carry: first lines for content, each with the words that it rests on."""

from typing import Literal

from schemas.base import Out

HookField = Literal["appName", "tagline", "appDescription", "keywords", "audience", "links"]
HookRule = Literal["clause", "keyword", "formula"]


class HookEvidence(Out, frozen=True, kw_only=True):
    """Words of the brand that a hook rests on."""

    field: HookField
    """The field of the brand."""
    quote: str
    """Its words, as they stand there."""


class Hook(Out, frozen=True, kw_only=True):
    """A first line."""

    text: str
    """The line, at most 110 characters or so: send it as `hook` if you want it."""
    rule: HookRule
    """The brand's own words, one of its keywords, or a formula around its names."""
    evidence: list[HookEvidence]
    """All that it rests on."""


class Hooks(Out, frozen=True, kw_only=True):
    """`GET /v1/projects/{id}/content/hooks`."""

    language: str
    """The language that they are in, a BCP-47 tag: the brand's own, since nothing here translates."""
    items: list[Hook]
    """At most ten, those that say most first."""
