"""Scene: a ground, moving objects on it, and texts over them."""

from collections.abc import Sequence
from typing import NamedTuple

from PIL import Image

from generation.canvas import Canvas
from generation.outputs import MeasuredDrawnTextLine
from generation.seeds import seeded_random_number
from generation.slides.kit import SlideKit
from generation.theme import BackgroundColors
from generation.video.kinetic import MAX_WORD_INTERVAL_S, KineticText
from generation.video.moving import MovingBackdrop, MovingObject

VIDEO_FRAMES_PER_S = 30
#: Pixels by which a ground is larger than the frame.
_BACKDROP_OVERSIZE_PX = 160
#: Share of a scene after which all its words have appeared.
_SCENE_SHARE_UNTIL_ALL_WORDS = 0.4


class ScheduledText(NamedTuple):
    """A text and the start of its first word, in seconds; negative: shown from the first frame on."""

    text: KineticText
    starts: float


class VideoScene:
    """A ground, objects and texts for some seconds; frames past its end serve the next scene's cut.

    `marks` are texts that are part of its objects.
    """

    def __init__(
        self,
        stage: "VideoSceneColorsAndDuration",
        things: Sequence[MovingObject],
        texts: Sequence[ScheduledText],
        marks: Sequence[MeasuredDrawnTextLine] = (),
    ) -> None:
        self.seconds, self._kit, self._backdrop = stage.seconds, stage.kit, stage.build_backdrop()
        self._things, self._texts, self._marks = things, texts, marks

    @property
    def frame_count(self) -> int:
        return round(self.seconds * VIDEO_FRAMES_PER_S)

    def draw_frame(self, number: int) -> Image.Image:
        """Return the frame with this number, counted from the scene's start, with its texts."""
        image = self._draw_frame_without_texts(number)
        for text, starts in self._texts:
            word_interval_s = min(MAX_WORD_INTERVAL_S, self.seconds * _SCENE_SHARE_UNTIL_ALL_WORDS / text.word_count)
            text.draw(image, number / VIDEO_FRAMES_PER_S - starts, word_interval_s)
        return image

    def draw_last_frame(self) -> Canvas:
        """Return the scene's last frame before the cut as a canvas, with all its words, and each line measured."""
        canvas = self._kit.create_canvas_on_image(self._draw_frame_without_texts(self.frame_count - 1))
        canvas.marks += self._marks
        for text, _ in self._texts:
            text.draw_final_state(canvas)
        return canvas

    def _draw_frame_without_texts(self, number: int) -> Image.Image:
        image = self._backdrop.crop_for_frame(number, self.frame_count)
        for thing in self._things:
            thing.draw(image, number / VIDEO_FRAMES_PER_S)
        return image


class VideoSceneColorsAndDuration(NamedTuple):
    """Setting of a scene: its kit, its ground, its number and its seconds."""

    kit: SlideKit
    ground: BackgroundColors
    number: int
    seconds: float

    def build_backdrop(self) -> MovingBackdrop:
        """Return the moving ground of a scene, larger than the frame; the seed decides its direction."""
        frame = self.kit.frame
        wide = frame._replace(width=frame.width + _BACKDROP_OVERSIZE_PX, height=frame.height + _BACKDROP_OVERSIZE_PX)
        way = 1 if seeded_random_number(self.kit.seed, f"across {self.number}") < 0.5 else -1, -1
        return MovingBackdrop(
            self.kit._replace(frame=wide).create_canvas(self.ground, self.number).image, frame.size, way
        )
