"""The map that a build leaves behind: written beside the files, read back without any source.

    chart = open_chart(Path("build/demonstration.bios.img"), data)
    print(chart.leaf_at(0x1C640))

`record.py` writes what `chart.py` reads. Nothing is imported here, so that a build reads no more
than it writes with.
"""
