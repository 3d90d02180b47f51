"""Decoders by the encoding standard (encoding.spec.whatwg.org): Python's, with the additions of browsers.

Compared with Chromium over all bytes and pairs of bytes: 23 rare characters of gb18030, koi8-u and
windows-1255, and 203 of Big5 stay as in Python.
"""

import codecs

import webencodings

#: Python's codecs that differ from the codec for the standard's name.
CODECS = {"gbk": "gb18030", "euc-jp": "euc_jp", "iso-2022-jp": "iso2022_jp_ext", "x-user-defined": "cp1252"}
#: Characters of JIS X 0208 for which Windows, and so the standard, has a wide form.
WIDE_FORMS = str.maketrans("〜‖−¢£¬", "～∥－￠￡￢")
JAPANESE = {"euc_jp", "iso2022_jp_ext"}
#: Gaps that are filled at most: a body with more gaps is no text, and each gap is a call.
MAX_FILLED_GAPS = 10_000


def decode(body: bytes, name: str) -> str:
    """Decode the body; unreadable bytes become U+FFFD."""
    codec = CODECS.get(name) or webencodings.PYTHON_NAMES.get(name, name)
    text = body.decode(codec, "replace")
    if 0 < text.count("\ufffd") <= MAX_FILLED_GAPS:
        text = body.decode(codec, FILL_HANDLER)
    return text.translate(WIDE_FORMS) if codec in JAPANESE else text


def fill_gap(error: UnicodeError) -> tuple[str, int]:
    """Return the browsers' text for bytes that Python's codec lacks, and the position to continue at."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    start, byte = error.start, error.object[error.start]
    if error.encoding == "charmap" and 0x80 <= byte < 0xA0:
        return chr(byte), start + 1
    if error.encoding == "gb18030" and byte == 0x80:
        return "€", start + 1
    if error.encoding in JAPANESE and (character := windows_character(double_byte_pair(error))):
        return character, start + 2
    return "\ufffd", error.end


def double_byte_pair(error: UnicodeDecodeError) -> bytes:
    """Return the two bytes of one character that the codec lacks; empty if they aren't one character."""
    pair = error.object[error.start : error.start + 2]
    is_pair = min(pair) > 0xA0 if error.encoding == "euc_jp" else error.end == error.start + 2
    return bytes(byte & 0x7F for byte in pair) if is_pair and len(pair) == 2 else b""


def windows_character(pair: bytes) -> str:
    """Return the character of a pair that only Windows' code page has, such as ①; empty for no character.

    Both encodings have the same rows of 94 characters. The code page has two rows behind each first byte.
    """
    if not pair or min(pair) < 0x21:
        return ""
    row, cell = pair
    first = 0x81 + (row - 0x21) // 2
    second = cell + (0x7E if row % 2 == 0 else 0x20 if cell >= 0x60 else 0x1F)
    return bytes([first if first < 0xA0 else first + 0x40, second]).decode("cp932", "ignore")


FILL_HANDLER = "tenantry.filled"
codecs.register_error(FILL_HANDLER, fill_gap)
