"""SVG drawings for tests: hostile ones, and random ones with references between elements."""

from collections.abc import Mapping

from hypothesis import strategies as st

BIG = '<rect x="-900" y="-900" width="3000" height="3000" fill-opacity=".5"/>'


def svg(body: str, sizes: str = 'viewBox="0 0 100 100"') -> bytes:
    namespaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f"<svg {namespaces} {sizes}>{body}</svg>".encode()


def nested(kind: str, name: str, levels: int, shapes: int) -> str:
    """Return `levels` masks or clips, each with `shapes` shapes that use the level below."""
    made = []
    for level in range(levels):
        applied = f' {name}="url(#n{level - 1})"' if level else ""
        shape = f'<circle cx="50" cy="50" r="40" fill="#fff"{applied}/>'
        made.append(f'<{kind} id="n{level}">{shape * shapes}</{kind}>')
    return f'{"".join(made)}<rect width="9" height="9" {name}="url(#n{levels - 1})"/>'


def uses(levels: int, each: int) -> str:
    inner = [f'<use href="#n{level}"/>' * each for level in range(levels)]
    groups = "".join(f'<g id="n{level}">{used}</g>' for level, used in enumerate(inner, 1))
    return f'<g id="n0"><rect width="9" height="9"/></g>{groups}<use href="#n{levels}"/>'


def alternating() -> str:
    """Return `use` in a mask in `use`, and so on."""
    made = ['<g id="u0"><rect width="9" height="9"/></g>']
    for level in range(1, 8):
        masked = f'<rect width="9" height="9" mask="url(#m{level})"/>' * 5
        made.append(f'<mask id="m{level}">{f"""<use href="#u{level - 1}"/>""" * 5}</mask>')
        made.append(f'<g id="u{level}">{masked}</g>')
    return "".join([*made, '<use href="#u7"/>'])


def by_class() -> str:
    rules = "".join(f".c{level}{{mask:url(#n{level})}}" for level in range(5))
    shapes = (f"<circle r='9' class='c{level - 1}'/>" * 20 for level in range(5))
    masks = "".join(f'<mask id="n{level}">{inner}</mask>' for level, inner in enumerate(shapes))
    return f'<style>{rules}</style>{masks}<g><rect width="9" height="9" class="c4"/></g>'


def chain() -> str:
    gradients = (f'<linearGradient id="g{n}" href="#g{n + 1}"/>' for n in range(500))
    return "".join(gradients)


#: Drawings that would never end.
ENDLESS = {
    "a mask of itself": '<mask id="m"><g mask="url(#m)"/></mask><g mask="url(#m)"/>',
    "uses of each other": '<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g>',
}
#: Drawings of a few kilobytes that would take minutes or gigabytes.
COSTLY: Mapping[str, str] = {
    "4 masks of 20": nested("mask", "mask", 4, 20),
    "6 masks of 20": nested("mask", "mask", 6, 20),
    "4 clips of 20": nested("clipPath", "clip-path", 4, 20),
    "a long row of masks": nested("mask", "mask", 60, 1),
    "10 uses of 10": uses(10, 10),
    "masks of uses of masks": alternating(),
    "masks by class": by_class(),
    "masks by style": nested("mask", "mask", 4, 20).replace(' mask="', ' style="mask:'),
    "a chain of gradients": chain(),
    "tiny dashes": '<path d="M0 0H100" stroke="red" stroke-width="90" stroke-dasharray=".00002"/>',
    "a long path that is repeated":
        f'<path id="p" d="M0 0{"L100 99 1 0" * 9000}"/>{"""<use href="#p"/>""" * 200}',
    "styles that try all ancestors": f"<style>{'g rect{fill:red}' * 5000}</style>{BIG * 500}",
    **ENDLESS,
}  # fmt: skip
#: Drawings that the count allows and the kernel kills.
KILLED = {
    "layers larger than the canvas": '<g opacity=".9">' * 60 + BIG + "</g>" * 60,
    "masks larger than the canvas": nested("mask", "mask", 12, 1).replace(
        '<circle cx="50" cy="50" r="40"', '<rect x="-9000" y="-9000" width="30000" height="30000"'
    ),
}

_NAMES = st.sampled_from([f"n{number}" for number in range(6)])


@st.composite
def _element(draw: st.DrawFn, level: int = 0) -> str:
    kind = draw(st.sampled_from(["rect", "use", "g", "mask", "clipPath", "svg", "symbol"]))
    applied = draw(st.sampled_from(["", "mask", "clip-path"]))
    said = f'{applied}="url(#{draw(_NAMES)})"' if applied and draw(st.booleans()) else ""
    if applied and not said:
        said = f'style="{applied}: url(&apos;#{draw(_NAMES)}&apos;)"'
    own = f'id="{draw(_NAMES)}" {said} class="{draw(_NAMES)}"'
    if kind == "use":
        return f'<use href="#{draw(_NAMES)}" {own}/>'
    if kind == "rect" or level == 3:
        return f'<rect x="20" y="20" width="50" height="50" fill="teal" fill-opacity=".5" {own}/>'
    inner = draw(st.lists(_element(level + 1), max_size=4))
    return f"<{kind} {own}>{''.join(inner)}</{kind}>"


@st.composite
def drawings(draw: st.DrawFn) -> bytes:
    """Return random drawings with any references between elements."""
    ruled = draw(st.lists(st.tuples(_NAMES, _NAMES, st.sampled_from(["mask", "clip-path"])), max_size=2))
    sheet = "".join(f".{one}{{{name}:url(#{other})}}" for one, other, name in ruled)
    return svg(f"<style>{sheet}</style>{''.join(draw(st.lists(_element(), min_size=1, max_size=8)))}")
