"""Identifiers of SDK apps: each platform accepts some of three, and an app has at least one of them."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple, TypeVar

import msgspec
from msgspec import UNSET

from domain.values import app_identifiers
from domain.values.collect_errors import run_checks_merging_errors
from schemas.apps import AppPlatform, SdkAppCreate, SdkAppPatch
from schemas.errors import InvalidValue

SdkAppBody = TypeVar("SdkAppBody", SdkAppCreate, SdkAppPatch)


class SdkAppIdentifiers(NamedTuple):
    """Identifiers of an app; None for each that it lacks."""

    bundle_id: str | None = None
    android_package: str | None = None
    web_domain: str | None = None


class _SdkAppIdentifierField(NamedTuple):
    """JSON name of an identifier, and the function that normalizes it."""

    path: str
    normal: Callable[[str, str], str]


_SDK_APP_IDENTIFIER_FIELDS: Mapping[str, _SdkAppIdentifierField] = {
    "bundle_id": _SdkAppIdentifierField("bundleId", app_identifiers.check_ios_bundle_id),
    "android_package": _SdkAppIdentifierField("androidPackage", app_identifiers.check_android_package),
    "web_domain": _SdkAppIdentifierField("webDomain", app_identifiers.normalize_web_domain),
}

#: Identifiers that each platform accepts. A cross-platform phone app may have both phone identifiers.
_WEB_APP_IDENTIFIERS, _PHONE_APP_IDENTIFIERS = ("web_domain",), ("bundle_id", "android_package")
SDK_APP_IDENTIFIERS_BY_PLATFORM: Mapping[AppPlatform, tuple[str, ...]] = {
    "ios": ("bundle_id",),
    "android": ("android_package",),
    "web": _WEB_APP_IDENTIFIERS,
    "react-native": _PHONE_APP_IDENTIFIERS,
    "flutter": _PHONE_APP_IDENTIFIERS,
    "expo": _PHONE_APP_IDENTIFIERS,
    "nextjs": _WEB_APP_IDENTIFIERS,
    "vite": _WEB_APP_IDENTIFIERS,
    "react-router": _WEB_APP_IDENTIFIERS,
}


def normalize_app_identifiers(body: SdkAppBody) -> SdkAppBody:
    """Return a request body with its app identifiers normalized. Raises `InvalidValue` with all faults."""
    sent = {name: value for name in _SDK_APP_IDENTIFIER_FIELDS if (value := getattr(body, name)) is not UNSET}
    values = run_checks_merging_errors(
        *(partial(_normalize_app_identifier, name, value) for name, value in sent.items())
    )
    return msgspec.structs.replace(body, **dict(zip(sent, values, strict=True)))


def _normalize_app_identifier(name: str, value: str | None) -> str | None:
    return (
        None if value is None else _SDK_APP_IDENTIFIER_FIELDS[name].normal(value, _SDK_APP_IDENTIFIER_FIELDS[name].path)
    )


def patch_app_identifiers(kept: SdkAppIdentifiers, body: SdkAppCreate | SdkAppPatch) -> SdkAppIdentifiers:
    """Return an app's identifiers after a request body: null in the body clears one, an absent one stays."""
    values = (getattr(body, name) for name in _SDK_APP_IDENTIFIER_FIELDS)
    return SdkAppIdentifiers(*(old if new is UNSET else new for old, new in zip(kept, values, strict=True)))


def check_app_identifiers(platform: AppPlatform, given: SdkAppIdentifiers) -> None:
    """Raise `InvalidValue` for identifiers that the app's platform doesn't accept, or without an accepted one."""
    needed = " or ".join(_SDK_APP_IDENTIFIER_FIELDS[name].path for name in SDK_APP_IDENTIFIERS_BY_PLATFORM[platform])
    issues = [
        (_SDK_APP_IDENTIFIER_FIELDS[name].path, f"an app for {platform} has none: it has {needed}")
        for name, value in given._asdict().items()
        if value is not None and name not in SDK_APP_IDENTIFIERS_BY_PLATFORM[platform]
    ]
    if not any(getattr(given, name) for name in SDK_APP_IDENTIFIERS_BY_PLATFORM[platform]):
        issues.append(
            (
                _SDK_APP_IDENTIFIER_FIELDS[SDK_APP_IDENTIFIERS_BY_PLATFORM[platform][0]].path,
                f"an app for {platform} needs {needed}",
            )
        )
    if issues:
        raise InvalidValue(*issues[0], *issues[1:])
