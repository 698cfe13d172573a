/* Adds 1 to every word and sends it back; a message of no words is the last. The exit code is 43 when
 * the client had its badge and all else was right. */

#include "kpack.h"
#include "server.h"

int main(void)
{
    k_print(CAP_CONSOLE, "server      in C\n");
    Message message = { .words = 0 };
    Status status = k_recv(RECEIVE_MESSAGES, &message);
    while (status == STATUS_OK && message.kind == KIND_CALL && message.badge == 7) {
        if (message.words == 0)
            return k_reply(0, &message) == STATUS_OK ? 43 : 2;
        for (unsigned n = 0; n < message.words; n++)
            ++*k_word(&message, n);
        status = k_reply_recv(&message);
    }
    return 1;
}
