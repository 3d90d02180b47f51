"""Time of a transcript's captions: the clip's speech, or all of the clip."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from generation.copy.captions import ClipTimeSpan, build_transcript_captions
from generation.remix.clip import MAX_ANALYZED_CLIP_S, ProbedClip


def silent_clip(seconds: float) -> ProbedClip:
    scanned = min(seconds, float(MAX_ANALYZED_CLIP_S))
    return ProbedClip(Path("clip.mp4"), 1080, 1920, 1080, scanned, seconds, has_sound=True, speech=[])


@given(st.floats(3, 3_600))
def test_a_transcript_is_shown_where_no_speech_is_found(seconds: float) -> None:
    captions = build_transcript_captions("We sail at dawn.", silent_clip(seconds).estimate_speech_spans(), "en")
    assert " ".join(one.text for one in captions) == "We sail at dawn."
    assert (captions[0].start, captions[-1].end) == (0, round(seconds * 1_000))


def test_the_unanalyzed_rest_has_as_much_speech_as_the_beginning() -> None:
    clip = silent_clip(2.0 * MAX_ANALYZED_CLIP_S)
    half = ClipTimeSpan(start=0, end=500 * MAX_ANALYZED_CLIP_S)
    later = clip._replace(speech=[half]).estimate_speech_spans()[-1]
    assert later.end - later.start == half.end
