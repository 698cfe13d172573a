; What the objects stage knows of each type.

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
