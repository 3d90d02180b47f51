"""What goes into the parsing process of a repository."""

import msgspec
from msgspec import field


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file as it came; `path` is from the repository's root."""

    path: str
    body: bytes


class Repository(msgspec.Struct, frozen=True, kw_only=True, tag="repository"):
    """All that was read of one: GitHub's own fields, empty where unset, and files.

    `url` is its page, `icon` the path of its store icon, `languages` are programming languages.
    """

    url: str
    name: str
    branch: str
    description: str = ""
    homepage: str = ""
    topics: list[str] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    icon: str | None = None
    readme: File | None = None
    files: list[File] = field(default_factory=list)
