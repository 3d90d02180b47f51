"""Libraries for drawing: the packages of the extra `generate`."""

from importlib.util import find_spec

from schemas.errors import NoGenerateExtra

_REQUIRED_DRAWING_MODULES = (
    "bidi budoux fontpkg_inter hibari imageio_ffmpeg justmytype_intl_cjk manimgx_fonts numpy pyphen resvg_py "
    "uharfbuzz uniseg"
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
