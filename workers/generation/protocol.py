"""Protocol between a worker and the process that makes a piece or a portrait: lines of JSON."""

from typing import TypeAlias

import msgspec

from generation.copy.model import LlmCopyLines
from generation.outputs import RenderedFile
from generation.spec import PieceCopy, PieceSpec, Presenter


class PieceInputHandles(msgspec.Struct, frozen=True, kw_only=True):
    """Input files of a piece, as open descriptors of the process."""

    logo: int | None
    screenshots: list[int]
    end_card: int | None
    clip: int | None

    @property
    def all_descriptors(self) -> list[int]:
        single = (self.logo, self.end_card, self.clip)
        return [*self.screenshots, *(handle for handle in single if handle is not None)]


class PieceRequestToGenerationProcess(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The request for a piece: its files are written to `folder`. Without a copy the process writes one, and
    uses a model's offers where it can."""

    spec: PieceSpec
    handles: PieceInputHandles
    folder: str
    copy: PieceCopy | None = None
    offers: LlmCopyLines = LlmCopyLines()


class PortraitRequest(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The request for a portrait of a presenter, in a brand's colors."""

    presenter: Presenter
    colors: list[str]
    folder: str


class VideoPosterRequest(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The request for a video's poster; `clip` is its descriptor."""

    clip: int
    folder: str


RenderRequest: TypeAlias = PieceRequestToGenerationProcess | PortraitRequest | VideoPosterRequest


class CopyReadyReport(msgspec.Struct, frozen=True, tag=True):
    """The texts are written and the pictures read: drawing begins."""

    copy: PieceCopy


class RenderProgressReport(msgspec.Struct, frozen=True, tag=True):
    """The finished share of the piece, and the file that was finished last."""

    share: float
    made: RenderedFile | None = None


class RenderRefusedReport(msgspec.Struct, frozen=True, tag=True):
    """Failure of the request. With `for_now`, memory or disk ran out, and a retry may succeed; else none would."""

    code: str
    message: str
    for_now: bool = False


RenderReport: TypeAlias = CopyReadyReport | RenderProgressReport | RenderRefusedReport
