"""Hostile texts: authors, tools and attackers write them where a page expects plain text."""

from random import Random

#: Texts that break counting of characters, letters, words or lines.
TEXTS = (
    *("", " ", "\0\0Acme\0", "\ud800Acme\udfff"),
    "&#0;&#xD800;&#xDFFF;&#x110000;&#99999999999999999999;&#x202e;emcA",
    *("&amp;amp;amp;lt;script&amp;amp;gt;", "&" * 5_000, "&lt;" * 50_000),
    *("\u202eemca\u202c \u2066Acme\u2069 שלום Acme مرحبا", "A\u0300\u0301\u0302\u0303\u0488" * 20_000),
    *("Z\u0351\u0310a\u030d\u0366l\u0334\u0318g\u033b\u0321o\u0317\u032e" * 100, "\u0344" * 10_000),
    *("x" * 100_000, "word " * 20_000, "Built for teams. " * 6_000, "for a b c, " * 9_000),
    *("Acme - " * 14_000, "Acme | " * 14_000, "Acme, " * 17_000, ". " * 50_000, "!?" * 50_000),
    *("…。！？" * 20_000, "日本語の題名" * 15_000, "한국어 제목 " * 10_000, "ﷺ" * 20_000),
    *("😀" * 30_000, "👩‍👩‍👧‍👦" * 10_000),
    *("ẞİıŒﬃǅ" * 10_000, "\u2028\u2029\u0085\u000b\u000c\t\r\n" * 1_000, "<b>" * 30_000, "<" * 100_000),
    *("</title></script><!--", "]]>-->", "{{title}}${title}%s%n{0}", "'\"><img src=x onerror=alert(1)>"),
    *("\\ud800\\u0000\\n\\x00" * 1_000, "1" * 100_000, "-" * 100_000, "http://" * 10_000, "acme.com"),
    *("a." * 50_000 + "com", "https://acme.test/ is @acme's", "© 2024 " * 10_000, "© " + "Acme " * 20_000),
    *("by " * 30_000, "“" + "quote " * 20_000, "it's " * 20_000, "Sie und Ihr. " * 8_000),
    *("Lorem ipsum dolor sit amet. " * 4_000, "#fff rgb(0,0,0) " * 6_000),
)
#: Addresses that readers interpret differently, or that lead to forbidden places.
URLS = (
    *("", "#", "?", "//", "///", "http:", "https://", "https:///acme.test/", "http://[", "http://[::1"),
    *("http://[::ffff:127.0.0.1]/", "https://acme.test:99999999/", "https://acme.test:x/"),
    *("https://user:secret@acme.test/", "https://acme.test\\@evil.test/", "https://acme.test/\0\ud800"),
    *("https://ACME.test/%00%ff%zz", "https://xn--/", "https://xn--a-ecp.ru/"),
    *("https://" + "a." * 40_000 + "test/", "https://" + "a" * 70 + ".test/"),
    *("https://acme.test/" + "a/" * 40_000, "https://acme.test/" + "../" * 40_000, "/?" + "a=b&" * 25_000),
    *("/" * 100_000, "javascript:alert(1)", "data:text/html;base64," + "QUFB" * 25_000),
    *("data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>", "file:///etc/passwd"),
    *("ftp://acme.test/", "mailto:a@acme.test", "http://169.254.169.254/latest/", "https://acme。test/"),
    *("https://アクメ.test/料金", "https://\u202etset.emca/", "ht\ntps://acme.test/"),
    *(" \t\nhttps://acme.test/about \n", "https://1.1/", "https://0x7f.1/", "./" * 50_000, "about"),
)
#: Tags that are no languages, or are written wrongly.
LANGUAGES = (
    *("", "x", "xx", "en-", "-", "en_US.UTF-8", "i-klingon", "zh-Hant-TW-x-private", "und", "*", "en,de"),
    *("e" * 10_000, "de-" * 5_000, "\0", "\ud800", "日本", "en-US-u-ca-gregory-nu-latn", "C", "sr@latin"),
    "a-" * 20_000,
)
CHARSETS = (
    *("utf-8", "utf-16", "utf-16le", "utf-7", "utf-32", "iso-2022-jp", "iso-2022-kr", "hz-gb-2312", "gbk"),
    *("gb18030", "big5", "euc-kr", "shift_jis", "koi8-u", "windows-1255", "x-user-defined", "replacement"),
    *("x-mac-cyrillic", "cp037", "idna", "punycode", "rot13", "zlib", "", "x" * 1_000, "\0", "ütf-8"),
)


def text(chance: Random) -> str:
    """Return a hostile text, now and then two of them, or a short one."""
    first = chance.choice(TEXTS)
    return chance.choice((first, first, first[:60], first + chance.choice(TEXTS)[:1_000]))


def encoded(text_to_encode: str) -> bytes:
    return text_to_encode.encode("utf-8", "surrogatepass")


def sendable(text_to_send: str) -> str:
    """Drop lone surrogates, which no header or JSON can contain."""
    return text_to_send.encode("utf-8", "ignore").decode()
