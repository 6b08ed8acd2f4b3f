/* SPDX-License-Identifier: Apache-2.0 */
/* Sends and receives lines on a daemon's admin socket. */
#include "host/tool/cli/admin_client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "host/tool/cli/complain.h"
#include "host/tool/cli/value.h"

#define DEFAULT_NAME "token"

enum {
    ACCEPT_MS = 5000, /* for a place, and for an answer that does not need the card */
    /* For an answer that needs the card, which may be busy: making a key of 8192 bits can take
     * minutes. */
    CARD_MS = 600 * 1000,
    AGAIN_MS = 50, /* between attempts at a daemon that is busy */
    QUIET_LINE_MAX = 64 * 1024,
    FIRST_ROOM = 64 * 1024, /* the first buffer is large because logs are long */
};

/* Complains, unless the client is quiet. */
#define complain(client, ...) ((client)->quiet ? 0 : tool_complain(0, __VA_ARGS__))

static uint64_t after_ms(unsigned ms)
{
    return now_us() + (uint64_t)ms * 1000;
}

static void set_deadline(struct admin_client *client, unsigned ms)
{
    if (!client->quiet)
        client->deadline = after_ms(ms);
}

static bool await(const struct admin_client *client, short events)
{
    struct pollfd polled = { .fd = client->fd, .events = events };
    int ready;
    do
        ready = poll(&polled, 1, left_ms(client->deadline));
    while (ready < 0 && errno == EINTR);
    return ready > 0;
}

static void nap(void)
{
    const struct timespec some = { .tv_nsec = AGAIN_MS * 1000000L };
    nanosleep(&some, NULL);
}

/* --- Connecting --- */

static bool choose_path(const char *path, const char *name, char out[sizeof(struct sockaddr_un)])
{
    size_t size = sizeof((struct sockaddr_un *)0)->sun_path;
    const char *usual = getenv("GLASSHSM_SOCKET");
    const char *token = name ? name : DEFAULT_NAME;
    int length;
    if (path || (usual && !name)) {
        length = snprintf(out, size, "%s", path ? path : usual);
        return length > 0 && (size_t)length < size;
    }
    length = snprintf(out, size, "/run/glasshsm/%s/admin.sock", token); /* as a service */
    if (length < 0 || (size_t)length >= size || access(out, F_OK) < 0)
        length = snprintf(out, size, "/run/glasshsm/%s.sock", token);
    return length > 0 && (size_t)length < size;
}

/* A full backlog gives EAGAIN: there is a daemon, which is busy, so we try again until the
 * deadline. */
static bool connect_in_time(struct admin_client *client)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    memcpy(address.sun_path, client->path, strlen(client->path));
    client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    while (client->fd >= 0 &&
           connect(client->fd, (struct sockaddr *)&address, sizeof address) < 0) {
        if (errno != EAGAIN || !left_ms(client->deadline))
            return false;
        nap();
    }
    return client->fd >= 0;
}

static bool is_trusted(const struct admin_client *client)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(client->fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
        return false;
    if (peer.uid == 0 || peer.uid == geteuid() || (geteuid() == 0 && !client->quiet))
        return true;
    complain(client, "the daemon at %s runs as user %u, not as you or root, and was not asked",
             client->path, (unsigned)peer.uid);
    return false;
}

static void disconnect(struct admin_client *client)
{
    if (client->fd >= 0)
        close(client->fd);
    if (client->received >= 0)
        close(client->received);
    client->fd = client->received = -1;
    client->size = client->taken = 0;
}

/* Names the cause: a socket that nobody serves is left by a daemon that was killed. */
static void complain_of_call(struct admin_client *client, int cause)
{
    if (cause == ENOENT || cause == ECONNREFUSED)
        complain(client,
                 "glasshsmd is not running: %s at %s; name a running one's socket with --socket "
                 "PATH, or start it",
                 cause == ENOENT ? "there is no socket" : "nobody answers", client->path);
    else
        complain(client, "glasshsmd at %s: %s", client->path,
                 cause == EAGAIN ? "it is busy, and takes no more calls" : strerror(cause));
}

static bool reconnect(struct admin_client *client)
{
    if (connect_in_time(client))
        return is_trusted(client);
    complain_of_call(client, errno);
    return false;
}

bool admin_open(const char *path, const char *name, struct admin_client *out)
{
    char chosen[sizeof(struct sockaddr_un)];
    *out = (struct admin_client){ .quiet = out->quiet, .open = true, .fd = -1, .received = -1 };
    if (!choose_path(path, name, chosen)) {
        complain(out, "the path of the admin socket is too long");
        return false;
    }
    out->path = strdup(chosen);
    out->deadline = after_ms(out->quiet ? ADMIN_QUIET_MS : ACCEPT_MS);
    return out->path && reconnect(out);
}

void admin_close(struct admin_client *client)
{
    if (!client->open)
        return;
    disconnect(client);
    free(client->path);
    free(client->request);
    free(client->line);
    *client = (struct admin_client){ .quiet = client->quiet, .fd = -1, .received = -1 };
}

/* --- Asking --- */

static bool send_request(struct admin_client *client)
{
    size_t size = strlen(client->request), sent = 0;
    client->answered = false;
    while (sent < size) {
        ssize_t some = send(client->fd, client->request + sent, size - sent, MSG_NOSIGNAL);
        if (some < 0 && errno != EAGAIN && errno != EINTR)
            return false;
        sent += some > 0 ? (size_t)some : 0;
        if (sent < size && !await(client, POLLOUT))
            return false;
    }
    return true;
}

/* Whether the daemon answers this request at once, whatever its card does. */
static bool is_immediate(const json_t *request)
{
    const char *name = value_text(request, "request", NULL);
    return name && (strcmp(name, "status") == 0 || strcmp(name, "cancel") == 0);
}

bool admin_ask(struct admin_client *client, json_t *request)
{
    char *text = request ? json_dumps(request, JSON_COMPACT) : NULL;
    size_t size = text ? strlen(text) : 0;
    set_deadline(client, is_immediate(request) ? ACCEPT_MS : CARD_MS);
    json_decref(request);
    if (text)
        text[size] = '\n'; /* in the place of the terminating zero, which is made again */
    free(client->request);
    client->request = text ? strndup(text, size + 1) : NULL;
    free(text);
    if (client->request && send_request(client))
        return true;
    complain(client, "glasshsmd at %s ended meanwhile", client->path);
    return false;
}

/* --- Answers --- */

/* Keeps the last of the descriptors that came, and closes the others. */
static void keep_descriptors(struct admin_client *client, struct msghdr *message)
{
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
            continue;
        if (client->received >= 0)
            close(client->received);
        memcpy(&client->received, CMSG_DATA(part), sizeof client->received);
    }
}

/* Receives bytes and perhaps one descriptor: there is room for one, and the kernel closes further
 * ones. */
static ssize_t receive(struct admin_client *client)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec bytes = { client->line + client->size, client->room - client->size };
    struct msghdr message = { .msg_iov = &bytes,
                              .msg_iovlen = 1,
                              .msg_control = control.room,
                              .msg_controllen = sizeof control.room };
    ssize_t got = recvmsg(client->fd, &message, MSG_CMSG_CLOEXEC);
    if (got >= 0)
        keep_descriptors(client, &message);
    return got;
}

/* Makes room for more bytes; false when the line would be too long. */
static bool make_room(struct admin_client *client)
{
    size_t most = client->quiet ? QUIET_LINE_MAX : ADMIN_ANSWER_MAX;
    if (client->taken)
        memmove(client->line, client->line + client->taken, client->size - client->taken);
    client->size -= client->taken;
    client->taken = 0;
    if (client->size < client->room)
        return true;
    size_t room = client->room ? 2 * client->room : FIRST_ROOM;
    char *more = room <= most ? realloc(client->line, room) : NULL;
    if (!more)
        return false;
    client->line = more;
    client->room = room;
    return true;
}

/* Waits for a line. NULL: it is there; else the reason why none will come, as a sentence. */
static const char *await_line(struct admin_client *client, size_t *out_size)
{
    static const char closed[] =
        "the daemon closed the connection; it serves its own user and "
        "root";
    for (size_t seen = client->taken;;) {
        char *end =
            client->size > seen ? memchr(client->line + seen, '\n', client->size - seen) : NULL;
        if (end) {
            *out_size = (size_t)(end - client->line) - client->taken;
            return NULL;
        }
        seen = client->size - client->taken;
        if (!client->line || client->taken || client->size == client->room)
            if (!make_room(client))
                return "the daemon's answer is too long";
        if (!await(client, POLLIN))
            return "the daemon does not answer in time";
        ssize_t got = receive(client);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
            return closed;
        client->size += got > 0 ? (size_t)got : 0;
    }
}

/* Sends the request again on a new connection, after the daemon answered that its places are taken
 * and closed this one. */
static bool ask_again(struct admin_client *client, uint64_t give_up)
{
    uint64_t deadline = client->deadline;
    if (now_us() + AGAIN_MS * 1000 >= give_up)
        return false;
    nap();
    disconnect(client);
    client->deadline = give_up < deadline ? give_up : deadline;
    bool asked = connect_in_time(client) && is_trusted(client) && send_request(client);
    client->deadline = deadline;
    return asked;
}

static json_t *judged(struct admin_client *client, json_t *answer)
{
    const char *error = value_text(answer, "error", NULL);
    if (!error)
        return answer;
    client->altered = value_flag(answer, "altered");
    complain(client, "the daemon says: %s", error);
    json_decref(answer);
    return NULL;
}

static bool next_line(struct admin_client *client, struct span *out)
{
    size_t size;
    const char *why = await_line(client, &size);
    if (why) {
        complain(client, "%s", why);
        return false;
    }
    *out = span_of(client->line + client->taken, size);
    client->taken += size + 1;
    return true;
}

static json_t *parse(struct span line)
{
    return json_loadb((const char *)line.at, line.size, 0, NULL);
}

static bool is_busy(const struct admin_client *client, struct span line)
{
    json_t *answer = client->answered ? NULL : parse(line);
    bool busy = value_flag(answer, "busy");
    json_decref(answer);
    return busy;
}

bool admin_line(struct admin_client *client, struct span *out)
{
    uint64_t give_up = after_ms(client->quiet ? 0 : ACCEPT_MS);
    bool came = next_line(client, out);
    while (came && is_busy(client, *out) && ask_again(client, give_up))
        came = next_line(client, out);
    client->answered = true;
    set_deadline(client, CARD_MS); /* of the next line */
    return came;
}

json_t *admin_parse(struct admin_client *client, struct span line)
{
    json_t *answer = parse(line);
    if (answer)
        return judged(client, answer);
    complain(client, "the daemon's answer is not JSON");
    return NULL;
}

json_t *admin_answer(struct admin_client *client)
{
    struct span line;
    return admin_line(client, &line) ? admin_parse(client, line) : NULL;
}

int admin_take_file(struct admin_client *client)
{
    struct stat facts;
    int file = client->received;
    client->received = -1;
    if (file >= 0 && fstat(file, &facts) == 0 && S_ISREG(facts.st_mode))
        return file;
    if (file >= 0)
        close(file);
    complain(client, "the daemon sent no file");
    return -1;
}

/* --- A question from the command line --- */

const struct option_row admin_rows[] = {
    { "socket", "PATH", "its admin socket; default $GLASSHSM_SOCKET",
      INTO_TEXT(struct admin_place, socket) },
    OPTIONS_END,
};

json_t *admin_question(const struct admin_place *place, json_t *request)
{
    SCOPED(admin_close) struct admin_client client = { 0 };
    bool open = admin_open(place->socket, place->name, &client);
    if (!open)
        json_decref(request);
    return open && admin_ask(&client, request) ? admin_answer(&client) : NULL;
}
