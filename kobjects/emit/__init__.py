"""The schemas for others to use.

equates      names for assembly: offsets, masks, shifts, sizes, values
c, rust      a header and a module, in which the compiler checks every size and offset
assembly     the names for NASM and GNU as
description  data for JSON, and a document
catalog      every schema of kobjects by name
"""
