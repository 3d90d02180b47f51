"""Layers of a scene: its ground, its photo and its words, drawn by a look and moved apart from each other.

The photo's share of each pixel is measured: the slide is drawn with a black and with a white picture in its place.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from generation.crops import find_crop
from generation.looks.boxes import Box, MeasuredText
from generation.looks.contrast import LineContrast, SlideLayers, measure_line_contrasts
from generation.looks.engine import Pixels
from generation.looks.filling import FilledSection, Node, SlidePicture, walk_nodes
from generation.looks.slide import FIRST_SCRIM, LookArtist, PreparedSlide, describe_line
from generation.looks.styles import MARKED_TEXTS_CSS, WITHOUT_TEXTS_CSS
from generation.outputs import MeasuredDrawnTextLine
from generation.video.photo import PHOTO_ROOM_PX, MovingPhoto
from generation.video.words import WordSprite, cut_word_sprites

#: Classes that a layer's elements get.
_HIDDEN_CLASS, _BARE_CLASS = "hidden", "bare"
#: Stylesheet of a layer: hidden elements, and boxes without their own ground.
_LAYER_CSS = (
    f".{_HIDDEN_CLASS}{{opacity:0 !important}} "
    f".{_BARE_CLASS}{{background-color:rgba(0,0,0,0) !important;background-image:none !important;"
    "border-color:rgba(0,0,0,0) !important;box-shadow:none !important}"
)
#: Slots of which several texts make one row.
_ROW_SLOTS = frozenset({"number", "item"})
#: Roles of pictures that move within their box.
MOVING_ROLES = frozenset({"photo", "person", "place", "product"})
#: Names and colors of the pictures that measure a photo's share of each pixel.
_BLACK, _WHITE, _RED = "black", "white", "red"
#: Least share of a pixel that shows a photo.
_MIN_PHOTO_SHARE = 1 / 255
#: Difference of a channel, of 255, by which a filter mixes a photo's colors.
_MIN_MIXED_CHANNEL = 16


class SceneLayers(NamedTuple):
    """Layers of a scene, and the measured lines of its words in their final places."""

    ground: Image.Image
    photo: MovingPhoto | None
    words: Sequence[WordSprite]
    marks: Sequence[MeasuredDrawnTextLine]


class WordLayers(NamedTuple):
    """The words of a scene with their own grounds: as they are, without their ink, and with marked ink."""

    drawn: Pixels
    bare: Pixels
    marked: Pixels


def make_test_pictures() -> dict[str, bytes]:
    """Return the pictures that the engine needs to measure photos, by name."""
    return {name: _encode_png(Image.new("RGB", (8, 8), name)) for name in (_BLACK, _WHITE, _RED)}


def _encode_png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def draw_scene_layers(artist: LookArtist, prepared: PreparedSlide, pictures: Mapping[str, bytes]) -> SceneLayers:
    """Draw the layers of a slide; each line is legible at the start and at the end of the photo's movement.

    `pictures` are the files of the engine's pictures, by name. Raises `SlideMisfit`.
    """
    drawer = _LayerDrawer(artist, prepared, pictures)
    words = WordLayers(*(drawer.draw_words(css) for css in ("", WITHOUT_TEXTS_CSS, MARKED_TEXTS_CSS)))
    scrim = FIRST_SCRIM
    while True:
        ground, photo = drawer.draw_ground(scrim)
        contrasts = _measure_worst_contrasts(ground, photo, words, prepared.read_texts)
        raised = artist.raise_scrim(scrim, min(contrasts, key=lambda one: one.contrast, default=None))
        if raised is None:
            break
        scrim = raised
    marks = [describe_line(one) for one in contrasts]
    return SceneLayers(ground, photo, cut_word_sprites(words.drawn, prepared.texts), marks)


def _measure_worst_contrasts(
    ground: Image.Image, photo: MovingPhoto | None, words: WordLayers, texts: Sequence[MeasuredText]
) -> list[LineContrast]:
    """Return each line with the lowest contrast that it has on the moving photo."""
    measured = [
        [*measure_line_contrasts(SlideLayers(*(_lay_over(layer, moment) for layer in words)), texts)]
        for moment in _yield_ground_moments(ground, photo)
    ]
    return [min(of_line, key=lambda one: one.contrast) for of_line in zip(*measured, strict=True)]


def _yield_ground_moments(ground: Image.Image, photo: MovingPhoto | None) -> Iterator[Pixels]:
    for share in (0.0, 1.0) if photo else (0.0,):
        image = ground.copy()
        if photo:
            photo.draw(image, share)
        yield np.asarray(image)


def _lay_over(layer: Pixels, ground: Pixels) -> Pixels:
    image = Image.fromarray(ground)
    image.paste(Image.fromarray(layer[..., :3]), (0, 0), Image.fromarray(layer[..., 3]))
    return np.asarray(image)


class _LayerDrawer:
    """Drawer of one slide's layers. `_photo` is its largest photo that moves, with its box."""

    def __init__(self, artist: LookArtist, prepared: PreparedSlide, pictures: Mapping[str, bytes]) -> None:
        self._artist, self._prepared, self._pictures = artist, prepared, pictures
        photos = [(node, box) for node, box in artist.place_pictures(prepared) if _moves(node, box)]
        self._photo = max(photos, key=lambda one: _area(one[1]), default=None)

    def draw_words(self, css: str) -> Pixels:
        root = _copy_layer(self._prepared.section.root, self._places(), words=True)
        return self._draw(root, FIRST_SCRIM, css)

    def draw_ground(self, scrim: float) -> tuple[Image.Image, MovingPhoto | None]:
        """Return the ground and the photo that moves in it."""
        if self._photo is None:
            return Image.fromarray(self._draw_ground_with(None, scrim)), None
        black, white = self._draw_ground_with(_BLACK, scrim), self._draw_ground_with(_WHITE, scrim)
        share = (white.astype(np.int16) - black).clip(0).astype(np.float32) / 255
        most = share.reshape(-1, 3).max(0)
        if most.max() < _MIN_PHOTO_SHARE:
            return Image.fromarray(black), None
        tint = most / most.max()
        mask = (share / np.maximum(tint, _MIN_PHOTO_SHARE)).mean(2).clip(0, 1)
        lit = black / np.maximum(1 - mask, _MIN_PHOTO_SHARE)[..., None]
        ground = Image.fromarray(lit.clip(0, 255).astype(np.uint8))
        return ground, self._make_photo(mask, tint, is_gray=self._is_gray(scrim, black))

    def _make_photo(
        self, mask: npt.NDArray[np.float32], tint: npt.NDArray[np.float32], *, is_gray: bool
    ) -> MovingPhoto:
        node, _ = self._photo or (None, None)
        assert node  # noqa: S101  only called with a photo
        assert node.picture  # noqa: S101  photos are pictures
        shown = Image.fromarray((mask * 255 + 0.5).astype(np.uint8))
        box = shown.getbbox() or (0, 0, *shown.size)
        source = Image.open(io.BytesIO(self._pictures[node.picture.name])).convert("L" if is_gray else "RGB")
        size = box[2] - box[0] + PHOTO_ROOM_PX, box[3] - box[1] + PHOTO_ROOM_PX
        texture = _cover(source, size, node.picture).convert("RGB")
        tinted = (np.asarray(texture) * tint + 0.5).astype(np.uint8)
        return MovingPhoto(Image.fromarray(tinted), box, shown.crop(box))

    def _is_gray(self, scrim: float, black: Pixels) -> bool:
        """Return whether a filter takes the photo's colors: a red picture changes other channels, too."""
        if "grayscale" not in self._artist.template.css:
            return False
        red = self._draw_ground_with(_RED, scrim).astype(np.int16)
        return int((red - black)[..., 1:].max()) > _MIN_MIXED_CHANNEL

    def _draw_ground_with(self, picture: str | None, scrim: float) -> Pixels:
        replaced = self._photo[0] if self._photo else None
        root = _copy_layer(self._prepared.section.root, self._places(), words=False, replaced=replaced, source=picture)
        return self._draw(root, scrim, "")[..., :3]

    def _draw(self, root: Node, scrim: float, css: str) -> Pixels:
        filled = FilledSection(root, self._prepared.section.texts)
        classes = f"{self._prepared.classes} {root.attributes.get('class', '')}"
        return self._artist.draw_layer(filled, classes, self._prepared, scrim, f"{_LAYER_CSS} {css}")

    def _places(self) -> dict[int, str]:
        return {id(place.plates or place.node): place.slot for place in self._prepared.section.texts}


def _moves(node: Node, box: Box) -> bool:
    """Return whether a picture is a photo that fills its box."""
    picture = node.picture
    is_photo = picture is not None and picture.role in MOVING_ROLES and not picture.is_cut_out
    return is_photo and node.attributes.get("data-slot", "").startswith("photo") and _area(box) > 0


def _area(box: Box) -> float:
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


def _cover(picture: Image.Image, size: tuple[int, int], traits: SlidePicture) -> Image.Image:
    """Return a picture scaled to cover a size and cropped around its subject."""
    left, top, right, bottom = find_crop(picture.size, size, traits.focus, traits.subject)
    box = (
        left * picture.width,
        top * picture.height,
        min(right, 1.0) * picture.width,
        min(bottom, 1.0) * picture.height,
    )
    return picture.resize(size, Image.Resampling.BICUBIC, box=box, reducing_gap=2.0)


def _copy_layer(
    node: Node, places: Mapping[int, str], *, words: bool, replaced: Node | None = None, source: str | None = None
) -> Node:
    """Return a copy of an element with its words alone, or without them; `source` replaces one picture's file."""
    slots = {places[id(one)] for one in walk_nodes(node) if id(one) in places}
    copied = Node(node.tag, {**node.attributes}, [*node.children], node.picture, {**node.style})
    if node is replaced and source:
        copied.attributes["src"] = source
    if _is_one_text(node, slots):
        return copied if words else _with_class(copied, _HIDDEN_CLASS)
    if not slots:
        return _with_class(copied, _HIDDEN_CLASS) if words else copied
    copied.children = [
        _copy_layer(one, places, words=words, replaced=replaced, source=source) if isinstance(one, Node) else one
        for one in node.children
    ]
    return _with_class(copied, _BARE_CLASS) if words else copied


def _is_one_text(node: Node, slots: set[str]) -> bool:
    """Return whether an element is one text with its own ground, or one row of a list."""
    has_picture = any(one.tag == "img" for one in walk_nodes(node))
    is_row = slots <= _ROW_SLOTS and node.attributes.get("data-slot") != "items"
    return bool(slots) and not has_picture and node.tag != "section" and (len(slots) == 1 or is_row)


def _with_class(node: Node, name: str) -> Node:
    node.attributes["class"] = f"{node.attributes.get('class', '')} {name}".strip()
    return node
