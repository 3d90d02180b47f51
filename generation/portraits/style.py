"""Style of hair, as shapes on a head of average proportions."""

from typing import NamedTuple

from generation.portraits.curves import Points, flipped


class HairStyle(NamedTuple):
    """`back` lies behind head and neck, `over` falls over the shoulders, `front` lies on the head.

    `strands` are lines in the front, alternately light and dark. `bumps` is the radius of curls along the
    outlines in `behind` and `rim`. `peak` is the y of the top of the head or of a covering.
    """

    front: tuple[Points, ...] = ()
    back: Points = ()
    over: tuple[Points, ...] = ()
    strands: tuple[Points, ...] = ()
    behind: Points = ()
    rim: tuple[Points, ...] = ()
    bumps: float = 0.0
    peak: float = 236.0

    def flipped(self) -> "HairStyle":
        """Return the mirrored style: its parting on the other side."""
        return self._replace(
            front=tuple(flipped(points) for points in self.front),
            back=flipped(self.back),
            strands=tuple(flipped(points) for points in self.strands),
        )

    @property
    def top(self) -> float:
        """Return the y of the highest point."""
        shapes = (*self.front, self.back, self.behind, *self.rim)
        return min([y for shape in shapes for _, y in shape] + [self.peak]) - self.bumps
