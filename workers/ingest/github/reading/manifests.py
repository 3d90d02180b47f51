"""Readers of manifests: names, descriptions and keywords that projects declare.

The names of an app on a device are in Info.plist, and in AndroidManifest.xml with its strings.
"""

import json
import plistlib
import re
import tomllib
from collections.abc import Callable, Iterator
from typing import Any
from xml.parsers.expat import ExpatError

import yaml
from lxml import etree

from workers.ingest.github.reading.names import (
    RepositoryOwnName,
    fix_repo_name_case,
    is_nearly_repository_name,
    spell_package_name,
)
from workers.ingest.github.reading.statement import RepositoryFileFieldCandidate
from workers.ingest.github.shapes import FetchedRepoFile
from workers.ingest.page.decode import decode_bytes_like_browser
from workers.ingest.page.keywords import split_unique_keywords
from workers.ingest.page.names import is_possible_brand_name
from workers.ingest.page.text import MAX_DESCRIPTION_CHARS, clean_text_line, fold_text, truncate_text

#: Values that project generators write, folded by `fold_text`.
FOLDED_TEMPLATE_MANIFEST_VALUES = {
    *("anewflutterproject", "anewflutterapplication", "anewfluttermodule", "addyourdescriptionhere"),
    *("runner", "myapp", "mypackage", "atauriapp", "startonheroku"),
    *("yourprojectname", "descriptionofyourproject"),
}
#: Beginning of the description of a new Jekyll site.
JEKYLL_TEMPLATE_DESCRIPTION = "Write an awesome description"
GRADLE_PROJECT_NAME_PATTERN = re.compile(r"rootProject\.name\s*=\s*[\"']([^\"'$\n]{1,100})[\"']")

ManifestObject = dict[str, Any]
ANDROID_LABEL_ATTRIBUTE = "{http://schemas.android.com/apk/res/android}label"
#: Placeholders that a build replaces.
BUILD_PLACEHOLDER_PATTERN = re.compile(r"\$[({]|^@|^\?")
#: Escapes of Android's strings: a backslash before a letter, and bare quotes, which keep blanks.
ANDROID_STRING_ESCAPE_PATTERN = re.compile(r"\\(.)|\"")
#: Bundles that are only a part of an app (CFBundlePackageType).
PARTIAL_APPLE_BUNDLE_TYPES = {"XPC!", "FMWK", "BNDL"}


def read_repo_manifest_statements(
    file: FetchedRepoFile, own_name: RepositoryOwnName, files: list[FetchedRepoFile]
) -> Iterator[RepositoryFileFieldCandidate]:
    """Yield the brand statements of a project's manifest, such as `package.json`.

    Yield nothing if the manifest can't be read. `files` may have the strings of an Android manifest.
    """
    name = file.path.rpartition("/")[2].lower()
    if name.endswith("info.plist"):
        yield from (
            statement for statement in read_plist_name_statements(file.body) if is_real_repo_manifest_value(statement)
        )
    elif name == "androidmanifest.xml":
        yield from (
            statement
            for statement in read_android_label_statement(file.body, files)
            if is_real_repo_manifest_value(statement)
        )
    elif name in LOADER_AND_READER_BY_MANIFEST_NAME:
        load, read = LOADER_AND_READER_BY_MANIFEST_NAME[name]
        yield from (
            statement
            for statement in read(load_repo_manifest_object(load, file), own_name)
            if is_real_repo_manifest_value(statement)
        )


def is_real_repo_manifest_value(statement: RepositoryFileFieldCandidate) -> bool:
    if not isinstance(statement.value, str):
        return bool(statement.value)
    is_template = fold_text(statement.value).rstrip("0123456789") in FOLDED_TEMPLATE_MANIFEST_VALUES
    return not is_template and (statement.field != "appName" or is_possible_brand_name(statement.value))


def parse_gradle_settings(text: str) -> ManifestObject:
    match = GRADLE_PROJECT_NAME_PATTERN.search(text)
    return {"name": match[1]} if match else {}


def load_repo_manifest_object(load: Callable[[str], Any], file: FetchedRepoFile) -> ManifestObject:
    """Return the object in a manifest, decoded by `load`; {} if the file is broken or has another value."""
    try:
        value = load(decode_bytes_like_browser(file.body, ""))
    except (ValueError, RecursionError, yaml.YAMLError):
        return {}
    return value if isinstance(value, dict) else {}


def get_nested_object(value: ManifestObject, *keys: str) -> ManifestObject:
    for key in keys:
        member = value.get(key)
        value = member if isinstance(member, dict) else {}
    return value


def read_package_json_statements(
    document: ManifestObject, own_name: RepositoryOwnName
) -> Iterator[RepositoryFileFieldCandidate]:
    yield from read_manifest_name_statements(document, own_name, 0.80, "package.json", "productName", "displayName")
    yield from read_package_manifest_statements(document, own_name, "package.json")


def read_app_json_statements(
    document: ManifestObject, own_name: RepositoryOwnName
) -> Iterator[RepositoryFileFieldCandidate]:
    """Yield the app's names and description in Expo's or React Native's `app.json`; a hosting service's has none."""
    expo = get_nested_object(document, "expo")
    yield from read_manifest_name_statements(expo, own_name, 0.85, "app.json.expo", "name")
    yield from read_manifest_description_statement(expo, "app.json.expo")
    yield from read_manifest_name_statements(document, own_name, 0.85, "app.json", "displayName")


def read_pubspec_statements(
    document: ManifestObject, own_name: RepositoryOwnName
) -> Iterator[RepositoryFileFieldCandidate]:
    yield from read_package_manifest_statements({**document, "keywords": document.get("topics")}, own_name, "pubspec")


def read_pyproject_statements(
    document: ManifestObject, own_name: RepositoryOwnName
) -> Iterator[RepositoryFileFieldCandidate]:
    for table in (get_nested_object(document, "project"), get_nested_object(document, "tool", "poetry")):
        yield from read_package_manifest_statements(table, own_name, "pyproject")


def build_package_manifest_reader(rule: str, *table: str) -> "ManifestReader":
    """Return the reader of a manifest that declares only its package, in the object `table`, with the rule `rule`."""
    return lambda document, own_name: read_package_manifest_statements(
        get_nested_object(document, *table), own_name, rule
    )


def read_jekyll_description_statement(
    document: ManifestObject, own_name: RepositoryOwnName
) -> Iterator[RepositoryFileFieldCandidate]:
    """Yield a Jekyll site's description, not a new site's, if its title is nearly the repository's name or missing."""
    title = document.get("title")
    is_own_site = not isinstance(title, str) or is_nearly_repository_name(clean_text_line(title), own_name)
    if is_own_site and not str(document.get("description")).startswith(JEKYLL_TEMPLATE_DESCRIPTION):
        yield from read_manifest_description_statement(document, "jekyll", 0.70)


def read_package_manifest_statements(
    document: ManifestObject, own_name: RepositoryOwnName, rule: str
) -> Iterator[RepositoryFileFieldCandidate]:
    """Yield the name, description and keywords in a package manifest, as all registries have them.

    The name is without `@scope/` and `vendor/`.
    """
    name = document.get("name")
    if isinstance(name, str):
        yield RepositoryFileFieldCandidate(
            "appName", spell_package_name(clean_text_line(name).rpartition("/")[2], own_name), 0.55, f"{rule}.name"
        )
    yield from read_manifest_description_statement(document, rule)
    yield from read_manifest_keyword_statement(document, rule)


def read_manifest_name_statements(
    document: ManifestObject, own_name: RepositoryOwnName, confidence: float, rule: str, *keys: str
) -> Iterator[RepositoryFileFieldCandidate]:
    for key in keys:
        if isinstance(name := document.get(key), str):
            yield RepositoryFileFieldCandidate(
                "appName", fix_repo_name_case(clean_text_line(name), own_name), confidence, f"{rule}.{key}"
            )


def read_manifest_description_statement(
    document: ManifestObject, rule: str, confidence: float = 0.85
) -> Iterator[RepositoryFileFieldCandidate]:
    text = document.get("description")
    if isinstance(text, str) and (line := clean_text_line(text)):
        yield RepositoryFileFieldCandidate(
            "appDescription", truncate_text(line, MAX_DESCRIPTION_CHARS), confidence, f"{rule}.description"
        )


def read_manifest_keyword_statement(document: ManifestObject, rule: str) -> Iterator[RepositoryFileFieldCandidate]:
    value = document.get("keywords")
    texts = [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
    yield RepositoryFileFieldCandidate("keywords", split_unique_keywords(texts[:100]), 0.90, f"{rule}.keywords")


ManifestReader = Callable[[ManifestObject, RepositoryOwnName], Iterator[RepositoryFileFieldCandidate]]
#: Loader and reader of a file, by its name in lower case.
LOADER_AND_READER_BY_MANIFEST_NAME: dict[str, tuple[Callable[[str], Any], ManifestReader]] = {
    "app.json": (json.loads, read_app_json_statements),
    "package.json": (json.loads, read_package_json_statements),
    "pubspec.yaml": (yaml.safe_load, read_pubspec_statements),
    "pubspec.yml": (yaml.safe_load, read_pubspec_statements),
    "pyproject.toml": (tomllib.loads, read_pyproject_statements),
    "cargo.toml": (tomllib.loads, build_package_manifest_reader("cargo", "package")),
    "composer.json": (json.loads, build_package_manifest_reader("composer")),
    "_config.yml": (yaml.safe_load, read_jekyll_description_statement),
    "settings.gradle": (parse_gradle_settings, build_package_manifest_reader("gradle")),
    "settings.gradle.kts": (parse_gradle_settings, build_package_manifest_reader("gradle")),
}


def read_plist_name_statements(body: bytes) -> Iterator[RepositoryFileFieldCandidate]:
    """Yield the app's names in an Info.plist; nothing for a broken file, an extension or a part of an app.

    Placeholders that a build replaces are left out.
    """
    try:
        values = plistlib.loads(body)
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError, ExpatError):
        return
    if (
        not isinstance(values, dict)
        or "NSExtension" in values
        or values.get("CFBundlePackageType") in PARTIAL_APPLE_BUNDLE_TYPES
    ):
        return
    for key, confidence in (("CFBundleDisplayName", 0.75), ("CFBundleName", 0.70)):
        name = values.get(key)
        if isinstance(name, str) and not BUILD_PLACEHOLDER_PATTERN.search(name):
            yield RepositoryFileFieldCandidate("appName", clean_text_line(name), confidence, f"plist.{key}")


def read_android_label_statement(body: bytes, files: list[FetchedRepoFile]) -> Iterator[RepositoryFileFieldCandidate]:
    """Yield the app's name: the label in an Android manifest, mostly a reference to a string in `files`.

    Yield nothing for a broken file, without a label, or for an unknown string.
    """
    root = parse_xml(body)
    application = root.find("application") if root is not None else None
    label = application.get(ANDROID_LABEL_ATTRIBUTE) if application is not None else None
    if label is None:
        return
    name = read_android_strings(files).get(label.removeprefix("@string/"), "") if label.startswith("@") else label
    if name and not BUILD_PLACEHOLDER_PATTERN.search(name):
        yield RepositoryFileFieldCandidate("appName", clean_text_line(name), 0.75, "android.label")


def read_android_strings(files: list[FetchedRepoFile]) -> dict[str, str]:
    """Return the strings of all strings.xml files by name, as a device shows them.

    Of several strings with one name the first counts. Broken files are left out.
    """
    values: dict[str, str] = {}
    for file in files:
        root = parse_xml(file.body) if file.path.endswith("strings.xml") else None
        for element in root.iter("string", "item") if root is not None else ():
            text = "".join(element.itertext()).strip()
            values.setdefault(element.get("name", ""), ANDROID_STRING_ESCAPE_PATTERN.sub(r"\1", text))
    return values


def parse_xml(body: bytes) -> etree._Element | None:
    """Parse the XML without expanding entities or fetching anything; None for a broken file."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, recover=False)
    try:
        return etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
