"""Conversion destinations of an app: a pixel at Meta or TikTok and its sealed access token.

Every change locks the project exclusively, so earlier reads stay valid until the commit.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, get_args
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from db.pool import Conn
from db.queries import conversion_destination
from domain.apps import relays
from domain.security import vault
from domain.security.keyring import Keyring
from schemas.conversions import Capi, CapiDestination, CapiDestinationPatch, CapiPatch, ConversionDestination
from schemas.errors import InvalidValue

CONVERSION_DESTINATIONS: tuple[ConversionDestination, ...] = get_args(ConversionDestination)

#: Columns that a patch may change, with their JSON names.
_CAPI_PATCH_COLUMNS = {field.name: field.encode_name for field in msgspec.structs.fields(CapiDestinationPatch)}


class _ConversionDestinationRow(NamedTuple):
    enabled: bool = False
    pixel_id: str | None = None
    sealed: bytes | None = None
    vault_key_id: str | None = None
    test_event_code: str | None = None
    event_map: dict[str, str] | None = None


GET_CONVERSION_DESTINATION = conversion_destination.get_destination.typed(_ConversionDestinationRow)


def conversion_destinations_to_schema(columns: Mapping[str, dict[str, Any]] | None) -> Capi:
    """Return an app's conversion destinations for an API response, from its row; None for each absent one."""
    return Capi(
        **{name: _capi_destination_to_schema(name, (columns or {}).get(name)) for name in CONVERSION_DESTINATIONS}
    )


def _capi_destination_to_schema(name: ConversionDestination, columns: dict[str, Any] | None) -> CapiDestination | None:
    if columns is None:
        return None
    event_map = columns.pop("eventMap")
    fields = columns | {"eventMap": dict(relays.DEFAULT_EVENT_NAME_MAPS[name]) if event_map is None else event_map}
    return msgspec.convert(fields, CapiDestination)


async def apply_capi_patch(
    conn: Conn, organization_id: UUID, app_id: UUID, body: CapiPatch, keyring: Keyring
) -> list[str]:
    """Apply a patch of an app's conversion destinations; return the names of the patched fields.

    A destination set to null is deleted. Raises `InvalidValue` for an enabled destination that lacks a field.
    """
    fields: list[str] = []
    for name in CONVERSION_DESTINATIONS:
        change: CapiDestinationPatch | UnsetType | None = getattr(body, name)
        scope: dict[str, Any] = {"org": organization_id, "app_id": app_id, "destination": name}
        if isinstance(change, UnsetType):
            continue
        if change is None:
            await conversion_destination.drop_destination.run(conn, **scope)
            fields.append(f"capi.{name}")
            continue
        row = _merge_conversion_destination_patch(
            await GET_CONVERSION_DESTINATION.one(conn, **scope) or _ConversionDestinationRow(),
            change,
            keyring,
            vault.secret_binding_name("conversion_destination", organization_id, app_id, name),
        )
        _check_conversion_destination_complete(name, row)
        await conversion_destination.put_destination.run(conn, **scope, **row._asdict())
        fields += [
            f"capi.{name}.{wire}" for key, wire in _CAPI_PATCH_COLUMNS.items() if getattr(change, key) is not UNSET
        ]
    return fields


async def delete_capi_destination_rows(conn: Conn, *, organization_id: UUID, app_id: UUID) -> None:
    """Delete an app's conversion destinations with their access tokens."""
    await conversion_destination.drop_destinations.run(conn, org=organization_id, app_id=app_id)


def _merge_conversion_destination_patch(
    row: _ConversionDestinationRow, change: CapiDestinationPatch, keyring: Keyring, name: str
) -> _ConversionDestinationRow:
    sent = {key: value for key in _CAPI_PATCH_COLUMNS if (value := getattr(change, key)) is not UNSET}
    if "access_token" in sent:
        token = sent.pop("access_token")
        sealed = vault.seal_secret(keyring, token.encode(), row=name) if token is not None else None
        sent |= {"sealed": sealed and sealed.data, "vault_key_id": sealed and sealed.key_id}
    return row._replace(**sent)


def _check_conversion_destination_complete(name: ConversionDestination, row: _ConversionDestinationRow) -> None:
    """Raise `InvalidValue` with the fields that an enabled destination lacks."""
    lacking = {"pixelId": row.pixel_id, "accessToken": row.sealed}
    issues = [
        (f"capi.{name}.{field}", "is missing: a destination needs it to be enabled")
        for field, value in lacking.items()
        if value is None
    ]
    if row.enabled and issues:
        raise InvalidValue(*issues[0], *issues[1:])
