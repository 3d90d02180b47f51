"""Roles of app media: those that a partner may declare for each kind, and those that pixels may give it."""

from collections.abc import Mapping, Sequence

from domain.media.files import StoredFile
from schemas.app_media import AppMediaKind
from schemas.errors import InvalidValue
from schemas.pictures import PictureRole

#: Roles that a partner may declare; a kind that is absent has no role.
DECLARABLE_ROLES_BY_KIND: Mapping[AppMediaKind, Sequence[PictureRole]] = {
    "logo": ("logo", "wordmark"),
    "screenshot": ("screenshot", "framed", "photo", "person", "place", "product"),
    "photo": ("photo", "person", "place", "product", "screenshot", "framed"),
}
#: Roles that pixels may give a file; the first one stands for any other.
DETECTABLE_ROLES_BY_KIND: Mapping[AppMediaKind, Sequence[PictureRole]] = {
    "logo": ("logo", "wordmark"),
    "screenshot": ("screenshot", "framed", "photo", "product"),
    "photo": ("photo", "product"),
}


def check_declared_role(kind: AppMediaKind, role: PictureRole | None) -> None:
    """Raise `InvalidValue` for a role that the kind of app media can't have; None is allowed."""
    allowed = DECLARABLE_ROLES_BY_KIND.get(kind, ())
    if role is None or role in allowed:
        return
    if not allowed:
        raise InvalidValue("role", f"is for a logo, a screenshot or a photo, not for the kind {kind}: leave it out")
    raise InvalidValue("role", f"must be one of {', '.join(allowed)} for the kind {kind}")


def fit_detected_role_to_kind(kind: AppMediaKind, file: StoredFile) -> PictureRole | None:
    """Return the role of a stored file of a kind by its pixels; None without a role, or if pixels weren't read."""
    allowed = DETECTABLE_ROLES_BY_KIND.get(kind, ())
    if file.role is None or not allowed:
        return None
    return file.role if file.role in allowed else allowed[0]
