"""Language tags as sources declare them. Apart from `detection.py`: who reads a tag needs no model."""

import langcodes

NO_LANGUAGE = {"und", "mul", "zxx", "x"}
#: Characters to expect of a tag (RFC 5646 4.4.1).
LONGEST = 35


def standard(text: str) -> str | None:
    """A BCP-47 tag of a real language, or None: `en_us` is `en-US`, `english` and `x-default` are not."""
    first = text.replace(";", ",").split(",")[0].strip().replace("_", "-")
    if len(first) > LONGEST or not langcodes.tag_is_valid(first):
        return None
    tag = langcodes.standardize_tag(first)
    return None if primary(tag) in NO_LANGUAGE else tag


def primary(tag: str) -> str:
    return tag.partition("-")[0]
