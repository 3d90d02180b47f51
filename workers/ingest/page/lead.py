"""Lead paragraph of a home page: the text that says best what the brand is, in any script."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import dropwhile, pairwise, tee

from msgspec.structs import replace

from workers.ingest.page.blocks.cues import TextCue, has_heading_cue, has_text_cue
from workers.ingest.page.lines import (
    OPEN_END_PATTERN,
    is_labelled,
    is_list_of_short_items,
    is_text_of_list,
    may_be_tagline,
    refers_back,
)
from workers.ingest.page.names import LEGAL_FORM_PATTERN
from workers.ingest.page.text import count_words, first_sentence, fold_text, split_sentences
from workers.ingest.shapes import Passage, PassageRole
from workers.ingest.skip_rules import SentenceSkipRules

#: Words of a lead paragraph at least.
MIN_LEAD_WORDS = 9
#: Words of one without any other sign.
MIN_PLAIN_LEAD_WORDS = 12
#: Words before a colon at a text's start that name its own subject, such as a product.
MAX_LEAD_LABEL_WORDS = 3
#: Words of one without a mark at its end: a shorter one may be a footer's line.
MIN_UNENDED_LEAD_WORDS = 15
#: Words of a hero's line, and of its lines together, that make up a lead; characters of all lines.
MIN_JOINED_LINE_WORDS = 4
MIN_JOINED_HERO_WORDS = 7
MAX_JOINED_HERO_CHARS = 200
#: Characters of the brand's name at least, so that its mention is a sign.
MIN_MENTIONED_NAME_CHARS = 3
#: Roles of passages that may describe the brand. A feature's text describes one part, unless it names the brand.
LEAD_ROLES: frozenset[PassageRole] = frozenset({"hero", "prose", "feature"})
#: Cues of paragraphs that greet, thank or instruct the visitor, or have dates, prices, contacts or legal words.
NON_LEAD_CUES: tuple[TextCue, ...] = (
    "greeting",
    "thanks",
    "instruction",
    "appeal",
    "date",
    "notice",
    "money",
    "offer",
    "contact",
    "address",
    "legal",
)
#: Kinds of sentences that don't describe a brand. Its history may.
NON_LEAD_SENTENCE_KINDS = frozenset({"question", "quote", "state", "news", "price", "request", "greeting"})
SENTENCE_END_PATTERN = re.compile(r"[.!。！।؟][\"”“»’')\]」]*$")
OPENING_QUOTES = '"“„«「『'
#: Words of others as a whole text: between quotation marks at both ends, or with a verse's number at the end.
QUOTED_TEXT_PATTERN = re.compile(
    r"[\"'“”„«‘「『].*[\"'”“»’」』]\W{0,3}$|.*\d:\d{1,3}(?:[-–]\d{1,3})?\W{0,3}$", re.DOTALL
)
CLAUSE_MARK_PATTERN = re.compile(r"[^\w\s'’]")
#: Footnotes, lists written as a text, and lines of credit.
NON_LEAD_OPENING_PATTERN = re.compile(r"[*†‡•·¹²³>✓✔-]|(?:written|sponsored|powered) by\b")

LeadCheck = Callable[[Passage, str], bool]


def find_lead_paragraph(passages: Sequence[Passage], name: str, language: str | None) -> Passage | None:
    """Return the first whole passage of the hero, else the first by the first sign of `LEAD_SIGNS` that any has.

    A passage below a heading such as *About us* or *Welcome to Acme* is the first of the others. Greetings and
    questions at its start are cut. Return None without such a passage.
    """
    skip_rules = SentenceSkipRules(language)
    prose = [passage for passage in passages if passage.kind == "text" and passage.role in LEAD_ROLES]
    hero = [*find_possible_leads([passage for passage in prose if passage.role == "hero"], skip_rules)]
    introductions = [*find_possible_leads(find_introductions(passages), skip_rules)]
    if lead := next(filter(is_whole, hero), None) or next(iter(introductions), None):
        return lead
    others = find_possible_leads((item for item in prose if item.role != "hero" and has_lead_end(item)), skip_rules)
    # The first copy reads no passages after the one that names the brand.
    named_first, paragraphs = tee(others)
    folded_name = fold_text(LEGAL_FORM_PATTERN.sub("", name))
    named = next((passage for passage in named_first if names_brand(passage, folded_name)), None)
    plain_hero = next((passage for passage in hero if not is_run_of_words(passage.text)), None)
    lines = join_lines_of_hero(passages, name, language)
    if lead := named or plain_hero or (lines if lines and count_words(lines.text) >= MIN_LEAD_WORDS else None):
        return lead
    rest = [*paragraphs]
    own = next((passage for passage in rest if speaks_of_itself(passage, folded_name)), None)
    return own or lines or next((item for sign in LEAD_SIGNS for item in rest if sign(item, folded_name)), None)


def is_run_of_words(text: str) -> bool:
    """Return whether a text without any mark is too long for a line: its parts were separate on the page."""
    return count_words(text) >= MIN_PLAIN_LEAD_WORDS and CLAUSE_MARK_PATTERN.search(text) is None


def find_introductions(passages: Sequence[Passage]) -> list[Passage]:
    """Return the texts right below headings such as *About us* or *Welcome to Acme*."""
    return [
        passage
        for heading, passage in pairwise(passages)
        if heading.kind == "heading"
        and passage.kind == "text"
        and passage.role in LEAD_ROLES
        and has_lead_end(passage)
        and has_heading_cue(heading.text.lower(), "about")
    ]


def join_lines_of_hero(passages: Sequence[Passage], name: str, language: str | None) -> Passage | None:
    """Return the hero's lines as one text of at most `MAX_JOINED_HERO_CHARS`; None for too few words."""
    lines = [
        passage
        for passage in passages
        if passage.role == "hero"
        and passage.kind == "text"
        and count_words(passage.text) >= MIN_JOINED_LINE_WORDS
        and may_be_tagline(passage.text, language)
        and not (is_labelled(passage.text) or is_run_of_words(passage.text) or is_quoted(passage.text))
    ]
    text = ""
    for line in lines:
        joined = f"{end_sentence(text)} {line.text}".strip()
        text = joined if len(joined) <= MAX_JOINED_HERO_CHARS else text
    is_lead = count_words(text) >= MIN_JOINED_HERO_WORDS and fold_text(text) != fold_text(name)
    return replace(lines[0], text=text) if is_lead else None


def is_quoted(text: str) -> bool:
    return text[0] in OPENING_QUOTES or QUOTED_TEXT_PATTERN.match(text) is not None


def end_sentence(text: str) -> str:
    """Return the text with a mark at its end."""
    return text if not text or SENTENCE_END_PATTERN.search(text) else f"{text}."


def find_possible_leads(prose: Iterable[Passage], skip_rules: SentenceSkipRules) -> Iterator[Passage]:
    """Yield the passages that may be a lead, without their greetings and questions."""
    for passage in prose:
        if count_words(passage.text) >= MIN_LEAD_WORDS:
            text = cut_greetings_and_questions(passage.text, skip_rules)
            if may_be_lead(text, skip_rules) and not refers_back(text, skip_rules.language):
                yield replace(passage, text=text)


def cut_greetings_and_questions(text: str, skip_rules: SentenceSkipRules) -> str:
    def is_opening(sentence: str) -> bool:
        return has_text_cue(sentence.lower(), "greeting") or (
            skip_rules.classify_skipped_sentence(sentence) in {"greeting", "question", "quote"}
        )

    return "".join(dropwhile(is_opening, split_sentences(text))).rstrip(" :：")


def may_be_lead(text: str, skip_rules: SentenceSkipRules) -> bool:
    lower_text = text.lower()
    if count_words(text) < MIN_LEAD_WORDS or NON_LEAD_OPENING_PATTERN.match(lower_text):
        return False
    if is_list_or_piece(text) or QUOTED_TEXT_PATTERN.match(text) or is_labelled(text, MAX_LEAD_LABEL_WORDS):
        return False
    has_hours = has_text_cue(lower_text, "time") and has_text_cue(lower_text, "hours")
    if has_hours or any(has_text_cue(lower_text, cue) for cue in NON_LEAD_CUES):
        return False
    kinds = {skip_rules.classify_skipped_sentence(sentence) for sentence in (first_sentence(text), text)}
    return kinds.isdisjoint(NON_LEAD_SENTENCE_KINDS)


def is_list_or_piece(text: str) -> bool:
    """Return whether a text is a list, such as one of towns, or goes on in another block after a comma."""
    is_list = is_text_of_list(text) or (is_list_of_short_items(text) and SENTENCE_END_PATTERN.search(text) is None)
    return is_list or OPEN_END_PATTERN.search(text) is not None


def names_brand(passage: Passage, folded_name: str) -> bool:
    return len(folded_name) >= MIN_MENTIONED_NAME_CHARS and is_whole(passage) and folded_name in fold_text(passage.text)


def speaks_of_itself(passage: Passage, _: str) -> bool:
    return passage.role == "prose" and is_whole(passage) and has_text_cue(passage.text.lower(), "we")


def is_long_prose(passage: Passage, _: str) -> bool:
    return passage.role == "prose" and is_whole(passage) and count_words(passage.text) >= MIN_PLAIN_LEAD_WORDS


def speaks_of_itself_in_list(passage: Passage, _: str) -> bool:
    return is_whole(passage) and has_text_cue(passage.text.lower(), "we")


def is_any_prose(passage: Passage, _: str) -> bool:
    return passage.role == "prose" and has_lead_end(passage)


def has_lead_end(passage: Passage) -> bool:
    return is_whole(passage) or count_words(passage.text) >= MIN_UNENDED_LEAD_WORDS


def is_whole(passage: Passage) -> bool:
    return SENTENCE_END_PATTERN.search(passage.text) is not None


#: Signs of a lead paragraph without the brand's name and words of its own, the best first.
LEAD_SIGNS: tuple[LeadCheck, ...] = (is_long_prose, speaks_of_itself_in_list, is_any_prose)
