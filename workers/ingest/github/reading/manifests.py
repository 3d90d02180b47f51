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

from workers.ingest.github.reading.names import OwnName, fix_case, is_nearly_own_name, spell_package
from workers.ingest.github.reading.statement import Statement
from workers.ingest.github.shapes import RepositoryFile
from workers.ingest.page.decode import decode
from workers.ingest.page.keywords import distinct_keywords
from workers.ingest.page.names import is_name
from workers.ingest.page.text import MAX_DESCRIPTION_CHARS, clean, squash, truncate

#: Values that project generators write, squashed.
TEMPLATE_VALUES = {
    *("anewflutterproject", "anewflutterapplication", "anewfluttermodule", "addyourdescriptionhere"),
    *("runner", "myapp", "mypackage", "atauriapp", "startonheroku"),
    *("yourprojectname", "descriptionofyourproject"),
}
#: Beginning of the description of a new Jekyll site.
JEKYLL_PLACEHOLDER = "Write an awesome description"
GRADLE = re.compile(r"rootProject\.name\s*=\s*[\"']([^\"'$\n]{1,100})[\"']")

Object = dict[str, Any]
LABEL_ATTRIBUTE = "{http://schemas.android.com/apk/res/android}label"
#: Placeholders that a build replaces.
PLACEHOLDER = re.compile(r"\$[({]|^@|^\?")
#: Escapes of Android's strings: a backslash before a letter, and bare quotes, which keep blanks.
ESCAPE = re.compile(r"\\(.)|\"")
#: Bundles that are only a part of an app (CFBundlePackageType).
PARTIAL_BUNDLES = {"XPC!", "FMWK", "BNDL"}


def manifest_statements(
    file: RepositoryFile, own_name: OwnName, files: list[RepositoryFile]
) -> Iterator[Statement]:
    """Yield statements of a manifest; nothing if it can't be read. `files` may have its strings."""
    name = file.path.rpartition("/")[2].lower()
    if name.endswith("info.plist"):
        yield from (statement for statement in from_plist(file.body) if is_usable(statement))
    elif name == "androidmanifest.xml":
        yield from (statement for statement in from_android(file.body, files) if is_usable(statement))
    elif name in READERS:
        load, read = READERS[name]
        yield from (
            statement for statement in read(load_object(load, file), own_name) if is_usable(statement)
        )


def is_usable(statement: Statement) -> bool:
    if not isinstance(statement.value, str):
        return bool(statement.value)
    is_template = squash(statement.value).rstrip("0123456789") in TEMPLATE_VALUES
    return not is_template and (statement.field != "appName" or is_name(statement.value))


def from_gradle(text: str) -> Object:
    match = GRADLE.search(text)
    return {"name": match[1]} if match else {}


def load_object(load: Callable[[str], Any], file: RepositoryFile) -> Object:
    """Load the object in a file; empty if it is broken, too deep, or has a number of a million digits."""
    try:
        value = load(decode(file.body, ""))
    except (ValueError, RecursionError, yaml.YAMLError):
        return {}
    return value if isinstance(value, dict) else {}


def nested_object(value: Object, *keys: str) -> Object:
    for key in keys:
        member = value.get(key)
        value = member if isinstance(member, dict) else {}
    return value


def package_json(document: Object, own_name: OwnName) -> Iterator[Statement]:
    yield from names_of(document, own_name, 0.80, "package.json", "productName", "displayName")
    yield from statements_of_package(document, own_name, "package.json")


def app_json(document: Object, own_name: OwnName) -> Iterator[Statement]:
    """Yield the names in Expo's or React Native's app.json; hosting services have a file of that name too."""
    expo = nested_object(document, "expo")
    yield from names_of(expo, own_name, 0.85, "app.json.expo", "name")
    yield from description_of(expo, "app.json.expo")
    yield from names_of(document, own_name, 0.85, "app.json", "displayName")


def pubspec(document: Object, own_name: OwnName) -> Iterator[Statement]:
    yield from statements_of_package({**document, "keywords": document.get("topics")}, own_name, "pubspec")


def pyproject(document: Object, own_name: OwnName) -> Iterator[Statement]:
    for table in (nested_object(document, "project"), nested_object(document, "tool", "poetry")):
        yield from statements_of_package(table, own_name, "pyproject")


def package_reader(rule: str, *table: str) -> "Reader":
    """Return the reader of a manifest that declares only its package, in the table `table`."""
    return lambda document, own_name: statements_of_package(nested_object(document, *table), own_name, rule)


def jekyll(document: Object, own_name: OwnName) -> Iterator[Statement]:
    """Yield the site's description, if the site is about the project: some are for legal texts."""
    title = document.get("title")
    is_own_site = not isinstance(title, str) or is_nearly_own_name(clean(title), own_name)
    if is_own_site and not str(document.get("description")).startswith(JEKYLL_PLACEHOLDER):
        yield from description_of(document, "jekyll", 0.70)


def statements_of_package(document: Object, own_name: OwnName, rule: str) -> Iterator[Statement]:
    """Yield name, description and keywords, as in all registries, without `@scope/` and `vendor/`."""
    name = document.get("name")
    if isinstance(name, str):
        yield Statement(
            "appName", spell_package(clean(name).rpartition("/")[2], own_name), 0.55, f"{rule}.name"
        )
    yield from description_of(document, rule)
    yield from keywords_of(document, rule)


def names_of(
    document: Object, own_name: OwnName, confidence: float, rule: str, *keys: str
) -> Iterator[Statement]:
    for key in keys:
        if isinstance(name := document.get(key), str):
            yield Statement("appName", fix_case(clean(name), own_name), confidence, f"{rule}.{key}")


def description_of(document: Object, rule: str, confidence: float = 0.85) -> Iterator[Statement]:
    text = document.get("description")
    if isinstance(text, str) and (line := clean(text)):
        yield Statement(
            "appDescription", truncate(line, MAX_DESCRIPTION_CHARS), confidence, f"{rule}.description"
        )


def keywords_of(document: Object, rule: str) -> Iterator[Statement]:
    value = document.get("keywords")
    texts = [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
    yield Statement("keywords", distinct_keywords(texts[:100]), 0.90, f"{rule}.keywords")


Reader = Callable[[Object, OwnName], Iterator[Statement]]
#: Loader and reader of a file, by its name in lower case.
READERS: dict[str, tuple[Callable[[str], Any], Reader]] = {
    "app.json": (json.loads, app_json),
    "package.json": (json.loads, package_json),
    "pubspec.yaml": (yaml.safe_load, pubspec),
    "pubspec.yml": (yaml.safe_load, pubspec),
    "pyproject.toml": (tomllib.loads, pyproject),
    "cargo.toml": (tomllib.loads, package_reader("cargo", "package")),
    "composer.json": (json.loads, package_reader("composer")),
    "_config.yml": (yaml.safe_load, jekyll),
    "settings.gradle": (from_gradle, package_reader("gradle")),
    "settings.gradle.kts": (from_gradle, package_reader("gradle")),
}


def from_plist(body: bytes) -> Iterator[Statement]:
    """Yield the app's names. plistlib itself refuses a file that declares entities."""
    try:
        values = plistlib.loads(body)
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError, ExpatError):
        return
    if (
        not isinstance(values, dict)
        or "NSExtension" in values
        or values.get("CFBundlePackageType") in PARTIAL_BUNDLES
    ):
        return
    for key, confidence in (("CFBundleDisplayName", 0.75), ("CFBundleName", 0.70)):
        name = values.get(key)
        if isinstance(name, str) and not PLACEHOLDER.search(name):
            yield Statement("appName", clean(name), confidence, f"plist.{key}")


def from_android(body: bytes, files: list[RepositoryFile]) -> Iterator[Statement]:
    """Yield the application's label, mostly the name of a string in `files`."""
    root = parse_xml(body)
    application = root.find("application") if root is not None else None
    label = application.get(LABEL_ATTRIBUTE) if application is not None else None
    if label is None:
        return
    name = android_strings(files).get(label.removeprefix("@string/"), "") if label.startswith("@") else label
    if name and not PLACEHOLDER.search(name):
        yield Statement("appName", clean(name), 0.75, "android.label")


def android_strings(files: list[RepositoryFile]) -> dict[str, str]:
    """Return the strings of all strings.xml, as a device shows them."""
    values: dict[str, str] = {}
    for file in files:
        root = parse_xml(file.body) if file.path.endswith("strings.xml") else None
        for element in root.iter("string", "item") if root is not None else ():
            text = "".join(element.itertext()).strip()
            values.setdefault(element.get("name", ""), ESCAPE.sub(r"\1", text))
    return values


def parse_xml(body: bytes) -> etree._Element | None:
    """Parse the XML without expanding entities or fetching anything; None for a broken file."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, recover=False)
    try:
        return etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
