"""README reader: its bytes to blocks, from Markdown, reStructuredText, AsciiDoc or plain text.

AsciiDoc is converted as far as a README's prose needs it: Python has no parser of it.
"""

import re
from collections.abc import Iterator
from html import escape

from docutils.core import publish_parts
from docutils.parsers import rst
from docutils.readers import standalone
from docutils.writers import html5_polyglot
from markdown_it import MarkdownIt

from workers.ingest.github.reading.blocks import ReadmeBlock, parse_readme_blocks
from workers.ingest.page.decode import decode_bytes_like_browser

#: Characters that are read. A longer README is a manual.
MAX_README_CHARS = 40_000
#: Lines of reStructuredText that are read: docutils takes a fifth of a millisecond for each.
MAX_RST_LINES = 2_000
FRONT_MATTER_PATTERN = re.compile(r"\A---[ \t]*\n.*?\n---[ \t]*\n", re.DOTALL)
#: Depth of nested links and images: at 20, the default, 20,000 unclosed ones take a second.
MAX_MARKDOWN_NESTING = 10
MARKDOWN_PARSER = MarkdownIt("commonmark", {"maxNesting": MAX_MARKDOWN_NESTING}).enable("table")
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
#: Characters of a line that are read; people write shorter lines.
MAX_ASCIIDOC_LINE_CHARS = 2000
ASCIIDOC_HEADING_PATTERN = re.compile(r"(={1,6}|#{1,6})\s+(\S.*)")
ASCIIDOC_LIST_ITEM_PATTERN = re.compile(r"\s*(?:[*.-]{1,5}|\d+\.)\s+(\S.*)")
#: A listing, a literal, a table, a comment or a passthrough, until the same line again.
ASCIIDOC_FENCE_LINE_PATTERN = re.compile(r"(-{4,}|\.{4,}|\|===|/{4,}|\+{4,}|```.*)\s*")
#: Attributes, block attributes, macros, comments, an author's line: they have no prose.
ASCIIDOC_MARKUP_LINE_PATTERN = re.compile(
    r":!?[\w-]+!?:.*|\[[^\]]*\]|\w+::\S*\[.*\]|//.*|\.[^\s.].*|ifdef.*|endif.*|'{3,}|\+"
)
ASCIIDOC_ADMONITION_PATTERN = re.compile(r"(?:NOTE|TIP|IMPORTANT|WARNING|CAUTION): ")
ASCIIDOC_LINK_PATTERN = re.compile(r"(?:link:|https?://)[^\s\[]+\[([^\]]*)\]")
ASCIIDOC_INLINE_MACRO_PATTERN = re.compile(r"\w+:[^\s\[]*\[[^\]]*\]|\{[\w-]+\}|<<[^>]*>>")
ASCIIDOC_EMPHASIS_PATTERN = re.compile(r"(?<!\w)([*_`#]{1,2})(?=\S)(.+?)(?<=\S)\1(?!\w)")


def rst_to_html(text: str) -> str | None:
    """Convert reStructuredText to HTML, up to `MAX_RST_LINES` lines; return None if docutils fails."""
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


def read_readme_blocks(path: str, body: bytes) -> list[ReadmeBlock]:
    return parse_readme_blocks(readme_to_html(path, body))


def readme_to_html(path: str, body: bytes) -> str:
    text = decode_bytes_like_browser(body, "")[:MAX_README_CHARS].replace("\r\n", "\n")
    form = path.rpartition(".")[2].lower()
    if form == "rst" and (rst_html := rst_to_html(text)) is not None:
        return rst_html
    if form in {"adoc", "asciidoc"}:
        return "\n".join(asciidoc_to_html(text.split("\n")))
    return str(MARKDOWN_PARSER.render(FRONT_MATTER_PATTERN.sub("", text)))


def asciidoc_to_html(lines: list[str]) -> Iterator[str]:
    paragraph: list[str] = []
    for line in [*blank_asciidoc_markup_lines(lines), ""]:
        heading, item = ASCIIDOC_HEADING_PATTERN.fullmatch(line), ASCIIDOC_LIST_ITEM_PATTERN.fullmatch(line)
        if line.strip() and not heading and not item:
            paragraph.append(asciidoc_line_to_html(line))
            continue
        if paragraph:
            yield f"<p>{' '.join(paragraph)}</p>"
            paragraph = []
        if heading:
            yield f"<h{len(heading[1])}>{asciidoc_line_to_html(heading[2])}</h{len(heading[1])}>"
        elif item:
            yield f"<li>{asciidoc_line_to_html(item[1])}</li>"


def blank_asciidoc_markup_lines(lines: list[str]) -> Iterator[str]:
    """Yield an AsciiDoc text's lines, with an empty one for each line of markup, a listing or an admonition."""
    fence = ""
    for line in lines:
        bare = line.strip()
        if fence:
            fence = "" if bare == fence else fence
            yield ""
        elif match := ASCIIDOC_FENCE_LINE_PATTERN.fullmatch(bare):
            fence = "```" if match[1].startswith("```") else match[1]
            yield ""
        else:
            yield (
                "" if ASCIIDOC_MARKUP_LINE_PATTERN.fullmatch(bare) or ASCIIDOC_ADMONITION_PATTERN.match(bare) else line
            )


def asciidoc_line_to_html(text: str) -> str:
    """Return a line of AsciiDoc as escaped HTML: links as `<a>` without addresses, other inline markup removed.

    Only its first `MAX_ASCIIDOC_LINE_CHARS` characters are read, since each mark searches for its partner to the end.
    """
    linked = ASCIIDOC_LINK_PATTERN.sub("\x01\\1\x02", text[:MAX_ASCIIDOC_LINE_CHARS])
    bare = ASCIIDOC_EMPHASIS_PATTERN.sub(r"\2", ASCIIDOC_INLINE_MACRO_PATTERN.sub("", linked))
    return escape(bare).replace("\x01", "<a>").replace("\x02", "</a>")
