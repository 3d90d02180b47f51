"""From bytes to text, as a browser would: byte order mark, header, meta, then what fits."""

import codecs
import re

BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
META = re.compile(rb"<(?:meta|\?xml)\b[^>]*?(?:charset|encoding)\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
#: The encoding standard reads these labels as their larger supersets.
SUPERSETS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
    "utf-16": "utf-8",
    "utf-16-le": "utf-8",
    "utf-16-be": "utf-8",
}
#: A declared encoding that can't read one character in a hundred is not the page's encoding.
MOSTLY = 100


def decode(body: bytes, content_type: str) -> str:
    """Never fails: what no encoding can read becomes U+FFFD."""
    for mark, encoding in BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    texts = (body.decode(encoding, "replace") for encoding in (*declared(body, content_type), "utf-8"))
    fitting = (text for text in texts if text.count("\ufffd") * MOSTLY <= len(text))
    return next(fitting, None) or body.decode("cp1252", "replace")


def declared(body: bytes, content_type: str) -> list[str]:
    header, meta = CHARSET.search(content_type), META.search(body[:4096])
    labels = [header[1] if header else "", meta[1].decode("ascii", "replace") if meta else ""]
    return [encoding for label in labels if (encoding := known(label))]


def known(label: str) -> str | None:
    try:
        codec = codecs.lookup(label)
    except LookupError:
        return None
    # base64, rot13 and zlib are codecs too, and would be a stranger's choice of what runs here.
    text_encoding = getattr(codec, "_is_text_encoding", True)
    return SUPERSETS.get(codec.name, codec.name) if label and text_encoding else None
