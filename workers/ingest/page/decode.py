"""Decoder of a page's bytes, as in browsers: byte order mark, header, `<meta>`, then the first that fits.

One departure: bytes that are valid UTF-8 are read as UTF-8, despite any declaration. A browser has to show
a page as its author saw it. But a server that adds `charset=iso-8859-1` to all pages is wrong about most.

The decoders are Python's, with the additions of browsers (encoding.spec.whatwg.org). Compared with Chromium
over all bytes and pairs of bytes: 23 rare characters of gb18030, koi8-u and windows-1255, and 203 of Big5
stay as in Python.
"""

import codecs
from collections.abc import Iterator

import webencodings

from workers.ingest.page import charsets

ENCODING_BY_BYTE_ORDER_MARK = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: One unreadable character in so many means that an encoding is wrong.
MIN_CHARS_PER_DECODE_ERROR = 100
#: Declared encodings with which one sequence of UTF-8 proves UTF-8. Of 68,000 texts of one to six words in 17
#: encodings, 18 were one sequence by chance, such as ÓŁ: all in ISO-8859-2, windows-1250 and GB18030.
ENCODINGS_REFUTED_BY_ONE_UTF8_SEQUENCE = {
    *("utf-8", "windows-1252", "iso-8859-15", "windows-1251", "koi8-r", "koi8-u", "iso-8859-5"),
    *("windows-1254", "windows-1255", "windows-1256", "windows-1258"),
}
#: Sequences that prove UTF-8 with any other declared encoding: no text had two by chance.
MIN_UTF8_PROOF_SEQUENCES = 2
UTF8_DECODER_CLASS = codecs.getincrementaldecoder("utf-8")
#: Bytes that begin no sequence.
UTF8_NON_LEAD_BYTES = bytes(range(0xC2))
#: Python's codecs that differ from the codec for the standard's name.
PYTHON_CODEC_BY_ENCODING = {
    "gbk": "gb18030",
    "euc-jp": "euc_jp",
    "iso-2022-jp": "iso2022_jp_ext",
    "x-user-defined": "cp1252",
}
#: Characters of JIS X 0208 for which Windows, and so the standard, has a wide form.
WIDE_FORM_BY_JAPANESE_CHARACTER = str.maketrans("〜‖−¢£¬", "～∥－￠￡￢")
JAPANESE_CODECS_FILLED_LIKE_WINDOWS = {"euc_jp", "iso2022_jp_ext"}
#: Gaps that are filled at most: a body with more gaps is no text, and each gap is a call.
MAX_DECODE_ERRORS_FILLED_LIKE_BROWSER = 10_000


def decode_bytes_like_browser(body: bytes, content_type: str) -> str:
    """Decode a page by byte order mark, proof of UTF-8, declarations or defaults; unreadable bytes become U+FFFD."""
    for mark, encoding in ENCODING_BY_BYTE_ORDER_MARK:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    names = charsets.list_declared_encodings(body, content_type)
    text = decode_proven_utf8(
        body, MIN_UTF8_PROOF_SEQUENCES if names and names[0] not in ENCODINGS_REFUTED_BY_ONE_UTF8_SEQUENCE else 1
    )
    return text if text is not None else next(decode_with_each_encoding(body, names))


def decode_proven_utf8(body: bytes, proof: int) -> str | None:
    """Decode bytes as UTF-8; None if fewer than `proof` multi-byte sequences show that they are UTF-8.

    Return None too for pure ASCII, since that proves nothing, and for many invalid sequences. A last
    character that was cut off is left out and not counted.
    """
    decoder = UTF8_DECODER_CLASS("replace")
    lead_bytes = len(body.translate(None, UTF8_NON_LEAD_BYTES))
    text = decoder.decode(body) if lead_bytes >= proof else ""
    sequences = lead_bytes - bool(decoder.getstate()[0])
    return text if sequences >= proof and text.count("\ufffd") * MIN_CHARS_PER_DECODE_ERROR <= sequences else None


def decode_with_each_encoding(body: bytes, names: list[str]) -> Iterator[str]:
    """Yield the body decoded by each plausible encoding: the declared `names`, UTF-8, then windows-1252.

    The last always fits.
    """
    # Each tag in UTF-16 has a zero byte.
    possible = (name for name in names if not name.startswith("utf-16") or b"\0" in body)
    for name in (*possible, "utf-8"):
        text = decode_with_encoding(body, name)
        if text.count("\ufffd") * MIN_CHARS_PER_DECODE_ERROR <= len(text):
            yield text
    yield decode_with_encoding(body, "windows-1252")


def decode_with_encoding(body: bytes, name: str) -> str:
    """Decode the body by encoding `name`, with characters that Python's codec lacks; unreadable bytes become U+FFFD."""
    codec = PYTHON_CODEC_BY_ENCODING.get(name) or webencodings.PYTHON_NAMES.get(name, name)
    text = body.decode(codec, "replace")
    if 0 < text.count("\ufffd") <= MAX_DECODE_ERRORS_FILLED_LIKE_BROWSER:
        text = body.decode(codec, DECODE_ERROR_HANDLER_NAME)
    return text.translate(WIDE_FORM_BY_JAPANESE_CHARACTER) if codec in JAPANESE_CODECS_FILLED_LIKE_WINDOWS else text


def replace_undecodable_bytes_like_browser(error: UnicodeError) -> tuple[str, int]:
    """Return the browsers' text, else U+FFFD, for bytes that Python's codec lacks, and the position to continue at."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    start, byte = error.start, error.object[error.start]
    if error.encoding == "charmap" and 0x80 <= byte < 0xA0:
        return chr(byte), start + 1
    if error.encoding == "gb18030" and byte == 0x80:
        return "€", start + 1
    if error.encoding in JAPANESE_CODECS_FILLED_LIKE_WINDOWS and (
        character := decode_japanese_pair_like_windows(read_undecodable_japanese_pair(error))
    ):
        return character, start + 2
    return "\ufffd", error.end


def read_undecodable_japanese_pair(error: UnicodeDecodeError) -> bytes:
    """Return the bytes of a Japanese character that the codec lacks, without their highest bits; b"" for others."""
    pair = error.object[error.start : error.start + 2]
    is_pair = min(pair) > 0xA0 if error.encoding == "euc_jp" else error.end == error.start + 2
    return bytes(byte & 0x7F for byte in pair) if is_pair and len(pair) == 2 else b""


def decode_japanese_pair_like_windows(pair: bytes) -> str:
    """Return the character of a pair that only Windows' code page has, such as ①; empty for no character.

    Both encodings have the same rows of 94 characters. The code page has two rows behind each first byte.
    """
    if not pair or min(pair) < 0x21:
        return ""
    row, cell = pair
    first = 0x81 + (row - 0x21) // 2
    second = cell + (0x7E if row % 2 == 0 else 0x20 if cell >= 0x60 else 0x1F)
    return bytes([first if first < 0xA0 else first + 0x40, second]).decode("cp932", "ignore")


DECODE_ERROR_HANDLER_NAME = "tenantry.filled"
codecs.register_error(DECODE_ERROR_HANDLER_NAME, replace_undecodable_bytes_like_browser)
