"""Font families that templates may name, with the package of each."""

FONT_PACKAGE_BY_FAMILY = {
    "Amiri": "fontpkg_amiri",
    "Anton": "fontpkg_anton",
    "Archivo": "fontpkg_archivo",
    "Barlow Condensed": "fontpkg_barlow_condensed",
    "Bricolage Grotesque": "fontpkg_bricolage_grotesque",
    "Cairo": "fontpkg_cairo",
    "DM Sans": "fontpkg_dm_sans",
    "DM Serif Display": "fontpkg_dm_serif_display",
    "Figtree": "fontpkg_figtree",
    "Fraunces": "fontpkg_fraunces",
    "Instrument Sans": "fontpkg_instrument_sans",
    "Instrument Serif": "fontpkg_instrument_serif",
    "Inter": "fontpkg_inter",
    "Mukta": "fontpkg_mukta",
    "Outfit": "fontpkg_outfit",
    "Plus Jakarta Sans": "fontpkg_plus_jakarta_sans",
    "Work Sans": "fontpkg_work_sans",
}
