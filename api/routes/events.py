"""Events: what SDK apps say has happened."""

from litestar import Response, post
from litestar.params import FromPath

from api import event_requests, paths
from api.replies import Reply
from api.requests import ApiRequest
from domain.events.json_text import MOST_PACKED
from schemas.events import EventsIn, EventsTaken


@post(
    "/apps/{app_id:str}/events",
    status_code=202,
    request_max_body_size=MOST_PACKED,
    opt={"reads": EventsIn, "refusals": (400, 401, 403, 404, 409, 413, 415, 422, 429, 503)},
)
async def send_events(request: ApiRequest, app_id: FromPath[str]) -> Response[EventsTaken]:
    """Send events of an app, with the app's own key. Each is kept once, whatever is sent again with its id.

    The answer comes once all that is accepted is committed. Anything but a 202 promises nothing: send the
    same again. The key is a bearer token, the user of Basic, or `?key=`; the body may be gzip
    (`Content-Encoding`) and of any type, such as `text/plain`. Pages of any origin may read the answer; where
    the app has a `webDomain`, those of other domains are refused.
    """
    key, named = event_requests.presented(request), paths.read("sdk_app", app_id)
    app = await event_requests.admit(request, key, app_id=named)
    found = await event_requests.read(request, app)
    taken = await event_requests.take(request, app, found)
    return Reply(EventsTaken(**taken._asdict(), rejected=found.rejected), status_code=202)


#: With the key of an SDK app.
FOR_APPS = [send_events]
