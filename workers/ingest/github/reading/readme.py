"""README reader: its bytes to blocks, from Markdown, reStructuredText, AsciiDoc or plain text."""

import re

from docutils.core import publish_parts
from docutils.parsers import rst
from docutils.readers import standalone
from docutils.writers import html5_polyglot
from markdown_it import MarkdownIt

from workers.ingest.github.reading.adoc import to_html
from workers.ingest.github.reading.blocks import ReadmeBlock, from_html
from workers.ingest.page.decode import decode

#: Characters that are read. A longer README is a manual.
MAX_CHARS = 40_000
#: Lines of reStructuredText that are read: docutils takes a fifth of a millisecond for each.
MAX_RST_LINES = 2_000
FRONT_MATTER = re.compile(r"\A---[ \t]*\n.*?\n---[ \t]*\n", re.DOTALL)
#: Depth of nested links and images: at 20, the default, 20,000 unclosed ones take a second.
MAX_NESTING = 10
MARKDOWN = MarkdownIt("commonmark", {"maxNesting": MAX_NESTING}).enable("table")
#: Settings of docutils: it opens no file, copies no raw HTML, and no fault stops it.
DOCUTILS_SETTINGS = {
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "report_level": 5,
    "halt_level": 5,
    "traceback": True,
    "_disable_config": True,
    "doctitle_xform": False,
    "sectnum_xform": False,
    "initial_header_level": 1,
    "syntax_highlight": "none",
    "math_output": "LaTeX",
}


def from_rst(text: str) -> str | None:
    """Convert to HTML; None for a text on which docutils fails."""
    try:
        parts = publish_parts(
            "\n".join(text.split("\n", MAX_RST_LINES)[:MAX_RST_LINES]),
            reader=standalone.Reader(),
            parser=rst.Parser(),
            writer=html5_polyglot.Writer(),
            settings_overrides=DOCUTILS_SETTINGS,
        )
        return str(parts["body"])
    except Exception:  # noqa: BLE001  its directives raise anything
        return None


def blocks(path: str, body: bytes) -> list[ReadmeBlock]:
    return from_html(readme_html(path, body))


def readme_html(path: str, body: bytes) -> str:
    text = decode(body, "")[:MAX_CHARS].replace("\r\n", "\n")
    form = path.rpartition(".")[2].lower()
    if form == "rst" and (rst_html := from_rst(text)) is not None:
        return rst_html
    if form in {"adoc", "asciidoc"}:
        return to_html(text)
    return str(MARKDOWN.render(FRONT_MATTER.sub("", text)))
