"""The schemas for others to use.

equates   names for assembly: offsets, masks, shifts, sizes, values
"""
