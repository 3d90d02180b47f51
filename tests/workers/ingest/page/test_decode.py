"""A page's bytes are decoded as a browser decodes them."""

import pytest
import webencodings
from hypothesis import given
from hypothesis import strategies as some

from workers.ingest.page.decode import decode

TEXT = "Über uns — Łódź, Ελλάδα, Київ, 日本"


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        ("é".encode("cp1252"), "text/html; charset=ISO-8859-1", "é"),
        ("“é”".encode("cp1252"), "text/html; charset=latin1", "“é”"),
        ("Київ".encode("cp1251"), 'text/html; charset="windows-1251"', "Київ"),
        ("日本".encode("shift_jis"), "text/html;charset=Shift_JIS", "日本"),
        ("한국".encode("euc_kr"), "text/html; charset=euc-kr", "한국"),
        ("中国".encode("gb18030"), "text/html; charset=gb2312", "中国"),
        (TEXT.encode(), "text/html; charset=utf8", TEXT),
        (TEXT.encode(), "text/html", TEXT),
        (TEXT.encode(), "", TEXT),
        (TEXT.encode(), "text/html; charset=nonsense", TEXT),
        ("日本".encode("shift_jis"), "text/html; charset=x-sjis", "日本"),
        ("ภาษา".encode("cp874"), "text/html; charset=TIS-620", "ภาษา"),
        ("é".encode("cp1252"), "", "é"),
    ],
)
def test_the_header_decides_else_the_first_fit(body: bytes, content_type: str, text: str) -> None:
    assert decode(body, content_type) == text


@pytest.mark.parametrize(
    "meta",
    [
        '<meta charset="windows-1251">',
        "<META CHARSET=windows-1251>",
        '<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">',
        '<?xml version="1.0" encoding="windows-1251"?>',
    ],
)
def test_a_meta_decides_without_a_header(meta: str) -> None:
    assert decode((meta + "Київ").encode("cp1251"), "text/html").endswith("Київ")


@pytest.mark.parametrize(
    "label", ["base64", "rot13", "idna", "punycode", "undefined", "unicode_escape", "zlib"]
)
def test_other_codecs_of_python_are_ignored(label: str) -> None:
    assert decode(TEXT.encode(), f"text/html; charset={label}") == TEXT


@pytest.mark.parametrize(
    ("label", "text"),
    [
        *(
            ("windows-949", "한국"),
            ("ks_c_5601-1987", "한국"),
            ("iso-8859-8-i", "שלום"),
            ("windows-874", "ภาษา"),
        ),
        *(
            ("x-x-big5", "中國"),
            ("koi8-ru", "Київ"),
            ("iso88592", "Łódź"),
            ("windows-31j", "日本"),
            ("latin5", "Şef"),
        ),
    ],
)
def test_labels_of_the_standard_that_python_lacks_are_known(label: str, text: str) -> None:
    body = webencodings.encode(text, label)
    assert decode(body, f"text/html; charset={label}") == text


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_overrules_everything(encoding: str) -> None:
    body = f'<meta charset="windows-1251">{TEXT}'.encode(encoding)
    assert decode(body, "text/html; charset=iso-8859-1").endswith(TEXT)


def test_a_header_overrules_a_meta_and_impossible_encodings_are_skipped() -> None:
    assert decode(b'<meta charset="windows-1251">' + TEXT.encode(), "text/html; charset=utf-8").endswith(TEXT)
    assert decode(b'<meta charset="utf-16">' + TEXT.encode(), "").endswith(TEXT)
    assert decode('<meta charset="utf-8">é è à'.encode("cp1252"), "").endswith("é è à")


@given(some.binary(max_size=300), some.text(max_size=40))
def test_anything_becomes_a_text(body: bytes, content_type: str) -> None:
    assert isinstance(decode(body, content_type), str)
