"""Scene of a film: a ground, a photo that moves, and words that come one after the other."""

from collections.abc import Sequence
from typing import NamedTuple

from PIL import Image

from generation.outputs import MeasuredDrawnTextLine
from generation.sound.bed import CALM_MOOD, LIVELY_MOOD, STEADY_MOOD, MusicMood
from generation.video.photo import MovingPhoto
from generation.video.words import WordSprite

VIDEO_FRAMES_PER_S = 30
#: Share of a scene after which all its words have come.
_SCENE_SHARE_UNTIL_ALL_WORDS = 0.45


class Movement(NamedTuple):
    """Character of a film's movements, and the mood of its music.

    Words rise by `rise_px` pixels in `word_frames` frames, one at most `step_frames` after the other. With `cuts`
    scenes follow each other by cuts and quick slides, else by dissolves.
    """

    rise_px: int
    word_frames: int
    step_frames: int
    cuts: bool
    mood: MusicMood


#: Movements of calm looks.
CALM_MOVEMENT = Movement(24, 14, 12, cuts=False, mood=CALM_MOOD)
#: Movements of lively looks: words land on half beats.
STEADY_MOVEMENT = Movement(64, 6, 8, cuts=True, mood=STEADY_MOOD)
#: Movements of lively looks for a loud voice.
LIVELY_MOVEMENT = Movement(84, 5, 7, cuts=True, mood=LIVELY_MOOD)


class FilmScene(NamedTuple):
    """Layers of a scene for some seconds; frames past its end serve the transition to the next one.

    The words with step 0 are there in the first frame if `shows_words_at_once`. `spoken_s` is the length of its
    speech, with which its words come; 0 without speech.
    """

    seconds: float
    ground: Image.Image
    movement: Movement
    photo: MovingPhoto | None = None
    words: Sequence[WordSprite] = ()
    marks: Sequence[MeasuredDrawnTextLine] = ()
    shows_words_at_once: bool = False
    spoken_s: float = 0.0

    @property
    def frame_count(self) -> int:
        return round(self.seconds * VIDEO_FRAMES_PER_S)

    def draw_frame(self, number: int, words_opacity: float = 1.0) -> Image.Image:
        """Return the frame with this number, counted from the scene's start; `words_opacity` is of words that came."""
        image = self.ground.copy()
        if self.photo:
            self.photo.draw(image, number / self.frame_count)
        starts = self._start_frames()
        for sprite in self.words:
            share = (number - starts[sprite.step] + 1) / self.movement.word_frames if sprite.step >= 0 else 1.0
            sprite.draw(image, share, self.movement.rise_px, words_opacity if sprite.step >= 0 else 1.0)
        return image

    def draw_last_frame(self) -> Image.Image:
        """Return the scene's last frame before the transition, with all its words."""
        return self.draw_frame(self.frame_count - 1)

    def _start_frames(self) -> list[float]:
        """Return the frame at which the words of each step begin to come: in turn, or as they are spoken."""
        letters = [one.letters for one in self.words if one.step >= 0]
        if not letters:
            return []
        if self.spoken_s:
            spoken = [sum(letters[:number]) / max(1, sum(letters)) for number in range(len(letters))]
            starts = [share * self.spoken_s * VIDEO_FRAMES_PER_S for share in spoken]
        else:
            room = self.frame_count * _SCENE_SHARE_UNTIL_ALL_WORDS / len(letters)
            starts = [number * min(self.movement.step_frames, room) for number in range(len(letters))]
        return [start - self.movement.word_frames * (self.shows_words_at_once and not start) for start in starts]
