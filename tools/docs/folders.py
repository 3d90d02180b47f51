"""Mermaid flow chart of the imports between packages, read from the sources."""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

#: Modules that every layer may import: the descriptions of the platforms. The chart leaves them out.
MODULES_OMITTED_FROM_CHART = ("platforms.registry", "platforms.description")

CHECKOUT_ROOT_FOLDER = Path(__file__).resolve().parents[2]


def render_import_chart(inside: str = "") -> str:
    """Return the Mermaid chart of imports between the packages in `inside`, or of the top level if it is empty.

    An arrow leads to each imported package, unless other arrows already lead there.
    """
    imports = _read_package_imports(inside)
    packages = [f"    {name}" for name in sorted(imports)]
    arrows = [
        f"    {source} --> {target}"
        for source in sorted(imports)
        for target in _drop_transitive_imports(imports, source)
    ]
    return "\n".join(["flowchart TD", *packages, *arrows])


def _read_package_imports(inside: str) -> Mapping[str, set[str]]:
    """Return for each package in `inside`, except `tests`, the set of these packages that it imports."""
    folder = CHECKOUT_ROOT_FOLDER / inside.replace(".", "/")
    packages = {path.parent.name for path in folder.glob("*/__init__.py")} - {"tests"}
    imports: dict[str, set[str]] = defaultdict(set)
    for package in packages:
        for path in (folder / package).rglob("*.py"):
            imports[package] |= {name for name in _yield_package_imports(path, inside) if name in packages - {package}}
    return imports


def _yield_package_imports(path: Path, inside: str) -> Iterator[str]:
    """Yield the names of the packages in `inside` that a module's file imports."""
    prefix = f"{inside}." if inside else ""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for module in modules:
            if module.startswith(prefix) and not module.startswith(MODULES_OMITTED_FROM_CHART):
                yield module.removeprefix(prefix).partition(".")[0]


def _drop_transitive_imports(imports: Mapping[str, set[str]], source: str) -> list[str]:
    """Return the imports of the package `source` without those reachable through its other imports."""
    direct = imports[source]
    return sorted(
        target
        for target in direct
        if not any(target in _find_transitive_imports(imports, other, but=source) for other in direct - {target})
    )


def _find_transitive_imports(imports: Mapping[str, set[str]], source: str, *, but: str) -> set[str]:
    """Return the packages reachable from `source` by imports, without a path through `but`."""
    reached: set[str] = set()
    todo = [source]
    while todo:
        for target in imports[todo.pop()] - reached - {but}:
            reached.add(target)
            todo.append(target)
    return reached
