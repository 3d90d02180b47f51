"""What a repository's files say, and what hostile ones can't do."""

import plistlib
from typing import Any

import pytest

from schemas.brand import Field
from workers.ingest.choose import choose
from workers.ingest.github.places import Entry, icon, readme, worth_reading
from workers.ingest.github.reading import names
from workers.ingest.github.reading.readme import blocks
from workers.ingest.github.reading.repository import read
from workers.ingest.github.shapes import File, Repository


def reading(files: dict[str, bytes | str] | None = None, **fields: Any) -> dict[Field, Any]:
    """Each field's winner, of files by their path."""
    made = [
        File(path=path, body=body.encode() if isinstance(body, str) else body)
        for path, body in (files or {}).items()
    ]
    readmes = [file for file in made if "readme" in file.path.lower()]
    others = [file for file in made if file not in readmes]
    plain = {"url": "https://github.com/acme/zap", "name": "zap", "branch": "main"}
    found = read(Repository(**plain | fields, readme=next(iter(readmes), None), files=others))
    return {field: one.value for field, one in choose(found.candidates).items()}


MARKDOWN = """---
layout: home
---
<!-- generated -->
[English](README.md) | [Deutsch](README.de.md)

<h1 align="center"><img src="logo.png" alt="Zap logo"><br>Zap: draw what you say</h1>

[![Build](https://ci/badge.svg)](https://ci) [![npm](https://npm/badge.svg)](https://npm)

> [!WARNING]
> This project is under construction and everything may change tomorrow.

:zap: **Zap** turns *speech* into drawings with [models](https://m) that run on your own device.

## Installation

Run `npm install zap` in your project's folder and restart the editor.
"""
RST = """
.. image:: https://ci/badge.svg
   :target: https://ci

===
Zap
===

**Zap** turns *speech* into drawings with `models <https://m>`_ that run on your own device.

.. include:: /etc/passwd

.. raw:: html

   <script>alert(1)</script>

.. unknown-directive:: x

.. code-block:: console

   $ pip install zap

Installation
============

See :ref:`the manual <manual>` for how it is put into place.
"""
ADOC = """// a comment
= Zap
Ada Lovelace <ada@acme.test>
:toc: macro
:url: https://acme.test

image::logo.png[Logo]

[.lead]
*Zap* turns _speech_ into drawings with https://m[models] that run on your own device.

NOTE: Not yet.

----
$ zap --help
----

== Installation

* Take it
"""


@pytest.mark.parametrize(
    ("path", "text"), [("README.md", MARKDOWN), ("README.rst", RST), ("README.adoc", ADOC)]
)
def test_a_readme_reads_alike_in_each_markup(path: str, text: str) -> None:
    found = reading({path: text})
    assert found["appName"] == "Zap"
    description = "Zap turns speech into drawings with models that run on your own device."
    assert found["appDescription"] == description
    told = " ".join(one.text for one in blocks(path, text.encode()))
    for unwanted in ("root:", "alert(1)", "--help", "pip install", "badge", "under construction", "macro"):
        assert unwanted not in told


def test_a_title_keeps_its_line_apart() -> None:
    assert reading({"README.md": MARKDOWN})["tagline"] == "draw what you say"


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("# Zap", "Zap"),
        ("# ⚡️ Zap ⚡️", "Zap"),
        ("# :zap: Zap", "Zap"),
        ("# Welcome to Zap!", "Zap"),
        ("# Zap for iOS & Android", "Zap"),
        ("# Zap - Draw what you say", "Zap"),
        ("# Zap (beta)", "Zap"),
        ("# `zap`", "zap"),
        ("# [Zap](https://zap.test) &middot; [![x](y)](z)", "Zap"),
        ("Zap\n===", "Zap"),
        ('<h1><img alt="Zap"></h1>', "Zap"),
        ("# Installation", "Zap"),
        ("# How we built it with Zap and a lot of patience in the end", "Zap"),
        ("no heading at all", "Zap"),
    ],
)
def test_a_heading_names_the_project(heading: str, name: str) -> None:
    assert reading({"README.md": heading})["appName"] == name


@pytest.mark.parametrize(
    ("repository", "shown"),
    [
        ("zap", "Zap"),
        ("zap-ios", "Zap"),
        ("zap_android", "Zap"),
        ("seed-tool-ios", "Seed Tool"),
        ("GordianSeedTool-iOS", "GordianSeedTool"),
        ("v2rayNG", "v2rayNG"),
        ("next.js", "Next.js"),
        ("android", "Android"),
        ("zap-mobile-app", "Zap"),
    ],
)
def test_a_repositorys_own_name_is_the_last_resort(repository: str, shown: str) -> None:
    assert names.shown(repository) == shown
    assert reading(name=repository)["appName"] == shown


STORES: dict[str, bytes | str] = {
    "fastlane/metadata/en-US/name.txt": "Zap: Draw & Speak\n",
    "fastlane/metadata/en-US/subtitle.txt": "Draw what you say\n",
    "fastlane/metadata/en-US/keywords.txt": "drawing,speech,Kids\n",
    "fastlane/metadata/en-US/description.txt": "ZAP!\n\nZap turns speech into drawings, and drawings into "
    "stories that children tell their friends.\n\n- Fast\n- Free\n",
    "fastlane/metadata/en-US/marketing_url.txt": "https://zap.test",
}


def test_the_developers_store_texts_come_first() -> None:
    manifest = '{"name": "zap-core", "description": "Core of zap", "keywords": ["core"]}'
    found = reading(
        {**STORES, "package.json": manifest, "README.md": MARKDOWN},
        description="A repo",
        topics=["speech", "swift", "hacktoberfest"],
        languages=["Swift"],
    )
    assert found["appName"] == "Zap"
    assert found["tagline"] == "Draw what you say"
    assert found["appDescription"].startswith("Zap turns speech into drawings")
    assert found["keywords"] == ["drawing", "speech", "kids", "swift"]
    assert found["links"] == {"website": "https://zap.test/"}


@pytest.mark.parametrize(
    "folder",
    [
        "fastlane/metadata/android/en-US",
        "metadata/en-US",
        "app/src/main/play/listings/en-US",
        "x/fastlane/metadata/en",
    ],
)
def test_store_texts_lie_in_many_places(folder: str) -> None:
    dash = "-" if "play" in folder else "_"
    files: dict[str, bytes | str] = {
        f"{folder}/title.txt": "Zap Draw",
        f"{folder}/short{dash}description.txt": "Draw what you say",
        f"{folder}/full{dash}description.txt": "<b>Zap</b> draws for everyone who speaks.<br><br>Free.",
    }
    entries = [Entry(path=path, type="blob") for path in files]
    assert set(worth_reading(entries, name="zap")) == set(files)
    found = reading(files)
    assert (found["appName"], found["tagline"]) == ("Zap Draw", "Draw what you say")
    assert found["appDescription"].startswith("Zap draws for everyone who speaks.")


def test_a_link_that_came_as_its_target_is_no_text() -> None:
    found = reading({"fastlane/metadata/android/en-US/title.txt": "../../ios/en-US/name.txt"})
    assert found["appName"] == "Zap"


MANIFEST = """<manifest xmlns:android="http://schemas.android.com/apk/res/android">
<application android:label="@string/app_name"/></manifest>"""
STRINGS = """<resources><string name="app_name">Zap\\'s "World"</string></resources>"""
FILES: dict[str, tuple[dict[str, bytes | str], dict[Field, Any]]] = {
    "package.json": (
        {"package.json": '\ufeff{"name": "@acme/zap", "description": "Draws", "keywords": ["a", "b", 3]}'},
        {"appName": "Zap", "appDescription": "Draws", "keywords": ["a", "b"]},
    ),
    "product": ({"package.json": '{"name": "x", "productName": "Zap It"}'}, {"appName": "Zap It"}),
    "expo": ({"app.json": '{"expo": {"name": "Zap It", "slug": "x"}}'}, {"appName": "Zap It"}),
    "react native": ({"app.json": '{"name": "core", "displayName": "Zap It"}'}, {"appName": "Zap It"}),
    "heroku": ({"app.json": '{"name": "Start on Heroku"}'}, {"appName": "Zap"}),
    "pyproject": (
        {"pyproject.toml": '[project]\nname = "zap-it"\ndescription = "Draws"\nkeywords = ["a"]'},
        {"appName": "Zap It", "appDescription": "Draws", "keywords": ["a"]},
    ),
    "poetry": ({"pyproject.toml": '[tool.poetry]\nname = "zap-it"'}, {"appName": "Zap It"}),
    "cargo": (
        {"Cargo.toml": '[package]\nname = "zap"\ndescription = "Draws"\nkeywords = { workspace = true }'},
        {"appName": "Zap", "appDescription": "Draws"},
    ),
    "composer": (
        {"composer.json": '{"name": "acme/zap-it", "description": "Draws"}'},
        {"appName": "Zap It", "appDescription": "Draws"},
    ),
    "pubspec": (
        {"pubspec.yaml": "name: zap_it\ndescription: >-\n  Draws\n  well\ntopics: [a, b]\n"},
        {"appName": "Zap It", "appDescription": "Draws well", "keywords": ["a", "b"]},
    ),
    "flutter's template": ({"pubspec.yaml": "description: A new Flutter project."}, {"appName": "Zap"}),
    "gradle": ({"settings.gradle.kts": 'rootProject.name = "Zap It"'}, {"appName": "Zap It"}),
    "android": (
        {"app/src/main/AndroidManifest.xml": MANIFEST, "app/src/main/res/values/strings.xml": STRINGS},
        {"appName": "Zap's World"},
    ),
    "android's own label": (
        {"app/src/main/AndroidManifest.xml": MANIFEST.replace("@string/app_name", "Zap It")},
        {"appName": "Zap It"},
    ),
    "a label of the build": (
        {"app/src/main/AndroidManifest.xml": MANIFEST.replace("@string/app_name", "${appName}")},
        {"appName": "Zap"},
    ),
    "plist": ({"ios/Info.plist": plistlib.dumps({"CFBundleDisplayName": "Zap It"})}, {"appName": "Zap It"}),
    "binary plist": (
        {"ios/Info.plist": plistlib.dumps({"CFBundleName": "Zap It"}, fmt=plistlib.FMT_BINARY)},
        {"appName": "Zap It"},
    ),
    "a plist of the build": (
        {"ios/Info.plist": plistlib.dumps({"CFBundleDisplayName": "$(PRODUCT_NAME)"})},
        {"appName": "Zap"},
    ),
    "an extension": (
        {"ios/Info.plist": plistlib.dumps({"CFBundleDisplayName": "Share It", "NSExtension": {}})},
        {"appName": "Zap"},
    ),
    "a framework": (
        {"ios/Info.plist": plistlib.dumps({"CFBundleName": "Kit It", "CFBundlePackageType": "FMWK"})},
        {"appName": "Zap"},
    ),
}


@pytest.mark.parametrize("case", FILES)
def test_manifests_say_what_they_declare(case: str) -> None:
    files, values = FILES[case]
    assert reading(files) == values


DEEP = 100_000
HOSTILE: dict[str, bytes | str] = {
    "package.json": '{"name":' + "[" * DEEP,
    "app.json": '{"expo": {"name": ' + "1" * DEEP + "}}",
    "pyproject.toml": "x = " + "[" * DEEP,
    "Cargo.toml": "a." * 5000 + "b = 1",
    "composer.json": b"\xff\xfe\x00{",
    "pubspec.yaml": "\n".join(
        ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60))]
    ),
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
def test_hostile_files_say_nothing_and_break_nothing(path: str) -> None:
    found = reading({path: HOSTILE[path], "README.md": "# Zap"})
    assert found["appName"] == "Zap"
    assert set(found) <= {"appName", "primaryLanguage"}


@pytest.mark.parametrize("end", ["md", "rst", "adoc", "txt"])
@pytest.mark.parametrize(
    "text",
    [
        "<div>" * 20_000,
        "[" * 50_000,
        "*" * 50_000,
        "> " * 20_000,
        "=\n" * 30_000,
        "|" * 50_000,
        "`" * 9999,
        "\x00",
        "",
    ],
)
def test_hostile_readmes_break_nothing(end: str, text: str) -> None:
    assert reading({f"README.{end}": text})["appName"] == "Zap"


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


def test_githubs_own_fields() -> None:
    found = reading(
        description=":rocket: Draws &amp; speaks for everyone",
        homepage="zap.test/start",
        topics=["b", "a"],
        icon="metadata/android/en US/images/icon.png",
    )
    assert found["appDescription"] == found["tagline"] == "Draws & speaks for everyone"
    assert found["links"] == {"website": "https://zap.test/start"}
    assert found["keywords"] == ["b", "a"]
    assert found["logoUrl"] == "https://github.com/acme/zap/raw/main/metadata/android/en%20US/images/icon.png"


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
    found = reading(homepage=homepage).get("links")
    assert found == links or (found or {}).keys() == {"googlePlay"}
