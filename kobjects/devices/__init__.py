"""The PC's legacy devices: port numbers, and what their registers hold.

pic      the two 8259A interrupt controllers
pit      the 8254 timer
keyboard the PS/2 keyboard and its 8042
rtc      the CMOS clock
serial   the 16550 serial port at COM1
vga      text mode: character cells, the CRT controller, the miscellaneous output register
system   port 92h and QEMU's exit device

An IntEnum's members are absolute port numbers, unless it says that they number indexed registers.
"""
