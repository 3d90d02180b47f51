"""Offer of a brand without a known trade: the keywords that it says in its title, hero and descriptions."""

from collections.abc import Sequence

from schemas.brand import BrandPart
from workers.ingest.derive.icp import MAX_ICP_NEEDS, quote_need
from workers.ingest.derive.lexicon import IngestLexicon
from workers.ingest.derive.stems import UNSPACED_SCRIPT_PATTERN, lower_keeping_length
from workers.ingest.derive.tables import index_audience_stems
from workers.ingest.page.text import fold_text
from workers.ingest.shapes import SourceProse

#: Distinct texts among title, descriptions, hero and headings that say an offer. The title counts twice.
MIN_TEXTS_OF_OFFER = 2
#: Characters of a word in a script without blanks.
MIN_UNSPACED_OFFER_CHARS = 5
#: Keywords that are tried, the best first: later ones name details.
MAX_TRIED_OFFER_KEYWORDS = 5


def find_offered_needs(
    prose: SourceProse, language: str, lexicon: IngestLexicon, keywords: Sequence[str]
) -> list[BrandPart]:
    """Return at most `MAX_ICP_NEEDS` keywords that the title or a heading says, and another text, too.

    No need is only in the brand's name, a customer, or has a word of another one.
    """
    tried = [word for word in keywords[:MAX_TRIED_OFFER_KEYWORDS] if not is_customer(word, language, lexicon)]
    shown = [*prose.about[:1], *(passage.text for passage in prose.passages if passage.kind == "heading")]
    offered: list[str] = []
    for word in tried:
        if is_repeated_offer(word, prose, shown) and not any(share_a_word(word, other) for other in offered):
            offered.append(word)
    return [*filter(None, (quote_need(prose, word, language) for word in offered))][:MAX_ICP_NEEDS]


def share_a_word(one: str, other: str) -> bool:
    return not set(one.casefold().split()).isdisjoint(other.casefold().split())


def is_repeated_offer(keyword: str, prose: SourceProse, shown: Sequence[str]) -> bool:
    """Return whether a `shown` text has the keyword, and enough leading texts and headings together.

    A single word is too vague, but not a long one in scripts without blanks. The brand's name doesn't count.
    """
    wanted, name = lower_keeping_length(keyword), lower_keeping_length(prose.name or "") or "\n"
    is_long = UNSPACED_SCRIPT_PATTERN.search(wanted) and len(wanted) >= MIN_UNSPACED_OFFER_CHARS
    if not (" " in wanted or is_long):
        return False
    leading, headings = list_leading_texts_and_headings(prose)
    title = [*map(lower_keeping_length, prose.about[:1])]
    texts = sum(wanted in text.replace(name, "") for text in (*leading, *headings, *title))
    is_shown = any(wanted in lower_keeping_length(text).replace(name, "") for text in shown)
    return is_shown and texts >= MIN_TEXTS_OF_OFFER


def is_customer(keyword: str, language: str, lexicon: IngestLexicon) -> bool:
    """Return whether a keyword names people or organizations, and so no offer."""
    forms = {form for kind in lexicon.roles.values() for forms in kind.values() for form in forms}
    return lower_keeping_length(keyword) in forms or any(index_audience_stems(language).find_stems(keyword))


def list_leading_texts_and_headings(prose: SourceProse) -> tuple[list[str], list[str]]:
    """Return the distinct title, descriptions and texts of the hero, and then the other headings, in lower case.

    A text within another one is left out: a description is often copied from the hero.
    """
    texts: dict[str, tuple[str, bool]] = {}
    hero = [passage.text for passage in prose.passages if passage.role == "hero"]
    headings = [passage.text for passage in prose.passages if passage.kind == "heading" and passage.role != "hero"]
    for text, is_leading in (*((text, True) for text in (*prose.about, *hero)), *((text, False) for text in headings)):
        folded = fold_text(text)
        if not any(folded in other for other in texts):
            texts[folded] = (lower_keeping_length(text), is_leading)
    return (
        [text for text, is_leading in texts.values() if is_leading],
        [text for text, is_leading in texts.values() if not is_leading],
    )
