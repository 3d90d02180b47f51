"""Which of a repository's files are worth a request."""

from workers.ingest.github.places import Entry, icon, readme, worth_reading


def test_a_readme_is_found_where_github_finds_it() -> None:
    def of(*paths: str) -> str | None:
        return readme([Entry(path=path, type="blob") for path in paths])

    assert of("docs/README.md", "README.rst", "src/README.md") == "README.rst"
    assert of("README.rst", "readme.md") == "readme.md"
    assert of("docs/ReadMe.adoc") == "docs/ReadMe.adoc"
    assert of("README.de.md", "READMEs/x.md") is None


def test_the_apps_own_files_are_chosen() -> None:
    paths = [
        "node_modules/x/package.json",
        "examples/demo/package.json",
        "package.json",
        "app/src/debug/AndroidManifest.xml",
        "app/src/main/AndroidManifest.xml",
        "wear/src/main/AndroidManifest.xml",
        "app/src/main/res/values/strings.xml",
        "app/src/main/res/values-de/strings.xml",
        "ZapTests/Info.plist",
        "ZapWidget/Info.plist",
        "Pods/Lib/Info.plist",
        "Core/Sources/Info.plist",
        "Zap/Info.plist",
    ]
    entries = [Entry(path=path, type="blob", size=10) for path in paths]
    assert worth_reading(entries, name="zap") == [
        "package.json",
        "app/src/main/AndroidManifest.xml",
        "app/src/main/res/values/strings.xml",
        "Zap/Info.plist",
        "Core/Sources/Info.plist",
    ]


def test_the_stores_own_locale_comes_first() -> None:
    locales = ["de-DE", "fr-FR", "en-GB", "en-US", "default"]
    paths = [f"fastlane/metadata/android/{locale}/title.txt" for locale in locales]
    icons = [f"fastlane/metadata/android/{locale}/images/icon.png" for locale in locales]
    entries = [Entry(path=path, type="blob") for path in [*paths, *icons]]
    assert worth_reading(entries, name="zap") == ["fastlane/metadata/android/en-US/title.txt"]
    assert icon(entries) == "fastlane/metadata/android/en-US/images/icon.png"
    del entries[3], entries[2]
    assert worth_reading(entries, name="zap") == ["fastlane/metadata/android/default/title.txt"]
