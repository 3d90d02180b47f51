"""Answers from rows: columns become the fields of the same names, and ids get their prefixes."""

from functools import cache
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from schemas import ids

AnswerStruct = TypeVar("AnswerStruct", bound=msgspec.Struct)

#: Prefix of each column with an id; an answer names the prefix of its own `id`.
_ID_PREFIX_BY_COLUMN = {
    "api_key_id": ids.API_KEY_ID_PREFIX,
    "content_id": ids.CONTENT_ID_PREFIX,
    "endpoint_id": ids.WEBHOOK_ENDPOINT_ID_PREFIX,
    "influencer_id": ids.INFLUENCER_ID_PREFIX,
    "job_id": ids.JOB_ID_PREFIX,
    "organization_id": ids.ORGANIZATION_ID_PREFIX,
    "project_id": ids.PROJECT_ID_PREFIX,
    "retry_of": ids.JOB_ID_PREFIX,
    "sandbox_id": ids.ORGANIZATION_ID_PREFIX,
    "social_account_id": ids.ACCOUNT_ID_PREFIX,
}


def build_api_answer_from_row(shape: type[AnswerStruct], row: Any, **others: Any) -> AnswerStruct:
    """Return an API answer of the type `shape`, from the columns of a row with the names of its fields.

    UUIDs become public ids. `others` are fields with another name or value than a column.
    """
    shared_columns = _find_answer_columns(shape.__struct_fields__, row._fields)
    columns = {name: row[place] for place, name in shared_columns if name not in others}
    for name, value in columns.items():
        if isinstance(value, UUID):
            columns[name] = ids.format_prefixed_id(_ID_PREFIX_BY_COLUMN[name], value)
    return shape(**columns, **others)


@cache
def _find_answer_columns(fields: tuple[str, ...], columns: tuple[str, ...]) -> list[tuple[int, str]]:
    """Return the place and the name of each column of a row that is also a field of the answer."""
    return [(place, name) for place, name in enumerate(columns) if name in fields]
