"""Prose of a store's long description: text with line breaks, bullets and headings in capitals."""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import dropwhile, takewhile

from workers.ingest.asides import SkipRules
from workers.ingest.page.text import TAG, clean, first_sentence, words
from workers.ingest.shapes import Passage

LINES = re.compile(r"\r\n|[\n\r\u0085\u2028\u2029]|<br\s*/?>", re.IGNORECASE)
#: Characters that are read: several times the limit of a store.
READ = 20_000
#: Marks before an item of a list, or around a heading.
MARK = re.compile(r"^(?:[^\w\s\"'“”‘’„«»「『《¿¡(\[@#&$€£¥]|_|#{1,6}\s|\d{1,2}[.)]\s)+\s*")
FENCE = re.compile(r"^\[[^\]]*\]$|^#{1,6}\s|^[\W_]{2}.*[\W_]{2}$|^[*_~=#].*[*_~=]$")
QUOTED = re.compile(r"^[\"“„«].*[\"”“»]\W{0,3}[\w .&']{0,60}$")
PICTURE = re.compile(r"[\u2600-\u27bf\U0001f000-\U0001faff]")
#: End of a sentence. A line with an ellipsis or a colon only introduces the list below it.
ENDED = re.compile(r"(?<!\.)[.!?。！？]['\"”’»)\]]*$")
FEWEST_WORDS, FEWEST_OF_ITEM, HEADING_WORDS = 4, 3, 8
#: Letters of a word that joins names, such as `of`.
LONGEST_JOINT = 3


def lines(description: str) -> list[str]:
    bare = (TAG.sub("", line).strip() for line in LINES.split(description[:READ]))
    return [line for line in bare if line]


def opening(description: str, asides: SkipRules) -> list[str]:
    """Return the first lines about the app: sentences, or text above the first list or heading.

    A list gives no description by itself, and skipped sentences don't describe the app.
    """
    found = list(unwrapped(undecorated(lines(description))))
    top = first_run(is_plain, found)
    plain = [text for line in top if not is_sentence(line) and asides.kind(text := clean(line)) is None]
    worded = [text for text in plain if words(text) >= FEWEST_WORDS]
    return telling(top, asides) or worded[:1] or telling(found, asides) or plain[:1]


def listed(description: str, asides: SkipRules, most: int) -> str:
    """Return list items that describe the app, each behind a mark, of at most `most` characters together."""
    items = (clean(MARK.sub("", line)) for line in unwrapped(lines(description)) if is_item(line))
    telling = dict.fromkeys(one for one in items if tells(one) and asides.kind(one) is None)
    whole = ""
    for item in telling:
        longer = f"{whole} • {item}".strip()
        whole = longer if len(longer) <= most else whole
    return whole


def tells(item: str) -> bool:
    """Return whether the item is more than names: words with capitals, joined by small words."""
    said = any(word.islower() and len(word) > LONGEST_JOINT for word in item.split())
    return words(item) >= FEWEST_OF_ITEM and (said or not any(word[0].isupper() for word in item.split()))


def is_item(line: str) -> bool:
    return bool(MARK.match(line)) and not (FENCE.match(line) or QUOTED.match(line) or is_heading(line))


def undecorated(among: list[str]) -> list[str]:
    """Remove an emoji before the first line's sentence: there it marks no list item."""
    first = among[0] if among else ""
    pictured = PICTURE.match(first) and ENDED.search(first)
    return [MARK.sub("", first), *among[1:]] if pictured else among


def unwrapped(among: list[str]) -> Iterator[str]:
    """Join lines that were broken within a sentence: the next line begins in lower case."""
    whole: list[str] = []
    for line in among:
        goes_on = whole and line[0].islower() and not (ENDED.search(whole[-1]) or is_heading(whole[-1]))
        if whole and not goes_on:
            yield " ".join(whole)
            whole = []
        whole.append(line)
    if whole:
        yield " ".join(whole)


def telling(among: list[str], asides: SkipRules) -> list[str]:
    """Return the first consecutive sentences that describe the app, up to a skipped sentence."""
    return first_run(lambda text: words(text) >= FEWEST_WORDS, told(among, asides))


def told(among: list[str], asides: SkipRules) -> Iterator[str]:
    """Yield the describing sentences of each line, and an empty text after a line with a skipped end."""
    for line in among:
        text = asides.product_sentences(clean(line)) if is_sentence(line) else ""
        yield text
        if not clean(line).endswith(text):
            yield ""


def first_run(fits: Callable[[str], bool], among: Iterable[str]) -> list[str]:
    return list(takewhile(fits, dropwhile(lambda line: not fits(line), among)))


def is_plain(line: str) -> bool:
    return not (MARK.match(line) or QUOTED.match(line) or FENCE.match(line) or is_heading(line))


def is_sentence(line: str) -> bool:
    """Return whether it has a sentence. A text after the first one may end in anything, as a hashtag."""
    first = first_sentence(line)
    ended = any(ENDED.search(text) and words(text) >= FEWEST_WORDS for text in (first, line))
    return ended and is_plain(line)


def passages(description: str, url: str) -> Iterator[Passage]:
    """Yield passages: each line without its mark."""
    for line in lines(description):
        text = clean(MARK.sub("", line))
        if any(map(str.isalnum, text)):
            yield Passage(text=text, kind="heading" if is_heading(line) else "text", url=url)


def is_heading(line: str) -> bool:
    short = words(line) <= HEADING_WORDS and not ENDED.search(line)
    return short and (line.isupper() or line.endswith(":") or FENCE.match(line) is not None)
