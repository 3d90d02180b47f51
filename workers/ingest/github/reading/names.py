"""How a name in a repository becomes a brand's: without the platform, and in the spelling that people see."""

import re

from workers.ingest.page.names import parted
from workers.ingest.page.text import clean, squash

PLATFORM = r"(?:ios|ipados|android|macos|mac|osx|windows|linux|wear ?os|web|desktop|mobile)"
#: `Simplenote for iOS`, `Acme (Android)`.
FOR_PLATFORM = re.compile(
    rf"\s+(?:for|on)\s+{PLATFORM}(?:(?:\s*[,/&+]\s*|\s+and\s+){PLATFORM})*$", re.IGNORECASE
)
GREETING = re.compile(r"^(?:welcome to|hello|hi|introducing)\s+(?:the\s+)?", re.IGNORECASE)
SUFFIX = re.compile(
    rf"[-_.](?:{PLATFORM}|app|client|website|frontend|flutter|electron|main|master)$", re.IGNORECASE
)
#: More than this beside the repository's own name, and the heading is a sentence about it.
BESIDE = 20


def bare(text: str) -> tuple[str, str]:
    """A name and the line that some append to it."""
    whole = clean(text)
    greeted = GREETING.match(whole)
    head, tail = parted(whole[greeted.end() :].rstrip("!") if greeted else whole)
    return FOR_PLATFORM.sub("", head).strip(), tail


def base(repository: str) -> str:
    """`simplenote-ios` is `simplenote`; `app` alone stays."""
    shorter = SUFFIX.sub("", repository)
    return SUFFIX.sub("", shorter) or shorter or repository


def shown(repository: str) -> str:
    """`seed-tool-ios` is `Seed Tool`: a name in lower case alone is an address's."""
    parts = [part for part in re.split(r"[-_]+", base(repository)) if part]
    return " ".join(part[:1].upper() + part[1:] if part.islower() else part for part in parts)


def spelled(identifier: str, repository: str) -> str:
    """A package's name has its registry's spelling; where it is the repository's own, that one is better."""
    return shown(repository) if squash(identifier) == squash(base(repository)) else shown(identifier)


def cased(name: str, repository: str) -> str:
    """As it was written for people, unless it is in lower case alone, as an address is."""
    return spelled(name, repository) if name.islower() and squash(name) == squash(base(repository)) else name


def is_about(text: str, repository: str) -> bool:
    """The repository's own name, with at most a word or two beside it."""
    name, own = squash(text), squash(base(repository))
    return bool(own) and own in name and len(name) - len(own) <= BESIDE
