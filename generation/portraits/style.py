"""Style of hair, as shapes of a middle head."""

from typing import NamedTuple

from generation.portraits.curves import Points, flipped


class Style(NamedTuple):
    """`back` lies behind head and neck, `over` falls over the shoulders, `front` lies on the head.

    `strands` are lines in the front, of light and of shade by turns. Of curls `bumps` is the radius; they lie
    along the outlines in `behind` and `rim`. `peak` is the height of what the hair is on or under.
    """

    front: tuple[Points, ...] = ()
    back: Points = ()
    over: tuple[Points, ...] = ()
    strands: tuple[Points, ...] = ()
    behind: Points = ()
    rim: tuple[Points, ...] = ()
    bumps: float = 0.0
    peak: float = 236.0

    def flipped(self) -> "Style":
        """The style in a mirror: its parting on the other side."""
        return self._replace(
            front=tuple(flipped(points) for points in self.front),
            back=flipped(self.back),
            strands=tuple(flipped(points) for points in self.strands),
        )

    @property
    def top(self) -> float:
        """The height of its highest point."""
        shapes = (*self.front, self.back, self.behind, *self.rim)
        return min([y for shape in shapes for _, y in shape] + [self.peak]) - self.bumps
