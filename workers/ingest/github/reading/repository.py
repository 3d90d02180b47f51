"""Repository reader: candidates and passages from GitHub's own fields and from each file."""

import re
from collections.abc import Iterable, Iterator
from typing import Literal
from urllib.parse import quote

from schemas.brand import FieldCandidate
from workers.ingest import detection
from workers.ingest.github.reading import manifests, pictures, platforms, prose, readme, stores
from workers.ingest.github.reading.blocks import ReadmeBlock, parse_readme_blocks, strip_emoji_codes_and_ornaments
from workers.ingest.github.reading.names import RepositoryOwnName, spell_repository_own_name_as_in_text
from workers.ingest.github.reading.statement import RepositoryFileFieldCandidate
from workers.ingest.github.shapes import FetchedRepoFile, RepositoryContent
from workers.ingest.page.document import MAX_HREF_CHARS
from workers.ingest.page.keywords import split_unique_keywords
from workers.ingest.page.text import (
    MAX_DESCRIPTION_CHARS,
    clean_text_line,
    first_sentence,
    fold_text,
    is_tagline_sized,
    truncate_text,
)
from workers.ingest.shapes import ParsedNonPageDoc, Passage, build_candidates_of_scored_values
from workers.ingest.skip_rules import SentenceSkipRules

#: Topics about a project's events, not about itself.
GITHUB_TOPIC_FOR_CONTRIBUTORS_PATTERN = re.compile(r"hacktoberfest.*|good-first-issue")
#: Programming languages of nearly every repository.
NON_KEYWORD_CODE_LANGUAGES = {"Makefile", "Shell", "Batchfile", "Dockerfile", "HTML", "CSS", "CMake", "Procfile"}
MAX_REPOSITORY_PASSAGES = 250
#: Kinds of a description's first sentence with which it says nothing about the product.
UNUSED_DESCRIPTION_KINDS = frozenset({"state", "news", "request"})


def extract_repo_brand_candidates(repository: RepositoryContent) -> ParsedNonPageDoc:
    """Return the candidates, passages and images of a repository from GitHub's fields and its files.

    Of equal candidates the first wins: store, GitHub's fields, manifests, README.
    """
    html = readme.readme_to_html(repository.readme.path, repository.readme.body) if repository.readme else ""
    blocks = parse_readme_blocks(html)
    store_texts = list(stores.list_app_store_prose_files(repository.files))
    skip_rules = SentenceSkipRules(
        detection.detect_text_language(join_readme_prose(blocks) or repository.description)[0]
    )
    own_name = spell_repository_own_name_as_in_text(
        repository.name, " ".join([repository.description, *(block.text for block in blocks)])
    )
    files = repository.files
    statements_by_file: list[tuple[FetchedRepoFile | None, Iterable[RepositoryFileFieldCandidate]]] = [
        *((file, stores.read_app_store_text_statements(file)) for file in files),
        (None, read_github_metadata_statements(repository, own_name, skip_rules)),
        *((file, manifests.read_repo_manifest_statements(file, own_name, files)) for file in files),
        *((file, platforms.read_file_platform_statements(file)) for file in files),
        (repository.readme, platforms.read_readme_platform_statements(html)),
        (repository.readme, prose.read_readme_statements(blocks, own_name, skip_rules)),
        (
            store_texts[0][0] if store_texts else repository.readme,
            detect_store_text_or_readme_language(store_texts, blocks),
        ),
    ]
    candidates = [
        candidate
        for file, statements in statements_by_file
        for candidate in build_candidates_of_scored_values(build_github_file_page_url(repository, file), statements)
    ]
    return ParsedNonPageDoc(
        candidates=merge_topics_into_keywords(repository, candidates),
        passages=list(list_repository_passages(repository, store_texts, blocks))[:MAX_REPOSITORY_PASSAGES],
        pictures=pictures.list_repository_candidate_images(repository, html),
    )


def build_github_file_page_url(repository: RepositoryContent, file: FetchedRepoFile | None) -> str:
    """Return the URL of the file's page on GitHub; the repository's page if `file` is None."""
    if file is None:
        return repository.url
    return f"{repository.url}/blob/{quote(repository.branch)}/{quote(file.path)}"


def read_github_metadata_statements(
    repository: RepositoryContent, own_name: RepositoryOwnName, skip_rules: SentenceSkipRules
) -> Iterator[RepositoryFileFieldCandidate]:
    """Yield brand statements from GitHub's own fields of a repository: description, name, homepage and store icon.

    A description without any sentence on the product has little confidence, and is no tagline. One on the
    project's state, news or a request isn't used.
    """
    description = strip_emoji_codes_and_ornaments(repository.description)
    kept = skip_rules.keep_leading_product_sentences(description)
    kind = skip_rules.classify_skipped_sentence(first_sentence(description))
    if kept or (description and kind not in UNUSED_DESCRIPTION_KINDS):
        text, confidence = truncate_text(kept or description, MAX_DESCRIPTION_CHARS), 0.90 if kept else 0.20
        yield RepositoryFileFieldCandidate("appDescription", text, confidence, "github.description")
    if kept and is_tagline_sized(kept):
        yield RepositoryFileFieldCandidate("tagline", kept, 0.80, "github.description")
    if fold_text(own_name.display):
        yield RepositoryFileFieldCandidate("appName", own_name.display, 0.50, "github.name")
    if links := stores.read_homepage_link(repository.homepage):
        yield RepositoryFileFieldCandidate("links", links, 0.90, "github.homepage")
    icon = f"{repository.raw_files_url}{quote(repository.icon or '')}"
    if repository.icon and len(icon) <= MAX_HREF_CHARS:
        yield RepositoryFileFieldCandidate("logoUrl", icon, 0.85, "store.icon")


def detect_store_text_or_readme_language(
    store_texts: list[tuple[FetchedRepoFile, str, str]], blocks: list[ReadmeBlock]
) -> Iterator[RepositoryFileFieldCandidate]:
    """Yield statements of the primary language by the store texts' locale and text, else by the README's prose."""
    declared = [(locale, "store.locale") for _, locale, _ in store_texts if locale != "default"][:1]
    text = clean_text_line(" ".join(text for _, _, text in store_texts)) or join_readme_prose(blocks)
    for tag, confidence, rule in detection.find_language_tag_candidates(text, declared):
        yield RepositoryFileFieldCandidate("primaryLanguage", tag, confidence, rule)


def join_readme_prose(blocks: Iterable[ReadmeBlock]) -> str:
    return " ".join(block.text for block in blocks if block.kind != "heading")


def merge_topics_into_keywords(repository: RepositoryContent, candidates: list[FieldCandidate]) -> list[FieldCandidate]:
    """Return the candidates, with store keywords and GitHub topics merged into one `keywords` candidate.

    Add another one with up to three programming languages. Topics about contributing are left out.
    """
    topics = [topic for topic in repository.topics if not GITHUB_TOPIC_FOR_CONTRIBUTORS_PATTERN.fullmatch(topic)]
    rule, first_url = "github.topics", repository.url
    store_keywords = [candidate for candidate in candidates if candidate.rule == "store.keywords"]
    for keywords in store_keywords[:1]:
        topics = [*map(str, keywords.value), *topics]
        rule = "store.keywords+github.topics" if len(topics) > len(keywords.value) else keywords.rule
        first_url = keywords.url
    languages = [language for language in repository.languages if language not in NON_KEYWORD_CODE_LANGUAGES][:3]
    lists = ((topics, 0.95, rule), (languages, 0.30, "github.languages"))
    keyword_candidates = [
        FieldCandidate(field="keywords", value=values, confidence=confidence, rule=rule, url=first_url)
        for texts, confidence, rule in lists
        if (values := split_unique_keywords(texts))
    ]
    return [*keyword_candidates, *(other for other in candidates if other not in store_keywords)]


def list_repository_passages(
    repository: RepositoryContent, store_texts: list[tuple[FetchedRepoFile, str, str]], blocks: list[ReadmeBlock]
) -> Iterator[Passage]:
    """Yield a repository's passages: GitHub's description, store texts, then the README without setup sections.

    Store texts precede the README, since they are written for potential users of the app.
    """
    if description := strip_emoji_codes_and_ornaments(repository.description):
        yield Passage(text=description, url=repository.url)
    for file, _, text in store_texts:
        yield from (
            Passage(text=paragraph, url=build_github_file_page_url(repository, file))
            for paragraph in stores.split_app_store_text_paragraphs(text)
        )
    page = build_github_file_page_url(repository, repository.readme)
    for block in prose.skip_readme_setup_sections(blocks):
        kind: Literal["heading", "text"] = "heading" if block.kind == "heading" else "text"
        yield Passage(text=block.text, kind=kind, url=page, documentation=True)
