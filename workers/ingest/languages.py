"""Language tags as sources declare them. `detection.py` has the model, which reading a tag doesn't need."""

import langcodes

#: Tags of no one language.
NO_LANGUAGE = {"und", "mul", "zxx", "x"}
#: Characters of a tag at most (RFC 5646 4.4.1).
LONGEST = 35


def standard(text: str) -> str | None:
    """The BCP-47 tag, such as `en-US` for `en_us`; None for what is none, such as `english`."""
    first = text.replace(";", ",").split(",")[0].strip().replace("_", "-")
    if len(first) > LONGEST or not langcodes.tag_is_valid(first):
        return None
    tag = langcodes.standardize_tag(first)
    return None if primary(tag) in NO_LANGUAGE else tag


def primary(tag: str) -> str:
    """The language of a tag, without script and region."""
    return tag.partition("-")[0]
