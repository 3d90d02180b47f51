"""HDR, which is made SDR by the curve `mobius`."""

#: Transfers of HDR: PQ and HLG.
TRANSFERS = frozenset({"smpte2084", "arib-std-b67"})
#: White in HDR, in candelas (ITU-R BT.2408), from which it is made SDR.
_TO_SDR = (
    "t=linear:npl=203,format=gbrpf32le,zscale=p=bt709,tonemap=tonemap=mobius:param=0.3:desat=0,"
    "zscale=t=bt709:m=bt709:r=tv,format=yuv420p"
)


def toned(transfer: str) -> list[str]:
    """Filters that make SDR of what is HDR, once it was scaled: it costs as much as it has pixels.

    The picture's sides are even.
    """
    source = f"tin={transfer}:pin=bt2020:min=bt2020nc:rin=tv"
    return [f"zscale={source}:{_TO_SDR}"] if transfer in TRANSFERS else []
