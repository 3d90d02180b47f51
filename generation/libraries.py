"""Libraries that draw: all that the extra `generate` installs."""

from importlib.util import find_spec

from schemas.errors import LibrariesMissing

#: What is imported, by the names under which it is installed.
LIBRARIES = {
    "bidi": "python-bidi",
    "budoux": "budoux",
    "fontpkg_inter": "fontpkg-inter",
    "hibari": "hibari-tts",
    "imageio_ffmpeg": "imageio-ffmpeg",
    "justmytype_intl_cjk": "justmytype-intl-cjk",
    "manimgx_fonts": "manimgx-fonts",
    "numpy": "numpy",
    "pyphen": "pyphen",
    "resvg_py": "resvg-py",
    "uharfbuzz": "uharfbuzz",
    "uniseg": "uniseg",
}


def require() -> None:
    """Raises `LibrariesMissing`. Whoever draws calls it before the first import of what draws."""
    missing = [named for module, named in LIBRARIES.items() if find_spec(module) is None]
    if missing:
        raise LibrariesMissing(
            "GENERATE_NOT_INSTALLED",
            f"{', '.join(missing)} isn't installed: bin/up --install-only=local,generate, "
            "or pip install 'tenantry[generate]'",
        )
