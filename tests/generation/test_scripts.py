"""Scripts of the world: each is drawn whole and in its place, on the image of a brand in that script."""

from pathlib import Path

import pytest

from generation.copy.write import write_piece_copy
from generation.proofreading.pictures import find_picture_faults
from generation.render import PieceInputFiles, prepare_piece
from generation.spec import BrandSnapshot, PieceSpec
from tests.forms import first

HOOKS = {
    "ar": "اعرف المَدّ والجَزْر قبل أن تذهب إلى البحر",
    "zh-Hans": "出海之前，先知道潮汐的高低和时间",
    "th": "รู้เวลาน้ำขึ้นน้ำลงก่อนออกทะเลทุกครั้ง",
    "hi": "समुद्र पर जाने से पहले ज्वार और भाटा जानें",
    "en": "Know the tide 🌊 before you go 🏄🏽‍♀️ with ☀️ or ⛈️",
    "he": "דעו את הגאות והשפל לפני שיוצאים לים",
    "fa": "پیش از رفتن به دریا جزر و مد را بدانید",
    "ur": "سمندر جانے سے پہلے مد و جزر جانیں",
    "zh-Hant": "出海之前，先知道潮汐的高低與時間",
    "ja": "海へ出かける前に、潮の満ち引きがすぐわかる",
    "ko": "바다로 나가기 전에 밀물과 썰물을 확인하세요",
    "bn": "সমুদ্রে যাওয়ার আগে জোয়ার ভাটা জেনে নিন",
    "ta": "கடலுக்குச் செல்லும் முன் அலைகளை அறியுங்கள்",
    "ka": "გაიგეთ მოქცევა ზღვაზე გასვლამდე",
    "de": "Gezeitenvorhersagedatenbankverwaltungsprogramm für Hochseeschifffahrtskapitäne",
    "vi": "Biết thủy triều trước khi ra khơi đừng để lỡ",
}


@pytest.mark.parametrize("language", first(5, HOOKS))
def test_a_script_is_drawn_whole(tmp_path: Path, language: str) -> None:
    brand = BrandSnapshot(name="Tideline", colors=["#0b6e99"], language=language)
    spec = PieceSpec(format="image", brand=brand, seed="1", hook=HOOKS[language])
    copy = write_piece_copy(spec)
    made = [
        step.made
        for step in prepare_piece(spec, copy, PieceInputFiles()).render_files_and_yield_progress(tmp_path)
        if step.made
    ]
    assert find_picture_faults(made, tmp_path, spec, copy) == []
