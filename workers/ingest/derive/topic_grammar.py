"""Grammar of topics: splits headings and lists into parts, and tells noun phrases from other parts by their words."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import takewhile

import stopwordsiso

from workers.ingest.derive.cjk_nouns import CJK_NOUN_RUN_FINDERS, is_cjk_noun_phrase
from workers.ingest.derive.clauses import strip_elided_article_and_genitive_s
from workers.ingest.derive.frequencies import UNLISTED_WORD_ZIPF, get_word_zipf
from workers.ingest.derive.keyword_phrases import lower_text
from workers.ingest.derive.keyword_words import build_keyword_grammar, is_generic_word, load_keyword_words
from workers.ingest.derive.tables import index_audience_stems

#: Words of a topic at most, without and with prepositions and links.
MAX_TOPIC_WORDS = 4
MAX_TOPIC_WORDS_WITH_LINKS = 5
MAX_TOPIC_CHARS = 45
MIN_TOPIC_CHARS = 3
#: Zipf value from which a word alone is too vague, and the same of a trade's own word.
MAX_ALONE_ZIPF = 5.0
MAX_TRADE_WORD_ZIPF = 5.3
#: Zipf value from which a listed stop word is a function word.
MIN_STOP_WORD_ZIPF = 6.0
#: The same in a sentence, where a list is less certain.
MIN_SENTENCE_STOP_WORD_ZIPF = 5.0
PART_SEPARATOR_PATTERN = re.compile(
    r"\s+[-–—−/x×→>]\s+|\s*[|｜•·∙・●►✓✔★⭐☆,;:()\[\]{}“”\"„«»「」『』【】、，。：；／!！?？؟،…—]\s*|\.(?:\s|$)"
)
#: Chinese has joining words without blanks.
CHINESE_SEPARATOR_PATTERN = re.compile(rf"{PART_SEPARATOR_PATTERN.pattern}|[與与和及]")
TOPIC_WORD_PATTERN = re.compile(r"(?:[^\W\d_]|[2-4][dx])[\w+#'’/-]*")
#: Title of a person, before a name.
PERSON_TITLE_PATTERN = re.compile(r"\b(?:dr|dra|drs|prof|mgr|mudr|ing|mr|mrs|ms)\.\s+(?=\w)", re.IGNORECASE)
ELIDED_ARTICLE_PATTERN = re.compile(r"^[lL]['’](?=\w)")
ARABIC_AND = "و"
#: Marks and numbers before an item.
ITEM_MARK_PATTERN = re.compile(r"^[\W_]+|^\W*(?:0\d|\d+[.):])\s+|[^\w+#]+$")


class TopicGrammar:
    """Words of one language by which topics are distinguished from other headings."""

    def __init__(self, language: str) -> None:
        words = load_keyword_words(language)
        grammar = build_keyword_grammar(language)
        self.language = language
        self.has_words = bool(words.generic)
        self.has_noun_capitals = grammar.capitals
        self.joins = frozenset([*words.joins.split(), *grammar.joins, "&", "+"])
        self.articles = frozenset(words.articles.split())
        prepositions = [*words.prepositions.split(), *grammar.prepositions]
        self.inner = frozenset([*prepositions, *self.articles, *words.inner.split()])
        listed = stopwordsiso.stopwords(language) if stopwordsiso.has_lang(language) else set()
        common = {word for word in listed if get_word_zipf(word, language) >= MIN_STOP_WORD_ZIPF}
        self.stop = (
            frozenset([*words.stopwords.split(), *grammar.determiners, *grammar.verbal, *grammar.degrees])
            | frozenset([*grammar.objects, *(listed if not grammar.determiners else common)])
            | self.joins
            | {*load_keyword_words("en").anywhere.split()}
        )
        #: Adverbs and other listed words that are in no part of a sentence's list.
        self.frequent = {word for word in listed if get_word_zipf(word, language) >= MIN_SENTENCE_STOP_WORD_ZIPF}
        self.separators = CHINESE_SEPARATOR_PATTERN if language == "zh" else PART_SEPARATOR_PATTERN
        self.links = re.compile(words.links)
        self.oblique = re.compile(words.oblique) if words.oblique else None
        self.imperatives = re.compile(words.imperatives)
        self.verbs = re.compile(words.verbs)
        self.single_verbs = re.compile(f"(?!(?:{grammar.nouns})$)(?:{grammar.verbs})")
        self.adjectives = re.compile(f"(?!(?:{grammar.nouns})$)(?:{words.adjectives}|{grammar.adjectives})")
        self.offers = re.compile(words.offers)
        self.asides = re.compile(words.asides)

    def split_parts(self, text: str) -> Iterator[tuple[str, int]]:
        """Yield the parts of a text between its separators and joining words, each with its place."""
        start = 0
        text = PERSON_TITLE_PATTERN.sub(lambda match: "_" * len(match[0]), text)
        for match in [*self.separators.finditer(text), None]:
            end = match.start() if match else len(text)
            yield from self.split_at_join(text[start:end], start)
            start = match.end() if match else end

    def split_at_join(self, part: str, start: int) -> Iterator[tuple[str, int]]:
        """Yield the two topics beside a joining word, if each has one word or each has several; else the whole part."""
        words = [*re.finditer(r"\S+", part)]
        joins = [place for place, word in enumerate(words) if word[0].lower() in self.joins]
        place: int = joins[0] if len(joins) == 1 else 0
        sides = place, len(words) - place - 1
        if place and sides[1] and (min(sides) > 1 or max(sides) == 1):
            left, right = part[: words[place - 1].end()], part[words[place + 1].start() :]
            if self.clean_topic(left) and self.clean_topic(right):
                yield left, start
                yield right, start + words[place + 1].start()
                return
            if any(self.adjectives.fullmatch(side.lower()) for side in (left, right)):
                return
        yield part, start

    def clean_topic(self, part: str) -> str:
        """Return a part without marks, numbers and an article before it, in lower case; "" if it is no topic."""
        if part.endswith("-") or "_" in part:
            return ""
        text = ITEM_MARK_PATTERN.sub("", part)
        first, _, rest = text.partition(" ")
        text = rest if first.lower() in self.articles else ELIDED_ARTICLE_PATTERN.sub("", text)
        if self.language in CJK_NOUN_RUN_FINDERS:
            text = text.lower()
            is_generic = is_generic_word(text, self.language) or self.is_each_word_generic(text)
            return text if is_cjk_noun_phrase(text, self.language) and not is_generic else ""
        if self.language == "ar":
            text = self.strip_arabic_conjunction(text)
        if not MIN_TOPIC_CHARS <= len(text) <= MAX_TOPIC_CHARS:
            return ""
        return " ".join(lower_text(text, self.language).split()) if self.is_topic(text) else ""

    def is_each_word_generic(self, text: str) -> bool:
        return all(is_generic_word(word, self.language) for word in text.split())

    def strip_arabic_conjunction(self, text: str) -> str:
        """Return a text without an attached `and` at its beginning, if its first word is commoner without it."""
        first, _, rest = text.partition(" ")
        bare = first.removeprefix(ARABIC_AND)
        is_attached = get_word_zipf(bare, self.language) > get_word_zipf(first, self.language)
        return f"{bare} {rest}".strip() if is_attached else text

    def is_topic(self, text: str) -> bool:
        """Return whether a text is a noun phrase by its words: none is a verb, a pronoun or only a number."""
        words = text.replace("’", "'").split()
        keys = [lower_text(word, self.language) for word in words]
        contents = [key for key in keys if key not in self.inner and key not in self.joins]
        has_noun_case = not self.has_noun_capitals or not words[-1][0].islower()
        if not (has_noun_case and self.are_topic_words(keys, contents)) or self.is_generic(keys, contents):
            return False
        if len(contents) > 1:
            return not all(map(self.adjectives.fullmatch, contents))
        return self.is_noun_alone(contents[0], is_acronym=text.isupper())

    def are_topic_words(self, keys: Sequence[str], contents: Sequence[str]) -> bool:
        """Return whether a phrase has few words, begins and ends with one of its `contents`, and has no verb."""
        if not all(key in self.joins or TOPIC_WORD_PATTERN.fullmatch(key) for key in keys):
            return False
        is_long = len(keys) > MAX_TOPIC_WORDS_WITH_LINKS or len(contents) > MAX_TOPIC_WORDS
        if is_long or keys[0] not in contents or keys[-1] not in contents or self.imperatives.fullmatch(keys[0]):
            return False
        return not any(key in self.stop or self.verbs.fullmatch(key) for key in contents)

    def is_noun_alone(self, key: str, *, is_acronym: bool) -> bool:
        """Return whether a word alone is a specific noun: no adjective, customer, frequent or short word."""
        if self.adjectives.fullmatch(key) or self.single_verbs.fullmatch(key):
            return False
        if get_word_zipf(key, self.language) >= MAX_ALONE_ZIPF:
            return False
        is_customer = any(match.start == 0 for match in index_audience_stems(self.language).find_stems(key))
        return not is_customer and (is_acronym or len(key) > MIN_TOPIC_CHARS)

    def is_listed_noun(self, form: str) -> bool:
        """Return whether a part of a sentence is a noun phrase in the nominative, without further relations."""
        keys = form.split()
        is_link = all(key not in self.inner or self.links.fullmatch(key) for key in keys)
        is_oblique = self.oblique is not None and any(self.oblique.fullmatch(key) for key in keys)
        contents = [key for key in keys if not self.links.fullmatch(key) and key not in self.joins]
        is_clause = not self.frequent.isdisjoint(contents)
        return is_link and len(keys) <= MAX_TOPIC_WORDS and not (is_oblique or is_clause)

    def is_oblique(self, form: str) -> bool:
        return self.oblique is not None and self.oblique.fullmatch(form.split(maxsplit=1)[0]) is not None

    def clean_trade_word(self, word: str) -> str:
        """Return a trade's word in lower case; "" for a verb, an adjective or a word that is generic."""
        key = lower_text(strip_elided_article_and_genitive_s(word.replace("’", "'").strip("-'")), self.language)
        is_noun = not (
            self.verbs.fullmatch(key) or self.adjectives.fullmatch(key) or is_generic_word(key, self.language)
        )
        is_vague = get_word_zipf(key, self.language) >= MAX_TRADE_WORD_ZIPF
        return "" if not is_noun or is_vague or (self.has_noun_capitals and word[:1].islower()) else key

    def is_descriptive(self, name: str) -> bool:
        """Return whether a name has only longer words of the language, two at least: `Office Massage`."""
        words = name.lower().split()
        is_listed = all(get_word_zipf(word, self.language) > UNLISTED_WORD_ZIPF for word in words)
        return len(words) > 1 and is_listed and min(map(len, words)) > MIN_TOPIC_CHARS

    def capitalize_nouns(self, form: str) -> str:
        """Return a topic that a text has all in capitals, with a capital only on its nouns and its first letter."""
        words = form.split()
        nouns = [word not in self.inner | self.joins and not self.adjectives.fullmatch(word) for word in words[:-1]]
        pairs = zip(words, [*nouns, True], strict=True)
        return " ".join(word[:1].upper() + word[1:] if is_noun else word for word, is_noun in pairs)

    def is_head_word(self, key: str) -> bool:
        return key not in self.inner or key in self.articles or self.links.fullmatch(key) is not None

    def list_head_words(self, form: str) -> list[str]:
        """Return the words of a topic before its first preposition, without links: `tiler` of `tiler in Bonn`."""
        keys = form.split()
        return [key for key in takewhile(self.is_head_word, keys) if key not in self.inner and key not in self.joins]

    def is_generic(self, keys: Sequence[str], contents: Sequence[str]) -> bool:
        """Return whether a phrase says nothing about the brand: all its words are generic, or first and last ones."""
        if is_generic_word(" ".join(keys), self.language):
            return True
        return is_generic_word(contents[0], self.language) and is_generic_word(contents[-1], self.language)


@cache
def load_topic_grammar(language: str) -> TopicGrammar:
    return TopicGrammar(language)
