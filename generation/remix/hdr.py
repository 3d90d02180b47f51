"""HDR to SDR conversion by the `mobius` tone curve."""

#: HDR transfers: PQ and HLG.
TRANSFERS = frozenset({"smpte2084", "arib-std-b67"})
#: HDR reference white in cd/m2 (ITU-R BT.2408), and the conversion to SDR.
_TO_SDR = (
    "t=linear:npl=203,format=gbrpf32le,zscale=p=bt709,tonemap=tonemap=mobius:param=0.3:desat=0,"
    "zscale=t=bt709:m=bt709:r=tv,format=yuv420p"
)


def sdr_filters(transfer: str) -> list[str]:
    """Return filters that convert HDR to SDR; apply them after scaling, since each pixel costs CPU.

    The picture must have even sides.
    """
    source = f"tin={transfer}:pin=bt2020:min=bt2020nc:rin=tv"
    return [f"zscale={source}:{_TO_SDR}"] if transfer in TRANSFERS else []
