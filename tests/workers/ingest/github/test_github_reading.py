"""Store texts, manifests and own fields of a repository, with hostile files among them."""

import plistlib
from typing import Any

import pytest

from tests.workers.ingest.github.github_server import reading
from workers.ingest.github.paths import choose_file_paths_besides_readme
from workers.ingest.github.shapes import GitTreeEntry

STORES: dict[str, bytes | str] = {
    "fastlane/metadata/en-US/name.txt": "Zap: Draw & Speak\n",
    "fastlane/metadata/en-US/subtitle.txt": "Draw what you say\n",
    "fastlane/metadata/en-US/keywords.txt": "drawing,speech,Kids\n",
    "fastlane/metadata/en-US/description.txt": "ZAP!\n\nZap turns speech into drawings, and drawings into "
    "stories that children tell their friends.\n\n- Fast\n- Free\n",
    "fastlane/metadata/en-US/marketing_url.txt": "https://zap.test",
}


def test_store_texts_win_over_manifest_and_readme() -> None:
    manifest = '{"name": "zap-core", "description": "Core of zap", "keywords": ["core"]}'
    values = reading(
        {**STORES, "package.json": manifest, "README.md": "# Zap Core\n\nThe core of zap and nothing else."},
        description="A repo",
        topics=["speech", "swift", "hacktoberfest2026"],
        languages=["Swift"],
    )
    assert values["appName"] == "Zap"
    assert values["tagline"] == "Draw what you say"
    assert values["appDescription"].startswith("Zap turns speech into drawings")
    assert values["keywords"] == ["drawing", "speech", "kids", "swift"]
    assert values["links"] == {"website": "https://zap.test/"}


@pytest.mark.parametrize(
    ("text", "keywords"),
    [
        ("photo editor camera\n", ["photo", "editor", "camera"]),
        ("photo editor", ["photo editor"]),
        ("a b c,d", ["a b c", "d"]),
    ],
)
def test_a_store_list_without_commas_is_split_at_blanks(text: str, keywords: list[str]) -> None:
    assert reading({"fastlane/metadata/en-US/keywords.txt": text})["keywords"] == keywords


@pytest.mark.parametrize(
    "folder",
    ["fastlane/metadata/android/en-US", "metadata/en-US", "app/src/main/play/listings/en-US", "x/fastlane/metadata/en"],
)
def test_store_texts_are_found_in_each_layout(folder: str) -> None:
    separator = "-" if "play" in folder else "_"
    files: dict[str, bytes | str] = {
        f"{folder}/title.txt": "Zap Draw",
        f"{folder}/short{separator}description.txt": "Draw what you say",
        f"{folder}/full{separator}description.txt": "<b>Zap</b> draws for everyone who speaks.<br><br>Free.",
    }
    entries = [GitTreeEntry(path=path, type="blob") for path in files]
    assert set(choose_file_paths_besides_readme(entries, name="zap")) == set(files)
    values = reading(files)
    assert (values["appName"], values["tagline"]) == ("Zap Draw", "Draw what you say")
    assert values["appDescription"].startswith("Zap draws for everyone who speaks.")


@pytest.mark.parametrize(
    ("text", "description"),
    [
        ("<b>Draws what you say</b>\n\nZap draws for all.<ul><li>Fast</li></ul>", "Zap draws for all."),
        (
            "<p><i>Zap</i> draws for all.</p><p>It listens to you.</p><h3>A</h3>",
            "Zap draws for all. It listens to you.",
        ),
        ("Tired of pens? Zap draws for all who speak.<br>Only $2 a month.", "Zap draws for all who speak."),
        ("<ul><li>Draws for all.</li><li>Free</li></ul>", None),
    ],
)
def test_first_sentences_of_a_store_text_are_the_description(text: str, description: str | None) -> None:
    values = reading({"fastlane/metadata/android/en-US/full_description.txt": text})
    assert values.get("appDescription") == description


def test_a_description_of_the_state_is_not_used() -> None:
    readme = "# Zap\n\nZap draws for everyone who speaks."
    for description in ("[DEPRECATED] Moved to another place", "Zap 2 is now available!", "Please read the wiki"):
        values = reading({"README.md": readme}, description=description)
        assert values["appDescription"] == "Zap draws for everyone who speaks."
        assert values["tagline"] != description
        assert "appDescription" not in reading(description=description)
    kept = reading(description="Zap draws what you say. No longer maintained.")
    assert (kept["appDescription"], kept["tagline"]) == ("Zap draws what you say.",) * 2


MANIFEST = """<manifest xmlns:android="http://schemas.android.com/apk/res/android">
<application android:label="@string/app_name"/></manifest>"""
STRINGS = """<resources><string name="app_name">Zap\\'s "World"</string></resources>"""
ANDROID, STRINGS_PATH = "app/src/main/AndroidManifest.xml", "app/src/main/res/values/strings.xml"
ZAP, ZAP_IT = {"appName": "Zap"}, {"appName": "Zap It"}
DRAWS = {"appDescription": "Draws"}
#: Path and content of each manifest, and the values read from it.
FILES: dict[str, tuple[str, bytes | str, dict[str, Any]]] = {
    "npm": (
        *("package.json", '\ufeff{"name": "@acme/zap", "description": "Draws", "keywords": ["a", "b", 3]}'),
        ZAP | DRAWS | {"keywords": ["a", "b"]},
    ),
    "expo": ("app.json", '{"expo": {"name": "Zap It", "slug": "x"}}', ZAP_IT),
    "heroku": ("app.json", '{"name": "Start on Heroku"}', ZAP),
    "pyproject": (
        *("pyproject.toml", '[project]\nname = "zap-it"\ndescription = "Draws"\nkeywords = ["a"]'),
        ZAP_IT | DRAWS | {"keywords": ["a"]},
    ),
    "poetry": ("pyproject.toml", '[tool.poetry]\nname = "zap-it"', ZAP_IT),
    "cargo": (
        *("Cargo.toml", '[package]\nname = "zap"\ndescription = "Draws"\nkeywords = { workspace = true }'),
        ZAP | DRAWS,
    ),
    "composer": ("composer.json", '{"name": "acme/zap-it", "description": "Draws"}', ZAP_IT | DRAWS),
    "pubspec": (
        *("pubspec.yaml", "name: zap_it\ndescription: >-\n  Draws\n  well\ntopics: [a, b]\n"),
        ZAP_IT | {"appDescription": "Draws well", "keywords": ["a", "b"]},
    ),
    "a site": (
        *("docs/_config.yml", "title: Zap\ndescription: >- # folded\n  Draws\n  well\n"),
        ZAP | {"appDescription": "Draws well"},
    ),
    "a site without a title": ("_config.yml", "description: Draws", ZAP | DRAWS),
    "a site of something else": (
        *("docs/_config.yml", "title: Legal texts of Acme\ndescription: Privacy and terms"),
        ZAP,
    ),
    "gradle": ("settings.gradle.kts", 'rootProject.name = "Zap It"', ZAP_IT),
    "android": (ANDROID, MANIFEST, {"appName": "Zap's World"}),
    "a label of the build": (ANDROID, MANIFEST.replace("@string/app_name", "${appName}"), ZAP),
    "plist": ("ios/Info.plist", plistlib.dumps({"CFBundleDisplayName": "Zap It"}), ZAP_IT),
    "binary plist": (*("ios/Info.plist", plistlib.dumps({"CFBundleName": "Zap It"}, fmt=plistlib.FMT_BINARY)), ZAP_IT),
    "an extension": (*("ios/Info.plist", plistlib.dumps({"CFBundleDisplayName": "Share It", "NSExtension": {}})), ZAP),
}


@pytest.mark.parametrize("case", FILES)
def test_manifest_values(case: str) -> None:
    path, body, values = FILES[case]
    strings = {STRINGS_PATH: STRINGS} if path == ANDROID else {}
    assert reading({path: body, **strings}) == values


DEEP = 100_000
HOSTILE: dict[str, bytes | str] = {
    "package.json": '{"name":' + "[" * DEEP,
    "app.json": '{"expo": {"name": ' + "1" * DEEP + "}}",
    "pyproject.toml": "x = " + "[" * DEEP,
    "Cargo.toml": "a." * 5000 + "b = 1",
    "composer.json": b"\xff\xfe\x00{",
    "pubspec.yaml": "\n".join(["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60))]),
    "settings.gradle": "rootProject.name = " + "'" * DEEP,
    "ios/Info.plist": '<?xml version="1.0"?><!DOCTYPE p [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    "<plist><dict><key>CFBundleDisplayName</key><string>&b;</string></dict></plist>",
    "mac/Info.plist": b"bplist00" + b"\xff" * 64,
    "app/src/main/AndroidManifest.xml": '<!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    + MANIFEST.replace("@string/app_name", "&x;"),
    "app/src/main/res/values/strings.xml": "<resources>" * DEEP,
    "fastlane/metadata/en-US/name.txt": b"\x00\xff" * 5000,
    "fastlane/metadata/en-US/keywords.txt": "," * DEEP,
}


@pytest.mark.parametrize("path", HOSTILE)
def test_hostile_files_give_no_values_and_break_nothing(path: str) -> None:
    values = reading({path: HOSTILE[path], "README.md": "# Zap"})
    assert values["appName"] == "Zap"
    assert set(values) <= {"appName", "primaryLanguage"}


def test_githubs_own_fields() -> None:
    values = reading(
        description=":rocket: Draws &amp; speaks for everyone",
        homepage="zap.test/start",
        topics=["b", "a"],
        icon="metadata/android/en US/images/icon.png",
    )
    assert values["appDescription"] == values["tagline"] == "Draws & speaks for everyone"
    assert values["links"] == {"website": "https://zap.test/start"}
    assert values["keywords"] == ["b", "a"]
    assert values["logoUrl"] == "https://github.com/acme/zap/raw/main/metadata/android/en%20US/images/icon.png"


@pytest.mark.parametrize(
    ("homepage", "links"),
    [
        ("https://zap.test", {"website": "https://zap.test/"}),
        ("https://apps.apple.com/us/app/zap/id1", {"appStore": "https://apps.apple.com/us/app/zap/id1"}),
        ("https://play.google.com/store/apps/details?id=a.b", None),
        ("http://zap.test", None),
        ("https://github.com/acme/zap#readme", None),
        ("javascript:alert(1)", None),
        ("https://127.0.0.1/", None),
        ("", None),
    ],
)
def test_a_homepage_is_a_link_that_can_be_opened(homepage: str, links: dict[str, str] | None) -> None:
    found_links = reading(homepage=homepage).get("links")
    assert found_links == links or (found_links or {}).keys() == {"googlePlay"}
