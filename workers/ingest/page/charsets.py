"""Charsets that a page declares: in its Content-Type, and in its markup as browsers search it.

Labels and names are those of the encoding standard (encoding.spec.whatwg.org). Browsers search a page's
first 1,024 bytes, and switch the encoding at a later `<meta>`; here one search does both.
"""

import re
from collections.abc import Iterator

import webencodings

#: Bytes that are searched: scripts and styles before a `<meta>` can be long.
MAX_SEARCHED_BYTES = 64 << 10
CHARSET = re.compile(r"charset\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s;\"']+))", re.IGNORECASE)
ATTRIBUTES = r"""(?:[^>=]++|=(?:\s*+(?:"[^"]*"|'[^']*'))?+)*+"""
#: Comments, elements without markup inside, and tags. An unclosed one runs to the end, so that one pass is
#: enough.
MARKUP = re.compile(
    rf"""<!--.*?(?:(?<=--)>|\Z)
    |<(?P<raw>script|style|title|textarea|iframe|noembed|noframes|xmp)(?=[\s/>]){ATTRIBUTES}>
        .*?(?:</(?P=raw)(?=[\s/>])|\Z)
    |<meta(?=[\s/])(?P<meta>{ATTRIBUTES})>
    |<[a-z]{ATTRIBUTES}(?:>|\Z)
    |<[!?/][^>]*+(?:>|\Z)""".encode(),
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
ATTRIBUTE = re.compile(rb"([^\s/=>]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]*)))?")
XML = re.compile(rb"<\?xml[^>]*?\sencoding\s*=\s*[\"']([^\"'>]*)[\"']")
#: A declaration that is readable as ASCII can't be in these encodings, and x-user-defined has no text.
IN_MARKUP = {"utf-16le": "utf-8", "utf-16be": "utf-8", "x-user-defined": "windows-1252"}


def declared_encodings(body: bytes, content_type: str) -> list[str]:
    """Return names of the encodings, the header's first."""
    return [name for name in (encoding_of_header(content_type), markup(body)) if name]


def encoding_of_header(text: str) -> str | None:
    """Return the name for the `charset=` of a header, or of a `<meta>` that replaces one."""
    match = CHARSET.search(text)
    return encoding_of_label(match[1] or match[2] or match[3] or "") if match else None


def encoding_of_label(written: str) -> str | None:
    """Return the name for a label; None if browsers have no such label, or refuse to read it."""
    encoding = webencodings.lookup(written)
    return encoding.name if encoding and encoding.name != "replacement" else None


def markup(body: bytes) -> str | None:
    """Return the encoding's name in the first `<meta>` with a charset, else in the XML declaration.

    Return None if the markup declares none that browsers know.
    """
    name = next(meta_encodings(body), None)
    if name is None and (match := XML.match(body)):
        name = encoding_of_label(match[1].decode("latin-1"))
    return IN_MARKUP.get(name, name) if name else None


def meta_encodings(body: bytes) -> Iterator[str]:
    for match in MARKUP.finditer(body, 0, MAX_SEARCHED_BYTES):
        if match["meta"] and (name := encoding_of_meta(attributes(match["meta"]))):
            yield name


def attributes(text: bytes) -> dict[str, str]:
    """Return attributes by lower-case name, with the first value of a repeated one."""
    values: dict[str, str] = {}
    for match in ATTRIBUTE.finditer(text):
        value = match[2] or match[3] or match[4] or b""
        values.setdefault(match[1].lower().decode("latin-1"), value.decode("latin-1"))
    return values


def encoding_of_meta(values: dict[str, str]) -> str | None:
    if "charset" in values:
        return encoding_of_label(values["charset"])
    is_header = values.get("http-equiv", "").lower() == "content-type"
    return encoding_of_header(values.get("content", "")) if is_header else None
