"""Lines of JSON between a worker and the process that makes a piece, or a portrait."""

from typing import TypeAlias

import msgspec

from generation.made import Made
from generation.spec import Copy, Presenter, Spec
from generation.words.offers import Offers


class Handles(msgspec.Struct, frozen=True, kw_only=True):
    """Files that a piece is made with, as descriptors that the process has."""

    logo: int | None
    screenshots: list[int]
    end_card: int | None
    clip: int | None

    @property
    def all(self) -> list[int]:
        single = (self.logo, self.end_card, self.clip)
        return [*self.screenshots, *(one for one in single if one is not None)]


class Instructions(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The first line to the process: what it makes goes into `folder`. Without a copy it writes its own,
    and takes what it can of a model's offers.
    """

    spec: Spec
    handles: Handles
    folder: str
    copy: Copy | None = None
    offers: Offers = Offers()


class Sitting(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The first line where a portrait is to be drawn: of a presenter, in a brand's colors."""

    presenter: Presenter
    colors: list[str]
    folder: str


class Still(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The first line where a video's poster is wanted; `clip` is its descriptor."""

    clip: int
    folder: str


Asked: TypeAlias = Instructions | Sitting | Still


class Planned(msgspec.Struct, frozen=True, tag=True):
    """The texts are written and the pictures read: drawing begins."""

    copy: Copy


class Drawn(msgspec.Struct, frozen=True, tag=True):
    """Share of the piece that is made, and the file that is whole since."""

    share: float
    made: Made | None = None


class Refused(msgspec.Struct, frozen=True, tag=True):
    """It can't be made as it was asked for, however often one tries."""

    code: str
    message: str


class Short(msgspec.Struct, frozen=True, tag=True):
    """Memory or disk ran out: another time there may be more."""

    code: str
    message: str


Report: TypeAlias = Planned | Drawn | Refused | Short

_REPORTS: msgspec.json.Decoder[Report] = msgspec.json.Decoder(Report)


def read(line: bytes) -> Report:
    return _REPORTS.decode(line)
