"""Scene: a ground, things that move on it, and texts over them."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from PIL import Image

from generation.canvas import Canvas, Mark
from generation.seeds import chance
from generation.slides.kit import Kit
from generation.theme import Ground
from generation.video.kinetic import STEP
from generation.video.moving import Backdrop, Moving

RATE = 30
#: Pixels by which a ground is larger than the frame.
_LARGER = 160
#: Share of a scene after which all its words have come.
_SAID = 0.4


class Text(Protocol):
    """A text of so many words, which come one after the other."""

    @property
    def count(self) -> int: ...

    def draw(self, image: Image.Image, seconds: float, step: float) -> None:
        """The words that have come after so many seconds, each a step after the one before."""

    def set(self, canvas: Canvas) -> None:
        """All of it as it stands, measured."""


class Timed(NamedTuple):
    """A text and when its first word comes, in seconds; before the scene begins, words are there already."""

    text: Text
    starts: float


class Scene:
    """A ground, things and texts for some seconds; drawn past its end, it is what the next scene covers.

    `marks` are texts that are part of its things.
    """

    def __init__(
        self, stage: "Stage", things: Sequence[Moving], texts: Sequence[Timed], marks: Sequence[Mark] = ()
    ) -> None:
        self.seconds, self._kit, self._backdrop = stage.seconds, stage.kit, stage.backdrop()
        self._things, self._texts, self._marks = things, texts, marks

    @property
    def frames(self) -> int:
        return round(self.seconds * RATE)

    def draw(self, number: int) -> Image.Image:
        """One frame."""
        image = self._without_texts(number)
        for text, starts in self._texts:
            text.draw(image, number / RATE - starts, self._step(text))
        return image

    def settled(self) -> Canvas:
        """The last frame before the cut, each line of text measured."""
        canvas = self._kit.page(self._without_texts(self.frames - 1))
        canvas.marks += self._marks
        for text, _ in self._texts:
            text.set(canvas)
        return canvas

    def _without_texts(self, number: int) -> Image.Image:
        image = self._backdrop.at(number, self.frames)
        for thing in self._things:
            thing.draw(image, number / RATE)
        return image

    def _step(self, text: Text) -> float:
        return min(STEP, self.seconds * _SAID / text.count)


class Stage(NamedTuple):
    """The place of a scene: on a ground, as the one of that number, for so many seconds."""

    kit: Kit
    ground: Ground
    number: int
    seconds: float

    def backdrop(self) -> Backdrop:
        """A slide's ground, larger, that moves as the seed says."""
        frame = self.kit.frame
        wide = frame._replace(width=frame.width + _LARGER, height=frame.height + _LARGER)
        way = 1 if chance(self.kit.seed, f"across {self.number}") < 0.5 else -1, -1
        return Backdrop(self.kit._replace(frame=wide).canvas(self.ground, self.number).image, frame.size, way)
