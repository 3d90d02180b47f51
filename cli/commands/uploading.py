"""`tenantry content upload`: files of this machine become content, by the rules of the API's uploads.

None is ever whole in memory.
"""

import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

import click
import msgspec
import structlog

from cli.shared.acting import acting
from cli.shared.command import Id, answering, at_database
from cli.shared.output import Answer, card
from cli.shared.session import Session
from db.pool import Conn, Pool, transact
from domain.content import content
from domain.media import passing, sniff, uploads
from domain.media.files import File
from domain.media.passing import Passing
from domain.media.storage import open_store
from domain.media.store import CHUNK, Store
from domain.tenancy.api_keys import Actor
from schemas import ids
from schemas.content import Content, Upload
from schemas.errors import Invalid, Unavailable


@click.command("upload")
@click.argument("project_id", type=Id(ids.PROJECT))
@click.argument("files", type=click.File("rb"), nargs=-1, metavar="[FILE]...")
@click.option("--caption", default="", help="What is posted with the files; without a file it is required.")
@click.option("--hook", default="", help="The line that a video opens with.")
@answering
@at_database
@acting
async def upload_content(
    session: Session, actor: Actor, *, project_id: UUID, files: tuple[BinaryIO, ...], **texts: str
) -> Answer:
    """Make content of files: up to 10 pictures, or one video; without any, of the caption alone.

    A picture is a jpeg, png or webp of at most 30 MiB, a video an mp4 or mov of at most 100 MiB; what a file
    is, its bytes say. Files are kept where ASSETS_URL says, and where one is refused, none is.

    \b
    Examples:
      tenantry content upload prj_01890a5d-... bread.jpg --caption "Fresh bread today."
      tenantry content upload prj_01890a5d-... reel.mp4 --hook "Wait for it" --caption "$(cat caption.txt)"
    """
    org, said = actor.organization_id, msgspec.convert(texts, Upload)

    async def create(conn: Conn) -> Content:
        return await content.create_uploaded(
            conn,
            organization_id=org,
            project_id=project_id,
            hook=said.hook or None,
            caption=said.caption,
            files=stored,
            public_url=session.settings.public_url,
        )

    async with storing(session, organization_id=org, files=files, caption=said.caption) as stored:
        made = await transact(session.pool, create)
    return Answer(made, card(made))


@asynccontextmanager
async def storing(
    session: Session, *, organization_id: UUID, files: Sequence[BinaryIO], caption: str
) -> AsyncIterator[list[File]]:
    """The files, stored; those that no asset has taken by the end of the block are deleted.

    Raises `Invalid`, `Oversized`, `Unavailable`, `SettingsInvalid`.
    """
    found = [begun(file) for file in files]
    content.format_of([file.type.kind for file in found], caption)
    # What the storage logs is no part of the answer.
    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))
    store = open_store(session.settings)
    tokens: list[str] = []
    try:
        for handle, file in zip(files, found, strict=True):
            tokens.append(await _begin(session.pool, organization_id))
            await store.write(tokens[-1], file.chunks(rest(handle)))
        yield [await _look(store, *pair) for pair in zip(found, tokens, strict=True)]
    finally:
        await _discard(session.pool, store, organization_id, tokens)


def begun(file: BinaryIO) -> Passing:
    name = str(file.name)
    return Passing(_read(file, sniff.HEAD), path=name, name=Path(name).name)


async def rest(file: BinaryIO) -> AsyncIterator[bytes]:
    while chunk := _read(file, CHUNK):
        yield chunk


def _read(file: BinaryIO, size: int) -> bytes:
    try:
        return file.read(size)
    except OSError as error:
        raise Invalid(str(file.name), f"can't be read: {error.strerror}") from error


async def _begin(pool: Pool, organization_id: UUID) -> str:
    async with pool.acquire() as conn:
        return await uploads.begin(conn, organization_id=organization_id)


async def _look(store: Store, file: Passing, token: str) -> File:
    """Raises `Invalid`, which names the file as it was typed."""
    try:
        [seen] = await passing.look(store, [file], [token])
    except Invalid as refused:
        [issue] = refused.details["issues"]
        raise Invalid(file.path, issue["message"]) from None
    return seen


async def _discard(pool: Pool, store: Store, organization_id: UUID, tokens: Sequence[str]) -> None:
    """What can't be deleted now, the dispatcher deletes in a day."""
    with suppress(Unavailable):
        async with pool.acquire() as conn:
            await uploads.discard(conn, store, organization_id=organization_id, tokens=tokens)
