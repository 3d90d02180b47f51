"""Repository reader: candidates and passages from GitHub's own fields and from each file."""

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Literal
from urllib.parse import quote

from schemas.brand import Candidate
from workers.ingest import detection
from workers.ingest.asides import SkipRules
from workers.ingest.github.reading import manifests, pictures, prose, readme, stores
from workers.ingest.github.reading.blocks import Block, from_html, plain
from workers.ingest.github.reading.names import Own, own_name
from workers.ingest.github.reading.statement import Statement
from workers.ingest.github.shapes import File, Repository
from workers.ingest.page.descriptions import MAX_CHARS
from workers.ingest.page.document import MAX_URL_CHARS
from workers.ingest.page.keywords import distinct_keywords
from workers.ingest.page.taglines import MAX_TAGLINE_CHARS as LINE_LIMIT
from workers.ingest.page.taglines import MIN_TAGLINE_WORDS
from workers.ingest.page.text import clean, cut, squash, words
from workers.ingest.shapes import Passage, Reading

#: Topics about a project's events, not about itself.
NO_TOPIC = re.compile(r"hacktoberfest.*|good-first-issue")
#: Programming languages of nearly every repository.
NO_LANGUAGES = {"Makefile", "Shell", "Batchfile", "Dockerfile", "HTML", "CSS", "CMake", "Procfile"}
MOST_PASSAGES = 250


def read(repository: Repository) -> Reading:
    """Return all statements. Of equal ones the first wins: store, GitHub's fields, manifests, README."""
    told = readme.html(repository.readme.path, repository.readme.body) if repository.readme else ""
    blocks = from_html(told)
    store_texts = list(stores.prose(repository.files))
    asides = asides_of(blocks, repository.description)
    own = own_name(repository.name, " ".join([repository.description, *(one.text for one in blocks)]))
    found = chain(
        (candidate(repository, file, one) for file in repository.files for one in stores.statements(file)),
        (candidate(repository, None, one) for one in declared(repository, own, asides)),
        from_manifests(repository, own),
        (candidate(repository, repository.readme, one) for one in prose.statements(blocks, own, asides)),
        languages(repository, store_texts, blocks),
    )
    return Reading(
        candidates=with_keywords(repository, list(found)),
        passages=list(passages(repository, store_texts, blocks))[:MOST_PASSAGES],
        pictures=pictures.sightings(repository, told),
    )


def address(repository: Repository, file: File | None) -> str:
    """Return the file's page on GitHub."""
    if file is None:
        return repository.url
    return f"{repository.url}/blob/{quote(repository.branch)}/{quote(file.path)}"


def candidate(repository: Repository, file: File | None, one: Statement) -> Candidate:
    return Candidate(**one._asdict(), url=address(repository, file))


def asides_of(blocks: Iterable[Block], description: str) -> SkipRules:
    """Return skip rules in the language of the README, or of the description without a README."""
    return SkipRules(detection.detect(prose_of(blocks) or description)[0])


def declared(repository: Repository, own: Own, asides: SkipRules) -> Iterator[Statement]:
    """Yield statements of GitHub's own fields. A description that is skipped as a whole ranks last."""
    description = plain(repository.description)
    if description:
        aside = not asides.product_sentences(description)
        yield Statement(
            "appDescription", cut(description, MAX_CHARS), 0.20 if aside else 0.90, "github.description"
        )
        if len(description) <= LINE_LIMIT and words(description) >= MIN_TAGLINE_WORDS and not aside:
            yield Statement("tagline", description, 0.80, "github.description")
    if squash(own.shown):
        yield Statement("appName", own.shown, 0.50, "github.name")
    if links := stores.links(repository.homepage):
        yield Statement("links", links, 0.90, "github.homepage")
    icon = f"{repository.raw}{quote(repository.icon or '')}"
    if repository.icon and len(icon) <= MAX_URL_CHARS:
        yield Statement("logoUrl", icon, 0.85, "store.icon")


def from_manifests(repository: Repository, own: Own) -> Iterator[Candidate]:
    for file in repository.files:
        yield from (
            candidate(repository, file, one) for one in manifests.statements(file, own, repository.files)
        )


def languages(
    repository: Repository, store_texts: list[tuple[File, str, str]], blocks: list[Block]
) -> Iterator[Candidate]:
    """Yield the language of the store texts if there are any, else of the README's prose."""
    declared = [(locale, "store.locale") for _, locale, _ in store_texts if locale != "default"][:1]
    text = clean(" ".join(text for _, _, text in store_texts)) or prose_of(blocks)
    source = store_texts[0][0] if store_texts else repository.readme
    for tag, confidence, rule in detection.weigh(text, declared):
        yield candidate(repository, source, Statement("primaryLanguage", tag, confidence, rule))


def prose_of(blocks: Iterable[Block]) -> str:
    return " ".join(one.text for one in blocks if one.kind != "heading")


def with_keywords(repository: Repository, found: list[Candidate]) -> list[Candidate]:
    """Merge store keywords and GitHub's topics into one list, and add programming languages."""
    topics = [topic for topic in repository.topics if not NO_TOPIC.fullmatch(topic)]
    rule, first = "github.topics", repository.url
    stored = [one for one in found if one.field == "keywords" and one.rule == "store.keywords"]
    for one in stored[:1]:
        topics = [*map(str, one.value), *topics]
        rule, first = "store.keywords+github.topics" if len(topics) > len(one.value) else one.rule, one.url
    lists = ((topics, 0.95, rule), (spoken(repository), 0.30, "github.languages"))
    own = [
        Candidate(field="keywords", value=words, confidence=confidence, rule=rule, url=first)
        for texts, confidence, rule in lists
        if (words := distinct_keywords(texts))
    ]
    return [*own, *(one for one in found if one not in stored)]


def spoken(repository: Repository) -> list[str]:
    return [one for one in repository.languages if one not in NO_LANGUAGES][:3]


def passages(
    repository: Repository, store_texts: list[tuple[File, str, str]], blocks: list[Block]
) -> Iterator[Passage]:
    """Yield passages, the store's first: they are written for potential users of the app."""
    if description := plain(repository.description):
        yield Passage(text=description, url=repository.url)
    for file, _, text in store_texts:
        yield from (Passage(text=one, url=address(repository, file)) for one in stores.paragraphs(text))
    page = address(repository, repository.readme)
    for one in prose.telling(blocks):
        kind: Literal["heading", "text"] = "heading" if one.kind == "heading" else "text"
        yield Passage(text=one.text, kind=kind, url=page, documentation=True)
