; Does what ring 3 may not.

halting:
    hlt
