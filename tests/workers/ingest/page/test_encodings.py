"""Pages in many encodings are decoded as in browsers, compared with webencodings and tinyhtml5.

`tests/peers/test_encodings.py` compares with a browser itself.
"""

import time

import pytest
import webencodings
from hypothesis import given
from hypothesis import strategies as some
from tinyhtml5.inputstream import EncodingParser
from webencodings.labels import LABELS

from tests.workers.ingest.page.encodings import FORMS, SAMPLES, Form, Sample, in_meta, page
from workers.ingest.page import charsets
from workers.ingest.page.charsets import MAX_CHARSET_SEARCH_BYTES, REPLACEMENT_BY_IMPOSSIBLE_HTML_ENCODING
from workers.ingest.page.decode import decode_bytes_like_browser

each_sample = pytest.mark.parametrize("sample", SAMPLES, ids=[sample.label for sample in SAMPLES])
each_form = pytest.mark.parametrize("form", FORMS.values(), ids=[*FORMS])

TEXT = SAMPLES[-1].text
#: Parts of a head; only some of them declare `{}`.
PARTS = [
    *("<!doctype html>", "<html lang=de>", "<br/>", "a < b", "<?php echo 1 ?>", "</p>", "<title>T</title>"),
    *('<meta charset="{}">', "<meta\ncharset = '{}' />", "<META CHARSET={}>", '<meta name=a charset="{}">'),
    '<meta http-equiv="Content-Type" content="text/html; charset={}">',
    "<meta content='text/html;charset={}' http-equiv=content-type>",
    *("<!-- <meta charset={}> -->", '<p title="<meta charset={}>">', "</p <meta charset={}>"),
    *('<meta name="description" content="charset={}">', "<metadata charset={}>", "<a charset={}>"),
    "<meta charset=none>",
]
READ = sorted(label for label, name in LABELS.items() if name != "replacement")


def by_the_standard(head: bytes) -> str | None:
    encoding = EncodingParser(head).get_encoding()
    return REPLACEMENT_BY_IMPOSSIBLE_HTML_ENCODING.get(encoding.name, encoding.name) if encoding else None


@each_form
def test_a_page_is_read_by_its_declaration(form: Form) -> None:
    for sample in SAMPLES:
        body = page(sample, form.head(sample.label))
        header = form.content_type(sample.label)
        sent = webencodings.lookup(header.partition("=")[2].strip('"'))
        declared_name = charsets.list_declared_encodings(body, header)[0]
        assert declared_name == (sent.name if sent else by_the_standard(body)), sample.label
        assert f"<p>{sample.text}</p>" in decode_bytes_like_browser(body, header), sample.label


@given(some.lists(some.tuples(some.sampled_from(PARTS), some.sampled_from(READ)), max_size=6))
def test_declared_encodings_match_the_standard(parts: list[tuple[str, str]]) -> None:
    head = "".join(part.format(label) for part, label in parts).encode()
    assert charsets.find_markup_encoding(head) == by_the_standard(head)


@pytest.mark.parametrize("name", ["utf-8", "utf-16le", "utf-16be"])
def test_a_byte_order_mark_wins_over_declarations(name: str) -> None:
    mark = webencodings.lookup(name)
    assert mark
    body = mark.codec_info.encode("\ufeff" + in_meta("windows-1251") + "море")[0]
    text, read = webencodings.decode(body, "koi8-r")
    assert (read, decode_bytes_like_browser(body, "text/html; charset=koi8-r")) == (mark, text)


@each_form
def test_utf_8_wins_over_any_declaration(form: Form) -> None:
    sample = SAMPLES[-1]
    for label in ("latin1", "iso-8859-2", "shift_jis", "gb18030", "windows-874", "utf-16"):
        body = page(sample, form.head(label))
        assert f"<p>{sample.text}</p>" in decode_bytes_like_browser(body, form.content_type(label)), label


@pytest.mark.parametrize("label", ["iso-8859-1", "windows-1251", "koi8-r", "utf-8"])
def test_one_utf_8_sequence_is_enough_with_most_declarations(label: str) -> None:
    for text in ("é", "a “quoted” word", "5 €", "© Acme"):
        assert decode_bytes_like_browser(f"<p>{text}".encode(), f"text/html; charset={label}") == f"<p>{text}"


@each_sample
def test_a_short_text_is_not_utf_8_by_chance(sample: Sample) -> None:
    """Check each piece of up to six words (or characters in scripts without blanks), also in capitals."""
    pieces = sample.text.split() if " " in sample.text else [*sample.text]
    joint = " " if " " in sample.text else ""
    for first in range(len(pieces)):
        for last in range(first + 1, min(first + 7, len(pieces) + 1)):
            text = joint.join(pieces[first:last])
            for written in (text, text.upper()):
                body = written.encode(sample.codec, "ignore")
                read = decode_bytes_like_browser(body, f"text/html; charset={sample.label}")
                assert read == body.decode(sample.codec)


@pytest.mark.parametrize("missing", range(1, 4))
def test_truncated_utf_8_is_utf_8(missing: int) -> None:
    body = (in_meta("windows-1252") + "море 🐚").encode()[:-missing]
    assert decode_bytes_like_browser(body, "").endswith("море ")


def test_a_broken_byte_in_a_long_utf_8_text_is_one_broken_character() -> None:
    body = "море ".encode() * 100
    assert decode_bytes_like_browser(body + b"\xff" + body, "text/html; charset=windows-1251").count("\ufffd") == 1
    assert "\ufffd" not in decode_bytes_like_browser("море ".encode("cp1251") * 100, "text/html; charset=windows-1251")


@pytest.mark.parametrize(
    ("body", "label", "text"),
    [
        (b"\xad\xa1\xad\xea<b>", "euc-jp", "①㈱<b>"),
        (b"\x1b$B-!-j\x1b(B<b>", "iso-2022-jp", "①㈱<b>"),
        (b"\x1b(I12\x1b(B<b>", "iso-2022-jp", "ｱｲ<b>"),
        (b"\xa1\xc1\xa1\xdd", "euc-jp", "～－"),
        (b"\x80 5", "gb2312", "€ 5"),
        (b"\x81\x93", "latin1", "\x81“"),
        (b"\x98", "windows-1251", "\x98"),
        ("שלום".encode("iso8859-8"), "iso-8859-8-i", "שלום"),
        ("한국".encode("cp949"), "ks_c_5601-1987", "한국"),
        ("日本".encode("utf-16-le") + b"<\0", "utf-16", "日本<"),
        (b"<p>ASCII</p>", "utf-16be", "<p>ASCII</p>"),
    ],
)
def test_characters_that_python_lacks_are_read_as_in_browsers(body: bytes, label: str, text: str) -> None:
    assert decode_bytes_like_browser(body, f"text/html; charset={label}") == text


def test_a_script_and_bytes_after_the_searched_ones_declare_nothing() -> None:
    head = b"<script>write('<meta charset=koi8-r>')</script><title><meta charset=big5></title>"
    assert charsets.find_markup_encoding(head + b"<meta charset=gbk>") == "gbk"
    assert charsets.find_markup_encoding(b" " * MAX_CHARSET_SEARCH_BYTES + b"<meta charset=koi8-r>") is None


@pytest.mark.timing
@pytest.mark.parametrize("part", [b"<a =", b"<a ='", b'<a="', b"<!--", b"<meta ", b"<script>", b"<a <meta =''", b"= "])
def test_an_unclosed_head_takes_one_pass(part: bytes) -> None:
    body = b"<meta " + part * (MAX_CHARSET_SEARCH_BYTES // len(part))
    before = time.process_time()
    charsets.list_declared_encodings(body, "")
    assert time.process_time() - before < 1


@pytest.mark.parametrize(
    "label", ["base64", "rot13", "idna", "punycode", "undefined", "unicode_escape", "zlib", "nonsense"]
)
def test_other_codecs_of_python_are_ignored(label: str) -> None:
    assert decode_bytes_like_browser(TEXT.encode(), f"text/html; charset={label}") == TEXT


def test_impossible_and_missing_declarations_are_skipped() -> None:
    assert decode_bytes_like_browser(b'<meta charset="utf-16">' + TEXT.encode(), "").endswith(TEXT)
    assert decode_bytes_like_browser('<meta charset="utf-8">é è à'.encode("cp1252"), "").endswith("é è à")
    assert decode_bytes_like_browser('<?xml version="1.0" encoding="windows-1251"?>Київ'.encode("cp1251"), "").endswith(
        "Київ"
    )
    assert decode_bytes_like_browser("é".encode("cp1252"), "") == "é"


@given(some.binary(max_size=300), some.text(max_size=40))
def test_anything_becomes_a_text(body: bytes, content_type: str) -> None:
    assert isinstance(decode_bytes_like_browser(body, content_type), str)
