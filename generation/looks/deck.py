"""Deck: the slides of a piece in one look, each composed of the copy's lines and of pictures used once."""

import io
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Generic, NamedTuple, Self, TypeAlias, TypeVar

from PIL import Image

from generation.copy import tones
from generation.copy.trades import is_software_brand
from generation.copy.write import SLIDES_WITHOUT_POINTS
from generation.crops import find_crop
from generation.fingerprints import compute_fingerprint, is_same_picture
from generation.looks.catalog import list_looks, load_look
from generation.looks.choosing import (
    MAX_RECAP_ITEM_CHARACTERS,
    LookMaterial,
    count_list_items,
    has_material,
    order_looks,
)
from generation.looks.engine import EngineMissing, LookEngine
from generation.looks.filling import SlideContent, SlidePicture, walk_elements
from generation.looks.fitting import SlideMisfit
from generation.looks.font_families import FONT_PACKAGE_BY_FAMILY
from generation.looks.fonts import list_font_files
from generation.looks.logo_plates import place_on_plate
from generation.looks.messages import FontFile
from generation.looks.palette import LookPalette, derive_look_palette
from generation.looks.slide import SCREEN_ROLES, LookArtist, LookTexts, PreparedSlide, read_look_texts
from generation.looks.template import Element, LookHeader, Template, parse_template
from generation.outputs import MeasuredDrawnTextLine
from generation.picture_limits import MIN_WORDMARK_RATIO
from generation.picture_roles import PictureTraits
from generation.seeds import seeded_random_number
from generation.spec import AspectRatio, PieceCopy, PieceSpec
from generation.text.scripts import is_right_to_left_language
from generation.theme import PieceColorTheme
from generation.thumbnail import EncodedPicture, encode_picture
from schemas.pictures import PictureRole

#: Side of a picture that the engine gets, in pixels: more than the largest slide.
MAX_ENGINE_PICTURE_SIDE_PX = 1_700
#: Quality of its JPEG.
_ENGINE_JPEG_QUALITY = 93
#: Roles of pictures in slots of photos.
PHOTO_ROLES = frozenset({"photo", "person", "place", "product"})
#: Fewest and most entries of a list slide.
MIN_LIST_ITEMS, MAX_LIST_ITEMS = 3, 5
#: Kinds of slides that a deck can't do without.
REQUIRED_KINDS = frozenset({"hook", "point", "end"})
#: Slots of pictures that a deck shows once.
ONCE_USED_SLOTS = ("photo", "screen")
#: Points of which the last one is led by its words.
POINTS_OF_A_RHYTHM = 3
#: Beginning of an input picture's name in the engine, before its place.
INPUT_PICTURE_PREFIX = "picture-"
#: Most pictures of one slot on a slide.
MAX_PICTURES_PER_SLIDE = 3
#: Quotation marks that open a quote, by language; others have the English one.
_QUOTE_MARK_BY_LANGUAGE = {"ar": "”", "ja": "「", "zh": "“"}


class MaterialPicture(NamedTuple):
    """A picture of a piece as a file for the engine, with its traits: decoded pictures would take the most memory.

    `place` is its place among the input pictures.
    """

    file: bytes
    size: tuple[int, int]
    traits: PictureTraits
    fingerprint: bytes = b""
    place: int = 0

    @classmethod
    def encode(cls, image: Image.Image, traits: PictureTraits) -> Self:
        return cls(*encode_engine_picture(image), traits, compute_fingerprint(image))

    def decode_crop(self, size: tuple[int, int]) -> Image.Image:
        """Return the part of the picture around its subject that has the shape of `size`."""
        crop = find_crop(self.size, size, self.traits.focus, self.traits.subject)
        image = Image.open(io.BytesIO(self.file))
        return image.crop(
            (
                math.floor(crop[0] * image.width),
                math.floor(crop[1] * image.height),
                math.ceil(crop[2] * image.width),
                math.ceil(crop[3] * image.height),
            )
        )


def add_unless_same(pictures: list[MaterialPicture], picture: MaterialPicture) -> None:
    """Append a picture; of two copies of one picture the larger stays, in the place of the first."""
    copies = (n for n, one in enumerate(pictures) if is_same_picture(one.fingerprint, picture.fingerprint))
    place = next(copies, None)
    if place is None:
        pictures.append(picture)
    elif min(picture.size) > min(pictures[place].size):
        first = pictures[place]
        pictures[place] = picture._replace(traits=picture.traits._replace(role=first.traits.role), place=first.place)


#: A drawn slide of a deck, such as a file or the layers of a scene.
Drawn = TypeVar("Drawn")
#: Drawer of a prepared slide. Raises `SlideMisfit` if a text is illegible.
DrawSlide: TypeAlias = Callable[[LookArtist, PreparedSlide], Drawn]


class PieceMaterial(NamedTuple):
    """A piece's pictures, its logo with its declared role, its presenter's portrait and its colors."""

    pictures: Sequence[MaterialPicture]
    theme: PieceColorTheme
    logo: Image.Image | None = None
    portrait: Image.Image | None = None
    logo_role: PictureRole | None = None


class PieceInLooks(NamedTuple):
    """A piece to draw: its texts, pictures and aspect ratio."""

    spec: PieceSpec
    copy: PieceCopy
    material: PieceMaterial
    aspect: AspectRatio


class DeckSlide(NamedTuple):
    """A drawn slide as a file, the measured lines on it, and the places of its pictures in the material."""

    picture: EncodedPicture
    marks: list[MeasuredDrawnTextLine]
    places: list[int]


class DrawnDeck(NamedTuple, Generic[Drawn]):
    """Drawn slides of a piece in one look, in their order.

    A slide that no section can show may be missing if its kind is optional: `contents` are those of `slides`.
    """

    look: LookHeader
    slides: list[Drawn]
    contents: list[SlideContent]


class NoLookFits(Exception):
    """No look can show a piece: its texts are too long, or its pictures don't suffice."""


def compose_slides(spec: PieceSpec, copy: PieceCopy) -> list[SlideContent]:
    """Return the contents of a piece's slides, without their pictures: hook, points, list or quote, and end."""
    common = _list_common_texts(spec, copy)
    presented = {"presenter": f"{spec.presenter.name} – {copy.labels.presenter}"} if spec.presenter else {}
    chip = {"chip": copy.chip.text} if copy.chip else {}
    hook = SlideContent("hook", {**common, **presented, **chip, "headline": copy.hook.text})
    if spec.format == "image":
        return [hook._replace(texts={**hook.texts, "call": _call_text(spec, copy)})]
    points = [SlideContent("point", {**common, "headline": line.text}) for line in copy.points]
    end_texts = {**common, **presented, "call": _call_text(spec, copy)}
    if copy.tagline:
        end_texts["headline"] = copy.tagline.text
    extras = [*_compose_list(copy, common), *_compose_quote(copy, common)]
    if spec.max_slides is not None:
        extras = extras[: max(0, spec.max_slides - len(points) - SLIDES_WITHOUT_POINTS)]
    slides = [hook, *points, *extras, SlideContent("end", end_texts)]
    pages = len(slides)
    return [one._replace(texts={**one.texts, "page": f"{number}/{pages}"}) for number, one in enumerate(slides, 1)]


def _list_common_texts(spec: PieceSpec, copy: PieceCopy) -> dict[str, str]:
    is_mirrored = is_right_to_left_language(copy.language)
    texts = {"name": spec.brand.name, "arrow": "←" if is_mirrored else "→"}
    if copy.place:
        texts["place"] = copy.place.text
    if copy.places:
        texts["site"] = copy.places[-1].text
    return texts


def _call_text(spec: PieceSpec, copy: PieceCopy) -> str:
    """Return the call to action; the first place if it only repeats the brand's name."""
    if spec.brand.name.startswith(copy.call_to_action.text):
        return copy.places[0].text if copy.places else ""
    return copy.call_to_action.text


def _compose_list(copy: PieceCopy, common: Mapping[str, str]) -> list[SlideContent]:
    items = [line.text for line in copy.items][:MAX_LIST_ITEMS]
    if len(items) < MIN_LIST_ITEMS:
        items = [line.text for line in copy.points if len(line.text) <= MAX_RECAP_ITEM_CHARACTERS][:MAX_LIST_ITEMS]
    if len(items) < MIN_LIST_ITEMS:
        return []
    return [SlideContent("list", {**common, "headline": copy.recap.text}, items)]


def _compose_quote(copy: PieceCopy, common: Mapping[str, str]) -> list[SlideContent]:
    if copy.quote is None or copy.quote.text in {copy.hook.text, *(line.text for line in copy.points)}:
        return []
    mark = _QUOTE_MARK_BY_LANGUAGE.get(copy.language.partition("-")[0], "“")
    return [SlideContent("quote", {**common, "headline": copy.quote.text, "quotemark": mark})]


def describe_material(spec: PieceSpec, copy: PieceCopy, material: PieceMaterial) -> LookMaterial:
    """Return the material of a piece for the choice of its look.

    Screens lead no look of a brand with photos and a trade other than software: they are those of its site. A request
    for looks decides.
    """
    sides = [min(picture.size) for picture in material.pictures if picture.traits.role in PHOTO_ROLES]
    screens = sum(picture.traits.role in SCREEN_ROLES for picture in material.pictures)
    is_of_other_trade = spec.brand.trade is not None and not is_software_brand(spec.brand)
    return LookMaterial(
        photo_sides_px=sides,
        screenshots=0 if sides and not spec.looks and is_of_other_trade else screens,
        items=count_list_items(copy),
        has_quote=copy.quote is not None,
        tone=tones.voice_to_tone(spec.brand.voice),
        trade=spec.brand.trade,
        allowed=spec.looks,
    )


def list_piece_looks(spec: PieceSpec, material: LookMaterial) -> list[Template]:
    """Return the looks that a piece has the material for, best first; the partner's template stands before ours."""
    looks = [load_look(one.name) for one in order_looks(list_looks(), material, spec.seed)]
    if spec.template is None:
        return looks
    own = parse_template(spec.template.html)
    own = own._replace(header=own.header._replace(name=spec.template.id))
    return [own, *looks] if has_material(own.header, material) else looks


def draw_deck(piece: PieceInLooks) -> DrawnDeck[DeckSlide]:
    """Draw a piece's slides as files in the first look that can show them all. Raises like `draw_slides`."""
    return draw_slides(piece, compose_slides(piece.spec, piece.copy), encode_slide)


def encode_slide(artist: LookArtist, slide: PreparedSlide) -> DeckSlide:
    drawn = artist.draw_slide(slide)
    return DeckSlide(encode_picture(drawn.image), drawn.marks, _list_material_places(slide))


def draw_slides(
    piece: PieceInLooks,
    slides: Sequence[SlideContent],
    draw: DrawSlide[Drawn],
    more_pictures: Mapping[str, bytes] | None = None,
) -> DrawnDeck[Drawn]:
    """Draw slides in the first look that can show them all. The engine also gets `more_pictures`, for `draw`.

    Raises `NoLookFits`, also without the engine; `UndrawableTextRefused`, and `GenerationError` if the engine's
    process ended.
    """
    spec, copy, material, aspect = piece
    texts = read_look_texts((text for one in slides for text in [*one.texts.values(), *one.items]), copy.language)
    pictures, data = _name_pictures(material, derive_look_palette(material.theme), spec.first_picture)
    palette = derive_look_palette(material.theme)
    looks = list_piece_looks(spec, describe_material(spec, copy, material))
    try:
        with LookEngine(list_piece_fonts(texts, looks), {**data, **(more_pictures or {})}) as engine:
            for look in looks:
                artist = LookArtist(engine, look, palette, aspect, texts)
                with suppress(SlideMisfit):
                    return _DeckDrawer(artist, pictures, spec.seed, draw).draw(slides)
    except EngineMissing:
        pass
    raise NoLookFits


def list_piece_fonts(texts: LookTexts, templates: Iterable[Template]) -> list[FontFile]:
    """Return the font files of the families that templates name and of the fallback fonts of texts."""
    named = {
        family for template in templates for family in FONT_PACKAGE_BY_FAMILY if family in template.css
    } | texts.families
    return [file for family in sorted(named) for file in list_font_files(family)]


class _DeckDrawer(Generic[Drawn]):
    """Drawer of one deck in one look; `_unused` are the pictures that no slide shows yet, by slot."""

    def __init__(
        self, artist: LookArtist, pictures: Mapping[str, Sequence[SlidePicture]], seed: str, draw: DrawSlide[Drawn]
    ) -> None:
        self._artist, self._seed, self._draw_slide = artist, seed, draw
        self._unused = {slot: [*named] for slot, named in pictures.items()}
        self._turns: dict[str, int] = {}

    def draw(self, slides: Sequence[SlideContent]) -> DrawnDeck[Drawn]:
        """Prepare all slides, then draw them: a misfit is found before anything is drawn. Raises `SlideMisfit`.

        The hook, the first point and the end choose their pictures first.
        """
        order = sorted(range(len(slides)), key=lambda number: _rank_for_pictures(slides, number))
        prepared = {number: [*self._prepare(slides[number])] for number in order}
        drawn = [(one[1], self._draw(*one)) for number in range(len(slides)) for one in prepared[number]]
        shown = [(content, one) for content, one in drawn if one is not None]
        return DrawnDeck(self._artist.template.header, [one for _, one in shown], [content for content, _ in shown])

    def _prepare(self, content: SlideContent) -> Iterator[tuple[PreparedSlide, SlideContent, list[Element]]]:
        """Yield a slide in its first fitting section, with the sections behind it; nothing for an optional misfit."""
        offered = content._replace(pictures=self._offer_pictures())
        sections = self._order_sections(offered)
        for number, section in enumerate(sections, 1):
            try:
                slide = self._prepare_with_most_items(section, offered)
            except SlideMisfit as misfit:
                if number == len(sections) and content.kind in REQUIRED_KINDS:
                    raise misfit from None
                continue
            self._take_pictures(slide)
            yield slide, offered, sections[number:]
            return
        if not sections and content.kind in REQUIRED_KINDS:
            raise SlideMisfit("headline", f"has no section for {content.kind}")

    def _prepare_with_most_items(self, section: Element, content: SlideContent) -> PreparedSlide:
        """Return a slide with as many items as fit, at least three of a list. Raises `SlideMisfit`."""
        for count in range(len(content.items), MIN_LIST_ITEMS, -1):
            with suppress(SlideMisfit):
                return self._artist.prepare_slide(section, content._replace(items=content.items[:count]))
        return self._artist.prepare_slide(section, content._replace(items=content.items[:MIN_LIST_ITEMS]))

    def _draw(self, slide: PreparedSlide, content: SlideContent, others: Sequence[Element]) -> Drawn | None:
        """Draw a slide, in another section if a text is illegible on its ground. Raises `SlideMisfit`."""
        try:
            return self._draw_slide(self._artist, slide)
        except SlideMisfit as misfit:
            last = misfit
        for section in others:
            try:
                return self._draw_slide(self._artist, self._prepare_with_most_items(section, content))
            except SlideMisfit as misfit:
                last = misfit
        if content.kind in REQUIRED_KINDS:
            raise last
        return None

    def _order_sections(self, content: SlideContent) -> list[Element]:
        """Return the sections for a slide: they take turns, and those with a picture come first.

        Every third point is led by its words, so that a deck has a rhythm.
        """
        sections = self._artist.template.sections.get(content.kind, [])
        if not sections:
            return []
        first = int(seeded_random_number(self._seed, f"section {content.kind}") * len(sections))
        turn = self._turns.setdefault(content.kind, first)
        self._turns[content.kind] = turn + 1
        turned = [sections[(turn + number) % len(sections)] for number in range(len(sections))]
        is_led_by_words = content.kind == "point" and (turn - first) % POINTS_OF_A_RHYTHM == POINTS_OF_A_RHYTHM - 1
        return sorted(turned, key=lambda one: count_picture_slots(one, content) != (not is_led_by_words))

    def _offer_pictures(self) -> dict[str, SlidePicture]:
        offered = {}
        for slot, pictures in self._unused.items():
            for number, picture in enumerate(pictures[:MAX_PICTURES_PER_SLIDE], 1):
                offered[slot if number == 1 else f"{slot}{number}"] = picture
        return offered

    def _take_pictures(self, slide: PreparedSlide) -> None:
        used = {node.picture.name for node in slide.section.pictures if node.picture}
        for slot in ONCE_USED_SLOTS:
            self._unused[slot] = [one for one in self._unused[slot] if one.name not in used]


def _rank_for_pictures(slides: Sequence[SlideContent], number: int) -> tuple[int, int]:
    """Return a slide's place in the choice of pictures: hook, first point, end, then the others in their order."""
    kind = slides[number].kind
    is_first_point = kind == "point" and all(one.kind != "point" for one in slides[:number])
    return (0 if kind == "hook" else 1 if is_first_point else 2 if kind == "end" else 3), number


def count_picture_slots(section: Element, content: SlideContent) -> int:
    """Return 1 for a section that shows a photo or a screen that the slide has; else 0: pictures come first."""
    slots = {one.attributes.get("data-slot") for one in walk_elements(section) if one.tag == "img"}
    return int(bool(slots & set(content.pictures) - {"logo", "portrait"}))


def _list_material_places(slide: PreparedSlide) -> list[int]:
    """Return the places of a slide's pictures in the material."""
    names = [node.picture.name for node in slide.section.pictures if node.picture]
    return [int(name.removeprefix(INPUT_PICTURE_PREFIX)) for name in names if name.startswith(INPUT_PICTURE_PREFIX)]


def _name_pictures(
    material: PieceMaterial, palette: LookPalette, first: int | None
) -> tuple[dict[str, list[SlidePicture]], dict[str, bytes]]:
    """Return a piece's pictures by their slots, `first` before the others, and their files by their names."""
    slots: dict[str, list[SlidePicture]] = {"photo": [], "screen": [], "logo": [], "portrait": []}
    data: dict[str, bytes] = {}
    numbered = sorted(enumerate(material.pictures), key=lambda one: one[1].place != first)
    for number, (file, size, traits, *_) in numbered:
        slot = "photo" if traits.role in PHOTO_ROLES else "screen" if traits.role in SCREEN_ROLES else None
        if slot:
            name = f"{INPUT_PICTURE_PREFIX}{number}"
            data[name] = file
            slots[slot].append(SlidePicture(name, size, traits.role, traits.focus, traits.subject, traits.cut_out))
    if material.portrait:
        data["portrait"], size = encode_engine_picture(material.portrait)
        slots["portrait"] = [SlidePicture("portrait", size, "person")]
    if material.logo:
        plated = place_on_plate(material.logo, (palette.paper, palette.accent, palette.deep))
        data["logo"], size = encode_engine_picture(plated)
        slots["logo"] = [SlidePicture("logo", size, material.logo_role or _role_of_logo(material.logo.size))]
    return slots, data


def _role_of_logo(size: tuple[int, int]) -> PictureRole:
    return "wordmark" if size[0] >= MIN_WORDMARK_RATIO * size[1] else "logo"


def encode_engine_picture(image: Image.Image) -> tuple[bytes, tuple[int, int]]:
    """Return a picture as a file for the engine, scaled down to the largest useful size, and that size."""
    shown = image
    if max(image.size) > MAX_ENGINE_PICTURE_SIDE_PX:
        shown = image.copy()
        shown.thumbnail((MAX_ENGINE_PICTURE_SIDE_PX, MAX_ENGINE_PICTURE_SIDE_PX), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    if shown.mode == "RGBA":
        shown.save(file, "PNG", compress_level=1)
    else:
        shown.convert("RGB").save(file, "JPEG", quality=_ENGINE_JPEG_QUALITY)
    return file.getvalue(), shown.size
