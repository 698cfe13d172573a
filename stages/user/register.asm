; Making a service known by its name.
;
; `register` is called once, with rdx and r8 = the two words of the name, and returns with every register but rsp
; changed. Where there is no name service, or another has the name, nothing comes of it: whoever was given the
; Endpoint calls it all the same.

register:
    mov     eax, User.BUFFER
    mov     qword ptr [rax + MessageBuffer.capability], cap.endpoint
    mov     qword ptr [rax + MessageBuffer.capability_rights], EndpointRights.call | EndpointRights.grant
    mov     esi, NameRequest.REGISTER
    mov     edi, cap.names
    mov     eax, Call.CALL << Abi.NUMBER_SHIFT | Abi.CAPABILITY | 3
    syscall
    ret
