"""Brand names from a repository's names: without the platform, in their public spelling."""

import re
from collections import Counter
from typing import NamedTuple

from workers.ingest.page.names import split_name
from workers.ingest.page.text import clean, squash

PLATFORM = r"(?:ios|ipados|android|macos|mac|osx|windows|linux|wear ?os|web|desktop|mobile)"
#: `Simplenote for iOS`, `Signal Android`, `Nextcloud Android app`; but `Docker Desktop` is one name.
FOR_PLATFORM = re.compile(
    rf"\s+(?:(?:for|on)\s+{PLATFORM}(?:(?:\s*[,/&+]\s*|\s+and\s+){PLATFORM})*|ios|ipados|android|macos)"
    r"(?:\s+(?:app|application|client))?$",
    re.IGNORECASE,
)
GREETING = re.compile(r"^(?:welcome to|hello|hi|introducing)\s+(?:the\s+)?", re.IGNORECASE)
SUFFIX = re.compile(
    rf"[-_.](?:{PLATFORM}|app|client|website|frontend|flutter|electron|main|master)$", re.IGNORECASE
)
VERSION = re.compile(r"\s+v?\d+(?:\.\d+)+$", re.IGNORECASE)
#: Further words of a heading with the repository's own name: with more words it is a sentence.
MAX_FURTHER_WORDS = 2
#: Occurrences in a text from which a spelling counts as the name's.
MIN_OCCURRENCES = 2


class OwnName(NamedTuple):
    """Own name of a repository: as in its address without a platform, and in its public spelling."""

    bare: str
    display: str

    @property
    def key(self) -> str:
        return squash(self.bare)


def find_own_name(repository: str, text: str) -> OwnName:
    """Return the repository's own name. Its prose `text` may show that `numpy` is spelled `NumPy`."""
    bare_name = strip_platform_suffix(repository)
    parts = map(re.escape, re.split(r"[-_]+", bare_name))
    occurrences = re.findall(rf"(?<![\w/.@-]){'[ _-]?'.join(parts)}(?![\w/@-])", text, re.IGNORECASE)
    spellings = Counter(occurrences).most_common(1)
    return OwnName(
        bare_name,
        spellings[0][0] if spellings and spellings[0][1] >= MIN_OCCURRENCES else display_name(repository),
    )


def split_heading(text: str) -> tuple[str, str]:
    """Return the name in a heading or title, and the line that some append to it."""
    text_line = clean(text)
    greeting = GREETING.match(text_line)
    head, tail = split_name(text_line[greeting.end() :].rstrip("!") if greeting else text_line)
    return FOR_PLATFORM.sub("", VERSION.sub("", head)).strip(), tail


def strip_platform_suffix(repository: str) -> str:
    """Return the name without a platform: `simplenote` of `simplenote-ios`; `app` alone stays."""
    shorter = SUFFIX.sub("", repository)
    return SUFFIX.sub("", shorter) or shorter or repository


def display_name(repository: str) -> str:
    """Return the name for display: `Seed Tool` of `seed-tool-ios`."""
    parts = [part for part in re.split(r"[-_]+", strip_platform_suffix(repository)) if part]
    return " ".join(part[:1].upper() + part[1:] if part.islower() else part for part in parts)


def spell_package(identifier: str, own_name: OwnName) -> str:
    """Return a package's name for display; its own spelling is the registry's."""
    return own_name.display if squash(identifier) == own_name.key else display_name(identifier)


def fix_case(name: str, own_name: OwnName) -> str:
    """Return the name as written, unless it is the repository's own in lower case."""
    return own_name.display if name.islower() and squash(name) == own_name.key else name


def is_own_name(text: str, own_name: OwnName) -> bool:
    """Return whether the text is the repository's own name, with or without its owner."""
    return bool(own_name.key) and own_name.key in {squash(text), squash(text.rpartition("/")[2])}


def is_nearly_own_name(text: str, own_name: OwnName) -> bool:
    """Return whether the text is the repository's own name with at most two further words."""
    is_short = len(text.split()) <= len(own_name.display.split()) + MAX_FURTHER_WORDS
    return bool(own_name.key) and own_name.key in squash(text) and is_short
