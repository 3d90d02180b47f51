"""Rendering: from a spec, its copy and its pictures to output files with their texts."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec
from PIL import Image

from generation import pictures
from generation.frame import PICTURE_SIZE_AND_SAFE_ZONE_BY_ASPECT
from generation.looks.deck import (
    PHOTO_ROLES,
    DeckSlide,
    MaterialPicture,
    NoLookFits,
    PieceInLooks,
    PieceMaterial,
    add_unless_same,
    compose_slides,
    draw_deck,
)
from generation.outputs import PLAIN_LOOK_NAME, RenderedFile, RenderingProgress
from generation.picture_roles import read_picture_traits
from generation.portraits.portrait import draw_presenter_portrait
from generation.remix.clip import probe_clip
from generation.remix.remix import PreparedRemix
from generation.slides.kit import SlideKit, SlidePresenter
from generation.slides.plain import draw_plain_slide, measure_plain_photo
from generation.sound.speech import synthesize_speech_of_texts
from generation.sound.track import min_speech_scene_seconds
from generation.spec import AspectRatio, PieceCopy, PieceFormat, PieceSpec, Presenter
from generation.text.cleaning import clean_drawn_text
from generation.theme import PieceColorTheme, derive_piece_color_theme, shrink_to_color_sample
from generation.thumbnail import EncodedPicture, encode_picture
from generation.timing import plan_video_timing
from generation.video.video import VideoContentPiece
from schemas.errors import GenerationError, UndrawableTextRefused

#: Version of the renderer: changes with each release that draws the same spec differently.
RENDERER_VERSION = "6"

#: Side of a portrait inside a piece, in pixels: more than two for each displayed pixel.
_PRESENTER_PORTRAIT_SIDE_PX = 400

#: Side of a portrait file, in pixels.
PORTRAIT_FILE_SIDE_PX = 1024

LOGO_UNUSED_WARNING = (
    "logo_unused: the name's first letter stands in for a logo of under 48 pixels, over eight times as wide as"
    " high, or over four times as high as wide"
)

#: Maximum points: more don't fit a list at a size that is legible on a phone.
MAX_POINTS_PER_PIECE = 10


class PieceInputFiles(NamedTuple):
    """A brand's untrusted files; `clip` is the source of a remix."""

    logo: bytes | None = None
    screenshots: Sequence[bytes] = ()
    end_card: bytes | None = None
    clip: Path | None = None


class RenderablePiece(Protocol):
    """A piece of content to make."""

    def render_files_and_yield_progress(self, folder: Path) -> Iterator[RenderingProgress]:
        """Draw its files into an existing folder; yield progress and complete files. Raises `GenerationError`."""


class RenderableSlides(NamedTuple):
    """Slides of a slideshow or an image to draw in a look; `kit` is that of the plain look."""

    piece: PieceInLooks
    kit: SlideKit

    def render_files_and_yield_progress(self, folder: Path) -> Iterator[RenderingProgress]:
        look, drawn = self._draw_slides()
        for number, slide in enumerate(drawn, 1):
            made = _write_picture_files(folder, f"{self.piece.spec.format}-{number}", slide.picture)
            made = msgspec.structs.replace(made, shown=slide.marks, look=look, pictures=self._list_input_places(slide))
            yield RenderingProgress(number / len(drawn), made)

    def _list_input_places(self, slide: DeckSlide) -> list[int]:
        return [self.piece.material.pictures[place].place for place in slide.places]

    def _draw_slides(self) -> tuple[str, list[DeckSlide]]:
        """Return the look's name, and the slides; in the plain look if no look fits or its engine isn't there."""
        try:
            drawn = draw_deck(self.piece)
        except NoLookFits:
            return PLAIN_LOOK_NAME, [*self._draw_plain_slides()]
        return drawn.look.name, drawn.slides

    def _draw_plain_slides(self) -> Iterator[DeckSlide]:
        first = self.piece.spec.first_picture
        pictures = sorted(enumerate(self.piece.material.pictures), key=lambda one: one[1].place != first)
        photos = [(place, picture) for place, picture in pictures if picture.traits.role in PHOTO_ROLES]
        for number, content in enumerate(compose_slides(self.piece.spec, self.piece.copy)):
            shown = photos[number : number + 1]
            photo = shown[0][1].decode_crop(measure_plain_photo(self.kit)) if shown else None
            canvas = draw_plain_slide(self.kit, content, photo, number)
            yield DeckSlide(encode_picture(canvas.image), canvas.marks, [place for place, _ in shown])


def prepare_piece(spec: PieceSpec, copy: PieceCopy, given: PieceInputFiles) -> RenderablePiece:
    """Decode the input files of a piece of content, and return the piece, ready to be rendered.

    For a video it synthesizes the speech and plans the scenes. For a remix it probes the clip. Raises
    `PictureRefused`, `ClipRefused`, `UndrawableTextRefused`, and `GenerationError`, for example for too many points.
    """
    if len(copy.points) > MAX_POINTS_PER_PIECE:
        raise GenerationError("TOO_MANY_POINTS", f"a piece shows {MAX_POINTS_PER_PIECE} points at most")
    if not clean_drawn_text(copy.hook.text):
        raise UndrawableTextRefused("HOOK_EMPTY", "the hook has no visible characters")
    return _PREPARE_PIECE_BY_FORMAT[spec.format](spec, copy, given)


def unused_logo_warnings(given: PieceInputFiles) -> list[str]:
    """Return a list with a warning, its code and reason, if the logo is too small or too long; else an empty list.

    Raises `PictureRefused`.
    """
    is_unused = given.logo is not None and pictures.decode_logo(given.logo) is None
    return [LOGO_UNUSED_WARNING] if is_unused else []


def _prepare_slides(spec: PieceSpec, copy: PieceCopy, given: PieceInputFiles) -> RenderablePiece:
    return RenderableSlides(*_read_piece_in_looks(spec, copy, given, "4:5"))


def _read_piece_in_looks(
    spec: PieceSpec, copy: PieceCopy, given: PieceInputFiles, aspect: AspectRatio
) -> tuple[PieceInLooks, SlideKit]:
    """Return a piece with its pictures as files for looks, and the kit of the plain look; `aspect` is its default."""
    kit = _build_slide_kit(spec, copy, given, aspect)
    portrait = kit.presenter.face if kit.presenter else None
    roles = [*spec.picture_roles, *[None] * len(given.screenshots)]
    material_pictures: list[MaterialPicture] = []
    color_samples = []
    for place, (data, role) in enumerate(zip(given.screenshots, roles, strict=False)):
        image = pictures.decode_picture(data)
        traits = read_picture_traits(image, declared=role)
        add_unless_same(material_pictures, MaterialPicture.encode(image, traits)._replace(place=place))
        if traits.role in PHOTO_ROLES:
            color_samples.append(shrink_to_color_sample(image))
    kit = kit._replace(theme=derive_piece_color_theme(spec.brand.colors, kit.logo, color_samples))
    material = PieceMaterial(material_pictures, kit.theme, kit.logo, portrait, spec.logo_role)
    return PieceInLooks(spec, copy, material, spec.aspect or aspect), kit


def _build_video_piece(spec: PieceSpec, copy: PieceCopy, given: PieceInputFiles) -> RenderablePiece:
    texts = [copy.hook.text, *[line.text for line in copy.points], copy.call_to_action.text]
    speech = synthesize_speech_of_texts(texts, copy.language, spec.speech) if spec.speech != "none" else []
    plan_video_timing(texts[0], texts[1:-1], spec.seconds, min_speech_scene_seconds(speech))
    piece, kit = _read_piece_in_looks(spec, copy, given, "9:16")
    return VideoContentPiece(piece, kit, _decode_end_card(given), speech)


def _decode_end_card(given: PieceInputFiles) -> Image.Image | None:
    return pictures.decode_picture(given.end_card) if given.end_card is not None else None


def _prepare_remix_of_uploaded_clip(spec: PieceSpec, copy: PieceCopy, given: PieceInputFiles) -> RenderablePiece:
    if given.clip is None:
        raise GenerationError("CLIP_MISSING", "a ugc_remix needs a clip")
    clip = probe_clip(given.clip)
    # A remix is upright, whatever aspect the spec names.
    upright = msgspec.structs.replace(spec, aspect="9:16")
    piece, kit = _read_piece_in_looks(upright, copy, given, "9:16")
    return PreparedRemix(piece, kit, clip, _decode_end_card(given))


_PREPARE_PIECE_BY_FORMAT: Mapping[PieceFormat, Callable[[PieceSpec, PieceCopy, PieceInputFiles], RenderablePiece]] = {
    "slideshow": _prepare_slides,
    "image": _prepare_slides,
    "video": _build_video_piece,
    "ugc_remix": _prepare_remix_of_uploaded_clip,
}


def _build_slide_kit(spec: PieceSpec, copy: PieceCopy, given: PieceInputFiles, aspect: AspectRatio) -> SlideKit:
    logo = pictures.decode_logo(given.logo) if given.logo is not None else None
    colors = derive_piece_color_theme(spec.brand.colors, logo)
    return SlideKit(
        name=spec.brand.name,
        theme=colors,
        language=copy.language,
        seed=spec.seed,
        logo=logo,
        frame=PICTURE_SIZE_AND_SAFE_ZONE_BY_ASPECT[spec.aspect or aspect],
        presenter=_build_slide_presenter_drawing_portrait(spec.presenter, colors) if spec.presenter else None,
    )


def _build_slide_presenter_drawing_portrait(presenter: Presenter, colors: PieceColorTheme) -> SlidePresenter:
    return SlidePresenter(presenter.name, draw_presenter_portrait(presenter, colors, _PRESENTER_PORTRAIT_SIDE_PX))


def render_portrait_files(presenter: Presenter, colors: Sequence[str], folder: Path) -> RenderedFile:
    """Write a presenter's `portrait.jpg` and its thumbnail into a folder, in a brand's colors; return their metadata.

    The same presenter always has the same face.
    """
    return _write_picture_files(
        folder,
        "portrait",
        encode_picture(draw_presenter_portrait(presenter, derive_piece_color_theme(colors), PORTRAIT_FILE_SIDE_PX)),
    )


def _write_picture_files(folder: Path, name: str, picture: EncodedPicture) -> RenderedFile:
    (folder / f"{name}.jpg").write_bytes(picture.data)
    (folder / f"{name}.thumbnail.jpg").write_bytes(picture.thumbnail)
    return RenderedFile(
        name=f"{name}.jpg",
        thumbnail=f"{name}.thumbnail.jpg",
        mime_type="image/jpeg",
        width=picture.width,
        height=picture.height,
        size_bytes=len(picture.data),
        sha256=hashlib.sha256(picture.data).hexdigest(),
        shown=[],
    )
