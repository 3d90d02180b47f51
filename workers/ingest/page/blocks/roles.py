"""Roles and speakers of a page's blocks.

The first rule that holds gives the role. Then blocks of one card, and a question with its answer, share theirs.
Rules and limits follow from 706 blocks of 30 pages that were labelled by hand (docs/explain/brand.md).
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import chain, pairwise
from typing import NamedTuple

from workers.ingest.page.blocks.cues import HeadingCue, TextCue, has_heading_cue, has_text_cue
from workers.ingest.page.blocks.hero import is_counter, mark_hero_blocks
from workers.ingest.page.blocks.walk import PageBlock, PageBox, list_page_blocks
from workers.ingest.page.document import HtmlDocument, read_tag_attribute
from workers.ingest.placeholders import is_placeholder
from workers.ingest.shapes import PassageRole, PassageSpeaker

#: Parties other than the brand, by role.
SPEAKER_BY_ROLE: dict[PassageRole, PassageSpeaker] = {"testimonial": "customer", "legal": "law", "placeholder": "theme"}
#: Characters of the blocks that the rules are asked about: passages have room for fewer.
MAX_CLASSIFIED_CHARS = 30_000
#: Beginning and end of a text that is a quotation as a whole.
QUOTATION_OPENING_PATTERN = re.compile(r"\W{0,3}[\"“”„«»「『‘]")
QUOTATION_END_PATTERN = re.compile(r"[\"“”»」』’]\W*$")
MIN_QUOTATION_CHARS = 17
#: Last characters in which a quotation's end stands.
MAX_QUOTATION_END_CHARS = 8
STARS_PATTERN = re.compile(r"[★⭐☆]")
#: A postal code before a place.
POSTAL_LINE_PATTERN = re.compile(r"\b(?:\d{4,6}|\d\d-\d{3})\b[, ]+[A-ZÀ-ŽА-Я]\w+|^\d{5} \w+$")
#: A span of numbers, as of hours.
NUMBER_SPAN_PATTERN = re.compile(r"\d\s*[-–]\s*\d")
#: A span of two clock times.
CLOCK_SPAN_PATTERN = re.compile(r"\d{1,2}[:.h]\d\d\s*(?:[-–—~]|à|a|bis|to|do|às|tot)\s*\d{1,2}[:.h]\d\d")
#: Words of a span of times without the name of a day.
MAX_CLOCK_SPAN_WORDS = 8
#: Schemes and hosts of links to a telephone, a mailbox or a messenger.
CONTACT_LINK_PATTERN = re.compile(
    r"(?:tel|mailto|sms|whatsapp|viber|tg):|https?://(?:wa\.me|api\.whatsapp\.com|t\.me)/"
)
#: The number of a step or item, and no counter.
STEP_NUMBER_PATTERN = re.compile(r"\W*(?:0?\d|1[0-2])\W?")
#: Words of the label below a counter, such as `happy customers`.
MAX_COUNTER_LABEL_WORDS = 4
#: Words of a text in a form, or in a box of its class.
MAX_FORM_TEXT_WORDS = 30
#: Share of linked characters from which a block is a link, and its words in a card or hero.
MIN_LINK_SHARE = 0.8
MAX_LINK_WORDS = 6
SENTENCE_MARK_PATTERN = re.compile(r"[.!。！؟?]$")
QUESTION_MARK_PATTERN = re.compile(r"[?？؟]$")
#: A line of a dash and a name, below a quotation.
NAME_LINE_PATTERN = re.compile(r"[—–-] ?[^\W\d_a-z]")
#: Kinds of sections by their heading.
SECTION_HEADING_CUES: tuple[HeadingCue, ...] = ("testimonial", "faq")
#: Words of a heading over reviews or questions.
MAX_SECTION_HEADING_WORDS = 10
#: Words of a reviewer's name.
MAX_REVIEWER_NAME_WORDS = 3
MAX_NAME_LINE_WORDS = 6
#: Share of the page from which a card isn't one quotation.
MAX_QUOTATION_CARD_SHARE = 0.2


def classify_page_blocks(page: HtmlDocument) -> list[PageBlock]:
    """Return the visible blocks of a page in document order, each with its role."""
    blocks = list_page_blocks(page)
    headline = mark_hero_blocks(blocks)
    peer_counts = Counter((id(block.parent_heading), block.level) for block in blocks if block.level)
    for block in list_leading_blocks(blocks, headline):
        peers = peer_counts[id(block.parent_heading), block.level] if block.level else 0
        rule = next(rule for rule in ROLE_RULES if rule.holds(block, peers))
        block.role, block.rule = rule.role, rule.sign
    mark_answers_and_texts_below_features(blocks)
    mark_words_of_reviewers(blocks)
    return blocks


def list_leading_blocks(blocks: list[PageBlock], headline: PageBlock | None) -> Iterator[PageBlock]:
    """Yield the blocks from the headline on, then those before it, up to `MAX_CLASSIFIED_CHARS` characters."""
    start, size = headline.index if headline else 0, 0
    for block in chain(blocks[start:], blocks[:start]):
        if size > MAX_CLASSIFIED_CHARS:
            return
        size += block.size
        yield block


class RoleRule(NamedTuple):
    """Rule for a role: its sign, and the check of a block with the number of headings of its level in its section."""

    role: PassageRole
    sign: str
    holds: Callable[[PageBlock, int], bool]


def is_below_heading_with_cue(block: PageBlock, cue: HeadingCue) -> bool:
    """Return whether the text's heading has the cue, or the one above it if that is a small one, such as a name."""
    heading = block.heading
    if block.level or heading is None:
        return False
    above = heading.parent_heading if heading.level >= 3 else None
    return has_heading_cue(heading.lower_text, cue) or (above is not None and has_heading_cue(above.lower_text, cue))


def has_cue(block: PageBlock, cue: TextCue, max_words: int) -> bool:
    """Return whether a block of at most `max_words` words has the cue."""
    return block.words <= max_words and has_text_cue(block.lower_text, cue)


def has_price(block: PageBlock, max_words: int) -> bool:
    return block.has_digit and has_cue(block, "money", max_words)


def is_in_footer(block: PageBlock) -> bool:
    return "footer" in block.box.names or block.has_class_cue("footer", 9)


def is_notice(block: PageBlock, _: int) -> bool:
    is_marked = not block.level and block.words < 60 and block.has_class_cue("notice", 9)
    return is_marked or (block.role != "hero" and has_cue(block, "notice", 39))


def is_legal(block: PageBlock, _: int) -> bool:
    return has_cue(block, "legal", 200 if is_in_footer(block) else 25)


def is_hours(block: PageBlock, _: int) -> bool:
    """Return whether the block has a time with days, or is a short one in a place for opening hours."""
    if block.words >= 40:
        return False
    has_time = block.has_digit and has_text_cue(block.lower_text, "time")
    if has_time and (
        has_text_cue(block.lower_text, "hours")
        or (block.words <= MAX_CLOCK_SPAN_WORDS and CLOCK_SPAN_PATTERN.search(block.lower_text) is not None)
    ):
        return True
    if block.level or block.words >= 25:
        return False
    if block.words < 20 and block.has_class_cue("hours", 3):
        return True
    return is_below_heading_with_cue(block, "hours") and (
        has_time or NUMBER_SPAN_PATTERN.search(block.text) is not None or has_text_cue(block.lower_text, "hours")
    )


def is_menu_text(block: PageBlock, _: int) -> bool:
    if "nav" in block.box.names:
        return True
    is_short = block.link_share > 0.6 or block.words <= 3
    return is_short and block.has_class_cue("nav", 3) and not has_price(block, 39)


def is_menu_link(block: PageBlock, peers: int) -> bool:
    return block.link_share > 0.4 and is_menu_text(block, peers)


def is_form_text(block: PageBlock, _: int) -> bool:
    is_short = block.words <= MAX_FORM_TEXT_WORDS
    is_in_form = "form" in block.box.names or block.has_class_cue("form", 3)
    return block.box.name in {"legend", "form", "fieldset"} or (is_in_form and is_short and not block.is_in_menu)


def is_contact(block: PageBlock, _: int) -> bool:
    if "address" in block.box.names:
        return True
    is_postal = block.words <= 14 and (
        (block.has_digit and POSTAL_LINE_PATTERN.search(block.text) is not None)
        or has_text_cue(block.lower_text, "address")
    )
    has_number_or_mail = block.has_digit or "@" in block.text
    return is_postal or (has_number_or_mail and (has_cue(block, "contact", 16) or is_contact_link(block)))


def is_contact_link(block: PageBlock) -> bool:
    """Return whether the block is a link to a telephone, a mailbox or a messenger."""
    tag = block.box.tag
    link = tag if tag.name == "a" else tag.find("a") if block.link_share > MIN_LINK_SHARE else None
    return link is not None and CONTACT_LINK_PATTERN.match(read_tag_attribute(link, "href").lower()) is not None


def is_menu_contact_link(block: PageBlock, _: int) -> bool:
    has_number_or_mail = block.has_digit or "@" in block.text
    return has_number_or_mail and block.words <= MAX_NAME_LINE_WORDS and is_contact_link(block)


def is_link(block: PageBlock, _: int) -> bool:
    """Return whether the block is a short link, or links of a hero, and no linked card: `Learn more` in a card."""
    is_short = block.words <= MAX_LINK_WORDS or block.role == "hero"
    if block.level or block.link_share <= MIN_LINK_SHARE or not is_short or is_part_of_linked_card(block):
        return False
    heading = block.heading
    is_below_text = heading is not None and heading.box.card is block.box.card and heading.link_share < MIN_LINK_SHARE
    return not block.is_card or is_below_text


def is_part_of_linked_card(block: PageBlock) -> bool:
    """Return whether a link around the block has further texts: a card that is linked as a whole."""
    link = next((box for box in block.box.ancestors() if box.name == "a"), None)
    return link is not None and link.size > block.size


def is_linked_feature(block: PageBlock, _: int) -> bool:
    """Return whether the block is a small heading in a linked card, or a text in it."""
    return block.level not in {1, 2} and not block.is_in_menu and is_part_of_linked_card(block)


def is_marked_testimonial(block: PageBlock, _: int) -> bool:
    """Return whether a box around the block is named for reviews, or is a quotation; not for a section's heading."""
    is_marked = "blockquote" in block.box.names or block.has_class_cue("testimonial", 9)
    return is_marked and block.level not in {1, 2} and not is_introduction(block)


def is_below_testimonial_heading(block: PageBlock, _: int) -> bool:
    return is_below_heading_with_cue(block, "testimonial") and not is_in_footer(block) and not is_introduction(block)


def is_introduction(block: PageBlock) -> bool:
    """Return whether the block is the brand's sentence below a section's heading, and no card or quotation."""
    heading = block.heading
    is_first = heading is not None and heading.level <= 2 and heading.index == block.index - 1
    is_sentence = not block.level and block.words >= 4 and not is_quotation(block)
    return is_first and is_sentence and not block.is_card and "blockquote" not in block.box.names


def is_quotation(block: PageBlock) -> bool:
    text = block.text
    is_closed = QUOTATION_END_PATTERN.search(text[-MAX_QUOTATION_END_CHARS:]) is not None
    return len(text) >= MIN_QUOTATION_CHARS and is_closed and QUOTATION_OPENING_PATTERN.match(text) is not None


def is_quotation_outside_hero(block: PageBlock, _: int) -> bool:
    min_words = 3 if block.level >= 3 and block.is_card else 6
    is_section = block.level in {1, 2}
    return not is_section and block.role != "hero" and block.words >= min_words and is_quotation(block)


def is_star_rating(block: PageBlock, _: int) -> bool:
    return (
        block.role != "hero"
        and block.words < 6
        and STARS_PATTERN.search(block.text) is not None
        and block.level not in {1, 2}
    )


def is_faq(block: PageBlock, _: int) -> bool:
    is_marked = "details" in block.box.names or block.has_class_cue("faq", 6)
    is_below = is_below_heading_with_cue(block, "faq")
    return is_below or (is_marked and block.level not in {1, 2} and not is_in_footer(block))


def is_price(block: PageBlock, _: int) -> bool:
    is_marked = not block.level and block.words < 40 and block.has_class_cue("price", 4)
    return is_marked or has_price(block, 24) or has_cue(block, "offer", 24)


def is_peer_heading(block: PageBlock, peers: int) -> bool:
    """Return whether the block heads one of several like parts of a section: a feature, not a section."""
    if block.level >= 3:
        return block.is_card or peers >= 2
    return block.level > 0 and block.is_card and peers >= 4


def is_section_heading(block: PageBlock, _: int) -> bool:
    """Return whether the block is a short heading over reviews or questions."""
    is_short = block.level > 0 and block.words <= MAX_SECTION_HEADING_WORDS and not is_quotation(block)
    return (
        is_short
        and block.role != "hero"
        and any(has_heading_cue(block.lower_text, cue) for cue in SECTION_HEADING_CUES)
    )


def is_list_text(block: PageBlock, _: int) -> bool:
    return block.is_card or "li" in block.box.names


def is_prose(block: PageBlock, _: int) -> bool:
    return block.words >= 8 or (block.words >= 4 and SENTENCE_MARK_PATTERN.search(block.text) is not None)


#: Rules in order of precedence. The last one always holds.
ROLE_RULES = (
    RoleRule("placeholder", "phrase", lambda block, _: is_placeholder(block.text)),
    RoleRule("notice", "notice", is_notice),
    RoleRule("legal", "legal", is_legal),
    RoleRule("hours", "hours", is_hours),
    RoleRule("contact", "link", is_menu_contact_link),
    RoleRule("navigation", "menu link", is_menu_link),
    RoleRule("label", "menu text", is_menu_text),
    RoleRule("form", "form", is_form_text),
    RoleRule("contact", "contact", is_contact),
    RoleRule("navigation", "link", is_link),
    RoleRule("heading", "section", is_section_heading),
    RoleRule("testimonial", "class", is_marked_testimonial),
    RoleRule("testimonial", "heading", is_below_testimonial_heading),
    RoleRule("testimonial", "quotation", is_quotation_outside_hero),
    RoleRule("testimonial", "stars", is_star_rating),
    RoleRule("faq", "faq", is_faq),
    RoleRule("heading", "footer", lambda block, _: block.level > 0 and is_in_footer(block)),
    RoleRule("navigation", "footer", lambda block, _: block.link_share > 0.6 and is_in_footer(block)),
    RoleRule("prose", "footer", lambda block, _: block.words >= 6 and is_in_footer(block)),
    RoleRule("label", "footer", lambda block, _: is_in_footer(block)),
    RoleRule("hero", "headline", lambda block, _: block.role == "hero"),
    RoleRule("offer", "price", is_price),
    RoleRule("feature", "linked card", is_linked_feature),
    RoleRule("feature", "peers", is_peer_heading),
    RoleRule("heading", "heading", lambda block, _: block.level > 0),
    RoleRule("feature", "list", is_list_text),
    RoleRule("prose", "words", is_prose),
    RoleRule("label", "short", lambda _, __: True),
)


def mark_answers_and_texts_below_features(blocks: list[PageBlock]) -> None:
    """Give a text below a feature's heading its role, and a question with the text below it the role `faq`."""
    for before, block in pairwise(blocks):
        if is_counter(before) and before.role == "feature":
            before.role = "label"
            is_counted = not block.level and block.words <= MAX_COUNTER_LABEL_WORDS
            block.role = "label" if is_counted and not STEP_NUMBER_PATTERN.fullmatch(before.text) else block.role
        is_below_small_heading = before.level >= 3 and not block.level
        if is_below_small_heading and before.role == "feature" and block.role in {"prose", "label"}:
            block.role = "feature"
        is_question = QUESTION_MARK_PATTERN.search(before.text) is not None
        if before.level >= 3 and is_question and {before.role, block.role} <= {"feature", "heading", "prose"}:
            before.role = block.role = "faq"


def mark_words_of_reviewers(blocks: list[PageBlock]) -> None:
    """Give the whole card of a quotation, the name line below one, and reviewers' names its role."""
    page_size = sum(block.size for block in blocks)
    cards = {block.box.card for block in blocks if block.role == "testimonial" and block.rule in {"quotation", "stars"}}
    for before, block in zip([None, *blocks], blocks, strict=False):
        if is_reviewer_name(block) or (
            block.role in {"feature", "label", "prose"}
            and (is_in_small_card(block, cards, page_size) or is_name_line(block, before))
        ):
            block.role, block.rule = "testimonial", "card"


def is_reviewer_name(block: PageBlock) -> bool:
    above = block.parent_heading
    is_name = block.level >= 3 and block.words <= MAX_REVIEWER_NAME_WORDS
    return is_name and above is not None and has_heading_cue(above.lower_text, "testimonial")


def is_in_small_card(block: PageBlock, cards: set[PageBox | None], page_size: int) -> bool:
    card = block.box.card
    return card is not None and card in cards and card.size < MAX_QUOTATION_CARD_SHARE * page_size


def is_name_line(block: PageBlock, before: PageBlock | None) -> bool:
    is_line = block.words <= MAX_NAME_LINE_WORDS and NAME_LINE_PATTERN.match(block.text) is not None
    return is_line and before is not None and before.role == "testimonial"
