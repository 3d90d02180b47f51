"""TikTok: Login Kit v2, the Content Posting API, webhooks; one application, any number of people.

How sure is what it does? [D] is in TikTok's own pages, [T] in somebody else's page or code, [K] is commonly known
and unchecked, [ours] is a harshness or a guess of ours. Its parts say it where they stand; besides:

- [D] 20 creator_info, 6 of each init and 30 status/fetch a minute for each user token (here: for all tokens of one
  consent, so that a refresh brings no fresh minute [ours]); an upload URL lives 1 h; chunks as in `tiktok_inits`;
  PROCESSING_UPLOAD, PROCESSING_DOWNLOAD, SEND_TO_USER_INBOX, PUBLISH_COMPLETE, FAILED; ids only of public posts and
  only after moderation; creator_info's refusals come with status 200; `username` of user/info needs the scope
  user.info.profile; `publicaly_available_post_id` (their spelling) holds integers, here beyond 2**53.
- [D] unaudited clients post to private accounts; [T] and then only SELF_ONLY.
- [T] 15 direct posts a day, 5 pending shares a day, photos without PNG, publish_ids' prefixes.
- [ours] unknown fields are errors; creator_info must have been asked since the person's options last changed; an
  upload that was begun and never ended says PROCESSING_UPLOAD for ever; a draft that its owner deletes has FAILED
  with `publish_cancelled`; a post over the day's cap can be begun and then fails; pulls are tried once.

What is accepted: FILE_UPLOAD, when the last byte of the last chunk is there; PULL_FROM_URL and photos, at their
init. From then on the post comes about whatever was answered, unless its file is wrong or can't be pulled, its owner
takes the access away before it is done, or a test says so. A request that is cut off accepts nothing.

Names for faults besides paths: `chunk` for every chunk of an upload, `last_chunk` for the last.

Controls of its own:

- `POST /_sim/app {...}`: see `tiktok_people.Application`. `POST /_sim/accounts`: see `tiktok_people.Creator`.
- `POST /_sim/posts {"publish_id", "deed": "post" | "delete"}`: what a person does in the app; with `"fail"`: a
  fail_reason for one that isn't done.
- `POST /_sim/durations {"sha256", "seconds"}`: how long the video of these bytes is, whatever it says itself.
- `POST /_sim/remove_access {"username"}`: a person takes our access away.
- `GET /_sim/webhooks`, `POST /_sim/webhooks/deliver {"order": "due", "copies": 1}`: see `tiktok_webhooks`.
"""

import secrets
from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec

from tests.peers.simulators.control import asked_of, doing
from tests.peers.simulators.exchange import Answer, Request, Routes, as_json
from tests.peers.simulators.ledger import Entry
from tests.peers.simulators.simulator import Simulator
from tests.peers.simulators.tiktok_errors import envelope, oauth_refused, refused
from tests.peers.simulators.tiktok_files import duration_s, is_video
from tests.peers.simulators.tiktok_inits import (
    InboxInit,
    PhotoInit,
    VideoInit,
    VideoSource,
    check_audience,
    check_length,
    check_photos,
    check_upload,
    check_urls,
)
from tests.peers.simulators.tiktok_limits import Windows
from tests.peers.simulators.tiktok_oauth import OAuth
from tests.peers.simulators.tiktok_people import Application, Creator, People
from tests.peers.simulators.tiktok_posts import Post, Posts, Stage, Upload, publish_id, status_of
from tests.peers.simulators.tiktok_pulls import pull
from tests.peers.simulators.tiktok_tokens import Family
from tests.peers.simulators.tiktok_uploads import progress, range_of, take
from tests.peers.simulators.tiktok_webhooks import Delivery, Hooks

UPLOAD_S = 3600
#: user/info: the fields and the scope that each needs.
PROFILE = {"open_id", "union_id", "avatar_url", "avatar_url_100", "avatar_large_url", "display_name"}
FIELDS = dict.fromkeys(PROFILE, "user.info.basic") | dict.fromkeys(
    ("username", "bio_description", "profile_deep_link", "is_verified"), "user.info.profile"
)

T = TypeVar("T")
