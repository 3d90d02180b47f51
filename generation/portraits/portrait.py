"""Portrait of a presenter: the drawing, from its ground to what lies on the face."""

from PIL import Image

from generation.portraits import tones
from generation.portraits.clothes import draw_clothes
from generation.portraits.features import draw_features
from generation.portraits.ground import draw_ground
from generation.portraits.hair import draw_behind, draw_front, draw_over
from generation.portraits.head import NECK, draw_head, draw_neck, head
from generation.portraits.looks import Look, look
from generation.portraits.sketch import Sketch
from generation.portraits.styles import STYLES
from generation.spec import Presenter
from generation.theme import Theme

#: How much larger than in the tables a person is at most, from what height on, and where hair ends at most.
_LARGEST, _FIXED, _TOP = 1.18, 800.0, 58.0


def portrait(presenter: Presenter, theme: Theme, side: int = 800) -> Image.Image:
    """A square picture whose middle disc has the whole head; the same presenter has the same one."""
    seen = look(presenter)
    shape, skin, hair = head(seen), tones.skin(seen.skin), tones.hair(seen.hair)
    sketch = Sketch()
    draw_ground(sketch, theme)
    with sketch.scaled(_scale(seen), (0.0, _FIXED)):
        with sketch.turned(seen.tilt, NECK):
            draw_behind(sketch, seen, shape, hair)
        draw_neck(sketch, seen, skin)
        draw_clothes(sketch, seen, theme)
        with sketch.turned(seen.tilt, NECK):
            draw_head(sketch, seen, skin)
            draw_features(sketch, seen, shape, skin, hair)
            draw_front(sketch, seen, shape, hair, skin)
            draw_over(sketch, seen, shape, hair)
    return sketch.image(side).convert("RGB")


def _scale(seen: Look) -> float:
    """As large as leaves all of the hair in the picture."""
    return min(_LARGEST, (_FIXED - _TOP) / (_FIXED - STYLES[seen.style].top))
