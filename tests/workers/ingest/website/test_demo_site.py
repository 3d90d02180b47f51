"""The demo's website: an ordinary ingest reads every field of a brand from it, by the rules for any site."""

from cli.local.demo import DEMO_SITE_FOLDER
from schemas.brand import BrandFieldName
from tests.workers.ingest.website.visits import ingest_fresh_site
from tests.workers.web.web import raw_response
from workers.ingest.parser.parser import DocumentParser

TYPES = {".html": "text/html", ".css": "text/css", ".svg": "image/svg+xml", ".txt": "text/plain"}


async def test_the_demo_has_every_field_and_each_derived_one_quotes_the_page(parser: DocumentParser) -> None:
    """No rule was written for the demo: each derived field names its rule."""
    files = {
        f"/{path.name}": raw_response(body=path.read_bytes(), content_type=TYPES[path.suffix])
        for path in DEMO_SITE_FOLDER.iterdir()
    }
    extraction, _ = await ingest_fresh_site(parser, {**files, "/": files["/index.html"]})
    assert extraction.warnings == []
    values = {name: finding.value for name, finding in extraction.fields.items()}
    assert values["appName"] == "Tidewise"
    assert values["tagline"] == "Tide tables that know your boat"
    assert values["audience"] == "Sailors, anglers and clubs"
    assert "leave and return with enough water under your keel" in values["icp"]
    assert "\nAddresses readers as “you” and says “we”.\nTypical sentence: “" in str(values["brandVoice"])
    assert "Open with a question to readers." in str(values["brandVoice"])
    assert {"tides", "swell forecast", "harbour planning"} <= {*values["keywords"]}
    assert "#0b4f6c" in [color.lower() for color in values["colors"]]
    assert values["primaryLanguage"] == "en"
    assert values.keys() >= {"appDescription", "logoUrl"}
    derived: tuple[BrandFieldName, ...] = ("audience", "icp", "brandVoice")
    rules = {name: extraction.fields[name].rule for name in derived}
    assert rules == {"audience": "text.audience", "icp": "text.icp", "brandVoice": "text.voice"}
    page = " ".join((DEMO_SITE_FOLDER / "index.html").read_text().split())
    for name in derived:
        evidence = extraction.fields[name].evidence
        assert evidence
        assert [quote for quote in evidence if quote not in page] == []
