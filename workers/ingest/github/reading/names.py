"""How a name in a repository becomes a brand's: without the platform, and in the spelling that people see."""

import re
from collections import Counter
from typing import NamedTuple

from workers.ingest.page.names import parted
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
#: More words than these beside the repository's own name, and a heading is a sentence about it.
BESIDE = 2
#: How often a text has to spell a name before that is its spelling.
OFTEN = 2


class Own(NamedTuple):
    """A repository's own name: as its address has it without a platform, and as people see it."""

    bare: str
    shown: str

    @property
    def key(self) -> str:
        return squash(self.bare)


def own_name(repository: str, text: str) -> Own:
    """`text` is its prose, which knows `NumPy` from `numpy`."""
    bare = base(repository)
    parts = map(re.escape, re.split(r"[-_]+", bare))
    found = re.findall(rf"(?<![\w/.@-]){'[ _-]?'.join(parts)}(?![\w/@-])", text, re.IGNORECASE)
    spellings = Counter(found).most_common(1)
    return Own(bare, spellings[0][0] if spellings and spellings[0][1] >= OFTEN else shown(repository))


def bare(text: str) -> tuple[str, str]:
    """A name and the line that some append to it."""
    whole = clean(text)
    greeted = GREETING.match(whole)
    head, tail = parted(whole[greeted.end() :].rstrip("!") if greeted else whole)
    return FOR_PLATFORM.sub("", VERSION.sub("", head)).strip(), tail


def base(repository: str) -> str:
    """`simplenote-ios` is `simplenote`; `app` alone stays."""
    shorter = SUFFIX.sub("", repository)
    return SUFFIX.sub("", shorter) or shorter or repository


def shown(repository: str) -> str:
    """`seed-tool-ios` is `Seed Tool`: a name in lower case alone is an address's."""
    parts = [part for part in re.split(r"[-_]+", base(repository)) if part]
    return " ".join(part[:1].upper() + part[1:] if part.islower() else part for part in parts)


def spelled(identifier: str, own: Own) -> str:
    """A package's name has its registry's spelling; where it is the repository's own, that one is better."""
    return own.shown if squash(identifier) == own.key else shown(identifier)


def cased(name: str, own: Own) -> str:
    """As it was written for people, unless it is in lower case alone, as an address is."""
    return own.shown if name.islower() and squash(name) == own.key else name


def is_own(text: str, own: Own) -> bool:
    """The repository's own name, or that of its owner before it."""
    return bool(own.key) and own.key in {squash(text), squash(text.rpartition("/")[2])}


def is_about(text: str, own: Own) -> bool:
    """The repository's own name, with at most a word or two beside it."""
    few = len(text.split()) <= len(own.shown.split()) + BESIDE
    return bool(own.key) and own.key in squash(text) and few
