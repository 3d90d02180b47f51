"""What goes into the parsing process of a repository."""

import msgspec
from msgspec import field


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file as it came; `path` is from the repository's root."""

    path: str
    body: bytes


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a tree: `size` is in bytes, and absent where it is no file."""

    path: str
    type: str
    sha: str = ""
    size: int | None = None


class Tree(msgspec.Struct, frozen=True, kw_only=True, tag="tree"):
    """A branch's list of files as GitHub sent it, up to 7 MB of it, of a repository of this name.

    What completes one that was cut short: the root's entries, and lists of folders by their path.
    """

    name: str
    body: bytes
    root: list[Entry] = field(default_factory=list)
    folders: dict[str, bytes] = field(default_factory=dict)


class Chosen(msgspec.Struct, frozen=True, kw_only=True, tag="chosen"):
    """The paths that are worth a request; `files` comes best first. `broken` is what was no tree."""

    readme: str | None = None
    icon: str | None = None
    files: list[str] = field(default_factory=list)
    truncated: bool = False
    broken: bool = False


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
