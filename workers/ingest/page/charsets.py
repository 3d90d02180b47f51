"""Charsets that a page declares: in its Content-Type, and in its markup as browsers search it.

Labels and names are those of the encoding standard (encoding.spec.whatwg.org). Browsers search a page's
first 1,024 bytes, and switch the encoding at a later `<meta>`; here one search does both.
"""

import re
from collections.abc import Iterator

import webencodings

#: Bytes that are searched: scripts and styles before a `<meta>` can be long.
MAX_CHARSET_SEARCH_BYTES = 64 << 10
CHARSET_PARAMETER_PATTERN = re.compile(r"charset\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s;\"']+))", re.IGNORECASE)
HTML_ATTRIBUTES_REGEX = r"""(?:[^>=]++|=(?:\s*+(?:"[^"]*"|'[^']*'))?+)*+"""
#: Comments, elements without markup inside, and tags. An unclosed one runs to the end, so that one pass is
#: enough.
META_CHARSET_SEARCH_PATTERN = re.compile(
    rf"""<!--.*?(?:(?<=--)>|\Z)
    |<(?P<raw>script|style|title|textarea|iframe|noembed|noframes|xmp)(?=[\s/>]){HTML_ATTRIBUTES_REGEX}>
        .*?(?:</(?P=raw)(?=[\s/>])|\Z)
    |<meta(?=[\s/])(?P<meta>{HTML_ATTRIBUTES_REGEX})>
    |<[a-z]{HTML_ATTRIBUTES_REGEX}(?:>|\Z)
    |<[!?/][^>]*+(?:>|\Z)""".encode(),
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
HTML_ATTRIBUTE_PATTERN = re.compile(rb"([^\s/=>]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]*)))?")
XML_ENCODING_DECLARATION_PATTERN = re.compile(rb"<\?xml[^>]*?\sencoding\s*=\s*[\"']([^\"'>]*)[\"']")
#: A declaration that is readable as ASCII can't be in these encodings, and x-user-defined has no text.
REPLACEMENT_BY_IMPOSSIBLE_HTML_ENCODING = {"utf-16le": "utf-8", "utf-16be": "utf-8", "x-user-defined": "windows-1252"}


def list_declared_encodings(body: bytes, content_type: str) -> list[str]:
    """Return the names of the known encodings that a page declares: the header's, then the markup's."""
    return [name for name in (read_content_type_encoding(content_type), find_markup_encoding(body)) if name]


def read_content_type_encoding(text: str) -> str | None:
    """Return the encoding's name for the `charset=` of a Content-Type header, or of a `<meta>` for one.

    Return None without a charset that browsers know.
    """
    match = CHARSET_PARAMETER_PATTERN.search(text)
    return find_encoding_name_by_label(match[1] or match[2] or match[3] or "") if match else None


def find_encoding_name_by_label(written: str) -> str | None:
    """Return the standard name of an encoding by its label.

    Return None if browsers have no such label, or refuse to read that encoding.
    """
    encoding = webencodings.lookup(written)
    return encoding.name if encoding and encoding.name != "replacement" else None


def find_markup_encoding(body: bytes) -> str | None:
    """Return the encoding's name in the first `<meta>` with a known charset, else in the XML declaration.

    UTF-16 is replaced by UTF-8, since readable markup can't be in UTF-16. Return None without a known charset.
    """
    name = next(find_meta_tag_encodings(body), None)
    if name is None and (match := XML_ENCODING_DECLARATION_PATTERN.match(body)):
        name = find_encoding_name_by_label(match[1].decode("latin-1"))
    return REPLACEMENT_BY_IMPOSSIBLE_HTML_ENCODING.get(name, name) if name else None


def find_meta_tag_encodings(body: bytes) -> Iterator[str]:
    for match in META_CHARSET_SEARCH_PATTERN.finditer(body, 0, MAX_CHARSET_SEARCH_BYTES):
        if match["meta"] and (name := read_meta_encoding(parse_html_attributes(match["meta"]))):
            yield name


def parse_html_attributes(text: bytes) -> dict[str, str]:
    """Return the attributes of an HTML tag by lower-case name, with the first value of a repeated one."""
    values: dict[str, str] = {}
    for match in HTML_ATTRIBUTE_PATTERN.finditer(text):
        value = match[2] or match[3] or match[4] or b""
        values.setdefault(match[1].lower().decode("latin-1"), value.decode("latin-1"))
    return values


def read_meta_encoding(values: dict[str, str]) -> str | None:
    if "charset" in values:
        return find_encoding_name_by_label(values["charset"])
    is_header = values.get("http-equiv", "").lower() == "content-type"
    return read_content_type_encoding(values.get("content", "")) if is_header else None
