"""Language tags as sources declare them. Detection has its own module, since its model is large."""

from functools import lru_cache

import langcodes

#: Tags of no single language.
NO_SINGLE_LANGUAGE_TAGS = {"und", "mul", "zxx", "x"}
#: Characters of a tag at most (RFC 5646 4.4.1).
MAX_SOURCE_LANG_TAG_CHARS = 35


def normalize_first_language_tag(text: str) -> str | None:
    """Return a list's first BCP-47 tag, as `en-US` for `en_us, de`; None if invalid or of no single language."""
    first = text.replace(";", ",").split(",")[0].strip().replace("_", "-")
    return None if len(first) > MAX_SOURCE_LANG_TAG_CHARS else standardize_language_tag(first)


@lru_cache(1_000)
def standardize_language_tag(tag: str) -> str | None:
    """Return the tag in its standard form; None for an invalid tag, or a tag of no single language.

    Cached: the links of a page repeat the same few tags.
    """
    if not langcodes.tag_is_valid(tag):
        return None
    standardized = langcodes.standardize_tag(tag)
    return None if primary_language_subtag(standardized) in NO_SINGLE_LANGUAGE_TAGS else standardized


def primary_language_subtag(tag: str) -> str:
    """Return the language of a tag, without script and region."""
    return tag.partition("-")[0]
