"""Text as a value: cleaned, cut into sentences, compared. Sentences are slices of what they are cut from."""

import re
import unicodedata
from collections.abc import Iterator

TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>")
#: Control characters, zero-width ones and turns of direction; the joiners that emoji and Persian need stay.
INVISIBLE = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
#: Marks that stand before an item of a list, or between two.
BULLET = r"[•▪▸►▶✓✔☑✅★☆◆●○·∙➤➜→✦❖⭐]"
ITEM = re.compile(rf"^\s*(?:(?:{BULLET}\ufe0f?|[-–—*+]|\d{{1,2}}[.)])\s*)+")
#: Words with a dot of their own.
DOTTED = "bzw usw inkl ggf evtl etc approx incl Dr Mr Mrs St vs Inc Ltd Nr No vgl zzgl Sr Sra env ex"
SHORT = "".join(rf"(?<!\b{word}\.)" for word in DOTTED.split())
#: Between sentences: a line's end, an item's mark, a mark and a blank. An initial or a day ends none.
END = re.compile(
    rf"[\r\n]+|\s+(?={BULLET})|(?<=[!?…])\s+|{SHORT}(?:(?<=\w[^\W\d_]\.)|(?<=\d\d\.)|(?<=[+.]\.)|(?<=[)\]»”]\.))\s+(?![a-zß-ÿ-])"
    r"|(?<=[。！？।؟])"
)
#: Characters of scripts that set no blanks between words.
WIDE = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
WORD = re.compile(rf"[{WIDE}]{{1,2}}|[^\W\d_{WIDE}][\w'’]*")
DIGITS = re.compile(r"\d+(?:[.,:]\d+)*")


def clean(text: str) -> str:
    """One line without tags and invisible characters, composed."""
    return " ".join(unicodedata.normalize("NFC", INVISIBLE.sub("", TAG.sub(" ", text))).split())


def sentences(text: str) -> Iterator[str]:
    """Slices of the text, each a sentence, a line, or an item of a list without its mark."""
    start = 0
    for end in [*END.finditer(text), None]:
        piece = text[start : end.start() if end else None]
        if found := ITEM.sub("", piece, count=1).strip():
            yield found
        start = end.end() if end else start


def words(text: str) -> list[str]:
    """Words in lower case; where a script sets no blanks, pairs of its characters."""
    return [word.replace("’", "'") for word in WORD.findall(text.lower())]


def initial(text: str) -> str:
    """The text with a capital first, unless its first word has its own, as `iPhone` has."""
    first = text.split(maxsplit=1)[0] if text else ""
    return text if first[1:] != first[1:].lower() else text[:1].upper() + text[1:]
