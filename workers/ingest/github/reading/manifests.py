"""Readers of manifests: names, descriptions and keywords that projects declare."""

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

import yaml

from workers.ingest.github.reading import apps
from workers.ingest.github.reading.names import Own, cased, is_about, spelled
from workers.ingest.github.reading.statement import Statement
from workers.ingest.github.shapes import File
from workers.ingest.page.decode import decode
from workers.ingest.page.descriptions import MAX_CHARS
from workers.ingest.page.keywords import distinct_keywords
from workers.ingest.page.names import is_name
from workers.ingest.page.text import clean, cut, squash

#: Values that project generators write, squashed.
TEMPLATES = {
    *("anewflutterproject", "anewflutterapplication", "anewfluttermodule", "addyourdescriptionhere"),
    *("runner", "myapp", "mypackage", "atauriapp", "startonheroku"),
    *("yourprojectname", "descriptionofyourproject"),
}
#: Beginning of the description of a new Jekyll site.
UNWRITTEN = "Write an awesome description"
GRADLE = re.compile(r"rootProject\.name\s*=\s*[\"']([^\"'$\n]{1,100})[\"']")

Object = dict[str, Any]


def statements(file: File, own: Own, others: list[File]) -> Iterator[Statement]:
    """Yield statements of a manifest; nothing if it can't be read. `others` may have its strings."""
    name = file.path.rpartition("/")[2].lower()
    if name.endswith("info.plist"):
        yield from (one for one in apps.from_plist(file.body) if fits(one))
    elif name == "androidmanifest.xml":
        yield from (one for one in apps.from_android(file.body, others) if fits(one))
    elif name in READERS:
        load, read = READERS[name]
        yield from (one for one in read(loaded(load, file), own) if fits(one))


def fits(one: Statement) -> bool:
    if not isinstance(one.value, str):
        return bool(one.value)
    template = squash(one.value).rstrip("0123456789") in TEMPLATES
    return not template and (one.field != "appName" or is_name(one.value))


def from_gradle(text: str) -> Object:
    match = GRADLE.search(text)
    return {"name": match[1]} if match else {}


def loaded(load: Callable[[str], Any], file: File) -> Object:
    """Load the object in a file; empty if it is broken, too deep, or has a number of a million digits."""
    try:
        value = load(decode(file.body, ""))
    except (ValueError, RecursionError, yaml.YAMLError):
        return {}
    return value if isinstance(value, dict) else {}


def inner(value: Object, *keys: str) -> Object:
    for key in keys:
        found = value.get(key)
        value = found if isinstance(found, dict) else {}
    return value


def package_json(found: Object, own: Own) -> Iterator[Statement]:
    yield from names(found, own, 0.80, "package.json", "productName", "displayName")
    yield from package(found, own, "package.json")


def app_json(found: Object, own: Own) -> Iterator[Statement]:
    """Yield the names in Expo's or React Native's app.json; hosting services have a file of that name too."""
    expo = inner(found, "expo")
    yield from names(expo, own, 0.85, "app.json.expo", "name")
    yield from described(expo, "app.json.expo")
    yield from names(found, own, 0.85, "app.json", "displayName")


def pubspec(found: Object, own: Own) -> Iterator[Statement]:
    yield from package({**found, "keywords": found.get("topics")}, own, "pubspec")


def pyproject(found: Object, own: Own) -> Iterator[Statement]:
    for table in (inner(found, "project"), inner(found, "tool", "poetry")):
        yield from package(table, own, "pyproject")


def of_package(rule: str, *table: str) -> "Reader":
    """Return the reader of a manifest that declares only its package, in the table `table`."""
    return lambda found, own: package(inner(found, *table), own, rule)


def jekyll(found: Object, own: Own) -> Iterator[Statement]:
    """Yield the site's description, if the site is about the project: some are for legal texts."""
    title = found.get("title")
    own_site = not isinstance(title, str) or is_about(clean(title), own)
    if own_site and not str(found.get("description")).startswith(UNWRITTEN):
        yield from described(found, "jekyll", 0.70)


def package(found: Object, own: Own, rule: str) -> Iterator[Statement]:
    """Yield name, description and keywords, as in all registries, without `@scope/` and `vendor/`."""
    name = found.get("name")
    if isinstance(name, str):
        yield Statement("appName", spelled(clean(name).rpartition("/")[2], own), 0.55, f"{rule}.name")
    yield from described(found, rule)
    yield from tagged(found, rule)


def names(found: Object, own: Own, confidence: float, rule: str, *keys: str) -> Iterator[Statement]:
    for key in keys:
        if isinstance(name := found.get(key), str):
            yield Statement("appName", cased(clean(name), own), confidence, f"{rule}.{key}")


def described(found: Object, rule: str, confidence: float = 0.85) -> Iterator[Statement]:
    text = found.get("description")
    if isinstance(text, str) and (line := clean(text)):
        yield Statement("appDescription", cut(line, MAX_CHARS), confidence, f"{rule}.description")


def tagged(found: Object, rule: str) -> Iterator[Statement]:
    value = found.get("keywords")
    texts = [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
    yield Statement("keywords", distinct_keywords(texts[:100]), 0.90, f"{rule}.keywords")


Reader = Callable[[Object, Own], Iterator[Statement]]
#: Loader and reader of a file, by its name in lower case.
READERS: dict[str, tuple[Callable[[str], Any], Reader]] = {
    "app.json": (json.loads, app_json),
    "package.json": (json.loads, package_json),
    "pubspec.yaml": (yaml.safe_load, pubspec),
    "pubspec.yml": (yaml.safe_load, pubspec),
    "pyproject.toml": (tomllib.loads, pyproject),
    "cargo.toml": (tomllib.loads, of_package("cargo", "package")),
    "composer.json": (json.loads, of_package("composer")),
    "_config.yml": (yaml.safe_load, jekyll),
    "settings.gradle": (from_gradle, of_package("gradle")),
    "settings.gradle.kts": (from_gradle, of_package("gradle")),
}
