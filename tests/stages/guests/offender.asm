; Touches its own port, and then does what ring 3 may not.

const PORT = 0x80

offender:
    in      al, PORT
    hlt
