"""Each field's ladder of a page: the winning value, rejected values, and cleaning."""

import json

import pytest

from tests.workers.ingest.page.pages import findings, jsonld, meta, page, value

ENGLISH = "<p>We make the tools that people use when they want to get their work done well and on time.</p>" * 4
GERMAN = "<p>Wir bauen Werkzeuge für Menschen, die ihre Arbeit gerne und gut und rechtzeitig machen wollen.</p>" * 4


# appDescription


def test_the_sharing_description_wins_over_repeated_copies() -> None:
    shared, copied = ("What somebody once wrote for sharing it around.", "What the page says of itself in five places.")
    copies = (
        meta("description", copied)
        + meta("twitter:description", copied)
        + jsonld(f'{{"@type":"WebPage","description":"{copied}"}}')
        + jsonld(f'{{"@type":"Organization","description":"{copied}"}}')
        + f"<h1>Acme</h1><p>{copied}</p>"
    )
    finding = findings(copies + meta("og:description", shared))["appDescription"]
    assert finding.value == shared
    assert [alternative.value for alternative in finding.alternatives] == [copied]
    assert value("appDescription", copies + meta("og:description", "Too short")) == copied


@pytest.mark.parametrize(
    "weak", ["Too short", "Written by the HLNF staff, for everyone", "“A quote that says it all, some day”"]
)
def test_weak_descriptions_yield_to_prose(weak: str) -> None:
    html = meta("og:description", weak) + "<h1>Zap</h1><p>12 Comments<p>Zap draws what you say, and it does so quickly."
    assert value("appDescription", html) == "Zap draws what you say, and it does so quickly."
    assert value("appDescription", meta("og:description", weak)) == weak


@pytest.mark.parametrize(
    "html",
    [
        "<h1>Zap</h1><div>{}</div><p>Another line that is longer than eight words are.</p>",
        "<h1>Zap</h1><section><span>{}</span></section>",
        "<h1>Zap</h1><p>Sponsored by: Other, the maker of many other good things.</p><div>{}</div>",
        "<h1>Zap</h1><div class=cookie-banner>We want to set some cookies, if you let us.</div><div>{}</div>",
        "<h1>Zap</h1><ul>" + "<li>One of many things" * 9 + "</ul><p>{}</p>",
    ],
)
def test_the_first_prose_after_the_headline_is_the_description(html: str) -> None:
    line = "Zap draws what you say, and it does so quickly."
    assert value("appDescription", html.format(line)) == line


@pytest.mark.parametrize(
    "other",
    [
        "Welcome to our page, where you find all that we know about drawing.",
        "Click on one of the pictures below to see more of what was drawn.",
        "Our spring offer: all of the drawings at home for only 9 € until further notice.",
        "Address: Am Hafen 3, at the old bridge over the river, first door to the left.",
        "“I have never drawn so much in my life, and I would never do without it again.”",
        "On 3 March 2026 we meet again, and all of you are invited to our house.",
        "Lorem ipsum dolor sit amet, consectetur adipiscing elit sed do eiusmod.",
        "Have you ever thought about what it would be like to draw what you say?",
        "Acme Big Brush: is made of wood, and draws all that anybody says on paper.",
        "FAST ✦ CHEAP ✦ DRAWN BY HAND ✦ FAST ✦ CHEAP ✦ DRAWN BY HAND ✦ FAST ✦ CHEAP",
        "'I never know where to begin with it' ‘my brushes are always lost, too’",
        "And he drew on the wall with his finger, and they saw it - Book of Lines 5:18-19 -",
        "Oakville, Elmstead, Birchfield, Ashford, Pinewood, Willow Bay, Cedar Hill, Maple Grove",
        "It is not about the brush and the ink. We look at what you would like to draw,",
    ],
)
@pytest.mark.parametrize(
    "lead",
    [
        "Acme draws what you say, and it does so quickly and well.",
        "We draw what you say, and we do so quickly and well.",
        "アクメはあなたの言葉をそのまま絵にするアプリで、誰でもすぐに使えます。",
        "Мы рисуем то, что вы говорите, быстро, хорошо и за один день.",
    ],
)
def test_the_lead_paragraph_of_a_home_page_is_its_description(lead: str, other: str) -> None:
    for html in (f"<p>{other}</p><div><p>{lead}</p></div>", f"<h1>Acme</h1><p>{other}</p><p>{lead}</p>"):
        assert value("appDescription", f"<title>Acme</title>{html}") == lead


def test_a_tagline_in_a_headline_has_no_name_before_it() -> None:
    html = "<title>Acme</title><h1><span>Acme</span><br><span>Your words as drawings</span></h1>"
    assert value("tagline", html) == "Your words as drawings"


def test_a_line_below_a_colon_is_no_tagline() -> None:
    html = "<title>Acme</title><h1>Acme</h1><p>All of our tools for drawing:</p><p>Brushes made of wood</p>"
    assert value("tagline", html) is None


@pytest.mark.parametrize("text", ["Enter your description here", "[Your Agency Name] draws all you say"])
def test_a_placeholder_is_no_description(text: str) -> None:
    lead = "Acme draws what you say, and it does so quickly and well."
    html = meta("description", text) + f"<title>Acme</title><h1>Acme</h1><p>{lead}</p>"
    assert value("appDescription", html) == lead


def test_a_description_ends_with_a_sentence_within_500_characters() -> None:
    sentence = "It draws what you say. "
    assert value("appDescription", meta("description", sentence * 100)) == (sentence * 21).strip()
    endless = value("appDescription", meta("description", "word " * 300))
    assert len(endless) <= 500
    assert endless.endswith("word…")


@pytest.mark.parametrize(
    "request_", ["Jetzt kostenlos beraten lassen.", "📞 Call us today!", "Learn more", "Kontakta oss för offert."]
)
def test_a_description_ends_before_a_request(request_: str) -> None:
    text = "Acme draws what you say, quickly and well."
    assert value("appDescription", meta("description", f"{text} {request_}")) == text
    german = "Acme zeichnet alles, was ihr sagt. Jetzt zeigen Zahlen den Erfolg."
    assert value("appDescription", meta("description", german)) == german


def test_a_description_is_one_plain_line() -> None:
    html = meta("og:description", "Fast &amp;amp; free\n &lt;b&gt;drawing&lt;/b&gt;\tfor\u2028everyone\0 here. ☕")
    assert value("appDescription", html) == "Fast & free drawing for everyone here. ☕"


# tagline


@pytest.mark.parametrize(
    ("html", "line"),
    [
        (jsonld('{"@type":"Brand","slogan":"Draw what you say"}') + "<h1>Other words</h1>", "Draw what you say"),
        ("<title>Acme — Draw what you say</title>", "Draw what you say"),
        ("<title>Acme</title><h1>Draw what you say</h1>", "Draw what you say"),
        ("<title>Acme</title><h1>Acme</h1><p>Draw what you say</p>", "Draw what you say"),
        ("<title>Acme — Drawing apps in Bonn</title><h1>Draw what you say</h1>", "Draw what you say"),
        (
            "<title>The Acme Drawing Company</title><h1>Acme Drawing Company</h1><p>Draw what you say</p>",
            "Draw what you say",
        ),
        ("<title>Acme</title><h1>Acme: Draw what you say</h1>", "Draw what you say"),
        ("<title>Acme</title><h1><span>Draw</span><br><span>what you say</span>.</h1>", "Draw what you say."),
        ("<title>アクメ</title><h1><span>言葉を</span><br><span>絵にする</span>アプリ</h1>", "言葉を絵にするアプリ"),
        ("<title>Acme - Draw what you say</title><h1>Willkommen bei Acme Bonn</h1>", "Draw what you say"),
        ("<title>Acme - Draw what you say</title><h1>Closed until 3 January</h1>", "Draw what you say"),
        ("<title>Acme - Draw what you say</title><h1>Drawing from € 9.90 a month</h1>", "Draw what you say"),
        ("<title>Acme</title><h1>“ Draw what you say ”</h1>", "Draw what you say"),
        ("<title>Acme</title><h1>Drawing apps in Bonn</h1><p class=slogan>Draw what you say</p>", "Draw what you say"),
        (
            (
                "<title>Acme</title><header><h1>Acme</h1></header><div class=hero><h2>Draw what you say</h2></div>"
                "<section><h2>Plans for all</h2></section>"
            ),
            "Draw what you say",
        ),
        (
            "<title>Acme</title><div class=hero><p>Draw what you say</p></div><section><h1>About us</h1></section>",
            "Draw what you say",
        ),
        (
            "<title>Acme - Draw what you say</title><div class=modal><h2>Pick one of these:</h2></div>",
            "Draw what you say",
        ),
        ("<title>Acme</title><h1>Acme</h1><div>500+</div><div>Happy customers a day</div>", None),
        ("<title>Acme - [Your Tagline Goes Here]</title><h1>Insert your text here</h1>", None),
        (meta("description", "Draw what you say. Then more of it."), "Draw what you say."),
        ("<title>Acme</title><h1>Acme</h1>", None),
        (f"<title>Acme</title><h1>Acme</h1><p>Draw what you say. {'And more. ' * 20}</p>", "Draw what you say."),
        (f"<title>Acme</title><h1>Acme</h1><p>Are you looking for it? {'And more. ' * 20}</p>", None),
        (f"<title>Acme</title><nav><h1>Draw what you say</h1>{'<p>And more of it.' * 30}", "Draw what you say"),
        (f"<h1>{'word ' * 40}</h1>", None),
    ],
)
def test_tagline_of_a_home_page(html: str, line: str | None) -> None:
    assert value("tagline", html) == line


@pytest.mark.parametrize(
    "html",
    [
        '<h1><a href="/story/1">Somebody won a great race</a></h1>',
        "<nav><h1>Somebody won a great race</h1></nav><p>ok</p>",
        "<div class='cookie-box'><h1>Somebody won a great race</h1></div>",
        "<h1>Acme</h1><div><h2>Somebody won a great race</h2></div><div><h2>Another one lost it</h2></div>",
        "<div><h1>Somebody won a race</h1><h1>Another lost it</h1><h1>All went home</h1></div>",
        "<h1>Acme</h1><footer><p>Somebody won a great race</p></footer>",
    ],
    ids=["story", "menu", "banner", "sections", "headings of one level", "footer"],
)
def test_headings_of_sections_stories_and_menus_are_no_taglines(html: str) -> None:
    assert value("tagline", f"<title>Acme</title>{html}") is None


def test_a_heading_next_to_the_headline_is_the_tagline() -> None:
    html = "<header><h1>Acme</h1><h2>Draw what you say</h2></header><div><h2>Plans</h2></div>"
    assert value("tagline", f"<title>Acme</title>{html}") == "Draw what you say"


def test_on_inner_pages_a_tagline_must_name_the_brand() -> None:
    about, story = "https://acme.test/about/us", "https://acme.test/blog/1"
    html = meta("og:site_name", "Acme") + meta("description", "Acme draws what you say. More of it.")
    assert value("tagline", html, about) == "Acme draws what you say."
    assert value("tagline", html, story) is None
    assert value("tagline", html.replace("Acme draws", "It draws"), about) is None


def test_the_rest_of_a_title_is_relative_to_the_winning_name() -> None:
    holding = jsonld('{"@type":"WebPage","publisher":{"@type":"Corporation","name":"Holding"}}')
    html = holding + meta("og:site_name", "Zap") + "<title>Zap — Draw what you say</title>"
    finding = findings(html)
    assert (finding["appName"].value, finding["tagline"].value) == ("Zap", "Draw what you say")


# audience


@pytest.mark.parametrize(
    ("audience", "expected"),
    [
        ('"Sailors"', "Sailors"),
        ('{"@type":"Audience","audienceType":" Small &amp; large teams"}', "Small & large teams"),
        ('[{"audienceType":"Sailors"},{"name":"Anglers"},{"name":"Sailors"}]', "Sailors, Anglers"),
        ('{"@type":"EducationalAudience","educationalRole":"teacher"}', "teacher"),
        ('"https://acme.test/#everybody"', None),
        ('{"audienceType":"%s"}' % ("x" * 121), None),
        ("7", None),
    ],
)
def test_audiences_of_apps_makers_and_offers(audience: str, expected: str | None) -> None:
    node = f'{{"@type":"Article","name":"Tides","audience":{audience}}}'
    assert value("audience", jsonld(node)) is None
    for kind in ("SoftwareApplication", "Dentist", "Service", "Course", "Product"):
        assert value("audience", jsonld(node.replace("Article", kind))) == expected, kind


def test_an_audience_may_be_another_node() -> None:
    course = '{"@type":"Course","audience":{"@id":"#who"}}'
    whom = '{"@type":"EducationalAudience","@id":"#who","educationalRole":"student"}'
    assert value("audience", jsonld(f"[{course},{whom}]")) == "student"


# keywords


def test_declared_keywords_are_distinct_and_without_numbers_and_sentences() -> None:
    html = meta("keywords", "Tides, SAILING;Tides、 海,day: monday, , 😀") + meta("article:tag", "other")
    assert value("keywords", html) == ["tides", "sailing", "海"]
    html = meta("keywords", "note, notes, #Memo, 2019, 24/7, that is what we have said for years")
    assert value("keywords", html) == ["note", "memo"]


def test_class_names_and_categories_are_no_keywords() -> None:
    app = '{"@type":"WebApplication","applicationCategory":"BusinessApplication","name":"Tide"}'
    assert value("keywords", jsonld(app)) is None
    assert value("keywords", meta("keywords", "tides, BusinessApplication")) == ["tides"]


def test_of_a_long_list_only_used_keywords_count() -> None:
    spam = ",".join(f"tide{letter}{other_letter}" for letter in "abcdefghij" for other_letter in "klmnopqrstuvwxyz")
    keywords_meta = meta("keywords", f"{spam},boats,harbour")
    assert value("keywords", f"{keywords_meta}<p>The boats of our harbour</p>") == ["boats", "harbour"]
    assert value("keywords", keywords_meta) is None
    assert value("keywords", meta("keywords", "tides,boats")) == ["tides", "boats"]


# primaryLanguage


@pytest.mark.parametrize(
    ("html", "headers", "language", "rule"),
    [
        (f'<html lang="en-GB">{ENGLISH}', {}, "en-GB", "html.lang+text"),
        (f'<html lang="en">{GERMAN}', {}, "de", "text"),
        ('<html lang="pt_br">', {}, "pt-BR", "html.lang"),
        (meta("og:locale", "fr_CA"), {}, "fr-CA", "html.og:locale"),
        ("<p>", {"language": "de-AT, en"}, "de-AT", "http.content-language"),
        ('<html lang="english">' + meta("og:locale", "x-default"), {}, None, None),
        ("<p>", {}, None, None),
    ],
)
def test_the_declared_language_yields_to_a_sure_detection(
    html: str, headers: dict[str, str], language: str | None, rule: str | None
) -> None:
    finding = findings(html, **headers).get("primaryLanguage")
    assert (finding.value if finding else None) == language
    assert (finding.rule if finding else None) == rule


def test_hidden_text_does_not_decide_the_language() -> None:
    hidden = f"<script>{GERMAN}</script><style>{GERMAN}</style><noscript>{GERMAN}</noscript>"
    assert value("primaryLanguage", f'<html lang="en">{hidden}{ENGLISH}') == "en"


# logoUrl
APPLE_ICON = '<link rel="apple-touch-icon" href="/a.png">'


@pytest.mark.parametrize(
    ("html", "logo"),
    [
        (jsonld('{"@type":"Brand","logo":{"url":"/l.png"}}') + '<link rel="icon" href="/i.png">', "/l.png"),
        ('<link rel="icon" href="/i.png"><link rel="apple-touch-icon" href="/a.png">', "/a.png"),
        (APPLE_ICON + '<header><a href="/"><img src="/l.png"></a></header>', "/l.png"),
        (
            APPLE_ICON + '<nav><img src="/menu.png"><img class="site-logo" src="data:," data-src="/l.svg"></nav>',
            "/l.svg",
        ),
        (APPLE_ICON + '<div class="site-header"><a class="navbar-brand"><img src="/l.png"></a></div>', "/l.png"),
        (APPLE_ICON + '<header><a href="#"><img src="/user.png"></a><img src="/hero.png"></header>', "/a.png"),
        (APPLE_ICON + '<header><a href="https://other.test/"><img alt="Logo" src="/l.png"></a></header>', "/a.png"),
        (APPLE_ICON + '<header class="logos"><img src="/l.png"><img src="/catalogo.png"></header>', "/a.png"),
        (APPLE_ICON + '<main><img class="logo" src="/customer.png"></main>', "/a.png"),
        ('<link rel="icon" sizes="16x16" href="/s"><link rel="icon" sizes="96x96" href="/b">', "/b"),
        ('<link rel="icon" sizes="512x512" href="/b.png"><link rel="icon" href="/v.svg?1">', "/v.svg?1"),
        (meta("og:image", "/o.png") + '<link rel="shortcut icon" href="/i.png">', "/i.png"),
        (meta("og:image", "/o.png"), "/o.png"),
        ('<base href="/deep/"><link rel="icon" href="i.png">', "/deep/i.png"),
        (meta("og:image", "http://www.acme.test/o.png"), None),
        (meta("og:image", "javascript:alert(1)"), None),
        (meta("og:image", "https://u:p@acme.test/o.png"), None),
        (meta("og:image", "/" + "x" * 2100), None),
    ],
)
def test_a_logo_is_an_https_address(html: str, logo: str | None) -> None:
    assert value("logoUrl", html) == (None if logo is None else f"https://www.acme.test{logo}")


# limits


def test_images_of_each_kind_are_capped() -> None:
    metas = "".join(meta("og:image", f"/{number}.png") for number in range(5000))
    assert [image.url for image in page(metas, "https://zap.test/").pictures] == [
        f"https://zap.test/{number}.png" for number in range(10)
    ]


def test_a_repetitive_page_gives_few_candidates() -> None:
    """A worker keeps the candidates of its pages in memory: this page has some forty thousand."""
    tags = ["en", "de", "fr", "es"] * 50
    nodes = [{"@type": "WebSite", "name": f"Acme {n}", "inLanguage": tags} for n in range(200)]
    block = jsonld(json.dumps(nodes))
    assert len(page(block).candidates) < 100
