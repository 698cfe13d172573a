; What the objects stage knows of each type, and the ports that no task gets.

    .align  8
create_table:                           ; by ObjectType
    .quad   refuse_argument
    .quad   create_thread
    .quad   create_space
    .quad   create_endpoint
    .quad   create_notification
    .quad   create_frame
    .quad   create_irq
    .quad   create_io_ports

kill_table:                             ; by ObjectType; a Space is no object among others
    .quad   0
    .quad   kill_thread
    .quad   0
    .quad   kill_bound
    .quad   kill_bound
    .quad   kill_frame
    .quad   kill_irq
    .quad   kill_plain

control_rights:                         ; by ObjectType: the right to mint, revoke and destroy
    .byte   0
    .byte   ThreadRights.control
    .byte   SpaceRights.control
    .byte   EndpointRights.control
    .byte   NotificationRights.control
    .byte   FrameRights.control
    .byte   IrqRights.control
    .byte   IoPortsRights.control
    .byte   HardwareRights.control

all_rights:                             ; by ObjectType
    .byte   0
    .byte   ThreadRights.read | ThreadRights.write | ThreadRights.control
    .byte   SpaceRights.map | SpaceRights.caps | SpaceRights.control
    .byte   EndpointRights.call | EndpointRights.grant | EndpointRights.control
    .byte   NotificationRights.signal | NotificationRights.control
    .byte   FrameRights.read | FrameRights.write | FrameRights.execute | FrameRights.control
    .byte   IrqRights.ack | IrqRights.control
    .byte   IoPortsRights.use | IoPortsRights.control

    .align  2
kernel_ports:                           ; first and last of each range
    .word   Pic.MASTER_COMMAND, Pic.MASTER_DATA
    .word   Pic.SLAVE_COMMAND, Pic.SLAVE_DATA
    .word   Pic.MASTER_EDGE_LEVEL, Pic.SLAVE_EDGE_LEVEL
    .word   Pit.CHANNEL_0, Pit.COMMAND
    .word   System.CONTROL_A, System.CONTROL_A
    .word   System.RESET_CONTROL, System.RESET_CONTROL
kernel_ports_end:
