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
BESIDE = 2
#: Occurrences in a text from which a spelling counts as the name's.
OFTEN = 2


class Own(NamedTuple):
    """Own name of a repository: as in its address without a platform, and in its public spelling."""

    bare: str
    shown: str

    @property
    def key(self) -> str:
        return squash(self.bare)


def own_name(repository: str, text: str) -> Own:
    """Return the repository's own name. Its prose `text` may show that `numpy` is spelled `NumPy`."""
    bare = base(repository)
    parts = map(re.escape, re.split(r"[-_]+", bare))
    found = re.findall(rf"(?<![\w/.@-]){'[ _-]?'.join(parts)}(?![\w/@-])", text, re.IGNORECASE)
    spellings = Counter(found).most_common(1)
    return Own(bare, spellings[0][0] if spellings and spellings[0][1] >= OFTEN else shown(repository))


def bare(text: str) -> tuple[str, str]:
    """Return the name in a heading or title, and the line that some append to it."""
    whole = clean(text)
    greeted = GREETING.match(whole)
    head, tail = split_name(whole[greeted.end() :].rstrip("!") if greeted else whole)
    return FOR_PLATFORM.sub("", VERSION.sub("", head)).strip(), tail


def base(repository: str) -> str:
    """Return the name without a platform: `simplenote` of `simplenote-ios`; `app` alone stays."""
    shorter = SUFFIX.sub("", repository)
    return SUFFIX.sub("", shorter) or shorter or repository


def shown(repository: str) -> str:
    """Return the name for display: `Seed Tool` of `seed-tool-ios`."""
    parts = [part for part in re.split(r"[-_]+", base(repository)) if part]
    return " ".join(part[:1].upper() + part[1:] if part.islower() else part for part in parts)


def spelled(identifier: str, own: Own) -> str:
    """Return a package's name for display; its own spelling is the registry's."""
    return own.shown if squash(identifier) == own.key else shown(identifier)


def cased(name: str, own: Own) -> str:
    """Return the name as written, unless it is the repository's own in lower case."""
    return own.shown if name.islower() and squash(name) == own.key else name


def is_own(text: str, own: Own) -> bool:
    """Return whether the text is the repository's own name, with or without its owner."""
    return bool(own.key) and own.key in {squash(text), squash(text.rpartition("/")[2])}


def is_about(text: str, own: Own) -> bool:
    """Return whether the text is the repository's own name with at most two further words."""
    few = len(text.split()) <= len(own.shown.split()) + BESIDE
    return bool(own.key) and own.key in squash(text) and few
