/* Answers every call with the words it came with, as stages/user/pong.asm does; fails with the Status. */

#include "kpack.h"

int main(void)
{
    Message message = { .words = 0 };
    Status status = k_recv(RECEIVE_MESSAGES | RECEIVE_SIGNALS, &message);
    while (status == STATUS_OK)
        status = k_reply_recv(&message);
    return (int)status;
}
