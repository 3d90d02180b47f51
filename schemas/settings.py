"""What a process is told from outside: the environment, read once, checked, frozen."""

from collections.abc import Mapping
from typing import Annotated

import msgspec

from schemas.errors import SettingsInvalid

Seconds = Annotated[float, msgspec.Meta(gt=0)]


class Settings(msgspec.Struct, frozen=True, kw_only=True, rename=str.upper):
    """Every setting of every process; a field's name in upper case is its environment variable.

    Durations are seconds. `peppers` and `vault_keys` are comma-separated `id:base64` rings of
    32-byte keys: the first one writes, all of them read.
    """

    database_url: str
    redis_url: str = "redis://127.0.0.1:6379/0"
    peppers: str
    vault_keys: str
    public_url: str = "http://127.0.0.1:8000"
    log_level: Annotated[str, msgspec.Meta(pattern="^(debug|info|warning|error)$")] = "info"
    pool_size: Annotated[int, msgspec.Meta(ge=1, le=200)] = 10
    slots: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 10
    lease_s: Seconds = 15.0
    drain_s: Seconds = 30.0
    health_port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 0
    fetch_allow: str = ""


#: Settings that are ours alone carry the product's name; the rest are names that hosts already set.
OWN = {"fetch_allow": "TENANTRY_FETCH_ALLOW"}


def from_env(environ: Mapping[str, str]) -> Settings:
    """Read the settings from an environment. Raises `SettingsInvalid`, which names the variable."""
    given = {
        field.encode_name: environ[name]
        for field in msgspec.structs.fields(Settings)
        if (name := OWN.get(field.name, field.encode_name)) in environ
    }
    try:
        return msgspec.convert(given, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsInvalid(str(error)) from error
