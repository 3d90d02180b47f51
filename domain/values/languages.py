"""Language tags: well-formed BCP-47, with subtags from IANA's registry."""

from functools import lru_cache

import langcodes

from schemas.errors import InvalidValue


def check_language_tag(tag: str, *, path: str = "primaryLanguage") -> str:
    """Return `tag` unchanged. Raises `InvalidValue` for an invalid tag, such as `english` or `en_US`."""
    if not _is_valid_language_tag(tag):
        raise InvalidValue(path, "not a BCP-47 language tag: send one such as en, de-AT or zh-Hant")
    return tag


@lru_cache(maxsize=1024)
def _is_valid_language_tag(tag: str) -> bool:
    """Return whether a tag is valid; langcodes itself accepts an underscore as a hyphen."""
    return "_" not in tag and langcodes.tag_is_valid(tag)
