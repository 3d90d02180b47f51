"""Decoder of a page's bytes, as in browsers: byte order mark, header, meta, then what fits."""

import codecs
import re

BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
META = re.compile(rb"<(?:meta|\?xml)\b[^>]*?(?:charset|encoding)\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
ON_THE_WEB = re.compile(
    r"utf-8|utf-16(?:-[bl]e)?|ascii|cp(?:125\d|866|874|932|949)|iso8859-\d+|tis-620|koi8-[ru]"
    r"|mac-(?:roman|cyrillic)|gb(?:2312|k|18030)|big5(?:hkscs)?|euc_(?:jp|kr)|iso2022_jp|shift_jis"
)
#: Supersets with which the encoding standard (encoding.spec.whatwg.org) decodes these.
SUPERSETS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
    "utf-16": "utf-8",
    "utf-16-le": "utf-8",
    "utf-16-be": "utf-8",
}
#: The standard's labels that Python lacks.
LABELS = {
    **dict.fromkeys(("iso-8859-8-i", "iso-8859-8-e", "logical", "visual"), "iso-8859-8"),
    **dict.fromkeys(("windows-949", "ksc_5601", "ks_c_5601-1989", "cseuckr"), "cp949"),
    **dict.fromkeys(("gb_2312", "gb_2312-80", "csgb2312"), "gbk"),
    **dict.fromkeys(("cn-big5", "x-big5"), "big5"),
    **dict.fromkeys(("koi", "koi8"), "koi8-r"),
    **dict.fromkeys(("mac", "csmacintosh"), "mac-roman"),
    "iso88591": "iso-8859-1",
    "iso88592": "iso-8859-2",
    "koi8-ru": "koi8-u",
    "mac-ukrainian": "mac-cyrillic",
    "sun_eu_greek": "iso-8859-7",
    "unicode-1-1-utf-8": "utf-8",
    "user-defined": "cp1252",
    "windows-31j": "cp932",
    "windows-874": "cp874",
}
#: One unreadable character in so many means that the declared encoding is wrong.
MOSTLY = 100


def decode(body: bytes, content_type: str) -> str:
    """The text. It never fails: what no encoding can read becomes U+FFFD."""
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
    """Python's name of a label, if it is an encoding of web pages; Python has others, too."""
    bare = label.lower().removeprefix("x-")
    try:
        name = codecs.lookup(LABELS.get(bare, bare)).name
    except LookupError:
        return None
    return SUPERSETS.get(name, name) if ON_THE_WEB.fullmatch(name) else None
