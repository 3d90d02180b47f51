"""Reads a repository's files, for tests."""

from typing import Any

from schemas.brand import Field
from workers.ingest.choose import choose
from workers.ingest.github.reading.repository import read
from workers.ingest.github.shapes import File, Repository


def reading(files: dict[str, bytes | str] | None = None, **fields: Any) -> dict[Field, Any]:
    """Each field's winner, of files by their path."""
    made = [
        File(path=path, body=body.encode() if isinstance(body, str) else body)
        for path, body in (files or {}).items()
    ]
    readmes = [file for file in made if "readme" in file.path.lower()]
    others = [file for file in made if file not in readmes]
    plain = {"url": "https://github.com/acme/zap", "name": "zap", "branch": "main"}
    found = read(Repository(**plain | fields, readme=next(iter(readmes), None), files=others))
    return {field: one.value for field, one in choose(found.candidates).items()}
