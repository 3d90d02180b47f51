"""Language tags: BCP-47, well-formed, of subtags that IANA's registry knows."""

from functools import lru_cache

import langcodes

from schemas.errors import Invalid


def check(tag: str, *, path: str = "primaryLanguage") -> str:
    """`tag` as it was sent. Raises `Invalid` for `english`, `en_US` and whatever else isn't one."""
    if not _known(tag):
        raise Invalid(path, "not a BCP-47 language tag: send one such as en, de-AT or zh-Hant")
    return tag


@lru_cache(maxsize=1024)
def _known(tag: str) -> bool:
    """langcodes itself would take an underscore for a hyphen."""
    return "_" not in tag and langcodes.tag_is_valid(tag)
