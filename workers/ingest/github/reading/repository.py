"""Repository reader: candidates and passages from GitHub's own fields and from each file."""

import re
from collections.abc import Iterable, Iterator
from typing import Literal
from urllib.parse import quote

from schemas.brand import Candidate
from workers.ingest import detection
from workers.ingest.github.reading import manifests, pictures, prose, readme, stores
from workers.ingest.github.reading.blocks import ReadmeBlock, clean_text, from_html
from workers.ingest.github.reading.names import OwnName, find_own_name
from workers.ingest.github.reading.statement import Statement
from workers.ingest.github.shapes import ReadRepository, RepositoryFile
from workers.ingest.page.document import MAX_URL_CHARS
from workers.ingest.page.keywords import distinct_keywords
from workers.ingest.page.text import MAX_DESCRIPTION_CHARS, clean, is_tagline_sized, squash, truncate
from workers.ingest.shapes import ParsedDocument, Passage, candidates_of
from workers.ingest.skip_rules import SkipRules

#: Topics about a project's events, not about itself.
EVENT_TOPIC = re.compile(r"hacktoberfest.*|good-first-issue")
#: Programming languages of nearly every repository.
COMMON_LANGUAGES = {"Makefile", "Shell", "Batchfile", "Dockerfile", "HTML", "CSS", "CMake", "Procfile"}
MAX_PASSAGES = 250


def read_repository_files(repository: ReadRepository) -> ParsedDocument:
    """Return all statements. Of equal ones the first wins: store, GitHub's fields, manifests, README."""
    html = readme.readme_html(repository.readme.path, repository.readme.body) if repository.readme else ""
    blocks = from_html(html)
    store_texts = list(stores.prose(repository.files))
    skip_rules = SkipRules(detection.detect(prose_of(blocks) or repository.description)[0])
    own_name = find_own_name(
        repository.name, " ".join([repository.description, *(block.text for block in blocks)])
    )
    files = repository.files
    statements_by_file: list[tuple[RepositoryFile | None, Iterable[Statement]]] = [
        *((file, stores.store_text_statements(file)) for file in files),
        (None, github_statements(repository, own_name, skip_rules)),
        *((file, manifests.manifest_statements(file, own_name, files)) for file in files),
        (repository.readme, prose.readme_statements(blocks, own_name, skip_rules)),
        (store_texts[0][0] if store_texts else repository.readme, languages(store_texts, blocks)),
    ]
    candidates = [
        candidate
        for file, statements in statements_by_file
        for candidate in candidates_of(address(repository, file), statements)
    ]
    return ParsedDocument(
        candidates=with_keywords(repository, candidates),
        passages=list(passages(repository, store_texts, blocks))[:MAX_PASSAGES],
        pictures=pictures.candidate_images(repository, html),
    )


def address(repository: ReadRepository, file: RepositoryFile | None) -> str:
    """Return the file's page on GitHub."""
    if file is None:
        return repository.url
    return f"{repository.url}/blob/{quote(repository.branch)}/{quote(file.path)}"


def github_statements(
    repository: ReadRepository, own_name: OwnName, skip_rules: SkipRules
) -> Iterator[Statement]:
    """Yield statements of GitHub's own fields. A description that is skipped as a whole ranks last."""
    description = clean_text(repository.description)
    if description:
        is_skipped = not skip_rules.product_sentences(description)
        text, confidence = truncate(description, MAX_DESCRIPTION_CHARS), 0.20 if is_skipped else 0.90
        yield Statement("appDescription", text, confidence, "github.description")
        if is_tagline_sized(description) and not is_skipped:
            yield Statement("tagline", description, 0.80, "github.description")
    if squash(own_name.display):
        yield Statement("appName", own_name.display, 0.50, "github.name")
    if links := stores.links(repository.homepage):
        yield Statement("links", links, 0.90, "github.homepage")
    icon = f"{repository.raw}{quote(repository.icon or '')}"
    if repository.icon and len(icon) <= MAX_URL_CHARS:
        yield Statement("logoUrl", icon, 0.85, "store.icon")


def languages(
    store_texts: list[tuple[RepositoryFile, str, str]], blocks: list[ReadmeBlock]
) -> Iterator[Statement]:
    """Yield the language of the store texts if there are any, else of the README's prose."""
    declared = [(locale, "store.locale") for _, locale, _ in store_texts if locale != "default"][:1]
    text = clean(" ".join(text for _, _, text in store_texts)) or prose_of(blocks)
    for tag, confidence, rule in detection.weigh_languages(text, declared):
        yield Statement("primaryLanguage", tag, confidence, rule)


def prose_of(blocks: Iterable[ReadmeBlock]) -> str:
    return " ".join(block.text for block in blocks if block.kind != "heading")


def with_keywords(repository: ReadRepository, candidates: list[Candidate]) -> list[Candidate]:
    """Merge store keywords and topics into one candidate; add one of up to three programming languages."""
    topics = [topic for topic in repository.topics if not EVENT_TOPIC.fullmatch(topic)]
    rule, first_url = "github.topics", repository.url
    store_keywords = [candidate for candidate in candidates if candidate.rule == "store.keywords"]
    for keywords in store_keywords[:1]:
        topics = [*map(str, keywords.value), *topics]
        rule = "store.keywords+github.topics" if len(topics) > len(keywords.value) else keywords.rule
        first_url = keywords.url
    languages = [language for language in repository.languages if language not in COMMON_LANGUAGES][:3]
    lists = ((topics, 0.95, rule), (languages, 0.30, "github.languages"))
    keyword_candidates = [
        Candidate(field="keywords", value=values, confidence=confidence, rule=rule, url=first_url)
        for texts, confidence, rule in lists
        if (values := distinct_keywords(texts))
    ]
    return [*keyword_candidates, *(other for other in candidates if other not in store_keywords)]


def passages(
    repository: ReadRepository, store_texts: list[tuple[RepositoryFile, str, str]], blocks: list[ReadmeBlock]
) -> Iterator[Passage]:
    """Yield passages, the store's first: they are written for potential users of the app."""
    if description := clean_text(repository.description):
        yield Passage(text=description, url=repository.url)
    for file, _, text in store_texts:
        yield from (
            Passage(text=paragraph, url=address(repository, file)) for paragraph in stores.paragraphs(text)
        )
    page = address(repository, repository.readme)
    for block in prose.blocks_without_work(blocks):
        kind: Literal["heading", "text"] = "heading" if block.kind == "heading" else "text"
        yield Passage(text=block.text, kind=kind, url=page, documentation=True)
