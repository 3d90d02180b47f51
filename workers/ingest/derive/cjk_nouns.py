"""Nouns of Japanese, Korean and Chinese without a dictionary of parts of speech.

Japanese writes nouns as runs of kanji and katakana. Korean words lose their particle. Chinese is split into the
likeliest words of wordfreq's list (Viterbi). Measured as good as fugashi and kiwipiepy (docs/explain/brand.md).
"""

import math
import re
from collections.abc import Callable, Iterator
from functools import cache

from workers.ingest.derive.clauses import PositionedWord
from workers.ingest.derive.frequencies import load_word_frequencies, simplify_chinese_characters

#: Characters of a text that are read: its Chinese words cost the most.
MAX_CJK_TEXT_CHARS = 1_200
MIN_CJK_WORD_CHARS = 2
MAX_CJK_NOUN_CHARS = 14
JAPANESE_NOUN_PATTERN = re.compile(
    r"(?<![0-9A-Za-z０-９\u4e00-\u9fff々ァ-ヴー])[\u4e00-\u9fff々ヶァ-ヴー]+(?:[A-Za-z][A-Za-z0-9]*)?|[A-Za-z][A-Za-z0-9]+[\u4e00-\u9fff々ァ-ヴー]*"
)
#: Two characters with such a second one are a person or a relation, such as 皆様 and 以上.
JAPANESE_RELATION_PATTERN = re.compile(r".[様方等的中内外上下前後時者用々]")
#: Kanji of the humble verb 致す, which follows a noun without a particle.
HUMBLE_VERB_KANJI = "致"
#: First characters of particles, and of the verb する and the copula.
JAPANESE_CHARACTERS_AFTER_NOUNS = "のはがをにでともやへかまよなしさすせだごおい"
#: A noun phrase that ends with a noun: no particle but の, と and や stands inside, and no verb's ending closes it.
JAPANESE_PHRASE_PATTERN = re.compile(
    r"(?:[\u4e00-\u9fff々ヶァ-ヴーA-Za-z0-9]+(?:[のとや]|(?![はがをにでもへ])[\u3041-\u3096]{1,2})?|[おご](?=[\u4e00-\u9fff]))+"
    r"(?<=[\u4e00-\u9fff々ァ-ヴーA-Za-zりみきけえび])"
)
#: Characters of a whole heading or list item that is one noun phrase, at most.
MAX_CJK_PHRASE_CHARS = 12
MIN_CJK_PHRASE_CHARS = 3
DIGIT_PATTERN = re.compile(r"\d")
#: Chinese characters of pronouns, particles and common verbs, which no noun phrase has.
CHINESE_CLAUSE_PATTERN = re.compile(
    r"[的了在是我你您他她們们这這那哪請请讓让把被為为與与和更最很就都也還还不没沒來来去找看有做給给從从到]"
)
#: Verb that begins a slogan in Chinese.
CHINESE_SLOGAN_PATTERN = re.compile(
    "走[进進]|遇[见見]|[开開][启啟]|探索|打造|享受|[体體][验驗]|[发發][现現]|[选選][择擇]|了解|一[键鍵]|[让讓]|品味|感受|邂逅|[尽盡]享|[点點]亮"
)
#: End of a legal text's or an introduction's title.
CJK_GENERIC_END_PATTERN = re.compile("(?:規約|規定|ポリシー|방침|약관|소개|안내|条款|條款|政策)$")
KOREAN_TOKEN_PATTERN = re.compile(r"[가-힣A-Za-z0-9+]+|[^\s]")
KOREAN_PARTICLE_PATTERN = re.compile(
    r"(?:이?라는|에서는|으로는|에게는|까지는|에서|으로|에게|까지|부터|처럼|보다|이나|은|는|이|가|을|를|의|에|로|와|과|도|만|요)$"
)
KOREAN_VERB_PATTERN = re.compile(
    r"(?:다|요|고|며|면|는|은데|지만|하는|하고|하여|해서|니다|세요|있는|없는|되는|된|한|할|해|기|게|도록|니까|어요|아요|죠|네요|지|줘|춰|히|서|자|까|려)$"
)
KOREAN_VERB_STEM_PATTERN = re.compile(r"(?:하|되|있|없|했|됐|같|싶|줘|않|겠|나서)고?$")
CHINESE_TOKEN_PATTERN = re.compile(r"[\u4e00-\u9fff]+|[A-Za-z][A-Za-z0-9]*|[^\s]")
#: Most frequent words of the Chinese list: particles, pronouns and common verbs.
CHINESE_FUNCTION_WORDS = 260
MAX_CHINESE_WORD_CHARS = 6
#: Natural logarithm of the share of a single character on no list.
UNLISTED_CHARACTER_LOG_SHARE = math.log(1e-9)


def find_japanese_noun_runs(text: str) -> Iterator[list[PositionedWord]]:
    for match in JAPANESE_NOUN_PATTERN.finditer(text):
        is_noun = len(match[0]) >= MIN_CJK_WORD_CHARS and not JAPANESE_RELATION_PATTERN.fullmatch(match[0])
        if is_noun and not is_verb_stem(text, match.end()):
            yield [build_positioned_word(match[0], match.start())]


def is_verb_stem(text: str, end: int) -> bool:
    """Return whether a run of kanji that ends at `end` is the stem of a verb: no particle follows, as in 日本向け."""
    following = text[end : end + 1]
    is_kanji = "\u4e00" <= text[end - 1] <= "\u9fff"
    if text[end - 1] == HUMBLE_VERB_KANJI:
        return True
    return is_kanji and "\u3041" <= following <= "\u3096" and following not in JAPANESE_CHARACTERS_AFTER_NOUNS


def find_korean_noun_runs(text: str) -> Iterator[list[PositionedWord]]:
    """Yield runs of Korean nouns: a word with a particle ends its run."""
    run: list[PositionedWord] = []
    for match in KOREAN_TOKEN_PATTERN.finditer(text):
        noun = cut_korean_particle(match[0])
        if noun:
            run.append(build_positioned_word(noun, match.start()))
        if run and noun != match[0]:
            yield run
            run = []
    if run:
        yield run


def cut_korean_particle(word: str) -> str:
    """Return the noun of a Korean word without its particle; "" for a verb, a mark or a single syllable.

    A word on wordfreq's list is no verb, and keeps an ending that only looks like a particle.
    """
    listed = load_word_frequencies("ko")
    if word.isascii() or (word in listed and not KOREAN_PARTICLE_PATTERN.search(word)):
        return word if len(word) >= MIN_CJK_WORD_CHARS and word[0].isalpha() else ""
    stem = KOREAN_PARTICLE_PATTERN.sub("", word)
    if stem != word and stem not in listed and word in listed:
        stem = word
    is_verb = KOREAN_VERB_PATTERN.search(word) is not None and stem not in listed
    return "" if len(stem) < MIN_CJK_WORD_CHARS or is_verb or KOREAN_VERB_STEM_PATTERN.search(stem) else stem


def find_chinese_noun_runs(text: str) -> Iterator[list[PositionedWord]]:
    """Yield runs of Chinese words of two characters or more, without function words. Keys are in simplified letters."""
    for match in CHINESE_TOKEN_PATTERN.finditer(text):
        run: list[PositionedWord] = []
        start = match.start()
        for key in split_chinese_words(simplify_chinese_characters(match[0])):
            if len(key) >= MIN_CJK_WORD_CHARS and key not in list_chinese_function_words():
                run.append(PositionedWord(text[start : start + len(key)], key.lower(), start, initial=False))
            elif run:
                yield run
                run = []
            start += len(key)
        if run:
            yield run


def split_chinese_words(text: str) -> list[str]:
    """Split simplified Chinese text into its likeliest words.

    The split has the highest product of the words' shares (Viterbi).
    """
    if text.isascii():
        return [text]
    log_shares = load_chinese_log_shares()
    best_scores = [0.0] + [-math.inf] * len(text)
    word_starts = [0] * (len(text) + 1)
    for start in range(len(text)):
        for end in range(start + 1, min(len(text), start + MAX_CHINESE_WORD_CHARS) + 1):
            log_share = log_shares.get(text[start:end])
            if log_share is None and end == start + 1:
                log_share = UNLISTED_CHARACTER_LOG_SHARE
            if log_share is not None and best_scores[start] + log_share > best_scores[end]:
                best_scores[end], word_starts[end] = best_scores[start] + log_share, start
    words: list[str] = []
    end = len(text)
    while end:
        words.append(text[word_starts[end] : end])
        end = word_starts[end]
    return words[::-1]


@cache
def load_chinese_log_shares() -> dict[str, float]:
    return {word: math.log(share) for word, share in load_word_frequencies("zh").items()}


@cache
def list_chinese_function_words() -> frozenset[str]:
    return frozenset([*load_word_frequencies("zh")][:CHINESE_FUNCTION_WORDS])


def is_cjk_noun_phrase(text: str, language: str) -> bool:
    """Return whether a whole heading or list item is one short noun phrase."""
    chars = sum(character.isalpha() for character in text)
    min_chars = MIN_CJK_WORD_CHARS if language == "ko" else MIN_CJK_PHRASE_CHARS
    if not min_chars <= chars <= MAX_CJK_PHRASE_CHARS or text[-1].isdigit():
        return False
    if CJK_GENERIC_END_PATTERN.search(text):
        return False
    if language == "ko":
        return all(len(word) == 1 or word.isascii() or cut_korean_particle(word) == word for word in text.split())
    if DIGIT_PATTERN.search(text) or "." in text:
        return False
    if language == "ja":
        return JAPANESE_PHRASE_PATTERN.fullmatch(text.replace(" ", "")) is not None
    is_clause = CHINESE_SLOGAN_PATTERN.match(text) or CHINESE_CLAUSE_PATTERN.search(text)
    return not is_clause and not any(
        word in list_chinese_function_words() for word in split_chinese_words(simplify_chinese_characters(text))
    )


def build_positioned_word(word: str, start: int) -> PositionedWord:
    return PositionedWord(word, word.lower(), start, initial=False)


#: Languages without blanks between words, or with particles at the words' ends.
CJK_NOUN_RUN_FINDERS: dict[str, Callable[[str], Iterator[list[PositionedWord]]]] = {
    "ja": find_japanese_noun_runs,
    "ko": find_korean_noun_runs,
    "zh": find_chinese_noun_runs,
}
