"""Pages in many encodings: Chromium and our reader agree on encoding and text.

One exception: we read valid UTF-8 as UTF-8 where Chromium follows another declaration, or guesses.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import pytest
from webencodings.labels import LABELS

from tests.peers.chromium import BrowserTab
from tests.peers.site import SitePage, answering
from tests.workers.ingest.page.encodings import FORMS, SAMPLES, in_meta, page
from workers.ingest.page import charsets
from workers.ingest.page.decode import decode_bytes_like_browser, decode_with_encoding

pytestmark = pytest.mark.peers

MARKS = {"utf-8": "utf-8-sig", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be"}
ENCODINGS = sorted({*LABELS.values()} - {"replacement", "x-user-defined", "utf-8", "utf-16le", "utf-16be"})
#: Number of characters in which Python's codecs differ, by encoding.
OTHERS = {"big5": 203, "gb18030": 20, "gbk": 20, "koi8-u": 2, "windows-1255": 1}
DECODED = """(() => {
    const decoder = new TextDecoder(%s);
    return JSON.stringify(%s.map((body) => decoder.decode(new Uint8Array(body))));
})()"""


class DecodedPage(NamedTuple):
    encoding: str
    text: str


def paragraph(html: str) -> str:
    return html.partition("<p>")[2].partition("</p>")[0]


@contextmanager
def serving(pages: list[SitePage]) -> Iterator[str]:
    """Serve pages by number; yields the address."""

    def answer(path: str) -> SitePage:
        number = path.strip("/")
        return pages[int(number)] if number.isdigit() else SitePage(b"", "text/plain")

    with answering(answer) as port:
        yield f"http://127.0.0.1:{port}"


def seen(browser: BrowserTab, pages: list[SitePage]) -> Iterator[DecodedPage]:
    with serving(pages) as address:
        for number in range(len(pages)):
            ready = f"document.readyState === 'complete' && location.pathname === '/{number}'"
            browser.open(f"{address}/{number}", ready)
            text = browser.run("document.querySelector('p').textContent")
            yield DecodedPage(browser.run("document.characterSet").lower(), text)


@pytest.mark.parametrize("name", FORMS)
def test_declared_encoding_matches_chromium(browser: BrowserTab, name: str) -> None:
    form = FORMS[name]
    pages = [SitePage(page(one, form.head(one.label)), form.content_type(one.label)) for one in SAMPLES]
    for sample, sent, theirs in zip(SAMPLES, pages, seen(browser, pages), strict=True):
        ours = DecodedPage(charsets.list_declared_encodings(*sent)[0], paragraph(decode_bytes_like_browser(*sent)))
        assert theirs == ours
        assert ours.text == sample.text


def test_byte_order_mark_matches_chromium(browser: BrowserTab) -> None:
    text = SAMPLES[-1].text
    html = f"{in_meta('windows-1251')}<p>{text}</p>"
    pages = [
        SitePage((html if codec == "utf-8-sig" else f"\ufeff{html}").encode(codec), "text/html; charset=koi8-r")
        for codec in MARKS.values()
    ]
    for name, sent, theirs in zip(MARKS, pages, seen(browser, pages), strict=True):
        assert theirs == DecodedPage(name, text)
        assert paragraph(decode_bytes_like_browser(*sent)) == text


@pytest.mark.parametrize("name", ["header", "meta", "late"])
def test_only_difference_is_utf_8_with_another_declaration(browser: BrowserTab, name: str) -> None:
    form, sample = FORMS[name], SAMPLES[-1]
    labels = [one.label for one in SAMPLES if one.label not in {"utf-8", "iso-2022-jp"}]
    pages = [SitePage(page(sample, form.head(label)), form.content_type(label)) for label in labels]
    for label, sent, theirs in zip(labels, pages, seen(browser, pages), strict=True):
        assert theirs.encoding == label
        assert theirs.text != sample.text
        assert paragraph(decode_bytes_like_browser(*sent)) == sample.text


def test_each_label_maps_to_chromiums_encoding(browser: BrowserTab) -> None:
    script = "(labels) => JSON.stringify(labels.map((one) => new TextDecoder(one).encoding))"
    labels = [label for label, name in LABELS.items() if name != "replacement"]
    theirs = json.loads(browser.run(f"({script})({json.dumps(labels)})"))
    assert {label: charsets.find_encoding_name_by_label(label) for label in labels} == dict(
        zip(labels, theirs, strict=True)
    )


def test_decoded_characters_match_chromium(browser: BrowserTab) -> None:
    """Covers each byte, and each pair that Chromium decodes as one character."""
    for name in ENCODINGS:
        bodies = [bytes([byte]) for byte in range(256)]
        if "euc" in name or name in {"big5", "gbk", "gb18030", "shift_jis"}:
            bodies += [bytes([first, second]) for first in range(0x81, 0xFF) for second in range(0x40, 0xFF)]
        theirs = json.loads(browser.run(DECODED % (json.dumps(name), json.dumps([*map(list, bodies)]))))
        pairs = zip(theirs, (decode_with_encoding(body, name) for body in bodies), strict=True)
        others = [pair for pair in pairs if len(pair[0]) == 1 and pair[0] != "\ufffd" and pair[0] != pair[1]]
        assert len(others) == OTHERS.get(name, 0), (name, others[:20])
