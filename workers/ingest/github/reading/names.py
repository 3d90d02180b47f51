"""Brand names from a repository's names: without the platform, in their public spelling."""

import re
from collections import Counter
from typing import NamedTuple

from workers.ingest.page.names import split_name_and_tagline
from workers.ingest.page.text import clean_text_line, fold_text

PLATFORM_NAME_REGEX = r"(?:ios|ipados|android|macos|mac|osx|windows|linux|wear ?os|web|desktop|mobile)"
#: `Simplenote for iOS`, `Signal Android`, `Nextcloud Android app`; but `Docker Desktop` is one name.
FOR_PLATFORM_SUFFIX_PATTERN = re.compile(
    rf"\s+(?:(?:for|on)\s+{PLATFORM_NAME_REGEX}(?:(?:\s*[,/&+]\s*|\s+and\s+){PLATFORM_NAME_REGEX})*|ios|ipados|android|macos)"
    r"(?:\s+(?:app|application|client))?$",
    re.IGNORECASE,
)
TITLE_GREETING_PATTERN = re.compile(r"^(?:welcome to|hello|hi|introducing)\s+(?:the\s+)?", re.IGNORECASE)
REPOSITORY_NAME_SUFFIX_PATTERN = re.compile(
    rf"[-_.](?:{PLATFORM_NAME_REGEX}|app|client|website|frontend|flutter|electron|main|master)$", re.IGNORECASE
)
TRAILING_VERSION_NUMBER_PATTERN = re.compile(r"\s+v?\d+(?:\.\d+)+$", re.IGNORECASE)
#: Further words of a heading with the repository's own name: with more words it is a sentence.
MAX_WORDS_BESIDE_REPO_NAME = 2
#: Occurrences in a text from which a spelling counts as the name's.
MIN_SPELLING_OCCURRENCES = 2


class RepositoryOwnName(NamedTuple):
    """Own name of a repository: as in its address without a platform, and in its public spelling."""

    bare: str
    display: str

    @property
    def comparison_key(self) -> str:
        return fold_text(self.bare)


def spell_repository_own_name_as_in_text(repository: str, text: str) -> RepositoryOwnName:
    """Return the repository's name without a platform, spelled as twice in `text` (`NumPy`), else as derived."""
    bare_name = strip_repository_name_suffix(repository)
    parts = map(re.escape, re.split(r"[-_]+", bare_name))
    occurrences = re.findall(rf"(?<![\w/.@-]){'[ _-]?'.join(parts)}(?![\w/@-])", text, re.IGNORECASE)
    spellings = Counter(occurrences).most_common(1)
    return RepositoryOwnName(
        bare_name,
        spellings[0][0]
        if spellings and spellings[0][1] >= MIN_SPELLING_OCCURRENCES
        else repository_display_name(repository),
    )


def split_readme_heading(text: str) -> tuple[str, str]:
    """Split a README's heading or a store title into the name and the line after it; the line may be "".

    The name is without a greeting, a version number and a platform.
    """
    text_line = clean_text_line(text)
    greeting = TITLE_GREETING_PATTERN.match(text_line)
    head, tail = split_name_and_tagline(text_line[greeting.end() :].rstrip("!") if greeting else text_line)
    return FOR_PLATFORM_SUFFIX_PATTERN.sub("", TRAILING_VERSION_NUMBER_PATTERN.sub("", head)).strip(), tail


def strip_repository_name_suffix(repository: str) -> str:
    """Return the name without up to two endings such as `-ios`: `simplenote` of `simplenote-ios`; `app` alone stays."""
    shorter = REPOSITORY_NAME_SUFFIX_PATTERN.sub("", repository)
    return REPOSITORY_NAME_SUFFIX_PATTERN.sub("", shorter) or shorter or repository


def repository_display_name(repository: str) -> str:
    """Return a repository's name for display, in words and without a platform: `Seed Tool` of `seed-tool-ios`."""
    parts = [part for part in re.split(r"[-_]+", strip_repository_name_suffix(repository)) if part]
    return " ".join(part[:1].upper() + part[1:] if part.islower() else part for part in parts)


def spell_package_name(identifier: str, own_name: RepositoryOwnName) -> str:
    """Return a package's name for display: as the repository spells it if both have the same name, else in words.

    The package's own spelling is only its registry's: `seed-tool-ios` is shown as `Seed Tool`.
    """
    return own_name.display if fold_text(identifier) == own_name.comparison_key else repository_display_name(identifier)


def fix_repo_name_case(name: str, own_name: RepositoryOwnName) -> str:
    """Return `name` as written; if it is the repository's own name in lower case, its public spelling."""
    return own_name.display if name.islower() and fold_text(name) == own_name.comparison_key else name


def is_repository_own_name(text: str, own_name: RepositoryOwnName) -> bool:
    """Return whether the text is the repository's own name, with or without its owner."""
    return bool(own_name.comparison_key) and own_name.comparison_key in {
        fold_text(text),
        fold_text(text.rpartition("/")[2]),
    }


def is_nearly_repository_name(text: str, own_name: RepositoryOwnName) -> bool:
    """Return whether the text is the repository's own name with at most two further words."""
    is_short = len(text.split()) <= len(own_name.display.split()) + MAX_WORDS_BESIDE_REPO_NAME
    return bool(own_name.comparison_key) and own_name.comparison_key in fold_text(text) and is_short
