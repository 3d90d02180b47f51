"""Warm-up of the parsing process: examples of all kinds of documents, parsed before it first forks.

Parsers, lexicons, stop words, patterns and codecs load at their first use. Without a warm-up each
document's process would load them again.
"""

from workers.ingest.appstore.shapes import Listing, PlayPage, Software, StorePage
from workers.ingest.github.shapes import ReadRepository, RepositoryFile, RepositoryTree
from workers.ingest.shapes import (
    FetchedDrawing,
    Llms,
    Logo,
    Manifest,
    PageDocument,
    ParseInput,
    Passage,
    Prose,
    Styles,
    StyleSheet,
)

URL = "https://example.test/"
WORDS = "Example helps small teams to keep their notes. It is built for teachers, and you can try it at once!"

LISTED = b'<script type="application/ld+json">{"@type": "MobileApplication", "name": "Example"}</script>'
PAGE = b"""<html lang="en-GB"><head><title>Example - Notes for teams</title>
<meta name="description" content="Example keeps notes &amp; plans."><link rel="icon" href="/icon.png">
<script type="application/ld+json">{"@type": "Organization", "name": "Example", "keywords": "notes"}</script>
</head><body><nav><a href="/pricing">Pricing</a></nav><h1>Notes for teams</h1>
<p>Example keeps the notes of small teams, and finds each of them again.</p></body></html>"""

#: One red pixel.
PICTURE = bytes.fromhex(
    "47494638396101000100800000c0392b00000021f90400000000002c00000000010001000002024401003b"
)

#: Languages with a lexicon, one without, and None, which is detected.
LANGUAGES = ("de", "en", "es", "fr", "it", "nl", "pt", "ru", "pl", None)

READMES = {
    "README.md": b"""# Example

> Notes, kept.

[Example](/x) keeps *notes*.

| a | b |
|---|---|
| 1 | 2 |
""",
    "README.rst": b"""=======
Example
=======

*Example* keeps `notes <x_>`_.

.. code:: sh

   run

.. _x: /x
""",
    "README.adoc": b"""= Example

Example keeps link:/x[notes].
""",
}
FILES = {
    "package.json": b'{"name": "example", "description": "Example keeps notes."}',
    "pubspec.yaml": b"name: example\ndescription: Example keeps notes.\n",
    "pyproject.toml": b'[project]\nname = "example"\n',
    "settings.gradle": b'rootProject.name = "Example"\n',
    "fastlane/metadata/android/en-US/full_description.txt": b"Example keeps the notes of small teams.",
    "app/Info.plist": b"<plist><dict><key>CFBundleName</key><string>Example</string></dict></plist>",
    "app/AndroidManifest.xml": b"<manifest><application/></manifest>",
    "app/res/values/strings.xml": b'<resources><string name="app_name">Example</string></resources>',
}


def prose(language: str | None) -> Prose:
    heading = Passage(text="Notes for teams", kind="heading")
    return Prose(url=URL, name="Example", language=language, passages=[heading, Passage(text=WORDS)])


def repository(readme: str) -> ReadRepository:
    return ReadRepository(
        url=URL,
        name="example",
        branch="main",
        description="Example keeps notes.",
        homepage=URL,
        readme=RepositoryFile(path=readme, body=READMES[readme]),
        files=[RepositoryFile(path=path, body=body) for path, body in FILES.items()],
    )


EXAMPLES: tuple[ParseInput, ...] = (
    PageDocument(url=URL, body=PAGE, content_type="text/html; charset=utf-8"),
    PageDocument(url=URL, body=PAGE, content_type="text/html; charset=iso-8859-1"),
    Manifest(url=URL, body=b'{"name": "Example", "lang": "en", "categories": ["notes"]}'),
    Styles(sheets=[StyleSheet(url=URL, body=b":root { --brand: #c0392b; --main: hsl(var(--x, 9 9% 9%)) }")]),
    Logo(url=URL, body=b'<svg xmlns="http://www.w3.org/2000/svg"><path fill="#c0392b"/></svg>'),
    Logo(url=URL, body=PICTURE),
    Llms(url=URL, body=b"# Example\n\n> Example keeps notes.\n"),
    FetchedDrawing(body=b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"/>'),
    *map(prose, LANGUAGES),
    Listing(url=URL, country="us", software=Software(track_name="Example: Notes", description=WORDS)),
    StorePage(url=URL, track_id=1, body=PAGE),
    PlayPage(url=URL, country="us", body=LISTED),
    RepositoryTree(name="example", body=b'{"tree": [{"path": "README.md", "type": "blob"}]}'),
    *map(repository, READMES),
)
