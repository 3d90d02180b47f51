"""Properties of any repository: reading ends, and values are clean and within their limits."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tests.workers.ingest.github.github_server import reading
from tests.workers.ingest.page.test_any_page import LIMITS, check

MARKUP = [
    *("# ", "## ", "=====\n", "* ", "> ", "> [!NOTE]\n", "[x](y) | ", "![z](w)", "```\n", "\n\n", "| a |\n"),
    *("<div>", "</p>", "<h1>", "<img alt='Zap logo'>", "&amp;lt;", ":zap: ", ".. image:: x\n", "----\n"),
    *("= Zap\n", "link:x[y]", "Zap ", "zap/zap ", " - ", ": ", "\\", "\ufeff", "\u202e", "\0", "\ud800"),
    *("Installation", "made for teams. ", "word " * 60, "日本語", "<name>", "<<: *a\n", "a: &a [*a]\n"),
]
TEXTS = some.lists(some.sampled_from(MARKUP) | some.text(max_size=20), max_size=40).map("".join)
KEYS = some.sampled_from(["name", "displayName", "description", "keywords", "expo", "project"])
VALUES = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=200),
    lambda inner: some.lists(inner, max_size=5) | some.dictionaries(KEYS, inner, max_size=8),
    max_leaves=20,
)
PATHS = [
    *("package.json", "app.json", "composer.json", "pubspec.yaml", "pyproject.toml", "Cargo.toml"),
    *("settings.gradle", "ios/Info.plist", "src/main/AndroidManifest.xml", "res/values/strings.xml"),
    *(f"metadata/en-US/{name}.txt" for name in ("name", "title", "subtitle", "description", "keywords")),
]
BODIES = (VALUES.map(json.dumps) | TEXTS).map(lambda text: text.encode("utf-8", "surrogatepass"))


@given(
    readme=some.sampled_from(["README.md", "README.rst", "README.adoc", "README"]),
    text=BODIES | some.binary(max_size=200),
    files=some.dictionaries(some.sampled_from(PATHS), BODIES | some.binary(max_size=200), max_size=4),
    name=some.from_regex(r"[A-Za-z0-9._-]{1,30}", fullmatch=True),
    description=TEXTS,
)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_repository_is_read_and_any_value_is_clean(
    readme: str, text: bytes, files: dict[str, bytes], name: str, description: str
) -> None:
    values = reading({readme: text, **files}, name=name, description=description)
    for field, value in values.items():
        for item in value if isinstance(value, list) else [value]:
            check(item, LIMITS.get(field, 50))
