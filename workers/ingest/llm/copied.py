"""Evidence check of the values that a model copies: name, description, tagline and keywords.

Each has to stand in the brand's own text, word for word, and to pass the checks of the rules' own values.
"""

import re
from collections.abc import Iterator, Sequence

from schemas.brand import FieldCandidate
from workers.ingest.derive.distinct import drop_same_stem_keywords
from workers.ingest.derive.keyword_phrases import list_keyword_phrases, lower_text
from workers.ingest.derive.keyword_terms import (
    are_headings_title_cased,
    collect_keyword_terms,
    is_meaningful_term,
    is_proper_name,
)
from workers.ingest.derive.keyword_words import is_generic_word
from workers.ingest.derive.keywords import MIN_DERIVED_KEYWORDS, collect_keyword_texts, is_about_brand
from workers.ingest.derive.own_prose import find_brand_written_passages
from workers.ingest.derive.quotes import cut_evidence_quote, take_first_distinct_evidence_quotes
from workers.ingest.languages import primary_language_subtag
from workers.ingest.llm.answer import CopiedText
from workers.ingest.llm.source_text import (
    CONFIDENCE_BY_MODEL_LEVEL,
    PromptSourceText,
    build_llm_candidate,
    is_quote_in_text,
)
from workers.ingest.page.lead import may_be_lead
from workers.ingest.page.lines import is_about_visit
from workers.ingest.page.names import MAX_TITLE_PART_NAME_CHARS, is_possible_brand_name
from workers.ingest.page.taglines import is_part_of_name
from workers.ingest.page.text import (
    MAX_DESCRIPTION_CHARS,
    UNSPACED_SCRIPT_CHARACTER_REGEX,
    clean_text_line,
    is_tagline_sized,
    split_sentences,
)
from workers.ingest.sentences import LETTER_WORD_PATTERN
from workers.ingest.shapes import SourceProse
from workers.ingest.skip_rules import SentenceSkipRules

#: Passages of the brand with a name or keyword that no title or description has: one may have a stranger's words.
MIN_PASSAGES_WITH_COPY = 2
#: Confidence of keywords: the model gives none, and the rules' have .40.
LLM_KEYWORDS_CONFIDENCE = 0.5


def build_llm_name_candidate(claims: Sequence[CopiedText], source: PromptSourceText) -> Iterator[FieldCandidate]:
    """Yield the model's name if a title or description has it, or several passages.

    The name of a generic page, such as `Our services`, is none.
    """
    for claim in claims:
        name = clean_text_line(claim.text)
        quotes = find_lines_with_name(name, source.prose)
        is_name = is_possible_brand_name(name) and len(name) <= MAX_TITLE_PART_NAME_CHARS
        if quotes and is_name and not is_generic_phrase(name, source.prose.language):
            confidence = CONFIDENCE_BY_MODEL_LEVEL[claim.confidence]
            yield build_llm_candidate("appName", name, source, quotes, confidence)


def find_lines_with_name(name: str, prose: SourceProse) -> list[str]:
    """Return quotes of the lines that prove a name; an empty list if they are too few."""
    whole_name = re.compile(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])")
    if re.search(UNSPACED_SCRIPT_CHARACTER_REGEX, name):
        whole_name = re.compile(re.escape(name))

    def quote(texts: list[str]) -> list[str]:
        found = ((text, whole_name.search(text)) for text in dict.fromkeys(texts))
        return [cut_evidence_quote(text, match.start()) for text, match in found if name and match]

    declared = quote(prose.about)
    said = quote([passage.text for passage in prose.passages if is_about_brand(passage)])
    return declared[:1] or (said[:MIN_PASSAGES_WITH_COPY] if len(said) >= MIN_PASSAGES_WITH_COPY else [])


def is_generic_phrase(phrase: str, language: str | None) -> bool:
    """Return whether each word of a phrase heads a part of any page in the language."""
    subtag = primary_language_subtag(language or "")
    words = LETTER_WORD_PATTERN.findall(phrase.lower())
    return is_generic_word(phrase.lower(), subtag) or all(is_generic_word(word, subtag) for word in words)


def build_llm_description_candidate(claims: Sequence[CopiedText], source: PromptSourceText) -> Iterator[FieldCandidate]:
    """Yield the model's description if it is made of whole sentences that the brand wrote about itself.

    It has to pass the checks of a lead paragraph: no offer, greeting, instruction, date or contact.
    """
    written = {
        sentence.strip()
        for passage in find_brand_written_passages(source.prose.passages)
        for sentence in split_sentences(clean_text_line(passage.text))
    }
    skip_rules = SentenceSkipRules(source.prose.language)
    for claim in claims:
        description = clean_text_line(claim.text)
        sentences = [sentence.strip() for sentence in split_sentences(description)]
        is_copied = written.issuperset(sentences) and len(description) <= MAX_DESCRIPTION_CHARS
        if is_copied and may_be_lead(description, skip_rules):
            confidence = CONFIDENCE_BY_MODEL_LEVEL[claim.confidence]
            yield build_llm_candidate("appDescription", description, source, sentences, confidence)


def build_llm_tagline_candidate(claims: Sequence[CopiedText], source: PromptSourceText) -> Iterator[FieldCandidate]:
    """Yield the model's tagline if it is a line of the brand, and neither its name nor about a visit."""
    for claim in claims:
        line, name = claim.text, source.prose.name or ""
        is_line = is_tagline_sized(line) and is_quote_in_text(line, source.own_text)
        if is_line and not is_part_of_name(line, name) and not is_about_visit(line):
            confidence = CONFIDENCE_BY_MODEL_LEVEL[claim.confidence]
            yield build_llm_candidate("tagline", clean_text_line(line), source, [line], confidence)


def build_llm_keywords_candidate(words: Sequence[str], source: PromptSourceText) -> Iterator[FieldCandidate]:
    """Yield those of the model's keywords that are noun phrases of several texts, or of a title, hero or heading.

    As with the rules' keywords, none is a generic heading, the brand's name or another proper name. Yield nothing
    with fewer than `MIN_DERIVED_KEYWORDS`.
    """
    language = primary_language_subtag(source.prose.language or "")
    quote_by_form = quote_noun_phrases(source.prose, language)
    proposed = [" ".join(lower_text(clean_text_line(word), language).split()) for word in words]
    keywords = drop_same_stem_keywords(word for word in proposed if word in quote_by_form)
    if len(keywords) >= MIN_DERIVED_KEYWORDS:
        quotes = take_first_distinct_evidence_quotes(quote_by_form[word] for word in keywords)
        yield build_llm_candidate("keywords", keywords, source, quotes, LLM_KEYWORDS_CONFIDENCE)


def quote_noun_phrases(prose: SourceProse, language: str) -> dict[str, str]:
    """Return a quote of each meaningful noun phrase of the brand's texts, by each of its forms in lower case."""
    texts = collect_keyword_texts(prose.about, filter(is_about_brand, prose.passages))
    phrases_of_texts = list_keyword_phrases([text.text for text in texts], [], language, prose.name or "")
    is_title_cased = are_headings_title_cased(texts, phrases_of_texts)
    meaningful = {
        term.stems
        for term in collect_keyword_terms(texts, phrases_of_texts)
        if term.forms
        and (term.places or len(term.texts) >= MIN_PASSAGES_WITH_COPY)
        and is_meaningful_term(term, language, [prose.name or ""])
        and not is_proper_name(term, language, is_title_cased=is_title_cased)
    }
    quotes: dict[str, str] = {}
    for text, phrases in zip(texts, phrases_of_texts, strict=True):
        for phrase in phrases:
            if phrase.stems in meaningful and phrase.form not in quotes:
                quotes[phrase.form] = cut_evidence_quote(text.text, phrase.start)
    return quotes
