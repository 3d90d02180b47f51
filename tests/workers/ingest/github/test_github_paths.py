"""The files of a repository that are worth a request."""

import time

import msgspec
import pytest

from workers.ingest.github.paths import (
    choose_app_store_icon_path,
    choose_file_paths_besides_readme,
    choose_readme_path,
    choose_repository_paths,
)
from workers.ingest.github.shapes import ChosenRepositoryPaths, GitTreeEntry, RepositoryTree


def test_the_readme_is_the_one_that_github_shows() -> None:
    def of(*paths: str) -> str | None:
        return choose_readme_path([GitTreeEntry(path=path, type="blob") for path in paths])

    assert of("docs/README.md", "README.rst", "src/README.md") == "README.rst"
    assert of("README.rst", "readme.md") == "readme.md"
    assert of("docs/ReadMe.adoc") == "docs/ReadMe.adoc"
    assert of("README.de.md", "READMEs/x.md") is None


def test_the_apps_own_files_are_chosen() -> None:
    paths = [
        "node_modules/x/package.json", "examples/demo/package.json", "package.json",
        "app/src/debug/AndroidManifest.xml", "app/src/main/AndroidManifest.xml",
        "wear/src/main/AndroidManifest.xml", "app/src/main/res/values/strings.xml",
        "app/src/main/res/values-de/strings.xml", "ZapTests/Info.plist", "ZapWidget/Info.plist",
        "Pods/Lib/Info.plist", "Core/Sources/Info.plist", "Zap/Info.plist",
    ]  # fmt: skip
    entries = [GitTreeEntry(path=path, type="blob", size=10) for path in paths]
    assert choose_file_paths_besides_readme(entries, name="zap") == [
        "package.json",
        "app/src/main/AndroidManifest.xml",
        "app/src/main/res/values/strings.xml",
        "Zap/Info.plist",
        "Core/Sources/Info.plist",
    ]


def test_the_stores_default_locale_is_first() -> None:
    locales = ["de-DE", "fr-FR", "en-GB", "en-US", "default"]
    paths = [f"fastlane/metadata/android/{locale}/title.txt" for locale in locales]
    icons = [f"fastlane/metadata/android/{locale}/images/icon.png" for locale in locales]
    entries = [GitTreeEntry(path=path, type="blob") for path in [*paths, *icons]]
    assert choose_file_paths_besides_readme(entries, name="zap") == ["fastlane/metadata/android/en-US/title.txt"]
    assert choose_app_store_icon_path(entries) == "fastlane/metadata/android/en-US/images/icon.png"
    del entries[3], entries[2]
    assert choose_file_paths_besides_readme(entries, name="zap") == ["fastlane/metadata/android/default/title.txt"]


def test_site_settings_are_read_last() -> None:
    paths = ["_config.yml", "docs/_config.yml", "website/_config.yml", "docs/x/_config.yml", "package.json"]
    entries = [GitTreeEntry(path=path, type="blob", size=9) for path in paths]
    assert choose_file_paths_besides_readme(entries, name="zap") == ["package.json", "_config.yml", "docs/_config.yml"]


@pytest.mark.timing
def test_a_hundred_thousand_files_are_read_quickly() -> None:
    """This takes well under the parsing process's limit for a document."""
    many = [
        {"path": f"packages/mod{n % 300}/src/main/java/com/acme/File{n}.java", "type": "blob", "sha": "0" * 40}
        for n in range(100_000)
    ]
    relevant = [{"path": path, "type": "blob", "sha": "1", "size": 5} for path in ("README.md", "package.json")]
    body = msgspec.json.encode({"sha": "x", "tree": [*many, *relevant], "truncated": False})
    started = time.process_time()
    chosen = choose_repository_paths(RepositoryTree(name="zap", body=body))
    assert (chosen.readme, chosen.files, chosen.truncated) == ("README.md", ["package.json"], False)
    assert time.process_time() - started < 2


@pytest.mark.timing
def test_endless_paths_are_skipped_quickly() -> None:
    deep = [{"path": f"{'metadata/' * 500}{n}/title.txt", "type": "blob"} for n in range(1000)]
    started = time.process_time()
    assert choose_repository_paths(RepositoryTree(name="zap", body=msgspec.json.encode({"tree": deep}))).files == []
    assert time.process_time() - started < 1


def test_an_invalid_tree_is_marked_broken() -> None:
    for body in (b"", b"[]", b'{"tree": {}}', b"\xff", b'{"tree": [{"path": 1, "type": "blob"}]}'):
        assert choose_repository_paths(RepositoryTree(name="zap", body=body)) == ChosenRepositoryPaths(broken=True)
