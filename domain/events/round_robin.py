"""Round robin of requests that wait to be committed: organizations in turn, and of each its projects."""

from collections import OrderedDict, deque
from typing import Generic, Protocol, TypeVar
from uuid import UUID


class Owned(Protocol):
    """Whatever waits, by whose it is."""

    @property
    def organization_id(self) -> UUID: ...

    @property
    def project_id(self) -> UUID: ...


R = TypeVar("R", bound=Owned)


class RoundRobin(Generic[R]):
    """Those that wait: true while there are some."""

    def __init__(self) -> None:
        #: By organization and project, of each the one whose turn is next first.
        self._waiting: OrderedDict[UUID, OrderedDict[UUID, deque[R]]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, request: R) -> None:
        """Let it wait behind those of its project."""
        projects = self._waiting.setdefault(request.organization_id, OrderedDict())
        projects.setdefault(request.project_id, deque()).append(request)

    def first(self) -> R:
        """The one whose turn is next. Raises StopIteration without one."""
        projects = next(iter(self._waiting.values()))
        return next(iter(projects.values()))[0]

    def take(self) -> R:
        """The same, which waits no more: organization and project are the last ones now."""
        request = self.first()
        projects = self._waiting[request.organization_id]
        self._waiting.move_to_end(request.organization_id)
        projects.move_to_end(request.project_id)
        self.remove(request)
        return request

    def remove(self, request: R) -> bool:
        """Let it wait no more; false if it didn't."""
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
