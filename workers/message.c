#include "workers/message.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

union control {
    struct cmsghdr header; /* for its alignment */
    char bytes[CMSG_SPACE(sizeof(int))];
};

int worker_message_send(int socket, const struct worker_message *m, int fd,
                        struct tt_error *err)
{
    struct iovec part = {.iov_base = (void *)m, .iov_len = sizeof(*m)};
    struct msghdr msg = {.msg_iov = &part, .msg_iovlen = 1};
    union control control;
    struct cmsghdr *head;
    ssize_t n;

    if (fd >= 0) {
        memset(&control, 0, sizeof(control));
        msg.msg_control = control.bytes;
        msg.msg_controllen = sizeof(control.bytes);
        head = CMSG_FIRSTHDR(&msg);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(head), &fd, sizeof(int));
    }
    do {
        n = sendmsg(socket, &msg, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    if (n != (ssize_t)sizeof(*m))
        return tt_fail_errno(err, TT_IO, "to the decoder");
    return 0;
}

static int wait_readable(int socket, long ms, struct tt_error *err)
{
    struct pollfd fd = {.fd = socket, .events = POLLIN};
    int64_t end = tt_steady_ms() + ms;
    int n;

    do {
        int64_t left = end - tt_steady_ms();

        n = poll(&fd, 1, ms < 0 ? -1 : left > 0 ? (int)left : 0);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return tt_fail_errno(err, TT_IO, "from the decoder");
    if (n == 0)
        return tt_fail(err, TT_BUSY, "no answer within %ld ms", ms);
    return 0;
}

int worker_message_recv(int socket, struct worker_message *m, int *fd, long ms,
                        struct tt_error *err)
{
    struct iovec part = {.iov_base = m, .iov_len = sizeof(*m)};
    union control control;
    struct msghdr msg = {.msg_iov = &part,
                         .msg_iovlen = 1,
                         .msg_control = control.bytes,
                         .msg_controllen = sizeof(control.bytes)};
    struct cmsghdr *head;
    ssize_t n;

    *fd = -1;
    if (ms >= 0 && wait_readable(socket, ms, err) < 0)
        return -1;
    do {
        n = recvmsg(socket, &msg, MSG_CMSG_CLOEXEC);
    } while (n < 0 && errno == EINTR);
    if (n == 0 || (n < 0 && errno == ECONNRESET))
        return 0;
    if (n < 0)
        return tt_fail_errno(err, TT_IO, "from the decoder");
    head = CMSG_FIRSTHDR(&msg);
    if (head && head->cmsg_level == SOL_SOCKET &&
        head->cmsg_type == SCM_RIGHTS &&
        head->cmsg_len == CMSG_LEN(sizeof(int)))
        memcpy(fd, CMSG_DATA(head), sizeof(int));
    if (n == (ssize_t)sizeof(*m))
        return 1;
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    return tt_fail(err, TT_FORMAT, "from the decoder: not a message");
}
