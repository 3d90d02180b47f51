"""Sentences of a text, from which its language is detected.

Labels of a navigation, code and lists of names are left out: they are English, or of no language, on pages
of any language. Placeholder Latin of a template's author is left out too.
"""

import re
from collections.abc import Iterator

from workers.ingest.page.text import count_words

#: The place after a sentence: a mark and a blank, or a mark of a script without blanks.
SENTENCE_SPLIT_PATTERN = re.compile(
    r"(?<=[.!?…؟۔।॥።։])\s+|(?<=[.!?…][\"'»“”’)\]])\s+|(?<=[。！？｡។။])|(?<=[。！？][」』）])"
)
SENTENCE_ENDING_PATTERN = re.compile(r"[.!?…؟۔।॥።։。！？｡។။][\"'»“”’)\]」』）]?\Z")
#: Thai and Lao end sentences with a blank and no mark, and have no blanks between words.
UNSPACED_THAI_OR_LAO_PATTERN = re.compile(r"[\u0e00-\u0eff]{20}")
#: Words of a sentence at least; three characters of scripts without blanks count as one.
MIN_LANGDETECT_SENTENCE_WORDS = 4
SOURCE_CODE_PUNCTUATION_PATTERN = re.compile(r"[{}\[\]<>=;_\\|#$*&@^~`/]")
#: Fewest characters of a sentence for each sign of code.
MIN_CHARS_PER_CODE_PUNCTUATION_MARK = 20
LETTER_WORD_PATTERN = re.compile(r"[^\W\d_]+")
#: Share of the words with a capital, in percent, above which a text is a list of names.
MAX_CAPITALIZED_PERCENT_BEFORE_NAME_LIST = 75
#: Share of placeholder words, in percent, from which a text is a placeholder.
MIN_LOREM_WORDS_PERCENT = 40
#: Words that generators of placeholder text use, without the words of any Latin text.
LOREM_WORDS = frozenset(
    """accumsan accusamus accusantium adipisci adipiscing aenean aliqua aliquam aliquet aliquip amet
    anim ante aperiam aptent architecto arcu asperiores aspernatur assumenda auctor augue aute beatae
    bibendum blandit cillum commodo condimentum congue consectetuer consectetur consequat consequatur
    consequuntur conubia convallis corporis corrupti cras cubilia culpa cupidatat cupiditate curabitur
    curae cursus dapibus debitis delectus deleniti deserunt diam dicta dictum dictumst dignissim
    dignissimos distinctio dolor dolore dolorem doloremque dolores doloribus dolorum donec duis eaque
    efficitur egestas eget eiusmod eleifend elementum eligendi elit erat eros error euismod eveniet
    excepteur exercitation exercitationem expedita explicabo facere facilisi facilisis fames faucibus
    felis fermentum feugiat finibus fringilla fuga fugiat fugit fusce gravida habitant habitasse harum
    hendrerit iaculis imperdiet inceptos incididunt incidunt integer interdum inventore ipsa ipsam ipsum
    irure iusto justo labore laboriosam laboris laborum lacinia lacus laoreet laudantium lectus leo
    libero ligula litora lobortis lorem luctus maecenas magna magnam maiores malesuada massa mattis
    mauris maximus metus minim molestiae molestias molestie mollis mollit mollitia morbi natus
    necessitatibus nemo netus nibh nisl nostra nostrud nulla nullam nunc obcaecati occaecat occaecati
    odio officia officiis orci ornare pariatur pellentesque perferendis perspiciatis pharetra phasellus
    placeat placerat platea porta porttitor posuere potenti praesent praesentium pretium primis proident
    proin provident pulvinar purus quaerat quisquam ratione recusandae reiciendis reprehenderit
    repudiandae rerum rhoncus risus rutrum saepe sagittis sapien sapiente scelerisque semper senectus
    sequi similique sint sociosqu sodales sollicitudin soluta suscipit suspendisse taciti tellus tempor
    tempora tempore temporibus tempus tenetur tincidunt torquent tortor totam tristique turpis ullam
    ullamco ullamcorper ultrices ultricies urna varius vehicula velit veniam veritatis vestibulum vitae
    vivamus viverra voluptas voluptate voluptatem voluptates voluptatibus voluptatum volutpat
    vulputate""".split()
)


def find_language_detection_sentences(text: str) -> Iterator[str]:
    return (piece for piece in SENTENCE_SPLIT_PATTERN.split(text) if is_language_detection_sentence(piece))


def is_language_detection_sentence(piece: str) -> bool:
    is_whole = SENTENCE_ENDING_PATTERN.search(piece) is not None and count_words(piece) >= MIN_LANGDETECT_SENTENCE_WORDS
    if not (is_whole or UNSPACED_THAI_OR_LAO_PATTERN.search(piece)):
        return False
    is_code = len(SOURCE_CODE_PUNCTUATION_PATTERN.findall(piece)) * MIN_CHARS_PER_CODE_PUNCTUATION_MARK > len(piece)
    return not (is_code or is_list_of_names(piece) or is_lorem_ipsum(piece))


def is_list_of_names(piece: str) -> bool:
    """Return whether more than `MAX_CAPITALIZED_PERCENT_BEFORE_NAME_LIST` percent of the words begin with a capital."""
    words_in = LETTER_WORD_PATTERN.findall(piece)
    capitals = [word for word in words_in if word[0].isupper()]
    return len(capitals) * 100 > len(words_in) * MAX_CAPITALIZED_PERCENT_BEFORE_NAME_LIST


def is_lorem_ipsum(piece: str) -> bool:
    words_in = LETTER_WORD_PATTERN.findall(piece.lower())
    placeholder_words = [word for word in words_in if word in LOREM_WORDS]
    return len(placeholder_words) * 100 >= len(words_in) * MIN_LOREM_WORDS_PERCENT > 0


def remove_lorem_ipsum(text: str) -> str:
    return " ".join(piece for piece in SENTENCE_SPLIT_PATTERN.split(text) if not is_lorem_ipsum(piece))
