"""Minifies the web module at run time, without a build tool."""

import re
from collections import Counter
from collections.abc import Iterator
from string import ascii_letters

_MINIFIER_COMMENT_LINE_PATTERN = re.compile(r"^\s*//.*\n", re.MULTILINE)
#: A string, which stays unchanged, or a sign with the white space around it.
_MINIFIER_STRING_OR_PUNCTUATION_PATTERN = re.compile(r"""('[^'\n]*'|\"[^\"\n]*\")|\s*([^\w\s$])\s*""")
_MINIFIER_NEEDLESS_SEPARATOR_PATTERN = re.compile(r"[;,]+(?=[}\]])")
_MINIFIABLE_ARROW_PARENTHESES_PATTERN = re.compile(r"(?<!\w)\((\w+)\)(?==>)")
_MINIFIABLE_JS_NAME_PATTERN = re.compile(r"\b_\w+")


def minify_web_sdk(source: str) -> str:
    """Minify a JavaScript program: remove comments and spaces, and shorten names that begin with `_`.

    The source must follow rules. A comment has its own line. Each statement ends with a semicolon. Strings use
    single quotes. No string or pattern contains a word that begins with `_`, or a significant space next to a
    sign.
    """
    bare = _MINIFIER_STRING_OR_PUNCTUATION_PATTERN.sub(
        lambda found: found[1] or found[2], _MINIFIER_COMMENT_LINE_PATTERN.sub("", source)
    ).strip()
    bare = _MINIFIABLE_ARROW_PARENTHESES_PATTERN.sub(r"\1", _MINIFIER_NEEDLESS_SEPARATOR_PATTERN.sub("", bare))
    by_frequency = [name for name, _ in Counter(_MINIFIABLE_JS_NAME_PATTERN.findall(bare)).most_common()]
    names = dict(zip(by_frequency, _generate_short_javascript_names(), strict=False))
    return _MINIFIABLE_JS_NAME_PATTERN.sub(lambda found: names[found[0]], bare)


def _generate_short_javascript_names() -> Iterator[str]:
    """Yield short JavaScript names: one letter, then `$` and a letter; none is a keyword."""
    yield from ascii_letters
    yield from (f"${letter}" for letter in ascii_letters)
