"""Claims about a brand that need a human review, by the proofreader's own list."""

import re

_KINDS = {
    "superlative": r"best|greatest|fastest|easiest|simplest|smartest|safest|cheapest|ultimate|perfect|leading"
    r"|world[- ]class|unrivall?ed|most (?:\w+ )?(?:popular|powerful|advanced|trusted)|number one|only app"
    r"|beste[nrs]?|schnellste\w?|einfachste\w?|größte\w?|führende\w?|einzigartig\w*|perfekt\w*"
    r"|meilleure?s?|leader|la plus \w+|le plus \w+|parfaite?s?|ultime"
    r"|mejor(?:es)?|líder|perfect[oa]s?|la más \w+|el más \w+",
    "award": r"award\w*|prize\w*|winner|editor.s choice|auszeichnung\w*|preisgekrönt\w*|ausgezeichnet\w*"
    r"|récompens\w*|premiad[oa]s?|galardon\w*|trusted by|loved by|rated|acclaimed|proven",
    "price": r"free|gratis|kostenlos\w*|gratuit\w*|discount|sale|rabatt\w*|prix|precio|trial|subscription"
    r"|abo(?:nnement)?|suscripción|cheap\w*",
    "money": r"earn|profits?|income|get rich|geld verdienen|gagne[rz]|ganar dinero|invest\w*|cashback",
    "health": r"cures?|heals?|heilt|guérit|treats?|therap\w*|diagnos\w*|lose weight|abnehmen|maigrir"
    r"|adelgazar",
    "current": r"currently|coming soon|new version|latest|derzeit|aktuell\w*|neueste\w?|actuellement"
    r"|actualmente",
    "sign": r"[$€£¥%‰★⭐®™©]|#\s?1\b|\d{3,}|\d[.,]\d{3}|https?:|www\.|@\w",
}
#: Phrases in which a claim word claims nothing.
_HARMLESS = re.compile(
    r"\b(?:(?:ad|hands|distraction|sugar|gluten)[- ]free|free (?:of|from|up|time|text|software)|feel free)\b",
    re.IGNORECASE,
)
_PATTERNS = {
    kind: re.compile(source if kind == "sign" else rf"(?<!\w)(?:{source})(?!\w)", re.IGNORECASE)
    for kind, source in _KINDS.items()
}


def claimed(text: str, name: str) -> list[str]:
    """Return the kinds of claims in a text with their words; the brand's name may contain any word."""
    plain = re.sub(re.escape(name), " ", text, flags=re.IGNORECASE) if name else text
    plain = _HARMLESS.sub(" ", plain)
    matches = ((kind, pattern.search(plain)) for kind, pattern in _PATTERNS.items())
    return [f"{kind}: {one.group()}" for kind, one in matches if one]
