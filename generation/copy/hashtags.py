"""Hashtags: a few, made of keywords only."""

from generation.copy import names, texts
from generation.spec import BrandSnapshot, Line

MAX_HASHTAGS = 4
#: Maximum characters of a hashtag.
MAX_LENGTH = 28


def hashtags(brand: BrandSnapshot, language: str) -> list[Line]:
    tags: dict[str, Line] = {}
    for keyword, evidence in names.keywords(brand, language):
        if text := hashtag(keyword):
            tags.setdefault(text.lower(), Line(text=text, rule="keyword", evidence=[evidence]))
    return list(tags.values())[:MAX_HASHTAGS]


def hashtag(keyword: str) -> str:
    """Return a lower-case tag of one word, a capitalized tag of several; empty for a number or a long one."""
    parts = [part for part in texts.clean(keyword).replace("'", " ").replace("’", " ").split() if part]
    parts = [letters for part in parts for piece in part.split("-") if (letters := _letters(piece))]
    joined = parts[0].lower() if len(parts) == 1 else "".join(part[:1].upper() + part[1:] for part in parts)
    return f"#{joined}" if joined and not joined.isdigit() and len(joined) < MAX_LENGTH else ""


def _letters(part: str) -> str:
    return "".join(character for character in part if character.isalnum() or not character.isascii())
