; What the ipc stage brings on main. To be dropped when the two meet; until then nobody holds a Reply.

unblock:
    ret
