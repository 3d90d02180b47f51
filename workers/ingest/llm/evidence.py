"""Evidence check: turns a model's claims into candidates, as far as quotes of the text support them.

A page may contain instructions to the model, so the model's answer is not trusted. The check runs in the
parsing process, as the rules do.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from schemas.brand import BrandPart, FieldCandidate
from workers.ingest.derive.audience import capitalize_sentence
from workers.ingest.derive.derive import cut_prose_and_detect_its_language
from workers.ingest.derive.distinct import stem_of_word
from workers.ingest.derive.frequencies import get_word_zipf
from workers.ingest.derive.icp import describe_ideal_customer
from workers.ingest.derive.own_prose import find_brand_written_passages
from workers.ingest.derive.tables import CustomerGrammar, load_customer_grammar
from workers.ingest.derive.voice import MIN_VOICE_PROSE_WORDS as VOICE_WORDS
from workers.ingest.languages import primary_language_subtag
from workers.ingest.llm.answer import BrandClaim, CustomerPart, Trait
from workers.ingest.llm.copied import (
    build_llm_description_candidate,
    build_llm_keywords_candidate,
    build_llm_name_candidate,
    build_llm_tagline_candidate,
)
from workers.ingest.llm.source_text import (
    PromptSourceText,
    build_llm_candidate,
    find_lowest_llm_confidence,
    is_quote_in_text,
    join_passages_for_prompt,
    join_source_text_for_prompt,
)
from workers.ingest.page.text import UNSPACED_TEXT_CHARACTER_REGEX, clean_text_line, count_words
from workers.ingest.placeholders import is_placeholder
from workers.ingest.sentences import LETTER_WORD_PATTERN
from workers.ingest.shapes import ModelClaims, ParsedNonPageDoc, SourceProse

MAX_LLM_CLAIM_CHARS = 300
MAX_ICP_PART_CHARS = 120
#: Kinds of parts at least: a single kind is only an audience.
MIN_ICP_PART_KINDS = 2
MAX_VOICE_TRAIT_CHARS = 60
MIN_LLM_VOICE_TRAITS = 3
#: Letters of a word that counts for a claim's language: shorter ones are mostly function words.
MIN_CLAIM_WORD_CHARS = 4
#: Share of a claim's words that the text has, in any form: a claim in another language has fewer.
MIN_SHARE_OF_CLAIM_WORDS_IN_TEXT = 0.5
#: Zipf value by which English says a word more often than the text's language does: ten times.
ENGLISH_ZIPF_EXCESS = 1.0
#: Addresses: anything that software might turn into a link.
WEB_ADDRESS_PATTERN = re.compile(
    r"\b[a-z][a-z0-9+.-]*:\S+|\bwww\.\S+|\b[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,}\b(?:/\S*)?", re.IGNORECASE
)
UNSPACED_CHARACTER_PAIR_PATTERN = re.compile(rf"(?=({UNSPACED_TEXT_CHARACTER_REGEX}{{2}}))")


def check_model_claims(claims: ModelClaims) -> ParsedNonPageDoc:
    """Return the candidates of a model's answer that the source's prose supports, and that are no placeholders."""
    source, answer = build_prompt_source_text(claims.prose), claims.answer
    audience = [claim for claim in answer.audience if is_claim_in_words_of_text(claim.statement, source.own_text)]
    candidates = [
        *build_llm_name_candidate(answer.app_name, source),
        *build_llm_description_candidate(answer.app_description, source),
        *build_llm_tagline_candidate(answer.tagline, source),
        *build_llm_keywords_candidate(answer.keywords, source),
        *build_llm_audience_candidate(audience, source),
        *build_llm_icp_candidate(answer.icp, answer.audience, source),
        *build_llm_voice_candidate(answer.brand_voice, source),
    ]
    return ParsedNonPageDoc(candidates=[one for one in candidates if not is_placeholder(" ".join(list_texts(one)))])


def list_texts(candidate: FieldCandidate) -> list[str]:
    return [candidate.value] if isinstance(candidate.value, str) else [*candidate.value]


def build_prompt_source_text(prose: SourceProse) -> PromptSourceText:
    """Return what proves claims: the titles, descriptions and passages of the brand itself, without stories."""
    prose = cut_prose_and_detect_its_language(prose)
    about = [line for line in prose.about if not is_placeholder(line)]
    prose = msgspec.structs.replace(prose, about=about, passages=[one for one in prose.passages if not one.story])
    return PromptSourceText(
        own_text=join_source_text_for_prompt(prose),
        brand_prose=join_passages_for_prompt(find_brand_written_passages(prose.passages)),
        prose=prose,
        grammar=load_customer_grammar(primary_language_subtag(prose.language or "")) or CustomerGrammar(),
    )


def is_claim_in_words_of_text(statement: str, text: str) -> bool:
    """Return whether enough of a statement's words are in the text: a foreign or an invented statement has others.

    Words are compared by their stems. In scripts without blanks pairs of characters are compared.
    """
    words = {*list_stems_of_long_words(statement), *UNSPACED_CHARACTER_PAIR_PATTERN.findall(statement)}
    known = {*list_stems_of_long_words(text), *UNSPACED_CHARACTER_PAIR_PATTERN.findall(text)}
    return len(words & known) >= MIN_SHARE_OF_CLAIM_WORDS_IN_TEXT * len(words)


def list_stems_of_long_words(text: str) -> Iterator[str]:
    spaced = re.sub(UNSPACED_TEXT_CHARACTER_REGEX, " ", text.lower())
    return (stem_of_word(word) for word in LETTER_WORD_PATTERN.findall(spaced) if len(word) >= MIN_CLAIM_WORD_CHARS)


def build_llm_audience_candidate(claims: Iterable[BrandClaim], source: PromptSourceText) -> Iterator[FieldCandidate]:
    supported = [
        checked_claim for claim in claims if (checked_claim := keep_found_quotes_of_llm_claim(claim, source.own_text))
    ]
    if supported:
        value = " ".join(claim.statement for claim in supported)
        quotes = [quote for claim in supported for quote in claim.evidence]
        confidence = find_lowest_llm_confidence(claim.confidence for claim in supported)
        yield build_llm_candidate("audience", value, source, quotes, confidence)


def build_llm_icp_candidate(
    parts: Sequence[CustomerPart], audience: Iterable[BrandClaim], source: PromptSourceText
) -> Iterator[FieldCandidate]:
    """Yield at most one `icp` candidate from the model's customer parts.

    A part counts if its words are in its quote, and its quote is in the text. Yield none if these parts are of
    one kind only, or repeat the `audience`.
    """
    quoted = [
        part
        for part in parts
        if is_quote_in_text(part.quote, source.own_text) and is_icp_part_quoted(part.words, part.quote)
    ]
    # A need of the model follows the word "to": it is a use of the product.
    brand_parts = [
        BrandPart(part="use" if part.part == "need" else part.part, value=clean_text_line(part.words), quote=part.quote)
        for part in quoted
    ]
    if has_enough_icp_parts(brand_parts, " ".join(claim.statement for claim in audience)):
        confidence = find_lowest_llm_confidence(part.confidence for part in quoted)
        icp = build_llm_candidate(
            "icp",
            describe_ideal_customer(brand_parts, source.grammar),
            source,
            [part.quote for part in brand_parts],
            confidence,
        )
        yield msgspec.structs.replace(icp, parts=brand_parts)


def has_enough_icp_parts(parts: Sequence[BrandPart], audience: str) -> bool:
    """Return whether the ICP parts are of two kinds at least, and one has a value that `audience` lacks."""
    has_kinds = len({part.part for part in parts}) >= MIN_ICP_PART_KINDS
    return has_kinds and not all(part.value.casefold() in audience.casefold() for part in parts)


def is_icp_part_quoted(part_words: str, quote: str) -> bool:
    return part_words in quote and 0 < len(clean_text_line(part_words)) <= MAX_ICP_PART_CHARS


def build_llm_voice_candidate(traits: Iterable[Trait], source: PromptSourceText) -> Iterator[FieldCandidate]:
    """Yield at most one `brandVoice` candidate from the model's traits, each with its own quote.

    Yield none with fewer than `MIN_LLM_VOICE_TRAITS` traits in the brand's prose, or if that prose is too short.
    """
    language = primary_language_subtag(source.prose.language or "")
    by_quote = {
        trait.quote: trait
        for trait in traits
        if is_quoted_voice_trait(trait, source.brand_prose) and not is_english_in_other_language(trait.trait, language)
    }
    by_name = {clean_text_line(trait.trait).rstrip("."): trait for trait in by_quote.values()}
    if len(by_name) >= MIN_LLM_VOICE_TRAITS and count_words(source.brand_prose) >= VOICE_WORDS:
        quotes = [trait.quote for trait in by_name.values()]
        confidence = find_lowest_llm_confidence(trait.confidence for trait in by_name.values())
        yield build_llm_candidate(
            "brandVoice", f"{capitalize_sentence(', '.join(by_name), source.grammar)}.", source, quotes, confidence
        )


def is_quoted_voice_trait(trait: Trait, text: str) -> bool:
    name = clean_text_line(trait.trait)
    return (
        is_quote_in_text(trait.quote, text)
        and 0 < len(name) <= MAX_VOICE_TRAIT_CHARS
        and not does_llm_claim_invent_address(name, text)
    )


def is_english_in_other_language(name: str, language: str) -> bool:
    """Return whether most words of a trait are English, and the text's language isn't."""
    words = LETTER_WORD_PATTERN.findall(name.lower())
    english = [
        word for word in words if get_word_zipf(word, "en") > get_word_zipf(word, language) + ENGLISH_ZIPF_EXCESS
    ]
    return 2 * len(english) > len(words)


def keep_found_quotes_of_llm_claim(claim: BrandClaim, text: str) -> BrandClaim | None:
    """Return the model's claim as plain text, with those of its quotes that are in the text.

    Return None if no quote is there, if the statement is empty or too long, or if it adds a web address.
    """
    statement = clean_text_line(claim.statement)
    evidence = [quote for quote in claim.evidence if is_quote_in_text(quote, text)]
    if not evidence or not 0 < len(statement) <= MAX_LLM_CLAIM_CHARS or does_llm_claim_invent_address(statement, text):
        return None
    return BrandClaim(statement, evidence, claim.confidence)


def does_llm_claim_invent_address(statement: str, text: str) -> bool:
    """Return whether the statement has a web address that the text lacks; `me.com` isn't in `acme.com`."""
    addresses = {match.group().rstrip(".,;:!?)'\"") for match in WEB_ADDRESS_PATTERN.finditer(statement)}
    return any(
        not re.search(rf"(?<![\w@.-]){re.escape(address)}(?![\w-])", text, re.IGNORECASE) for address in addresses
    )
