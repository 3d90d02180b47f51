"""Libraries for drawing: the packages of the extra `generate`.

The engine of looks isn't required: without it, slides have the plain look.
"""

from importlib.util import find_spec

from schemas.errors import NoGenerateExtra

_REQUIRED_DRAWING_MODULES = (
    "bidi budoux fontpkg_amiri fontpkg_anton fontpkg_archivo fontpkg_barlow_condensed fontpkg_bricolage_grotesque "
    "fontpkg_cairo fontpkg_dm_sans fontpkg_dm_serif_display fontpkg_figtree fontpkg_fraunces fontpkg_instrument_sans "
    "fontpkg_instrument_serif fontpkg_inter fontpkg_mukta fontpkg_outfit fontpkg_plus_jakarta_sans fontpkg_work_sans "
    "hibari imageio_ffmpeg justmytype_intl_cjk manimgx_fonts numpy pyphen resvg_py uharfbuzz uniseg"
).split()
#: Distributions with other names than their modules.
_PIP_NAME_BY_DRAWING_MODULE = {"bidi": "python-bidi", "hibari": "hibari-tts"}


def require_drawing_libraries() -> None:
    """Check that all libraries of the extra `generate` are installed; call it before importing a drawing module.

    Raises `NoGenerateExtra` with the names of the missing ones.
    """
    modules = [module for module in _REQUIRED_DRAWING_MODULES if find_spec(module) is None]
    missing = [_PIP_NAME_BY_DRAWING_MODULE.get(module, module.replace("_", "-")) for module in modules]
    if missing:
        raise NoGenerateExtra(
            "GENERATE_NOT_INSTALLED",
            f"{', '.join(missing)} isn't installed: bin/up --install-only=local,generate, "
            "or pip install 'tenantry[generate]'",
        )
