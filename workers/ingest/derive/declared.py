"""Filter of declared keywords and taglines: only those that describe the brand are kept.

A tagline is dropped if it has only the name and common words (`Welcome to Acme`, `At a glance`), or is a
notice or half a sentence. A keyword is dropped if it is the name, its domain, or a piece of a sentence.
"""

from collections.abc import Iterable, Iterator

import msgspec

from schemas.brand import FieldCandidate
from workers.ingest.choose import choose_brand_findings
from workers.ingest.derive.clauses import CLAUSE_WORD_PATTERN
from workers.ingest.derive.lexicon import IngestLexicon, load_lexicon
from workers.ingest.derive.own_prose import FORM_OR_NOTICE_WORDS_PATTERN
from workers.ingest.page.address import url_registered_domain
from workers.ingest.page.text import count_words, fold_text

#: Meaningful words of a tagline at least, if it is from prose; one is enough in a place for taglines.
MIN_PROSE_TAGLINE_CONTENT_WORDS = 2
PROSE_TAGLINE_RULE_PREFIXES = ("html.", "readme.", "llms.")
#: Words of a line from which its words of the brand's name count as one meaningful word.
MIN_SENTENCE_TAGLINE_WORDS = 5
#: Rules of lines that a page shows whole: three dots at their end are the brand's, and no cut.
HERO_TAGLINE_RULES = frozenset({"html.slogan", "html.h1", "html.after_h1"})
MIN_KEYWORD_WORDS_TO_SUSPECT_SENTENCE = 3


class NonDescriptiveWords:
    """Words that don't describe a brand: its name's words, and words of any page in its language."""

    def __init__(self, name: str, language: str | None, url: str) -> None:
        language_lexicon = load_lexicon(language)
        registered_name = url_registered_domain(url) or ""
        self.own = {fold_text(name), fold_text(registered_name), fold_text(registered_name.partition(".")[0])} - {""}
        self.leading = collect_fragment_opening_words(language_lexicon)
        self.closed = self.leading.union(*map(collect_function_words, (language_lexicon, load_lexicon("en"))))
        self.named = frozenset(split_casefolded_words(name)) - self.closed
        self.mute = self.closed.union(language_lexicon.common, load_lexicon("en").common, self.named)

    def list_descriptive_words(self, text: str) -> list[str]:
        return [word for word in split_casefolded_words(text) if word not in self.mute]


def split_casefolded_words(text: str) -> list[str]:
    return [match[0].replace("’", "'") for match in CLAUSE_WORD_PATTERN.finditer(text.casefold())]


def collect_fragment_opening_words(language_lexicon: IngestLexicon) -> frozenset[str]:
    """Return a language's prepositions and joining words, with which a piece of a sentence begins.

    Return an empty set for a language without a grammar.
    """
    grammar = language_lexicon.grammar
    return frozenset([*grammar.prepositions, *grammar.joins]) if grammar else frozenset()


def collect_function_words(language_lexicon: IngestLexicon) -> frozenset[str]:
    grammar = language_lexicon.grammar
    if grammar is None:
        return frozenset()
    return collect_fragment_opening_words(language_lexicon).union(
        grammar.determiners, grammar.verbal, grammar.degrees, grammar.objects
    )


def drop_vague_taglines_and_keywords(url: str, candidates: Iterable[FieldCandidate]) -> list[FieldCandidate]:
    """Drop taglines and keywords of only common words, the brand's name or `url`'s domain, and pieces of sentences."""
    all_candidates = list(candidates)
    best = choose_brand_findings(
        candidate for candidate in all_candidates if candidate.field in {"appName", "primaryLanguage"}
    )
    name, language = (str(best[field].value) if field in best else "" for field in ("appName", "primaryLanguage"))
    common = NonDescriptiveWords(name, language or None, url)
    return [filtered for candidate in all_candidates for filtered in filter_vague_candidate_values(candidate, common)]


def filter_vague_candidate_values(candidate: FieldCandidate, common: NonDescriptiveWords) -> Iterator[FieldCandidate]:
    if candidate.field == "keywords":
        if value := [word for word in map(str, candidate.value) if is_descriptive_keyword(word, common)]:
            yield msgspec.structs.replace(candidate, value=value)
    elif candidate.field != "tagline" or is_descriptive_tagline(candidate, common):
        yield candidate


def is_descriptive_tagline(candidate: FieldCandidate, common: NonDescriptiveWords) -> bool:
    line = str(candidate.value)
    words, descriptive = split_casefolded_words(line), len(common.list_descriptive_words(line))
    is_whole = candidate.rule in HERO_TAGLINE_RULES and common.closed.isdisjoint(words[-1:])
    is_cut = line.endswith(("…", "...")) and not is_whole
    if is_cut or FORM_OR_NOTICE_WORDS_PATTERN.search(line) or fold_text(line) in common.own:
        return False
    if descriptive and len(words) >= MIN_SENTENCE_TAGLINE_WORDS:
        descriptive += not common.named.isdisjoint(words)
    is_prose = candidate.rule.startswith(PROSE_TAGLINE_RULE_PREFIXES)
    is_unspaced = count_words(line) > len(line.split())
    return is_unspaced or descriptive >= (MIN_PROSE_TAGLINE_CONTENT_WORDS if is_prose else 1)


def is_descriptive_keyword(word: str, common: NonDescriptiveWords) -> bool:
    keyword_words = split_casefolded_words(word)
    is_piece = len(keyword_words) >= MIN_KEYWORD_WORDS_TO_SUSPECT_SENTENCE and (
        keyword_words[0] in common.leading or keyword_words[-1] in common.closed
    )
    is_name = fold_text(word) in common.own or (len(keyword_words) > 1 and not common.list_descriptive_words(word))
    return not (is_piece or is_name)
