"""Identifiers of SDK apps: each platform accepts some of three, and an app has at least one of them."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple, TypeVar

import msgspec
from msgspec import UNSET

from domain.values import app_identifiers
from domain.values.collect_errors import gather_issues
from schemas.apps import AppPlatform, SdkAppCreate, SdkAppPatch
from schemas.errors import Invalid

B = TypeVar("B", SdkAppCreate, SdkAppPatch)


class Identifiers(NamedTuple):
    """Identifiers of an app; None for each that it lacks."""

    bundle_id: str | None = None
    android_package: str | None = None
    web_domain: str | None = None


class _Field(NamedTuple):
    """JSON name of an identifier, and the function that normalizes it."""

    path: str
    normal: Callable[[str, str], str]


_FIELDS: Mapping[str, _Field] = {
    "bundle_id": _Field("bundleId", app_identifiers.bundle_id),
    "android_package": _Field("androidPackage", app_identifiers.package),
    "web_domain": _Field("webDomain", app_identifiers.web_domain),
}

#: Identifiers that each platform accepts. A cross-platform phone app may have both phone identifiers.
_WEB, _PHONES = ("web_domain",), ("bundle_id", "android_package")
ACCEPTED: Mapping[AppPlatform, tuple[str, ...]] = {
    "ios": ("bundle_id",),
    "android": ("android_package",),
    "web": _WEB,
    "react-native": _PHONES,
    "flutter": _PHONES,
    "expo": _PHONES,
    "nextjs": _WEB,
    "vite": _WEB,
    "react-router": _WEB,
}


def normal(body: B) -> B:
    """Normalize the identifiers of a body. Raises `Invalid`."""
    sent = {name: value for name in _FIELDS if (value := getattr(body, name)) is not UNSET}
    values = gather_issues(*(partial(_normal, name, value) for name, value in sent.items()))
    return msgspec.structs.replace(body, **dict(zip(sent, values, strict=True)))


def _normal(name: str, value: str | None) -> str | None:
    return None if value is None else _FIELDS[name].normal(value, _FIELDS[name].path)


def merge_identifiers(kept: Identifiers, body: SdkAppCreate | SdkAppPatch) -> Identifiers:
    """Return the identifiers with those of a body in place: null clears one, an absent one stays."""
    values = (getattr(body, name) for name in _FIELDS)
    return Identifiers(*(old if new is UNSET else new for old, new in zip(kept, values, strict=True)))


def check(platform: AppPlatform, given: Identifiers) -> None:
    """Raise `Invalid` for identifiers that the platform doesn't accept, or if the app has no accepted one."""
    needed = " or ".join(_FIELDS[name].path for name in ACCEPTED[platform])
    issues = [
        (_FIELDS[name].path, f"an app for {platform} has none: it has {needed}")
        for name, value in given._asdict().items()
        if value is not None and name not in ACCEPTED[platform]
    ]
    if not any(getattr(given, name) for name in ACCEPTED[platform]):
        issues.append((_FIELDS[ACCEPTED[platform][0]].path, f"an app for {platform} needs {needed}"))
    if issues:
        raise Invalid(*issues[0], *issues[1:])
