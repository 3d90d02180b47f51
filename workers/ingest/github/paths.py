"""Paths of a repository that are worth a request: README, store texts, manifests, icon."""

import re
from collections.abc import Iterable, Iterator
from itertools import chain

import msgspec

from workers.ingest.github import store_pictures
from workers.ingest.github.shapes import ChosenRepositoryPaths, GitTreeEntry, RepositoryTree
from workers.ingest.page.text import fold_text

#: Files that are read in addition to the README.
MAX_REPOSITORY_FILES_BESIDES_README = 8
#: Requests for them.
MAX_REPOSITORY_FILE_REQUESTS = 16
#: Bytes of a file; a larger one is skipped.
MAX_REPOSITORY_FILE_BYTES = 256 << 10
#: Characters of a path at most: longer ones are deep in the tree and irrelevant to the project.
MAX_REPOSITORY_TREE_PATH_CHARS = 300

README_PATH_PATTERN = re.compile(
    r"(?P<folder>|\.github/|docs/)readme(?:\.(?P<form>md|markdown|mdown|rst|adoc|asciidoc|txt|org))?", re.IGNORECASE
)
#: Store texts, one for each field and locale, in the layouts of fastlane (two), F-Droid and Play publisher.
APP_STORE_TEXT_PATH_PATTERN = re.compile(
    r"(?P<base>(?:.*/)?(?:metadata(?:/(?:android|ios|macos))?|play/listings))"
    r"/(?P<locale>default|[a-z]{2,3}(?:[-_][A-Za-z0-9]+){0,2})/(?P<field>[a-z_-]+)\.txt"
)
APP_STORE_ICON_PATH_PATTERN = re.compile(
    r"(?:.*/)?metadata/android/(?P<locale>[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]+)*)/images/icon\.png"
)
APP_STORE_TEXT_FIELD_NAMES = (
    *("name", "title", "subtitle", "short_description", "description", "full_description", "keywords"),
    "marketing_url",
)
#: Kinds of manifests, and the number of each that is read. Manifests with a description are first.
REPO_MANIFEST_PATTERNS_AND_LIMITS: tuple[tuple[re.Pattern[str], int], ...] = tuple(
    (re.compile(rf"(?:.*/)?{name}"), most)
    for name, most in (
        (r"app\.json", 1),
        (r"package\.json", 1),
        (r"pubspec\.ya?ml", 1),
        (r"pyproject\.toml", 1),
        (r"Cargo\.toml", 1),
        (r"composer\.json", 1),
        (r"AndroidManifest\.xml", 1),
        (r"res/values/strings\.xml", 1),
        (r"(?:[\w .-]*-)?Info\.plist", 2),
        (r"settings\.gradle(?:\.kts)?", 1),
    )
)
#: Settings of a site that GitHub Pages builds from the root or from `docs/` with Jekyll.
JEKYLL_CONFIG_PATH_PATTERN = re.compile(r"(?:docs/)?_config\.yml")
#: Folders of third-party code, of tests, or of a target other than the app itself.
FOREIGN_CODE_FOLDER_PATTERN = re.compile(
    r"(?:node_modules|vendor|pods|carthage|third[-_]?party|external|deps|derived|build|dist|templates?|fixtures?"
    r"|examples?|samples?|demos?|docs?|documentation|website|e2e|bench(?:marks?)?|debug|profile|wear(?:os)?|dev"
    r"|androidtest|.*tests?|.*widgets?|.*extensions?|.*watch(?:app)?|.*stickers?|.*intents?(?:ui)?|.*share"
    r"|.*screenshots|.*clip|flutter|\..*|.*\.framework|.*\.bundle)",
    re.IGNORECASE,
)


#: Names of files that are checked, in addition to READMEs and Info.plist.
KNOWN_REPOSITORY_FILE_NAMES = frozenset(
    {
        *("app.json", "package.json", "pubspec.yaml", "pubspec.yml", "pyproject.toml", "cargo.toml"),
        *("composer.json", "androidmanifest.xml", "strings.xml", "settings.gradle", "settings.gradle.kts"),
        *(f"{form}.txt" for field in APP_STORE_TEXT_FIELD_NAMES for form in (field, field.replace("_", "-"))),
        *("icon.png", "_config.yml"),
    }
)


class GitHubTreeResponse(msgspec.Struct, frozen=True, kw_only=True):
    """Tree as GitHub sends it."""

    tree: list[GitTreeEntry]
    truncated: bool = False


def choose_repository_paths(tree: RepositoryTree) -> ChosenRepositoryPaths:
    """Choose the few files to read among the paths of a repository's tree, which may be 100,000.

    Return paths by kind: README, icon, images and others. The result is `broken` if GitHub's body is no tree.
    """
    try:
        listed = msgspec.json.decode(tree.body, type=GitHubTreeResponse)
        folder_trees = {path: msgspec.json.decode(body, type=GitHubTreeResponse) for path, body in tree.folders.items()}
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ChosenRepositoryPaths(broken=True)
    added = [
        *tree.root,
        *(prefix_tree_entry_path(path, entry) for path, listing in folder_trees.items() for entry in listing.tree),
    ]
    entries = {
        file_entry.path: file_entry
        for file_entry in (*added, *listed.tree)
        if is_useful_repository_path(file_entry.path)
    }
    return choose_paths_of_tree_entries(list(entries.values()), name=tree.name, truncated=listed.truncated)


def prefix_tree_entry_path(folder: str, entry: GitTreeEntry) -> GitTreeEntry:
    return msgspec.structs.replace(entry, path=f"{folder}/{entry.path}")


def is_useful_repository_path(path: str) -> bool:
    if len(path) > MAX_REPOSITORY_TREE_PATH_CHARS:
        return False
    name = path.rpartition("/")[2].lower()
    has_known_name = name in KNOWN_REPOSITORY_FILE_NAMES or name.startswith("readme") or name.endswith("info.plist")
    return has_known_name or store_pictures.is_app_store_image_path(path)


def choose_paths_of_tree_entries(
    entries: list[GitTreeEntry], *, name: str, truncated: bool = False
) -> ChosenRepositoryPaths:
    return ChosenRepositoryPaths(
        readme=choose_readme_path(entries),
        icon=choose_app_store_icon_path(entries),
        pictures=store_pictures.choose_repo_app_image_paths((entry.path for entry in entries), rank_app_store_locale),
        files=choose_file_paths_besides_readme(entries, name=name),
        truncated=truncated,
    )


def choose_readme_path(entries: Iterable[GitTreeEntry]) -> str | None:
    """Return the path of the README that GitHub shows; None without a README.

    It is in `.github/`, the root or `docs/`, in this order. Of several in one folder, Markdown is first.
    """
    matches = [(entry.path, match) for entry in entries if (match := README_PATH_PATTERN.fullmatch(entry.path))]
    return min(matches, key=lambda readme_match: rank_readme_path(readme_match[1]), default=(None,))[0]


def rank_readme_path(match: re.Match[str]) -> tuple[int, bool, str]:
    folders = (".github/", "", "docs/")
    return folders.index(match["folder"].lower()), not (match["form"] or "").startswith("m"), match[0]


def choose_file_paths_besides_readme(entries: list[GitTreeEntry], *, name: str) -> list[str]:
    """Return the paths of files to read: store texts, then manifests, then the settings of a Jekyll site.

    At most `MAX_REPOSITORY_FILE_REQUESTS` are returned, without large files. `name` is the repository's.
    """
    files = [entry.path for entry in entries if entry.type == "blob" and (entry.size or 0) <= MAX_REPOSITORY_FILE_BYTES]
    return [
        *choose_app_store_text_paths(files),
        *choose_repo_manifest_paths(files, name),
        *filter(JEKYLL_CONFIG_PATH_PATTERN.fullmatch, files),
    ][:MAX_REPOSITORY_FILE_REQUESTS]


def choose_app_store_text_paths(files: Iterable[str]) -> Iterator[str]:
    """Yield a path for each store field with a text: nearest to the root, then English, `default`, any locale."""
    matches = [
        match
        for path in files
        if (match := APP_STORE_TEXT_PATH_PATTERN.fullmatch(path))
        and parse_app_store_path_field(match) in APP_STORE_TEXT_FIELD_NAMES
    ]
    for field in APP_STORE_TEXT_FIELD_NAMES:
        texts = [match for match in matches if parse_app_store_path_field(match) == field]
        yield from (match[0] for match in sorted(texts, key=rank_app_store_text_path)[:1])


def parse_app_store_path_field(match: re.Match[str]) -> str:
    """Return the field in a store text's path with underscores; Play publisher writes `full-description`."""
    return match["field"].replace("-", "_")


def rank_app_store_text_path(match: re.Match[str]) -> tuple[int, str, int, str]:
    """Return a store text's sort key: nearest to the root first, then the locale that stores fall back to."""
    base, locale = match["base"], match["locale"]
    return base.count("/"), base, rank_app_store_locale(locale), locale


def rank_app_store_locale(locale: str) -> int:
    if locale.replace("_", "-") == "en-US":
        return 0
    return 1 if locale.startswith("en") else 2 if locale == "default" else 3


def choose_app_store_icon_path(entries: Iterable[GitTreeEntry]) -> str | None:
    """Return the path of the app's icon nearest to the root in the best locale; None without an icon."""
    matches = [match for entry in entries if (match := APP_STORE_ICON_PATH_PATTERN.fullmatch(entry.path))]
    best = min(
        matches, key=lambda match: (match[0].count("/"), rank_app_store_locale(match["locale"]), match[0]), default=None
    )
    return best[0] if best else None


def choose_repo_manifest_paths(files: Iterable[str], name: str) -> Iterator[str]:
    own_files = [path for path in files if not any(map(FOREIGN_CODE_FOLDER_PATTERN.fullmatch, path.split("/")[:-1]))]
    return chain.from_iterable(
        sorted(filter(kind.fullmatch, own_files), key=lambda path: rank_repo_manifest_path(path, name))[:limit]
        for kind, limit in REPO_MANIFEST_PATTERNS_AND_LIMITS
    )


def rank_repo_manifest_path(path: str, name: str) -> tuple[bool, bool, int, str]:
    """Return a manifest path's sort key: first at the root or in `src/main/`, then in a folder named like `name`.

    Third is the distance from the root. `name` is the repository's.
    """
    deep = path.count("/") > 0
    return (deep and "src/main/" not in path, deep and fold_text(name) not in fold_text(path), path.count("/"), path)
