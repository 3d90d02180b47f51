"""Settings of a process: its environment, read once, validated, frozen."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, TypeVar, get_args, get_origin

import msgspec
from msgspec import Meta

from platforms.description import SingleServerOAuthLogin
from platforms.registry import PLATFORMS_BY_NAME
from schemas.errors import SettingsInvalid
from schemas.hosts import AllowedHostHeaders, build_allowed_hosts
from schemas.setting_values import (
    BUCKET_URL_PATTERN,
    MEDIA_DIR_URL_PATTERN,
    AllowedHostNames,
    ApiProcesses,
    ConcurrentContentPieces,
    ConnectionsPerAddress,
    DatabaseDiskBytes,
    EventArchiveUrl,
    EventFolders,
    EventRetentionDays,
    HeaderSafeSecret,
    HealthHost,
    HealthPort,
    MetricsPort,
    Peppers,
    RequestLogLevel,
    ServerOrigin,
    ServerUrl,
    TelemetryDiskBytes,
    TrustedProxyHops,
    VaultKeys,
    is_parseable_server_url,
    parse_keyring_keys,
)

_PlatformSettings = TypeVar("_PlatformSettings", bound=msgspec.Struct)

GITHUB_APP_SETTINGS = ("GITHUB_APP_SLUG", "GITHUB_CLIENT_ID", "GITHUB_CLIENT_SECRET", "GITHUB_PRIVATE_KEY")
BUCKET_CREDENTIAL_SETTINGS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
#: Client id and secret of the application at each platform that has one server for all accounts.
_PLATFORM_APPLICATION_LOGIN_SETTINGS = [
    (login.client_id.upper(), login.client_secret.upper())
    for login in (description.login for description in PLATFORMS_BY_NAME.values())
    if isinstance(login, SingleServerOAuthLogin)
]
#: Groups of settings that must be set together, with the error for a partial group.
SETTINGS_REQUIRED_TOGETHER: dict[tuple[str, ...], str] = {
    GITHUB_APP_SETTINGS: f"a GitHub App needs all of {', '.join(GITHUB_APP_SETTINGS)}",
    **{pair: f"an app needs both of {', '.join(pair)}" for pair in _PLATFORM_APPLICATION_LOGIN_SETTINGS},
    BUCKET_CREDENTIAL_SETTINGS: f"a key for the bucket needs both {' and '.join(BUCKET_CREDENTIAL_SETTINGS)}",
}


class BaseSettings(msgspec.Struct, frozen=True, kw_only=True, rename=str.upper):
    """Every setting of every process but the platforms' own.

    A field's name in upper case is its environment variable. Durations are seconds. The descriptions are the
    text of docs/reference/settings.md.
    """

    database_url: Annotated[
        str,
        Meta(
            pattern="^postgres(ql)?://",
            description="PostgreSQL 15 or later: `postgresql://user:password@host/name`, or with a standby "
            "`@host,standby/name?target_session_attrs=read-write`.",
        ),
    ]
    telemetry_url: Annotated[
        str,
        Meta(
            pattern="^(postgres(ql)?://.+)?$",
            description="A separate PostgreSQL database for events; empty: that of `DATABASE_URL`.",
        ),
    ] = ""
    database_disk_bytes: DatabaseDiskBytes = 0
    telemetry_disk_bytes: TelemetryDiskBytes = 0
    redis_url: Annotated[
        str, Meta(pattern="^rediss?://", description="Redis 6 or Valkey. Without it jobs start within 2 s.")
    ] = "redis://127.0.0.1:6379/0"
    peppers: Peppers
    vault_keys: VaultKeys
    public_url: Annotated[str, Meta(description="The public URL of the API; `locationUrl` begins with it.")] = (
        "http://127.0.0.1:8000"
    )
    assets_url: Annotated[
        str,
        Meta(
            description="The storage of uploaded media: a folder that all processes share, as "
            "`file:///srv/tenantry/assets`, relative to the current one without the slashes; "
            "or a bucket, as `s3://bucket/prefix`."
        ),
    ] = "file:.local/assets"
    aws_region: Annotated[str, Meta(pattern="^[a-z0-9-]+$", description="The region of the bucket for media.")] = (
        "us-east-1"
    )
    aws_endpoint_url: Annotated[
        str,
        Meta(
            pattern="^(https?://[^/?#@]+)?$",
            description="The endpoint of the bucket if it is not on AWS: MinIO, R2 or other S3-compatible storage.",
        ),
    ] = ""
    aws_access_key_id: Annotated[
        HeaderSafeSecret,
        Meta(description="A key for the bucket; empty: the role that AWS gives the machine or container."),
    ] = ""
    aws_secret_access_key: Annotated[HeaderSafeSecret, Meta(description="Its secret.")] = ""
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="The least severe level that is logged.")
    ] = "info"
    request_log_level: RequestLogLevel = "info"
    pool_size: Annotated[
        int,
        Meta(
            ge=1,
            le=200,
            description="Maximum PostgreSQL connections of one process. A worker's tasks take one for "
            "each 5 `SLOTS`, and at least 4.",
        ),
    ] = 10
    slots: Annotated[
        int,
        Meta(
            ge=1,
            le=1000,
            description="Concurrent jobs of one worker; in most pools one tenant alone gets half of them.",
        ),
    ] = 20
    generate_slots: ConcurrentContentPieces = 0
    lease_s: Annotated[
        float, Meta(gt=0, description="Seconds for which a silent worker keeps its jobs before others take them over.")
    ] = 15.0
    drain_s: Annotated[float, Meta(gt=0, description="Seconds for which a stopping worker lets its jobs continue.")] = (
        30.0
    )
    health_port: HealthPort = 0
    connections: Annotated[
        int,
        Meta(ge=1, description="Maximum connections of one API process; fewer if its limit of open files is lower."),
    ] = 2000
    connections_per_address: ConnectionsPerAddress = 500
    metrics_port: MetricsPort = 0
    processes: ApiProcesses = 1
    health_host: HealthHost = "127.0.0.1"
    allowed_hosts: AllowedHostNames = ""
    proxy_hops: TrustedProxyHops = 0
    event_days: EventRetentionDays = 90
    event_folders: EventFolders = 2
    events_archive_url: EventArchiveUrl = ""
    audit_days: Annotated[int, Meta(ge=30, le=36500, description="Days for which the audit log is kept.")] = 400
    github_api_url: Annotated[ServerUrl, Meta(description="GitHub's REST API.")] = "https://api.github.com"
    github_url: Annotated[ServerUrl, Meta(description="GitHub's web pages and OAuth.")] = "https://github.com"
    github_token: Annotated[
        HeaderSafeSecret,
        Meta(
            description="Raises GitHub's limit from 60 requests an hour to 5,000; private repositories stay unreadable."
        ),
    ] = ""
    github_app_slug: Annotated[
        str,
        Meta(
            pattern="^[A-Za-z0-9-]*$",
            description="The GitHub App's name in `github.com/apps/...`; without an App only public "
            "repositories are readable.",
        ),
    ] = ""
    github_client_id: Annotated[str, Meta(description="The App's client id.")] = ""
    github_client_secret: Annotated[str, Meta(description="One of the App's client secrets.")] = ""
    github_private_key: Annotated[
        str, Meta(description="One of the App's private keys, PEM; its line breaks may be written as `\\n`.")
    ] = ""
    itunes_api_url: Annotated[ServerUrl, Meta(description="Apple's lookup API of apps.")] = "https://itunes.apple.com"
    app_store_url: Annotated[ServerUrl, Meta(description="The App Store's web pages.")] = "https://apps.apple.com"
    play_url: Annotated[ServerUrl, Meta(description="Google Play's web pages.")] = "https://play.google.com"
    meta_api_url: Annotated[ServerOrigin, Meta(description="Meta's Graph API.")] = "https://graph.facebook.com"
    tiktok_ads_url: Annotated[ServerOrigin, Meta(description="The TikTok ads API.")] = "https://business-api.tiktok.com"
    fetch_allow: Annotated[
        str, Meta(description="Loopback hosts that ingests and webhooks may connect to, as `host:port,host:port`.")
    ] = ""
    ingest_chromium_path: Annotated[
        str,
        Meta(
            description="The Chromium that draws pages without text before their scripts run; empty: "
            "`chromium-headless-shell` or `chromium` on `PATH`, if it is installed; `off`: none."
        ),
    ] = ""
    llm_base_url: Annotated[
        str,
        Meta(
            pattern=r"^(https?://[^\s?#@]+)?$",
            description="The base URL of an OpenAI-compatible API, such as `https://api.example.com/v1`; "
            "empty: brands and content texts are read by rules only.",
        ),
    ] = ""
    llm_api_key: Annotated[HeaderSafeSecret, Meta(description="The bearer token for it, if it needs one.")] = ""
    llm_model: Annotated[str, Meta(description="The model to use there; required with `LLM_BASE_URL`.")] = ""

    @property
    def allowed_request_hosts(self) -> AllowedHostHeaders:
        """Return the allowed `Host` names of a process: those of ALLOWED_HOSTS and PUBLIC_URL."""
        return build_allowed_hosts(self.allowed_hosts, self.public_url)

    @property
    def event_store_url(self) -> str:
        """Return the URL of the database for events: TELEMETRY_URL, or DATABASE_URL if that is empty."""
        return self.telemetry_url or self.database_url

    def get_platform_settings(self, kind: type[_PlatformSettings]) -> _PlatformSettings:
        """Return the own settings of one social platform as an instance of its settings class `kind`."""
        return msgspec.convert(self, kind, from_attributes=True)


def _platform_env_setting_fields() -> list[tuple[str, Any, Any]]:
    """Return name, type and default of the settings in each social platform's package, in the registry's order."""
    return [
        (field.name, field.type, field.default)
        for description in PLATFORMS_BY_NAME.values()
        if description.settings
        for field in msgspec.structs.fields(description.settings)
    ]


if TYPE_CHECKING:
    Settings: TypeAlias = BaseSettings
else:
    Settings = msgspec.defstruct(
        "Settings", _platform_env_setting_fields(), bases=(BaseSettings,), frozen=True, kw_only=True, module=__name__
    )


#: Settings of our own with the product's name; the others use names that hosts commonly set.
SETTING_NAMES_WITH_PRODUCT_PREFIX = {"fetch_allow": "TENANTRY_FETCH_ALLOW"}


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Read and check the settings from environment variables. Raise `SettingsInvalid` with the variable's name."""
    values = {
        field.encode_name: environ[name]
        for field in msgspec.structs.fields(Settings)
        if (name := SETTING_NAMES_WITH_PRODUCT_PREFIX.get(field.name, field.encode_name)) in environ
    }
    try:
        settings = msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsInvalid(_describe_setting_error(str(error))) from error
    for name in ("DATABASE_URL", "TELEMETRY_URL", "EVENTS_ARCHIVE_URL", "REDIS_URL"):
        if not is_parseable_server_url(values.get(name, "")):
            raise SettingsInvalid(f"{name} can't be parsed: write / # ? @ : in a password as %2F %23 %3F %40 %3A")
    parse_keyring_keys(settings.peppers, setting="PEPPERS")
    parse_keyring_keys(settings.vault_keys, setting="VAULT_KEYS")
    check_settings_set_together(settings)
    check_media_storage_url_setting(settings)
    check_model_settings(settings)
    return settings


def _describe_setting_error(error: str) -> str:
    """Return an error message for a missing or invalid setting, without its value, which may be secret."""
    if missing := re.search(r"required field `(\w+)`", error):
        return f"{missing[1]} is not set: it has no default"
    what, _, place = error.partition(" - at `$.")
    name = place.rstrip("`")
    choices_of_setting = next(
        (_literal_setting_values(f.type) for f in msgspec.structs.fields(Settings) if f.encode_name == name), ()
    )
    choices = f": use one of {', '.join(choices_of_setting)}" if choices_of_setting else ""
    own = next((own for field, own in SETTING_NAMES_WITH_PRODUCT_PREFIX.items() if field.upper() == name), name)
    return f"{own} is invalid{choices}" if choices_of_setting else f"{own} is invalid: {what[:1].lower()}{what[1:]}"


def _literal_setting_values(kind: Any) -> tuple[str, ...]:
    """Return the allowed values of a setting with a `Literal` type; empty for other types."""
    bare = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    return get_args(bare) if get_origin(bare) is Literal else ()


def check_settings_set_together(settings: Settings) -> None:
    """Raise `SettingsInvalid` if some, but not all, settings of a group of `SETTINGS_REQUIRED_TOGETHER` are set."""
    for names, need in SETTINGS_REQUIRED_TOGETHER.items():
        missing = [name for name in names if not getattr(settings, name.lower())]
        if 0 < len(missing) < len(names):
            raise SettingsInvalid(f"{missing[0]} is missing: {need}")


def check_media_storage_url_setting(settings: Settings) -> None:
    """Raise `SettingsInvalid` unless `ASSETS_URL` is a local folder or a bucket.

    Raises it for an `AWS_ENDPOINT_URL` that can't be parsed, too.
    """
    if not MEDIA_DIR_URL_PATTERN.fullmatch(settings.assets_url) and not BUCKET_URL_PATTERN.fullmatch(
        settings.assets_url
    ):
        raise SettingsInvalid(
            "ASSETS_URL must be a folder of this machine or a bucket, as file:///srv/assets or s3://bucket/prefix"
        )
    if not is_parseable_server_url(settings.aws_endpoint_url):
        raise SettingsInvalid("AWS_ENDPOINT_URL can't be parsed: check the host and the port")


def check_model_settings(settings: Settings) -> None:
    """Raise `SettingsInvalid` if `LLM_BASE_URL` can't be parsed, or if it is set without `LLM_MODEL`."""
    if not is_parseable_server_url(settings.llm_base_url):
        raise SettingsInvalid("LLM_BASE_URL can't be parsed: check the host and the port")
    if settings.llm_base_url and not settings.llm_model:
        raise SettingsInvalid("LLM_MODEL is missing: set the model to use at LLM_BASE_URL")
