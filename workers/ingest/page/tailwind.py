"""Colors of Tailwind in a page itself: its inline configuration, and classes with a color of their own.

Sources: tailwindcss.com/docs/installation/play-cdn (`tailwind.config`), tailwindcss.com/docs/adding-custom-styles
(`bg-[#1a2b3c]`).
"""

import re
from collections import Counter
from collections.abc import Iterator

from workers.ingest.colors import css_color
from workers.ingest.colors.oklab import is_neutral_color
from workers.ingest.page.colors import ScoredColor
from workers.ingest.page.document import HtmlDocument

#: Characters of a configuration; further ones are ignored.
MAX_TAILWIND_CONFIG_CHARS = 20_000
#: Texts without which a page has no such configuration, or no such class: most pages need no further search.
TAILWIND_CONFIG_SIGN = "tailwind.config"
CLASS_COLOR_SIGN = "-[#"
TAILWIND_CONFIG_PATTERN = re.compile(r"\btailwind\.config\s*=")
TAILWIND_COLORS_KEY_PATTERN = re.compile(r"(?<![\w-])[\"']?colors[\"']?\s*:\s*\{")
#: Comments, ends of objects, and keys with a text or an object.
JAVASCRIPT_OBJECT_TOKEN_PATTERN = re.compile(
    r"//[^\n]*+|/\*[^*]*+(?:\*(?!/)[^*]*+)*+(?:\*/)?|(?P<close>\})"
    r"|[\"']?(?P<key>[\w-]{1,40})[\"']?\s*:\s*(?:(?P<open>\{)|[\"'](?P<value>[^\"'\n;{}]{1,80})[\"'])"
)
#: Key of a color without a shade.
TAILWIND_DEFAULT_SHADE = "DEFAULT"
CLASS_COLOR_PATTERN = re.compile(r"(?:bg|text|border|from|via|to|fill|ring)-\[(#[0-9a-fA-F]{6})\]")
#: Uses of a color in classes; a color with fewer is a detail.
MIN_CLASS_COLOR_USES = 3
#: Confidence of the color with the most uses, and of the next one.
CLASS_COLOR_CONFIDENCES = (0.40, 0.36)


def write_tailwind_config_as_css(page: HtmlDocument, html: str) -> str:
    """Return a page's configured colors as custom properties of `:root`, such as `--brand-500`; "" without any.

    Values with a `var()` are left out: the style sheets name those colors. `html` is the page's source.
    """
    if TAILWIND_CONFIG_SIGN not in html:
        return ""
    properties = [
        f"--{name}:{value};"
        for script in page.tags["script"]
        if "src" not in script.attrs and (config := TAILWIND_CONFIG_PATTERN.search(text := script.get_text()))
        for name, value in read_tailwind_config_colors(text[config.end() :][:MAX_TAILWIND_CONFIG_CHARS])
        if "var(" not in value
    ]
    return f":root{{{''.join(properties)}}}" if properties else ""


def read_tailwind_config_colors(config: str) -> Iterator[tuple[str, str]]:
    """Yield name and text of each color in a configuration: `brand-500` of `colors: {brand: {500: '#bf3a2c'}}`."""
    colors = TAILWIND_COLORS_KEY_PATTERN.search(config)
    keys: list[str] = []
    for token in JAVASCRIPT_OBJECT_TOKEN_PATTERN.finditer(config, colors.end()) if colors else ():
        if token["open"]:
            keys.append(token["key"])
        elif token["value"]:
            yield "-".join(key for key in (*keys, token["key"]) if key != TAILWIND_DEFAULT_SHADE), token["value"]
        elif token["close"]:
            if not keys:
                return
            keys.pop()


def find_scored_class_colors(html: str) -> Iterator[ScoredColor]:
    """Yield the colors that a page's classes have most often, the first as the main color, the next as an accent."""
    matches = CLASS_COLOR_PATTERN.finditer(html) if CLASS_COLOR_SIGN in html else ()
    counts = Counter(match[1].lower() for match in matches)
    chromatic = [
        color
        for color, uses in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        if uses >= MIN_CLASS_COLOR_USES and css_color.parse_non_default_color(color) and not is_neutral_color(color)
    ]
    if chromatic:
        yield chromatic[0], "primary", CLASS_COLOR_CONFIDENCES[0], "class.color"
    if len(chromatic) > 1:
        yield chromatic[1], "accent", CLASS_COLOR_CONFIDENCES[1], "class.color"
