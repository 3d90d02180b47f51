"""Decoder of a page's bytes, as in browsers: byte order mark, header, `<meta>`, then the first that fits.

One departure: bytes that are valid UTF-8 are read as UTF-8, despite any declaration. A browser has to show
a page as its author saw it. But a server that adds `charset=iso-8859-1` to all pages is wrong about most.
"""

import codecs
from collections.abc import Iterator

from workers.ingest.page import charsets, decoders

BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
#: One unreadable character in so many means that an encoding is wrong.
CHARS_PER_ERROR = 100
#: Declared encodings with which one sequence of UTF-8 proves UTF-8. Of 68,000 texts of one to six words in 17
#: encodings, 18 were one sequence by chance, such as ÓŁ: all in ISO-8859-2, windows-1250 and GB18030.
SINGLE_PROOF_ENCODINGS = {
    *("utf-8", "windows-1252", "iso-8859-15", "windows-1251", "koi8-r", "koi8-u", "iso-8859-5"),
    *("windows-1254", "windows-1255", "windows-1256", "windows-1258"),
}
#: Sequences that prove UTF-8 with any other declared encoding: no text had two by chance.
REQUIRED_SEQUENCES = 2
UTF8 = codecs.getincrementaldecoder("utf-8")
#: Bytes that begin no sequence.
NON_LEAD_BYTES = bytes(range(0xC2))


def decode(body: bytes, content_type: str) -> str:
    """Decode the page. This never fails: bytes that no encoding can read become U+FFFD."""
    for mark, encoding in BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    names = charsets.declared(body, content_type)
    text = decode_as_utf8(body, REQUIRED_SEQUENCES if names and names[0] not in SINGLE_PROOF_ENCODINGS else 1)
    return text if text is not None else next(plausible_texts(body, names))


def decode_as_utf8(body: bytes, proof: int) -> str | None:
    """Return the text as UTF-8; None for other bytes, and for pure ASCII, since that proves nothing.

    A last character that was cut off is left out and not counted.
    """
    decoder = UTF8("replace")
    lead_bytes = len(body.translate(None, NON_LEAD_BYTES))
    text = decoder.decode(body) if lead_bytes >= proof else ""
    sequences = lead_bytes - bool(decoder.getstate()[0])
    return text if sequences >= proof and text.count("\ufffd") * CHARS_PER_ERROR <= sequences else None


def plausible_texts(body: bytes, names: list[str]) -> Iterator[str]:
    """Yield plausible texts by the declared encodings, then UTF-8; the last, windows-1252, always fits."""
    for name in (*(declared for declared in names if is_possible(body, declared)), "utf-8"):
        text = decoders.decode(body, name)
        if text.count("\ufffd") * CHARS_PER_ERROR <= len(text):
            yield text
    yield decoders.decode(body, "windows-1252")


def is_possible(body: bytes, name: str) -> bool:
    """Return whether the encoding is possible: each tag in UTF-16 has a zero byte."""
    return not name.startswith("utf-16") or b"\0" in body
