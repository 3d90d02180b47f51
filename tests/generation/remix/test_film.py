"""Films of remixes: exactly the planned frames from any clip, and a bed that ducks under speech."""

from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from generation.copy.captions import ClipSpan
from generation.remix import film
from generation.remix.clip import probe
from generation.remix.cut import Cut
from generation.remix.framing import framing
from generation.remix.remix import within
from generation.remix.sound import ALONE_DB, BETWEEN_WORDS_DB, UNDER_SPEECH_DB, music_gains
from generation.sound.synthesis import RATE
from generation.video.end import end
from schemas.errors import ClipRefused
from tests.generation.remix.clips import H264, flipped, make_clip
from tests.generation.remix.test_sticker import kit
from tests.generation.slides.test_deck import copy

TALL = "testsrc2=s=240x320:r=30:d=4"


def count(path: Path, part: Cut, most: int) -> int:
    """Count the distinct frames of a clip's part."""
    clip = probe(path)
    return len(
        {picture.tobytes() for picture in islice(film.clip_frames(clip, part, framing(clip, part)), most)}
    )


@pytest.mark.long
def test_the_card_covers_the_clips_last_frames(tmp_path: Path) -> None:
    clip = probe(make_clip(tmp_path / "clip.mp4", picture=TALL))
    part = Cut(0, film.TRANSITION_FRAMES + 3)
    pictures = film.frames(clip, part, framing(clip, part), [], end(kit(), copy(), 1.0))
    assert len({picture.tobytes() for picture in pictures}) == 33


def test_a_clip_that_ends_a_little_sooner_stands_still(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.mp4", picture=TALL)
    assert count(path, Cut(108, 13), 13) == 12
    with pytest.raises(ClipRefused) as refused:
        count(path, Cut(108, 40), 40)
    assert refused.value.code == "CLIP_TRUNCATED"


def test_little_damage_is_shown_and_much_is_refused(tmp_path: Path) -> None:
    whole = make_clip(tmp_path / "clip.mp4", f"{H264} -g 30 -movflags +faststart", picture=TALL, sound=None)
    data, damaged = whole.read_bytes(), tmp_path / "damaged.mp4"
    damaged.write_bytes(flipped(data, 1, after=len(data) // 2))
    assert count(damaged, Cut(50, 12), 12) > 8
    damaged.write_bytes(flipped(data, 400, after=4_000))
    with pytest.raises(ClipRefused) as refused:
        count(damaged, Cut(0, 110), 110)
    assert refused.value.code == "CLIP_DAMAGED"


def test_the_bed_gives_way_to_speech_and_is_alone_at_the_end() -> None:
    talk = [ClipSpan(start=0, end=1_500), ClipSpan(start=2_500, end=4_000)]
    gains = music_gains(talk, 4.0, round(6.5 * RATE))
    assert [gains[round(at * RATE)] for at in (0, 1.4, 2, 3, 4.4, 6)] == pytest.approx(
        [UNDER_SPEECH_DB, UNDER_SPEECH_DB, BETWEEN_WORDS_DB, UNDER_SPEECH_DB, ALONE_DB, ALONE_DB]
    )
    assert np.abs(np.diff(gains)).max() * RATE < 120


def test_speech_is_counted_from_the_parts_beginning() -> None:
    talk = [ClipSpan(start=0, end=900), ClipSpan(start=1_500, end=5_000)]
    assert within(talk, Cut(30, 60)) == [ClipSpan(start=500, end=2_000)]
