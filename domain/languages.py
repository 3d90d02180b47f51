"""Language tags: BCP-47, well-formed, of subtags that IANA's registry knows."""

import langcodes

from schemas.errors import Invalid


def check(tag: str, *, path: str = "primaryLanguage") -> str:
    """`tag` as it was sent. Raises `Invalid` for `english`, `en_US` and whatever else isn't one."""
    if "_" in tag or not langcodes.tag_is_valid(tag):
        raise Invalid(path, "not a BCP-47 language tag: send one such as en, de-AT or zh-Hant")
    return tag
