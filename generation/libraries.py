"""Libraries for drawing: the packages of the extra `generate`."""

from importlib.util import find_spec

from schemas.errors import LibrariesMissing

#: Import name to distribution name.
DRAWING_LIBRARIES = {
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


def require_drawing_libraries() -> None:
    """Check that all libraries of the extra `generate` are installed; call it before importing a drawing module.

    Raises `LibrariesMissing` with the names of the missing ones.
    """
    missing = [named for module, named in DRAWING_LIBRARIES.items() if find_spec(module) is None]
    if missing:
        raise LibrariesMissing(
            "GENERATE_NOT_INSTALLED",
            f"{', '.join(missing)} isn't installed: bin/up --install-only=local,generate, "
            "or pip install 'tenantry[generate]'",
        )
