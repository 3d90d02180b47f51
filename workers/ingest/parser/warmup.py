"""Warm-up of the parsing process: examples of all kinds of documents, parsed before it first forks.

Parsers, lexicons, stop words, patterns and codecs load at their first use. Without a warm-up each
document's process would load them again.
"""

from workers.ingest.appstore.shapes import (
    AppLookupResult,
    FetchedAppStoreWebPage,
    FetchedGooglePlayWebPage,
    FetchedStoreApp,
)
from workers.ingest.github.shapes import FetchedRepoFile, RepositoryContent, RepositoryTree
from workers.ingest.llm.answer import BrandAnswer
from workers.ingest.shapes import (
    FetchedLlmsTxt,
    FetchedLogo,
    FetchedPage,
    FetchedPageStyles,
    FetchedStyleSheet,
    FetchedSvg,
    FetchedWebManifest,
    ModelClaims,
    ParseInput,
    Passage,
    SourceProse,
)

WARMUP_FAKE_URL = "https://example.test/"
WARMUP_SENTENCES = (
    "Example helps small teams to keep their notes. It is built for teachers, and you can try it at once!"
)

WARMUP_STORE_JSONLD = b'<script type="application/ld+json">{"@type": "MobileApplication", "name": "Example"}</script>'
WARMUP_HTML_PAGE = b"""<html lang="en-GB"><head><title>Example - Notes for teams</title>
<meta name="description" content="Example keeps notes &amp; plans."><link rel="icon" href="/icon.png">
<script type="application/ld+json">{"@type": "Organization", "name": "Example", "keywords": "notes"}</script>
</head><body><nav><a href="/pricing">Pricing</a></nav><h1>Notes for teams</h1>
<p>Example keeps the notes of small teams, and finds each of them again.</p></body></html>"""

#: One red pixel.
WARMUP_LOGO = bytes.fromhex("47494638396101000100800000c0392b00000021f90400000000002c00000000010001000002024401003b")

#: Languages with tables, one without, and None, which is detected.
WARMUP_PROSE_LANGUAGES = (
    *("ar", "cs", "de", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "tr", "zh"),
    "sv",
    None,
)
#: Enough sentences for a voice, each with letters of all scripts that a language's rules ask for.
WARMUP_VOICE_SENTENCES = " ".join(
    f"The Example {number} Notes of Anna help Notes Teams, Пример пишет 例文を書く 예문 مثال." for number in range(12)
)

WARMUP_READMES = {
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
PARSER_WARMUP_REPO_FILES = {
    "package.json": b'{"name": "example", "description": "Example keeps notes."}',
    "pubspec.yaml": b"name: example\ndescription: Example keeps notes.\n",
    "pyproject.toml": b'[project]\nname = "example"\n',
    "settings.gradle": b'rootProject.name = "Example"\n',
    "fastlane/metadata/android/en-US/full_description.txt": b"Example keeps the notes of small teams.",
    "app/Info.plist": b"<plist><dict><key>CFBundleName</key><string>Example</string></dict></plist>",
    "app/AndroidManifest.xml": b"<manifest><application/></manifest>",
    "app/res/values/strings.xml": b'<resources><string name="app_name">Example</string></resources>',
}


def build_warmup_prose(language: str | None) -> SourceProse:
    heading = Passage(text="Notes for teams", kind="heading")
    texts = (WARMUP_SENTENCES, WARMUP_VOICE_SENTENCES)
    return SourceProse(
        url=WARMUP_FAKE_URL,
        name="Example",
        language=language,
        about=["Notes for Anna, Заметки, 例文"],
        passages=[heading, *(Passage(text=text) for text in texts)],
    )


#: Answer with two keywords of `build_warmup_prose`.
WARMUP_ANSWER = BrandAnswer(
    app_name=[], app_description=[], tagline=[], keywords=["notes", "teams"], audience=[], icp=[], brand_voice=[]
)


def build_parser_warmup_repo(readme: str) -> RepositoryContent:
    return RepositoryContent(
        url=WARMUP_FAKE_URL,
        name="example",
        branch="main",
        description="Example keeps notes.",
        homepage=WARMUP_FAKE_URL,
        readme=FetchedRepoFile(path=readme, body=WARMUP_READMES[readme]),
        files=[FetchedRepoFile(path=path, body=body) for path, body in PARSER_WARMUP_REPO_FILES.items()],
    )


WARMUP_DOCUMENTS: tuple[ParseInput, ...] = (
    FetchedPage(url=WARMUP_FAKE_URL, body=WARMUP_HTML_PAGE, content_type="text/html; charset=utf-8"),
    FetchedPage(url=WARMUP_FAKE_URL, body=WARMUP_HTML_PAGE, content_type="text/html; charset=iso-8859-1"),
    FetchedWebManifest(url=WARMUP_FAKE_URL, body=b'{"name": "Example", "lang": "en", "categories": ["notes"]}'),
    FetchedPageStyles(
        sheets=[
            FetchedStyleSheet(url=WARMUP_FAKE_URL, body=b":root { --brand: #c0392b; --main: hsl(var(--x, 9 9% 9%)) }")
        ]
    ),
    FetchedLogo(url=WARMUP_FAKE_URL, body=b'<svg xmlns="http://www.w3.org/2000/svg"><path fill="#c0392b"/></svg>'),
    FetchedLogo(url=WARMUP_FAKE_URL, body=WARMUP_LOGO),
    FetchedLlmsTxt(url=WARMUP_FAKE_URL, body=b"# Example\n\n> Example keeps notes.\n"),
    FetchedSvg(body=b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"/>'),
    *map(build_warmup_prose, WARMUP_PROSE_LANGUAGES),
    ModelClaims(prose=build_warmup_prose("en"), answer=WARMUP_ANSWER),
    FetchedStoreApp(
        url=WARMUP_FAKE_URL,
        country="us",
        software=AppLookupResult(track_name="Example: Notes", description=WARMUP_SENTENCES),
    ),
    FetchedAppStoreWebPage(url=WARMUP_FAKE_URL, track_id=1, body=WARMUP_HTML_PAGE),
    FetchedGooglePlayWebPage(url=WARMUP_FAKE_URL, country="us", body=WARMUP_STORE_JSONLD),
    RepositoryTree(name="example", body=b'{"tree": [{"path": "README.md", "type": "blob"}]}'),
    *map(build_parser_warmup_repo, WARMUP_READMES),
)
