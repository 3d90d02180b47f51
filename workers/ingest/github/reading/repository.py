"""Repository reader: candidates and passages from GitHub's own fields and from each file."""

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Literal
from urllib.parse import quote

from schemas.brand import Candidate
from workers.ingest import detection
from workers.ingest.github.reading import manifests, pictures, prose, readme, stores
from workers.ingest.github.reading.blocks import ReadmeBlock, clean_text, from_html
from workers.ingest.github.reading.names import OwnName, find_own_name
from workers.ingest.github.reading.statement import Statement
from workers.ingest.github.shapes import ReadRepository, RepositoryFile
from workers.ingest.page.descriptions import MAX_CHARS
from workers.ingest.page.document import MAX_URL_CHARS
from workers.ingest.page.keywords import distinct_keywords
from workers.ingest.page.taglines import MAX_TAGLINE_CHARS as LINE_LIMIT
from workers.ingest.page.taglines import MIN_TAGLINE_WORDS
from workers.ingest.page.text import clean, count_words, squash, truncate
from workers.ingest.shapes import ParsedDocument, Passage
from workers.ingest.skip_rules import SkipRules

#: Topics about a project's events, not about itself.
EVENT_TOPIC = re.compile(r"hacktoberfest.*|good-first-issue")
#: Programming languages of nearly every repository.
COMMON_LANGUAGES = {"Makefile", "Shell", "Batchfile", "Dockerfile", "HTML", "CSS", "CMake", "Procfile"}
MAX_PASSAGES = 250


def read(repository: ReadRepository) -> ParsedDocument:
    """Return all statements. Of equal ones the first wins: store, GitHub's fields, manifests, README."""
    html = readme.readme_html(repository.readme.path, repository.readme.body) if repository.readme else ""
    blocks = from_html(html)
    store_texts = list(stores.prose(repository.files))
    skip_rules = skip_rules_for(blocks, repository.description)
    own_name = find_own_name(
        repository.name, " ".join([repository.description, *(block.text for block in blocks)])
    )
    all_candidates = chain(
        (
            candidate(repository, file, statement)
            for file in repository.files
            for statement in stores.statements(file)
        ),
        (
            candidate(repository, None, statement)
            for statement in github_statements(repository, own_name, skip_rules)
        ),
        from_manifests(repository, own_name),
        (
            candidate(repository, repository.readme, statement)
            for statement in prose.statements(blocks, own_name, skip_rules)
        ),
        languages(repository, store_texts, blocks),
    )
    return ParsedDocument(
        candidates=with_keywords(repository, list(all_candidates)),
        passages=list(passages(repository, store_texts, blocks))[:MAX_PASSAGES],
        pictures=pictures.candidate_images(repository, html),
    )


def address(repository: ReadRepository, file: RepositoryFile | None) -> str:
    """Return the file's page on GitHub."""
    if file is None:
        return repository.url
    return f"{repository.url}/blob/{quote(repository.branch)}/{quote(file.path)}"


def candidate(repository: ReadRepository, file: RepositoryFile | None, statement: Statement) -> Candidate:
    return Candidate(**statement._asdict(), url=address(repository, file))


def skip_rules_for(blocks: Iterable[ReadmeBlock], description: str) -> SkipRules:
    """Return skip rules in the language of the README, or of the description without a README."""
    return SkipRules(detection.detect(prose_of(blocks) or description)[0])


def github_statements(
    repository: ReadRepository, own_name: OwnName, skip_rules: SkipRules
) -> Iterator[Statement]:
    """Yield statements of GitHub's own fields. A description that is skipped as a whole ranks last."""
    description = clean_text(repository.description)
    if description:
        is_skipped = not skip_rules.product_sentences(description)
        yield Statement(
            "appDescription",
            truncate(description, MAX_CHARS),
            0.20 if is_skipped else 0.90,
            "github.description",
        )
        if (
            len(description) <= LINE_LIMIT
            and count_words(description) >= MIN_TAGLINE_WORDS
            and not is_skipped
        ):
            yield Statement("tagline", description, 0.80, "github.description")
    if squash(own_name.display):
        yield Statement("appName", own_name.display, 0.50, "github.name")
    if links := stores.links(repository.homepage):
        yield Statement("links", links, 0.90, "github.homepage")
    icon = f"{repository.raw}{quote(repository.icon or '')}"
    if repository.icon and len(icon) <= MAX_URL_CHARS:
        yield Statement("logoUrl", icon, 0.85, "store.icon")


def from_manifests(repository: ReadRepository, own_name: OwnName) -> Iterator[Candidate]:
    for file in repository.files:
        yield from (
            candidate(repository, file, statement)
            for statement in manifests.statements(file, own_name, repository.files)
        )


def languages(
    repository: ReadRepository, store_texts: list[tuple[RepositoryFile, str, str]], blocks: list[ReadmeBlock]
) -> Iterator[Candidate]:
    """Yield the language of the store texts if there are any, else of the README's prose."""
    declared = [(locale, "store.locale") for _, locale, _ in store_texts if locale != "default"][:1]
    text = clean(" ".join(text for _, _, text in store_texts)) or prose_of(blocks)
    source = store_texts[0][0] if store_texts else repository.readme
    for tag, confidence, rule in detection.weigh(text, declared):
        yield candidate(repository, source, Statement("primaryLanguage", tag, confidence, rule))


def prose_of(blocks: Iterable[ReadmeBlock]) -> str:
    return " ".join(block.text for block in blocks if block.kind != "heading")


def with_keywords(repository: ReadRepository, candidates: list[Candidate]) -> list[Candidate]:
    """Merge store keywords and GitHub's topics into one list, and add programming languages."""
    topics = [topic for topic in repository.topics if not EVENT_TOPIC.fullmatch(topic)]
    rule, first_url = "github.topics", repository.url
    store_keywords = [
        keywords
        for keywords in candidates
        if keywords.field == "keywords" and keywords.rule == "store.keywords"
    ]
    for keywords in store_keywords[:1]:
        topics = [*map(str, keywords.value), *topics]
        rule, first_url = (
            "store.keywords+github.topics" if len(topics) > len(keywords.value) else keywords.rule,
            keywords.url,
        )
    lists = ((topics, 0.95, rule), (main_languages(repository), 0.30, "github.languages"))
    keyword_candidates = [
        Candidate(field="keywords", value=values, confidence=confidence, rule=rule, url=first_url)
        for texts, confidence, rule in lists
        if (values := distinct_keywords(texts))
    ]
    return [*keyword_candidates, *(other for other in candidates if other not in store_keywords)]


def main_languages(repository: ReadRepository) -> list[str]:
    return [language for language in repository.languages if language not in COMMON_LANGUAGES][:3]


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
