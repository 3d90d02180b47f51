"""A page's prose: its pieces, their kinds, their order and their amount."""

import pytest

from tests.workers.ingest.page.pages import HOME, page
from workers.ingest.page.passages import MAX_MENU_PASSAGES_CHARS, MAX_PAGE_PASSAGES_CHARS, MAX_PASSAGE_CHARS


def pieces(html: str) -> list[tuple[str, str]]:
    return [(passage.kind, passage.text) for passage in page(html).passages]


def test_kinds_of_passages() -> None:
    html = """<nav><a href=/a>Features</a> <a href=/b>Pricing</a></nav>
    <h1>Draw what you <em>say</em></h1><p>Zap draws for <b>everyone</b> who speaks.</p>
    <h2>Why</h2><ul><li>It is very fast</li><li><a href=/c>Case studies</a></li></ul>
    <footer><a href=/d>Imprint</a><p>All rights reserved by Zap Incorporated of Bonn.</p></footer>"""
    assert pieces(html) == [
        ("heading", "Draw what you say"),
        ("text", "Zap draws for everyone who speaks."),
        ("heading", "Why"),
        ("text", "It is very fast"),
        ("label", "Case studies"),
        ("label", "Imprint"),
        ("label", "Features"),
        ("label", "Pricing"),
    ]


@pytest.mark.parametrize(
    "html",
    [
        *("<button>Try it for free today</button>", "<a role=button href=/x>Try it for free today</a>"),
        *("<div hidden>Not to be seen at all</div>", "<div aria-hidden=true>Not to be read at all</div>"),
        *("<script>var a = 'one two three'</script>", "<noscript>Please turn on your scripts</noscript>"),
        "<div id=cookie-banner><p>We value your privacy here</div>",
        "<select><option>One of the many</select>",
        "<div class='x onetrust-pc'><p>We value your privacy here</div>",
        *("<label>Your name in full</label>", "<template><p>One of the many there are</template>"),
        *("<p>Two words</p>", "<p>… — | •</p>", "<dialog>Do join our mailing list</dialog>"),
        "<head><title>Zap draws what you say</title></head>",
    ],
)
def test_hidden_texts_are_left_out(html: str) -> None:
    assert pieces(html) == []


@pytest.mark.parametrize(
    "html",
    [
        "<form><p>Zap draws what you say.</p></form>",
        "<title>Zap</title><main><p>Zap draws what you say.</p></main>",
        "<body class='cookie-consent'><main><div><span>Zap draws</span> what <i>you</i> say.</div></main>",
        "<table><tr><td>Zap draws what you say.</td></tr></table>",
        "<div>Zap draws what you say.<p></p></div>",
        "<a href=/x><div>Zap draws what you say.</div></a>",
    ],
)
def test_prose_is_read_in_any_tag(html: str) -> None:
    assert pieces(html) == [("text", "Zap draws what you say.")]


def test_limits_of_passages() -> None:
    html = "".join(
        f"<p>{number} {'words and words ' * 90}</p><nav><a>label {number}</a></nav>" for number in range(900)
    )
    all_passages = page(html).passages
    assert max(len(passage.text) for passage in all_passages) <= MAX_PASSAGE_CHARS
    labels = [passage for passage in all_passages if passage.kind == "label"]
    assert (
        MAX_PAGE_PASSAGES_CHARS - MAX_MENU_PASSAGES_CHARS - MAX_PASSAGE_CHARS
        < sum(len(passage.text) for passage in all_passages if passage.kind == "text")
        <= MAX_PAGE_PASSAGES_CHARS - MAX_MENU_PASSAGES_CHARS
    )
    assert MAX_MENU_PASSAGES_CHARS - 40 < sum(len(passage.text) for passage in labels) <= MAX_MENU_PASSAGES_CHARS


STORIES = "blog/tides 2024/05/tides story/tides.html n/5842180 how-we-map-all-the-tides wie_wir_die_häfen_zählen"
OWN_PAGES = "index.html pricing for-small-business-owners en/about-us blogger 2024 v1234"


@pytest.mark.parametrize("path", ["", *OWN_PAGES.split(), *STORIES.split()])
def test_stories_are_detected_by_their_address(path: str) -> None:
    body = "<h1>Tides of the year</h1><p>Tides come and go in each harbour.</p>"
    stories = [passage.story for passage in page(body, f"{HOME}{path}").passages]
    assert stories == [path in STORIES.split()] * 2
