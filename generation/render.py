"""Rendering: from a spec, its copy and its pictures to output files with their texts."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from PIL import Image

from generation import pictures
from generation.canvas import Canvas, DrawnLine
from generation.frame import FRAMES
from generation.outputs import OutputFile, Step
from generation.portraits.portrait import portrait
from generation.remix.clip import probe
from generation.remix.remix import Remix
from generation.slides.deck import Slide, single, slideshow
from generation.slides.kit import Kit, SlidePresenter
from generation.sound.speech import read_aloud
from generation.sound.track import speech_seconds
from generation.spec import Aspect, Copy, Format, Presenter, Spec
from generation.text.cleaning import clean
from generation.theme import Theme, theme
from generation.thumbnail import jpeg, thumbnail
from generation.timing import timing
from generation.video.video import Video
from schemas.errors import GenerationError, TextRefused

#: Version of the renderer: changes with each release that draws the same spec differently.
RENDERER = "3"

#: Side of a portrait inside a piece, in pixels: more than two for each displayed pixel.
_FACE_PX = 400

#: Side of a portrait file, in pixels.
PORTRAIT_PX = 1024

LOGO_UNUSED = (
    "logo_unused: the name's first letter stands in for a logo of under 48 pixels, or over four times"
    " as long as wide"
)

#: Maximum points: more don't fit a list at a size that is legible on a phone.
MAX_POINTS = 10


class InputFiles(NamedTuple):
    """A brand's untrusted files; `clip` is the source of a remix."""

    logo: bytes | None = None
    screenshots: Sequence[bytes] = ()
    end_card: bytes | None = None
    clip: Path | None = None


class ContentPiece(Protocol):
    """A piece of content to make."""

    def make(self, folder: Path) -> Iterator[Step]:
        """Draw into an existing folder. A file is complete once its step is yielded."""


class Pictures(NamedTuple):
    """Slides to draw, by their file names without the suffix."""

    slides: dict[str, Slide]

    def make(self, folder: Path) -> Iterator[Step]:
        for number, (name, slide) in enumerate(self.slides.items(), 1):
            yield Step(number / len(self.slides), _slide(folder, name, slide()))


def prepare_piece(spec: Spec, copy: Copy, given: InputFiles) -> ContentPiece:
    """Read the pictures and return the piece, not drawn yet.

    Raises `PictureRefused`, `ClipRefused`, `TextRefused`, and `GenerationError` for too many points.
    """
    if len(copy.points) > MAX_POINTS:
        raise GenerationError("TOO_MANY_POINTS", f"a piece shows {MAX_POINTS} points at most")
    if not clean(copy.hook.text):
        raise TextRefused("HOOK_EMPTY", "the hook has no visible characters")
    return _FORMATS[spec.format](spec, copy, given)


def warnings(given: InputFiles) -> list[str]:
    """Return a warning, a code and its reason, if the logo can't be used; else an empty list.

    Raises `PictureRefused`.
    """
    is_unused = given.logo is not None and pictures.logo(given.logo) is None
    return [LOGO_UNUSED] if is_unused else []


def _slideshow(spec: Spec, copy: Copy, given: InputFiles) -> ContentPiece:
    return _numbered("slideshow", slideshow(_kit(spec, copy, given, "4:5"), copy))


def _image(spec: Spec, copy: Copy, given: InputFiles) -> ContentPiece:
    return _numbered("image", single(_kit(spec, copy, given, "4:5"), copy))


def _numbered(name: str, slides: Sequence[Slide]) -> Pictures:
    return Pictures({f"{name}-{number}": slide for number, slide in enumerate(slides, 1)})


def _video(spec: Spec, copy: Copy, given: InputFiles) -> ContentPiece:
    points = [line.text for line in copy.points]
    speech = (
        read_aloud([copy.hook.text, *points, copy.call_to_action.text], copy.language)
        if spec.speech != "none"
        else []
    )
    lasts = timing(copy.hook.text, points, spec.seconds, speech_seconds(speech))
    return Video(_kit(spec, copy, given, "9:16"), copy, lasts, _end_card(given), speech)


def _end_card(given: InputFiles) -> Image.Image | None:
    return pictures.read(given.end_card) if given.end_card is not None else None


def _remix(spec: Spec, copy: Copy, given: InputFiles) -> ContentPiece:
    if given.clip is None:
        raise GenerationError("CLIP_MISSING", "a ugc_remix needs a clip")
    clip = probe(given.clip)
    kit = _kit(spec, copy, given, "9:16")
    return Remix(
        kit._replace(frame=FRAMES["9:16"]), copy, clip, spec.seconds, spec.transcript, _end_card(given)
    )


_FORMATS: Mapping[Format, Callable[[Spec, Copy, InputFiles], ContentPiece]] = {
    "slideshow": _slideshow,
    "image": _image,
    "video": _video,
    "ugc_remix": _remix,
}


def _kit(spec: Spec, copy: Copy, given: InputFiles, aspect: Aspect) -> Kit:
    logo = pictures.logo(given.logo) if given.logo is not None else None
    screenshot_count = max(2, len(copy.points))
    screenshots = tuple(pictures.read(data) for data in given.screenshots[:screenshot_count])
    colors = theme(spec.brand.colors, logo)
    return Kit(
        name=spec.brand.name,
        theme=colors,
        language=copy.language,
        seed=spec.seed,
        logo=logo,
        screenshots=screenshots,
        frame=FRAMES[spec.aspect or aspect],
        presenter=_draw_presenter(spec.presenter, colors) if spec.presenter else None,
    )


def _draw_presenter(presenter: Presenter, colors: Theme) -> SlidePresenter:
    return SlidePresenter(presenter.name, portrait(presenter, colors, _FACE_PX))


def draw_portrait(presenter: Presenter, colors: Sequence[str], folder: Path) -> OutputFile:
    """Write `portrait.jpg` and its thumbnail into a folder, in a brand's colors.

    The same presenter always has the same face.
    """
    return _picture(folder, "portrait", portrait(presenter, theme(colors), PORTRAIT_PX))


def _slide(folder: Path, name: str, canvas: Canvas) -> OutputFile:
    return _picture(folder, name, canvas.image, canvas.marks)


def _picture(folder: Path, name: str, image: Image.Image, marks: Sequence[DrawnLine] = ()) -> OutputFile:
    data = jpeg(image)
    (folder / f"{name}.jpg").write_bytes(data)
    (folder / f"{name}.thumbnail.jpg").write_bytes(thumbnail(image))
    return OutputFile(
        name=f"{name}.jpg",
        thumbnail=f"{name}.thumbnail.jpg",
        mime_type="image/jpeg",
        width=image.width,
        height=image.height,
        size_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        shown=[one.shown() for one in marks],
    )
