"""The brand's own prose: sentences that the brand itself wrote. Its voice is derived from these only."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from workers.ingest.derive.people import HEADINGS
from workers.ingest.derive.quotes import LONGEST, sentences
from workers.ingest.page.text import words
from workers.ingest.shapes import Passage

#: Words of a sentence at least: a shorter one may be a button or a price.
FEWEST_WORDS = 4
#: Characters of emoji that belong to the sentence before them.
MARKS = 8
#: The beginning of a passage that quotes another speaker.
QUOTED = re.compile(r"\W*[\"“”„«»]")
#: Headings over texts of visitors.
VISITORS = re.compile(
    r"\b(?:comments?|replies|reviews?|testimonials?|kommentare?|bewertung(?:en)?|rezensionen|kundenstimmen"
    r"|commentaires?|avis|comentarios?|opiniones|reseñas)\b",
    re.IGNORECASE,
)
#: Words of forms and notices, which are the same on every site.
NOTICE = re.compile(
    r"cookie|javascript|newsletter|copyright|©|\bcomment|kommentar|commentaire|comentario", re.IGNORECASE
)


def own_sentences(passages: Iterable[Passage]) -> list[str]:
    return [one for passage in own(list(passages)) for one in whole(passage) if is_prose(one)]


def whole(passage: Passage) -> list[str]:
    """Return the sentences of a passage, with the emoji that follow their ends."""
    found: list[str] = []
    for one in sentences([passage]):
        joined = f"{found[-1]} {one}" if found and len(one) <= MARKS and len(found[-1]) <= LONGEST else ""
        if joined and not any(map(str.isalnum, one)) and joined in passage.text:
            found[-1] = joined
        else:
            found.append(one)
    return found


def is_prose(sentence: str) -> bool:
    return words(sentence) >= FEWEST_WORDS and NOTICE.search(sentence) is None


def own(passages: list[Passage]) -> Iterator[Passage]:
    """Yield the brand's texts, without stories, documentation, quotes, headline lists and visitors' texts."""
    headed = Counter(passage.url for passage in passages if passage.kind == "heading")
    visitors: dict[str, bool] = {}
    for one in passages:
        if one.kind == "heading":
            visitors[one.url] = VISITORS.search(one.text) is not None
        elsewhere = one.story or one.documentation or visitors.get(one.url) or headed[one.url] > HEADINGS
        if one.kind == "text" and not elsewhere and QUOTED.match(one.text) is None:
            yield one
