"""AsciiDoc to HTML, as far as a README's prose needs it: Python has no parser of it."""

import re
from collections.abc import Iterator
from html import escape

#: Characters of a line that are read; people write shorter lines.
MAX_LINE_CHARS = 2000
HEADING = re.compile(r"(={1,6}|#{1,6})\s+(\S.*)")
ITEM = re.compile(r"\s*(?:[*.-]{1,5}|\d+\.)\s+(\S.*)")
#: A listing, a literal, a table, a comment or a passthrough, until the same line again.
FENCE_LINE = re.compile(r"(-{4,}|\.{4,}|\|===|/{4,}|\+{4,}|```.*)\s*")
#: Attributes, block attributes, macros, comments, an author's line: they have no prose.
NO_PROSE_LINE = re.compile(
    r":!?[\w-]+!?:.*|\[[^\]]*\]|\w+::\S*\[.*\]|//.*|\.[^\s.].*|ifdef.*|endif.*|'{3,}|\+"
)
ADMONITION = re.compile(r"(?:NOTE|TIP|IMPORTANT|WARNING|CAUTION): ")
LINK = re.compile(r"(?:link:|https?://)[^\s\[]+\[([^\]]*)\]")
INLINE = re.compile(r"\w+:[^\s\[]*\[[^\]]*\]|\{[\w-]+\}|<<[^>]*>>")
MARKS = re.compile(r"(?<!\w)([*_`#]{1,2})(?=\S)(.+?)(?<=\S)\1(?!\w)")


def to_html(text: str) -> str:
    return "\n".join(html_parts(text.split("\n")))


def html_parts(lines: list[str]) -> Iterator[str]:
    paragraph: list[str] = []
    for line in [*prose_lines(lines), ""]:
        heading, item = HEADING.fullmatch(line), ITEM.fullmatch(line)
        if line.strip() and not heading and not item:
            paragraph.append(inline(line))
            continue
        if paragraph:
            yield f"<p>{' '.join(paragraph)}</p>"
            paragraph = []
        if heading:
            yield f"<h{len(heading[1])}>{inline(heading[2])}</h{len(heading[1])}>"
        elif item:
            yield f"<li>{inline(item[1])}</li>"


def prose_lines(lines: list[str]) -> Iterator[str]:
    """Yield the lines, with an empty one for each line that is no prose."""
    fence = ""
    for line in lines:
        bare = line.strip()
        if fence:
            fence = "" if bare == fence else fence
            yield ""
        elif match := FENCE_LINE.fullmatch(bare):
            fence = "```" if match[1].startswith("```") else match[1]
            yield ""
        else:
            yield "" if NO_PROSE_LINE.fullmatch(bare) or ADMONITION.match(bare) else line


def inline(text: str) -> str:
    """Convert a line to HTML. Its length is limited, since each mark searches for its partner to the end."""
    linked = LINK.sub("\x01\\1\x02", text[:MAX_LINE_CHARS])
    bare = MARKS.sub(r"\2", INLINE.sub("", linked))
    return escape(bare).replace("\x01", "<a>").replace("\x02", "</a>")
