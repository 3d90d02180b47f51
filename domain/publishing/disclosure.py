"""Disclosure of AI-generated content: which content needs the platforms' AI label, and which posts carry it.

Instagram: "AI Info Label" of 2026-06-22 (documentation/instagram-platform/changelog), `is_ai_generated` of
images, reels and carousels. TikTok: `post_info.is_aigc` of direct video posts alone
(doc/content-posting-api-reference-direct-post, 2026-11): photos and drafts have no such field. TikTok's help
pages state that its label doesn't change a post's distribution. So this module prefers to label too much:
everything that our programs compose, except a partner's own clip.
"""

from typing import Any, NamedTuple

from domain.accounts.platform_limits import LIMITS_BY_PLATFORM
from schemas.content import ContentFormat, ContentMadeBy, CreativeType
from schemas.posts import AiLabel, PostMode

#: Kind of a post's files, by the format of its content; `text` has none.
POST_FILE_KIND_BY_CONTENT_FORMAT: dict[ContentFormat, str] = {
    "video": "video",
    "ugc_remix": "video",
    "slideshow": "image",
    "image": "image",
}


class ContentOrigin(NamedTuple):
    """Origin of content. `made_by` is None for uploads, and for content of earlier releases."""

    creative_type: CreativeType
    made_by: ContentMadeBy | None
    ai_declared: bool

    @property
    def is_ai_generated(self) -> bool:
        """Return whether posts of content with this origin need the AI label: it is generated or declared as such.

        A remix of the partner's own clip with the brand's own words needs none unless declared.
        """
        return self.ai_declared or (self.creative_type == "generated" and self.made_by != "clip")


def choose_ai_label(platform: str, mode: PostMode | str, format_: ContentFormat, origin: ContentOrigin) -> AiLabel:
    """Return a post's AI label: `labelled`, `not_needed` for its content's origin, or `not_supported`.

    The platform may not support the label for the post's mode or format.
    """
    if not origin.is_ai_generated:
        return "not_needed"
    takes = mode == "direct" and POST_FILE_KIND_BY_CONTENT_FORMAT.get(format_) in LIMITS_BY_PLATFORM[platform].ai_labels
    return "labelled" if takes else "not_supported"


def predict_ai_label_of_unsent_post(platform: str, mode: PostMode, origin: dict[str, Any]) -> AiLabel:
    """Return an unsent post's AI label, as `choose_ai_label`; `origin` is its row's JSON of origin and format."""
    content = ContentOrigin(origin["creativeType"], origin["madeBy"], origin["aiDeclared"])
    return choose_ai_label(platform, mode, origin["format"], content)
