"""Pieces of renderer processes in a folder, and the processes that are still alive."""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, aclosing
from pathlib import Path

from generation.spec import BrandSnapshot, PieceFormat, PieceSpec
from workers.generation.protocol import (
    CopyReadyReport,
    PieceInputHandles,
    PieceRequestToGenerationProcess,
    RenderProgressReport,
)
from workers.generation.rendering import render_in_child_process

BRAND = BrandSnapshot(
    name="Tideline",
    taglines=["Know the tide before you go"],
    descriptions=["See high and low water for each day. Works without a connection."],
    language="en",
)
NOTHING = PieceInputHandles(logo=None, screenshots=[], end_card=None, clip=None)


def piece_request(
    folder: str, made: PieceFormat = "slideshow", handles: PieceInputHandles = NOTHING
) -> PieceRequestToGenerationProcess:
    return PieceRequestToGenerationProcess(
        spec=PieceSpec(format=made, brand=BRAND, seed="tide"), handles=handles, folder=folder
    )


def draw_slideshow(
    folder: str,
) -> AbstractAsyncContextManager[AsyncGenerator[CopyReadyReport | RenderProgressReport, None]]:
    """Return the reports of a slideshow: the first comes before its first slide."""
    return aclosing(render_in_child_process(piece_request(folder), []))


def list_processes(folder: str) -> list[int]:
    """Return the processes with this temporary folder: the renderer, and its children."""
    return processes(f"TMPDIR={folder}\0")


def processes(setting: str) -> list[int]:
    """Return the processes with this text in their environment."""
    return [
        int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and setting in environment(entry)
    ]


def environment(entry: Path) -> str:
    try:
        return (entry / "environ").read_text(errors="replace")
    except OSError:
        return ""  # It has just ended, or is another user's.
