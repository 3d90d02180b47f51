"""PII detection in unrelated text fields: e-mail addresses, phone numbers, IP addresses, names.

A text is decoded until it stays the same: percent and plus encoding, HTML and JSON escapes, Unicode
compatibility forms (UAX 15), invisible characters, base64 and hexadecimal. Each intermediate form is checked.
"""

import base64
import binascii
import html
import re
import unicodedata
from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import NamedTuple
from urllib.parse import unquote

from domain.values.ip_text import is_ip_address

#: Rounds of decoding. A text that is still encoded afterwards counts as PII.
MAX_PII_DECODING_ROUNDS = 8
#: Levels of base64 inside of base64.
MAX_BASE64_NESTING = 4

#: The shortest name, local part of an e-mail address and phone number to search for, in characters.
MIN_PERSON_NAME_CHARS_TO_DETECT = 3
MIN_EMAIL_LOCAL_CHARS_TO_DETECT = 5
MIN_DETECTED_PHONE_DIGITS = 7
#: The shortest IPv6 address that counts as a person's.
MIN_IPV6_CHARS = 7
#: The shortest token that may be an encoding.
MIN_ENCODED_TOKEN_CHARS = 8
#: Parts between the colons of an IPv6 address at most: `::` at its start or end adds an empty part.
MAX_IPV6_GROUPS = 9


class PiiNumberStrictness(IntEnum):
    """Rules for numbers. E-mail, IP address and number with a plus always count, known names from `WRITTEN` on."""

    #: Only a number with a plus: for fields with bare and dashed digits, such as ids of events.
    MARKED = 1
    #: Also digits with blanks or brackets between them, and a number after 00.
    SPACED = 2
    #: Also with dots and dashes, and a national number after 0.
    WRITTEN = 3
    #: Any seven digits.
    DIGITS = 4


class PersonDataToDetect(NamedTuple):
    """The event's person by its own fields: words of names, e-mail's part before the @, end of the phone number."""

    names: frozenset[str] = frozenset()
    local: str = ""
    digits: str = ""


NO_KNOWN_PERSON_DATA = PersonDataToDetect()

#: Printable ASCII without the marks of an encoding.
_NOT_ENCODED_TEXT_PATTERN = re.compile(r"[ -$'-\[\]-~]*")
_UNICODE_ESCAPE_PATTERN = re.compile(r"(?:%u|\\u)([0-9a-f]{4})|\\x([0-9a-f]{2})", re.IGNORECASE)
_BASE64_OR_HEX_PATTERN = re.compile(rf"[A-Za-z0-9+/_-]{{{MIN_ENCODED_TOKEN_CHARS},}}={{0,2}}")
_NAME_WORD_PATTERN = re.compile(r"[^\W\d_]+")
_IPV4_PATTERN = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?!\d|\.\d)")
#: Begins at the first digit of a run only: a start at each digit would take quadratic time.
_IPV6_PATTERN = re.compile(r"(?<![0-9a-f])[0-9a-f]*(?::[0-9a-f.]*){2,}", re.IGNORECASE)
_NON_IPV6_COLONS_PATTERN = re.compile(":{3,}")
_PHONE_GAP_REGEX = r"[\s().\-\u2010-\u2015\u2212]{0,4}"
_PHONE_LIKE_NUMBER_PATTERN = re.compile(rf"(?P<plus>\+{_PHONE_GAP_REGEX})?\(?\d(?:{_PHONE_GAP_REGEX}\d)*")
_UUID_PATTERN = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE)
_BLANK_OR_BRACKET_IN_NUMBER_PATTERN = re.compile(r"[\s()]")
_MAX_DETECTED_PHONE_DIGITS = 15


def collect_person_data_to_detect(texts: Mapping[str, str]) -> PersonDataToDetect:
    """Return an event person's names, e-mail local part and last phone digits, to search for in other texts.

    `texts` are personal data by Meta's field name. Leave out too short values, and a local part of letters only.
    """
    named = _NAME_WORD_PATTERN.findall(f"{texts.get('fn', '')} {texts.get('ln', '')}".casefold())
    local = texts.get("em", "").partition("@")[0].strip().casefold()
    digits = re.sub(r"\D", "", texts.get("ph", ""))
    return PersonDataToDetect(
        frozenset(word for word in named if len(word) >= MIN_PERSON_NAME_CHARS_TO_DETECT),
        # A single word may be a common one, such as `shop`.
        local if len(local) >= MIN_EMAIL_LOCAL_CHARS_TO_DETECT and not _NAME_WORD_PATTERN.fullmatch(local) else "",
        digits[-8:] if len(digits) >= MIN_DETECTED_PHONE_DIGITS else "",
    )


def contains_pii(text: str, strictness: PiiNumberStrictness, known: PersonDataToDetect = NO_KNOWN_PERSON_DATA) -> bool:
    """Return whether a text, plain or encoded, may hold an e-mail or IP address, a phone number, or data of `known`."""
    if any(_does_decoded_text_contain_pii(layer, strictness, known) for layer in _iter_text_decodings(text)):
        return True
    # A token that decodes to text is no id, so its numbers count as in text.
    hidden = max(strictness, PiiNumberStrictness.SPACED)
    return any(
        _does_decoded_text_contain_pii(layer, hidden, known) for layer in _iter_hidden_texts(text, MAX_BASE64_NESTING)
    )


def _iter_text_decodings(text: str) -> Iterator[str]:
    """Yield a text after each round of decoding, from the original to the plain form.

    If it is still encoded after `MAX_PII_DECODING_ROUNDS`, yield `@` at the end, which counts as personal data.
    """
    for _ in range(MAX_PII_DECODING_ROUNDS):
        if "+" in text:
            yield text.replace("+", " ")
        yield text
        if _NOT_ENCODED_TEXT_PATTERN.fullmatch(text):
            return
        before, text = text, _undo_one_layer_of_all_encodings(text)
        if text == before:
            return
    yield "@"


def _iter_hidden_texts(text: str, nested: int) -> Iterator[str]:
    """Decode a text's tokens as base64 and hexadecimal, `nested` levels deeper for base64; yield each decoded form."""
    *_, plain = _iter_text_decodings(text)
    for token in _BASE64_OR_HEX_PATTERN.findall(plain):
        for piece in {token, *re.split("[-_]", token)}:
            for decoded in _decode_hidden_base64_or_hex(piece):
                yield from _iter_text_decodings(decoded)
                if nested:
                    yield from _iter_hidden_texts(decoded, nested - 1)


def _undo_one_layer_of_all_encodings(text: str) -> str:
    """Return a text with one layer of each encoding undone: escapes, percent, HTML and compatibility forms.

    Invisible and control characters are removed.
    """
    text = _UNICODE_ESCAPE_PATTERN.sub(lambda match: chr(int(match[1] or match[2], 16)), text)
    text = unicodedata.normalize("NFKC", html.unescape(unquote(text)))
    return "".join(char for char in text if unicodedata.category(char) not in {"Cf", "Cc", "Cs"})


def _decode_hidden_base64_or_hex(token: str) -> Iterator[str]:
    """Yield the printable texts that a token encodes as base64 or hexadecimal; none for a short token."""
    bare = token.rstrip("=")
    if len(bare) < MIN_ENCODED_TOKEN_CHARS:
        return
    for decode in (_decode_base64_without_padding, bytes.fromhex):
        try:
            text = decode(bare).decode()
        except (ValueError, binascii.Error):
            continue
        if text.isprintable() and text != token:
            yield text


def _decode_base64_without_padding(token: str) -> bytes:
    padded = token.translate(str.maketrans("-_", "+/")) + "=" * (-len(token) % 4)
    return base64.b64decode(padded, validate=True)


def _does_decoded_text_contain_pii(text: str, strictness: PiiNumberStrictness, known: PersonDataToDetect) -> bool:
    return (
        "@" in text
        or _contains_ip_address(text)
        or any(
            _is_phone_number(match, strictness)
            for match in _PHONE_LIKE_NUMBER_PATTERN.finditer(_UUID_PATTERN.sub("", text))
        )
        or _does_text_have_known_person_data(text, strictness, known)
    )


def _contains_ip_address(text: str) -> bool:
    if any(is_ip_address(candidate) for candidate in _IPV4_PATTERN.findall(text)):
        return True
    runs = (
        run
        for candidate in _IPV6_PATTERN.findall(text)
        for run in {candidate, *_NON_IPV6_COLONS_PATTERN.split(candidate)}
    )
    return any(
        _ends_with_ipv6(end) for run in runs for end in {run.strip("."), run.rstrip(":.")} if len(run) >= MIN_IPV6_CHARS
    )


def _ends_with_ipv6(run: str) -> bool:
    """Return whether the last groups between colons of a text form an IP address, for any number of groups."""
    groups = run.split(":")[-MAX_IPV6_GROUPS:]
    return any(is_ip_address(":".join(groups[start:]).lstrip(".")) for start in range(len(groups) - 1))


def _is_phone_number(match: re.Match[str], strictness: PiiNumberStrictness) -> bool:
    number = match[0]
    count = sum(map(str.isdigit, number))
    if count < MIN_DETECTED_PHONE_DIGITS:
        return False
    if match["plus"] or strictness == PiiNumberStrictness.DIGITS:
        return True
    text = match.string
    around = text[: match.start()][-1:] + text[match.end() :][:1]
    if count > _MAX_DETECTED_PHONE_DIGITS or re.search(r"\w", around):
        return False
    digits = re.sub(r"\D", "", number)
    if _BLANK_OR_BRACKET_IN_NUMBER_PATTERN.search(number) or re.match("00[1-9]", digits):
        return strictness >= PiiNumberStrictness.SPACED
    return strictness >= PiiNumberStrictness.WRITTEN and (digits != number or re.match("0[1-9]", digits) is not None)


def _does_text_have_known_person_data(text: str, strictness: PiiNumberStrictness, known: PersonDataToDetect) -> bool:
    """Return whether a text has the last digits of the known person's phone number.

    From the strictness `WRITTEN` on, also return True for one of their names or their e-mail local part.
    """
    if known.digits and known.digits in re.sub(r"\D", "", text):
        return True
    if strictness < PiiNumberStrictness.WRITTEN:
        return False
    lower = text.casefold()
    return bool(known.local and known.local in lower) or not known.names.isdisjoint(_NAME_WORD_PATTERN.findall(lower))
