"""Fair queue of requests before their commit: round robin over organizations, then over projects."""

from collections import OrderedDict, deque
from typing import Generic, Protocol, TypeVar
from uuid import UUID


class QueuedRequest(Protocol):
    """Queued item with its owner."""

    @property
    def organization_id(self) -> UUID: ...

    @property
    def project_id(self) -> UUID: ...


QueuedItem = TypeVar("QueuedItem", bound=QueuedRequest)


class FairRequestQueue(Generic[QueuedItem]):
    """Fair queue; true while it has items."""

    def __init__(self) -> None:
        #: Queues by organization and project; at each level the next one in turn is first.
        self._waiting: OrderedDict[UUID, OrderedDict[UUID, deque[QueuedItem]]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, request: QueuedItem) -> None:
        """Append a request to the queue of its organization's project."""
        projects = self._waiting.setdefault(request.organization_id, OrderedDict())
        projects.setdefault(request.project_id, deque()).append(request)

    def peek_next_request(self) -> QueuedItem:
        """Return the next request in turn, and leave it in the queue. Raises StopIteration if there is none."""
        projects = next(iter(self._waiting.values()))
        return next(iter(projects.values()))[0]

    def take(self) -> QueuedItem:
        """Remove and return the next request; its organization and project move to the end. Raises StopIteration."""
        request = self.peek_next_request()
        projects = self._waiting[request.organization_id]
        self._waiting.move_to_end(request.organization_id)
        projects.move_to_end(request.project_id)
        self.remove(request)
        return request

    def remove(self, request: QueuedItem) -> bool:
        """Remove a request from the queue; return False if it isn't queued."""
        projects = self._waiting.get(request.organization_id)
        queue = projects and projects.get(request.project_id)
        if not projects or not queue or request not in queue:
            return False
        queue.remove(request)
        if not queue:
            del projects[request.project_id]
        if not projects:
            del self._waiting[request.organization_id]
        return True
