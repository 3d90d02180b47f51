"""Pages in the encodings of the web, with each way of declaring an encoding."""

from collections.abc import Callable
from typing import NamedTuple


class Sample(NamedTuple):
    """Text, the label of its encoding, and Python's codec for it."""

    label: str
    codec: str
    text: str


SAMPLES = [
    Sample("windows-1252", "cp1252", "Größe „zählt“ – für 5 € überall, auch naïve Fassaden."),
    Sample("iso-8859-2", "iso8859-2", "Łódź płynie o świcie, OGÓŁEM jest źle, a żółć gęstnieje."),
    Sample("windows-1250", "cp1250", "Příliš žlutý kůň – „skáče“ přes řeku, ČŽ."),
    Sample("windows-1251", "cp1251", "Ещё «тише» — и море уснёт, дом №5."),
    Sample("koi8-r", "koi8-r", "Море сегодня спокойно, как и вчера вечером."),
    Sample("koi8-u", "koi8-u", "Її ґанок стоїть біля моря, де є човни."),
    Sample("iso-8859-7", "iso8859-7", "Η θάλασσα είναι ήρεμη σήμερα, όπως και ΧΘΕΣ."),
    Sample("windows-1254", "cp1254", "Şimdi İstanbul’da çiçekler açıyor, ağaçlar yeşil."),
    Sample("windows-1255", "cp1255", "הים רגוע היום, כמו גם אתמול בערב."),
    Sample("windows-1256", "cp1256", "البحر هادئ اليوم، كما كان أمس؟"),
    Sample("windows-874", "cp874", "ทะเลสงบวันนี้ เหมือนเมื่อวาน เทค โนโลยี"),
    Sample("shift_jis", "cp932", "海は今日も穏やかです。①～ｶﾅ㈱髙"),
    Sample("euc-jp", "euc_jp", "海は今日も穏やかです。港の船もやすむ。"),
    Sample("iso-2022-jp", "iso2022_jp", "海は今日も穏やかです。港の船もやすむ。"),
    Sample("gbk", "gb18030", "大海今天很平静，联通港口的船也在休息。"),
    Sample("gb18030", "gb18030", "大海今天很平静，𠮷野家也在休息，收€5。"),
    Sample("big5", "big5hkscs", "大海今天很平靜，港口的船也在休息。"),
    Sample("euc-kr", "cp949", "바다는 오늘도 잔잔합니다. 똠방각하는 쉽니다."),
    Sample("utf-8", "utf-8", "Über uns — Łódź, Ελλάδα, Київ, 日本, ไทย, 🐚"),
]


class Form(NamedTuple):
    """Declaration of a label: the Content-Type, and the head of the page."""

    content_type: Callable[[str], str]
    head: Callable[[str], str]


def bare(_: str) -> str:
    return "text/html"


def in_meta(label: str) -> str:
    return f'<meta charset="{label}">'


FORMS = {
    "header": Form(lambda label: f"text/html; charset={label}", lambda _: ""),
    "quoted header": Form(lambda label: f'text/html;charset="{label.upper()}"', lambda _: ""),
    "header before meta": Form(lambda label: f"text/html; charset={label}", lambda _: in_meta("macintosh")),
    "unknown header": Form(lambda _: "text/html; charset=none", in_meta),
    "meta": Form(bare, in_meta),
    "bare meta": Form(bare, lambda label: f"<META CHARSET={label.upper()} />"),
    "http-equiv": Form(bare, lambda label: f"<meta http-equiv='content-type' content='text/html; charset={label}'>"),
    "http-equiv, the other way": Form(
        bare, lambda label: f'<meta content="text/html;charset={label}" http-equiv=Content-Type>'
    ),
    "after a comment": Form(bare, lambda label: f"<!-- {in_meta('macintosh')} -->{in_meta(label)}"),
    "after an attribute": Form(bare, lambda label: f"<link title='{in_meta('macintosh')}'>{in_meta(label)}"),
    "after what is no charset": Form(
        bare, lambda label: f'<meta name="description" content="charset=macintosh">{in_meta(label)}'
    ),
    "after an unknown one": Form(bare, lambda label: in_meta("none") + in_meta(label)),
    "late": Form(bare, lambda label: f"<style>{'p{} ' * 1_200}</style>{in_meta(label)}"),
    "very late": Form(bare, lambda label: f"<script>{'go(); ' * 10_000}</script>{in_meta(label)}"),
}


def page(sample: Sample, head: str) -> bytes:
    return f"<html><head>{head}<title>Page</title></head><body><p>{sample.text}</p></body></html>".encode(sample.codec)
