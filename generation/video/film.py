"""Film: the scenes of a video in one look, in the order of its slides."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from PIL import Image

from generation.copy import tones
from generation.frame import PICTURE_SIZE_AND_SAFE_ZONE_BY_ASPECT
from generation.looks.deck import PHOTO_ROLES, NoLookFits, PieceInLooks, compose_slides, draw_slides
from generation.looks.filling import SlideContent
from generation.looks.slide import LookArtist, PreparedSlide
from generation.looks.template import LookHeader
from generation.outputs import PLAIN_LOOK_NAME
from generation.seeds import seeded_random_number
from generation.slides.kit import SlideKit
from generation.slides.plain import draw_plain_slide, measure_plain_photo
from generation.text.scripts import is_right_to_left_language
from generation.timing import VideoTiming, plan_video_timing, reading_seconds, shortest_video_timing
from generation.video import cuts
from generation.video.end_card import build_end_card_scene
from generation.video.layers import SceneLayers, draw_scene_layers, make_test_pictures
from generation.video.scene import CALM_MOVEMENT, LIVELY_MOVEMENT, STEADY_MOVEMENT, FilmScene, Movement

#: Voices of looks whose films move lively.
LIVELY_VOICES = frozenset({"playful", "enthusiastic", "loud"})
#: Kinds of slides that a film leaves out if its time is short, or if a voice speaks.
EXTRA_KINDS = frozenset({"list", "quote"})
#: Direction of the first photo, which comes nearer: the costliest movement.
PUSH = (0, 0)
#: Directions of the other photos, in turn.
_PHOTO_WAYS = ((1, 0), (0, -1), (-1, 0), (0, 1))


class Film(NamedTuple):
    """Scenes of a film with their timing, and the name of its look."""

    scenes: Sequence[FilmScene]
    timing: VideoTiming
    look: str
    right_to_left: bool = False

    @property
    def frame_count(self) -> int:
        return sum(scene.frame_count for scene in self.scenes)

    def yield_frames(self) -> Iterator[Image.Image]:
        """Yield each frame, in order. During a transition, the old scene keeps moving below the new one."""
        first = self.scenes[0]
        for number in range(first.frame_count):
            yield first.draw_frame(number)
        for at, (old, new) in enumerate(pairwise(self.scenes), 1):
            transition = self._choose_transition(at)
            for number in range(new.frame_count):
                picture = new.draw_frame(number)
                if number < transition.frames:
                    share = (number + 1) / (transition.frames + 1)
                    left = old.draw_frame(old.frame_count + number, transition.compute_old_words_opacity(share))
                    picture = transition.draw(left, picture, share)
                yield picture

    def _choose_transition(self, at: int) -> cuts.Transition:
        """Return the transition to a scene: dissolves of calm films; cuts, and every second time a slide, of others."""
        if not self.scenes[at].movement.cuts:
            return cuts.DISSOLVE
        if at == len(self.scenes) - 1:
            return cuts.CIRCLE
        return cuts.CUT if at % 2 == 0 else cuts.SLIDE_LEFT if self.right_to_left else cuts.SLIDE_RIGHT


class FilmSpeech(NamedTuple):
    """Lengths of a film's spoken texts, and of each scene with its pauses, in seconds; empty without speech."""

    spoken_s: Sequence[float] = ()
    scenes_s: Sequence[float] = ()


def compose_film_slides(piece: PieceInLooks, *, is_spoken: bool) -> list[SlideContent]:
    """Return a film's slides: those of a deck, without list and quote if its time is short or a voice speaks."""
    slides = compose_slides(piece.spec, piece.copy)
    for kind in ("quote", "list"):
        is_short = shortest_video_timing(*_read_texts(slides)).total_s > piece.spec.seconds
        if is_spoken or is_short:
            slides = [one for one in slides if one.kind != kind]
    # A film has no pages to swipe.
    return [one._replace(texts={slot: text for slot, text in one.texts.items() if slot != "page"}) for one in slides]


def _read_texts(slides: Sequence[SlideContent]) -> tuple[str, list[str]]:
    """Return the texts to read in the first scene, and in each scene between it and the last one."""
    texts = [" ".join([one.texts.get("headline", ""), *one.items]) for one in slides]
    return texts[0], texts[1:-1]


def build_film(piece: PieceInLooks, kit: SlideKit, speech: FilmSpeech, end_card: Image.Image | None = None) -> Film:
    """Return a film in the first look that can show all its texts, else in the plain look.

    A partner's end card replaces the last scene. Raises like `draw_slides` and `plan_video_timing`.
    """
    slides = compose_film_slides(piece, is_spoken=bool(speech.scenes_s))
    look, contents, layers = draw_film_layers(piece, kit, slides)
    movement = choose_movement(look, tones.voice_to_tone(piece.spec.brand.voice))
    least_s = [*speech.scenes_s] or [0.0] * len(contents)
    least_s[-1] = max(least_s[-1], reading_seconds(contents[-1].texts.get("headline", "")))
    timing = plan_video_timing(*_read_texts(contents), piece.spec.seconds, least_s, movement.mood.beat_s)
    spoken = [*speech.spoken_s, *[0.0] * len(contents)]
    scenes = [
        _build_scene(one, movement, seconds, spoken[number], _photo_way(piece.spec.seed, number))._replace(
            shows_words_at_once=number == 0
        )
        for number, (one, seconds) in enumerate(zip(layers, timing.scene_durations_s, strict=True))
    ]
    if end_card:
        scenes[-1] = build_end_scene(piece, kit, timing.end, end_card)
    name = PLAIN_LOOK_NAME if look is None else look.name
    return Film(scenes, timing, name, is_right_to_left_language(piece.copy.language))


def draw_film_layers(
    piece: PieceInLooks, kit: SlideKit, slides: Sequence[SlideContent]
) -> tuple[LookHeader | None, list[SlideContent], list[SceneLayers]]:
    """Return the look of slides, those that it shows, and their layers; no look for plain slides."""
    tests = make_test_pictures()
    files = {f"picture-{number}": picture.file for number, picture in enumerate(piece.material.pictures)}

    def draw(artist: LookArtist, slide: PreparedSlide) -> SceneLayers:
        return draw_scene_layers(artist, slide, files)

    try:
        drawn = draw_slides(piece, slides, draw, tests)
    except NoLookFits:
        return None, [*slides], [*_draw_plain_layers(piece, kit, slides)]
    return drawn.look, drawn.contents, drawn.slides


def build_end_scene(piece: PieceInLooks, kit: SlideKit, seconds: float, end_card: Image.Image | None) -> FilmScene:
    """Return a film's last scene alone: the partner's end card, or the end of the piece's slides."""
    if end_card:
        size = PICTURE_SIZE_AND_SAFE_ZONE_BY_ASPECT[piece.aspect].size
        return build_end_card_scene(end_card, size, kit.theme.vivid.tints[0], seconds)
    look, _, layers = draw_film_layers(piece, kit, compose_film_slides(piece, is_spoken=False)[-1:])
    movement = choose_movement(look, tones.voice_to_tone(piece.spec.brand.voice))
    return _build_scene(layers[0], movement, seconds, 0.0, PUSH)


def _draw_plain_layers(piece: PieceInLooks, kit: SlideKit, slides: Sequence[SlideContent]) -> Iterator[SceneLayers]:
    photos = [picture for picture in piece.material.pictures if picture.traits.role in PHOTO_ROLES]
    for number, content in enumerate(slides):
        photo = photos[number].decode_crop(measure_plain_photo(kit)) if number < len(photos) else None
        canvas = draw_plain_slide(kit, content, photo, number)
        yield SceneLayers(canvas.image, None, (), canvas.marks)


def choose_movement(look: LookHeader | None, tone: str) -> Movement:
    """Return a film's movement: calm unless its look suits a lively voice, and liveliest if the brand has one."""
    if look is None or not look.voices & LIVELY_VOICES:
        return CALM_MOVEMENT
    return LIVELY_MOVEMENT if tone in LIVELY_VOICES else STEADY_MOVEMENT


def _photo_way(seed: str, number: int) -> tuple[int, int]:
    first = int(seeded_random_number(seed, "photo ways") * len(_PHOTO_WAYS))
    return _PHOTO_WAYS[(first + number) % len(_PHOTO_WAYS)] if number else PUSH


def _build_scene(
    layers: SceneLayers, movement: Movement, seconds: float, spoken_s: float, way: tuple[int, int]
) -> FilmScene:
    photo = layers.photo.with_way(way) if layers.photo else None
    return FilmScene(seconds, layers.ground, movement, photo, layers.words, layers.marks, spoken_s=spoken_s)
