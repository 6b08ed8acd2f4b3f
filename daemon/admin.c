#include "daemon/admin.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/descriptor.h"
#include "base/path.h"
#include "daemon/log_orders.h"
#include "daemon/store_orders.h"
#include "daemon/trust_orders.h"

#define PATIENCE_US ((uint64_t)10 * 1000 * 1000)
#define IDLE_US     ((uint64_t)5 * 1000 * 1000)
/* A client in a brief place has this long, from its coming to its end whatever it sends; and when
 * others wait, that long before the next one takes its place. */
#define BRIEF_US ((uint64_t)1000 * 1000)
#define GRACE_US ((uint64_t)100 * 1000)
/* Who wants a brief place waits there, and comes in turn: 80 a second (ADMIN_BRIEF_MAX, GRACE_US). */
#define BACKLOG 128

/* --- The requests --- */

static void answer(struct admin_client *client, json_t *object);
static void answer_error(struct admin_client *client, const char *what);
static void answer_end(struct admin_client *client);

static void request_status(struct admin_client *client, const json_t *request)
{
    (void)request;
    answer(client, client->admin->owner.status(client->admin->owner.context));
}

static void request_cancel(struct admin_client *client, const json_t *request)
{
    (void)request;
    const struct admin_owner *owner = &client->admin->owner;
    struct token_cancelled told = owner->cancel(owner->context, client->uid);
    answer(client, json_pack("{s:b,s:s?}", "cancelled", told.stopping, "command", told.command));
}

/* A non-negative number, or the fallback when it is absent. */
static bool number_of(const json_t *request, const char *key, uint64_t fallback, uint64_t *out)
{
    const json_t *value = json_object_get(request, key);
    *out = value ? (uint64_t)json_integer_value(value) : fallback;
    return !value || (json_is_integer(value) && json_integer_value(value) >= 0);
}

static void request_log(struct admin_client *client, const json_t *request)
{
    uint64_t from, count;
    if (!number_of(request, "from", 1, &from) || !number_of(request, "count", UINT64_MAX, &count)) {
        answer_error(client, "from and count are numbers");
        return;
    }
    client->log_next = from;
    client->log_lines = count;
    client->log_plain = json_is_true(json_object_get(request, "plain"));
    if (count == 0)
        answer_end(client);
}

/* A request is served here, or by an errand in the card thread. */
static const struct {
    const char *name;
    void (*serve)(struct admin_client *client, const json_t *request);
    errand_run *run;
    bool reads_log;
    bool brief; /* answered at once, whatever the card does */
} requests[] = {
    { "status", request_status, .brief = true },
    { "log", request_log },
    { "cancel", request_cancel, .brief = true },
    { "checkpoint", NULL, order_checkpoint, true },
    { "visit", NULL, order_visit },
    { "consistency", NULL, order_consistency },
    { "acknowledge", NULL, order_acknowledge },
    { "note", NULL, order_note },
    { "policy", NULL, order_policy },
    { "snapshot", NULL, order_snapshot },
    { "roots", NULL, order_roots },
    { "trust", NULL, order_trust },
    { "distrust", NULL, order_distrust },
};

/* --- Answers --- */

static void close_client(struct admin_client *client)
{
    if (client->fd >= 0)
        close(client->fd);
    client->fd = -1;
    if (client->file >= 0)
        close(client->file);
    client->file = -1;
    free(client->answer);
    client->answer = NULL;
    client->got = client->answer_size = client->answer_room = client->sent = 0;
    client->log_lines = 0;
    client->reads_log = client->brief = false;
    client->deadline = LOOP_NEVER;
}

/* From now on. A brief place has one deadline. */
static void set_deadline(struct admin_client *client, uint64_t us)
{
    if (!client->brief)
        client->deadline = now_us() + us;
}

static bool waits_for_card(const struct admin_client *client)
{
    return client->page || client->errand;
}

/* A client whose log page or errand is with the card thread keeps its place until that comes
 * back. */
static void drop(struct admin_client *client)
{
    close_client(client);
    client->closing = waits_for_card(client);
}

static bool make_room(struct admin_client *client, size_t size)
{
    size_t wanted = client->answer_size + size;
    if (wanted <= client->answer_room)
        return true;
    wanted *= 2; /* a page of the log has many lines */
    char *longer = realloc(client->answer, wanted);
    if (!longer)
        return false;
    client->answer = longer;
    client->answer_room = wanted;
    return true;
}

static void append(struct admin_client *client, const char *text, size_t size)
{
    if (!make_room(client, size)) {
        drop(client);
        return;
    }
    memcpy(client->answer + client->answer_size, text, size);
    client->answer_size += size;
    set_deadline(client, PATIENCE_US);
}

/* Sends the object, which it takes over. */
static void answer(struct admin_client *client, json_t *object)
{
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    if (!text) {
        drop(client);
        return;
    }
    size_t size = strlen(text);
    text[size] = '\n'; /* in the place of the terminating zero */
    append(client, text, size + 1);
    free(text);
}

static void answer_error(struct admin_client *client, const char *what)
{
    answer(client, json_pack("{s:s}", "error", what));
}

static void answer_busy(struct admin_client *client)
{
    answer(client,
           json_pack("{s:s,s:b}", "error",
                     "busy: as many others are served as there is room for; ask again", "busy", 1));
}

static void answer_end(struct admin_client *client)
{
    client->log_lines = 0;
    answer(client, json_pack("{s:b,s:I}", "end", 1, "next", (json_int_t)client->log_next));
}

/* --- The log, a page at a time, each asked for when the one before has been sent --- */

static void answer_record(struct admin_client *client, uint64_t seq, struct span line)
{
    if (client->log_plain) {
        append(client, (const char *)line.at, line.size);
        append(client, "\n", 1);
    } else {
        answer(client, json_pack("{s:I,s:s%}", "seq", (json_int_t)seq, "line",
                                 (const char *)line.at, line.size));
    }
}

static void answer_unreadable(struct admin_client *client, int result)
{
    bool altered = result == FAULT_BROKEN;
    const char *what = altered ? "the log is altered; the daemon's own log tells more"
                               : "the log cannot be read; the daemon's own log tells why";
    answer(client, json_pack("{s:s,s:b}", "error", what, "altered", altered));
}

static void answer_page(struct admin_client *client, const struct log_page *page)
{
    for (unsigned i = 0; i < page->lines && client->fd >= 0; i++) {
        answer_record(client, page->seq[i], page->line[i]);
        client->log_next = page->seq[i] + 1;
    }
    client->log_lines -= page->lines;
    if (page->result) {
        client->log_lines = 0;
        answer_unreadable(client, page->result);
    } else if (page->lines < page->count || !client->log_lines) {
        answer_end(client);
    }
}

static void advance(struct admin_client *client);

static void page_done(void *context, struct log_page *page)
{
    struct admin_client *client = context;
    client->page = NULL;
    client->closing = false;
    if (client->fd >= 0)
        answer_page(client, page);
    free(page);
    advance(client);
}

static void read_page(struct admin_client *client)
{
    struct log_page *page = malloc(sizeof *page);
    if (!page) {
        drop(client);
        return;
    }
    page->from = client->log_next;
    page->count = client->log_lines < LOG_PAGE_LINES ? (unsigned)client->log_lines : LOG_PAGE_LINES;
    page->done = page_done;
    page->context = client;
    page->first = !client->reads_log;
    page->uid = client->uid;
    client->reads_log = true;
    client->page = page;
    client->deadline = LOOP_NEVER;
    client->admin->owner.read_log(client->admin->owner.context, page);
}

/* --- Errands --- */

static void errand_done(void *context, struct errand *errand)
{
    struct admin_client *client = context;
    client->errand = NULL;
    client->closing = false;
    if (client->fd >= 0 && errand->answer) {
        client->file = errand->file;
        errand->file = -1;
        answer(client, json_incref(errand->answer));
    } else if (client->fd >= 0)
        answer_error(client, errand->error ? errand->error : "no memory");
    if (errand->file >= 0)
        close(errand->file);
    json_decref(errand->answer);
    json_decref(errand->request);
    free(errand);
    advance(client);
}

static void send_errand(struct admin_client *client, size_t row, json_t *request)
{
    struct errand *errand = malloc(sizeof *errand);
    if (!errand) {
        drop(client);
        return;
    }
    *errand = (struct errand){
        .run = requests[row].run,
        .request = json_incref(request),
        .uid = client->uid,
        .reads_log = requests[row].reads_log && !client->reads_log,
        .done = errand_done,
        .context = client,
        .file = -1,
    };
    client->reads_log |= requests[row].reads_log;
    client->errand = errand;
    client->deadline = LOOP_NEVER;
    client->admin->owner.run(client->admin->owner.context, errand);
}

/* --- Lines in, lines out --- */

static void serve(struct admin_client *client, const char *line, size_t size)
{
    json_t *request = json_loadb(line, size, JSON_REJECT_DUPLICATES, NULL);
    const char *name = json_string_value(json_object_get(request, "request"));
    size_t i = 0;
    while (name && i < COUNT_OF(requests) && strcmp(requests[i].name, name) != 0)
        i++;
    if (!name)
        answer_error(client, "expected an object with a request");
    else if (i == COUNT_OF(requests))
        answer_error(client, "unknown request");
    else if (client->brief && !requests[i].brief)
        answer_busy(client);
    else if (requests[i].run)
        send_errand(client, i, request);
    else
        requests[i].serve(client, request);
    json_decref(request);
}

static ssize_t send_some(const struct admin_client *client)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } control = { .head = { CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS } };
    struct iovec bytes = { client->answer + client->sent, client->answer_size - client->sent };
    struct msghdr message = { .msg_iov = &bytes, .msg_iovlen = 1 };
    memcpy(CMSG_DATA(&control.head), &client->file, sizeof client->file);
    if (client->file >= 0) {
        message.msg_control = control.room;
        message.msg_controllen = sizeof control.room;
    }
    return sendmsg(client->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void flush(struct admin_client *client)
{
    if (client->fd < 0 || !client->answer)
        return;
    ssize_t sent = send_some(client);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
        drop(client);
        return;
    }
    client->sent += sent > 0 ? (size_t)sent : 0;
    if (sent > 0 && client->file >= 0) {
        close(client->file);
        client->file = -1;
    }
    if (client->sent < client->answer_size)
        return;
    free(client->answer);
    client->answer = NULL;
    client->answer_size = client->answer_room = client->sent = 0;
    set_deadline(client, client->admin->idle_us);
    if (client->brief)
        close_client(client);
}

static bool serve_line(struct admin_client *client)
{
    char *end = memchr(client->line, '\n', client->got);
    if (!end)
        return false;
    size_t size = (size_t)(end - client->line) + 1;
    serve(client, client->line, size - 1);
    memmove(client->line, client->line + size, sizeof client->line - size);
    client->got -= client->got < size ? client->got : size; /* less: the client was dropped */
    return true;
}

/* Serves the client until there is something to wait for: room to send, the card thread, or a whole
 * line. */
static void advance(struct admin_client *client)
{
    bool more = true;
    while (more && client->fd >= 0 && !waits_for_card(client)) {
        flush(client);
        if (client->fd < 0 || client->answer)
            return;
        if (client->log_lines)
            read_page(client);
        else
            more = serve_line(client);
    }
}

static void receive(struct admin_client *client)
{
    ssize_t got = recv(client->fd, client->line + client->got, sizeof client->line - client->got,
                       MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    bool full = got > 0 && client->got + (size_t)got == sizeof client->line &&
                !memchr(client->line, '\n', sizeof client->line);
    if (got <= 0 || full) {
        drop(client);
        return;
    }
    if (client->got == 0)
        set_deadline(client, PATIENCE_US);
    client->got += (size_t)got;
}

/* --- Clients in the loop --- */

static struct loop_wish client_wish(void *context)
{
    const struct admin_client *client = context;
    short events = client->answer ? POLLOUT : waits_for_card(client) ? 0 : POLLIN;
    return (struct loop_wish){ client->fd, events, client->deadline };
}

static void client_ready(void *context, short events)
{
    struct admin_client *client = context;
    if (client->fd < 0)
        return;
    if (!events || (waits_for_card(client) && !client->answer)) { /* too slow, or gone */
        drop(client);
        return;
    }
    if (!client->answer)
        receive(client);
    advance(client);
}

static bool may_ask(int fd, uint32_t *out_uid)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
        return false;
    *out_uid = peer.uid;
    return peer.uid == geteuid() || peer.uid == 0;
}

static struct admin_client *free_place(struct admin *admin)
{
    for (size_t i = 0; i < ADMIN_PLACES; i++)
        if (admin->clients[i].fd < 0 && !admin->clients[i].closing)
            return &admin->clients[i];
    return NULL;
}

/* The one that came first of those in brief places. None waits for the card. */
static struct admin_client *oldest_brief(struct admin *admin)
{
    struct admin_client *oldest = &admin->clients[ADMIN_CLIENTS_MAX];
    for (size_t i = ADMIN_CLIENTS_MAX; i < ADMIN_PLACES; i++)
        if (admin->clients[i].deadline < oldest->deadline)
            oldest = &admin->clients[i];
    return oldest;
}

/* When there is a place for one more: 0, or the time when the oldest brief client must go. */
static uint64_t place_at(struct admin *admin)
{
    return free_place(admin) ? 0 : oldest_brief(admin)->deadline - BRIEF_US + GRACE_US;
}

static struct admin_client *make_place(struct admin *admin)
{
    if (!free_place(admin) && place_at(admin) <= now_us())
        drop(oldest_brief(admin));
    return free_place(admin);
}

void admin_serve(struct admin *admin, int fd)
{
    struct admin_client *client = make_place(admin);
    if (client && may_ask(fd, &client->uid)) {
        client->fd = fd;
        client->brief = client >= admin->clients + ADMIN_CLIENTS_MAX;
        client->deadline = now_us() + (client->brief ? BRIEF_US : admin->idle_us);
    } else {
        close(fd);
    }
}

/* --- The socket --- */

void admin_init(struct admin *admin, const struct admin_owner *owner)
{
    *admin = (struct admin){ .owner = *owner, .fd = -1, .idle_us = IDLE_US };
    for (size_t i = 0; i < ADMIN_PLACES; i++)
        admin->clients[i] =
            (struct admin_client){ .admin = admin, .fd = -1, .file = -1, .deadline = LOOP_NEVER };
}

/* Whether a living daemon has the socket; one whose backlog is full is alive, too. */
static bool is_alive(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool refused = fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof *address) < 0 &&
                   (errno == ECONNREFUSED || errno == ENOENT);
    if (fd >= 0)
        close(fd);
    return !refused;
}

/* Removes the socket of a dead daemon. */
static int make_way(const struct sockaddr_un *address)
{
    struct stat facts;
    if (lstat(address->sun_path, &facts) < 0)
        return 0; /* nothing is there, or bind() will report the error */
    if (!S_ISSOCK(facts.st_mode))
        return failure(FAULT_DISK, "%s is there, and no socket", address->sun_path);
    if (is_alive(address))
        return failure(FAULT_DISK, "another daemon listens at %s", address->sun_path);
    unlink(address->sun_path);
    return 0;
}

/* Serialises daemons that start in one folder: between our look at the name and bind() nobody else
 * takes it. A process that holds the lock for long is no daemon; we go on without the lock then. */
static int lock_folder_of(const char *path)
{
    static const struct timespec nap = { .tv_nsec = 10 * 1000 * 1000 };
    char folder[sizeof((struct sockaddr_un *)0)->sun_path];
    int fd = path_folder(path, folder, sizeof folder)
                 ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
                 : -1;
    for (int tries = 0; fd >= 0 && tries < 100 && flock(fd, LOCK_EX | LOCK_NB) < 0; tries++)
        nanosleep(&nap, NULL);
    return fd;
}

static int take_name(struct admin *admin, int fd, const struct sockaddr_un *address)
{
    struct stat facts;
    SCOPED(close_fd) int lock = lock_folder_of(address->sun_path);
    int r = make_way(address);
    if (r)
        return r;
    if (bind(fd, (const struct sockaddr *)address, sizeof *address) < 0 ||
        listen(fd, BACKLOG) < 0 || lstat(address->sun_path, &facts) < 0)
        return failure(FAULT_DISK, "no admin socket at %s: %s", address->sun_path, strerror(errno));
    admin->device = facts.st_dev;
    admin->number = facts.st_ino;
    return 0;
}

int admin_listen(struct admin *admin, const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof address.sun_path)
        return failure(FAULT_DISK, "the path of the admin socket is too long");
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return failure(FAULT_DISK, "no admin socket: %s", strerror(errno));
    int r = take_name(admin, fd, &address);
    if (r) {
        close(fd);
        return r;
    }
    admin->fd = fd;
    memcpy(admin->path, address.sun_path, sizeof admin->path);
    return 0;
}

static struct loop_wish listener_wish(void *context)
{
    struct admin *admin = context;
    uint64_t at = place_at(admin);
    if (at <= now_us())
        return (struct loop_wish){ admin->fd, POLLIN, LOOP_NEVER };
    return (struct loop_wish){ -1, 0, at };
}

static void listener_ready(void *context, short events)
{
    struct admin *admin = context;
    if (!events) /* there may be a place now */
        return;
    int fd = accept4(admin->fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0)
        admin_serve(admin, fd);
}

int admin_join(struct admin *admin, struct loop *loop)
{
    int r = loop_add(loop, (struct loop_watcher){ admin, listener_wish, listener_ready });
    for (size_t i = 0; i < ADMIN_PLACES && r == 0; i++)
        r = loop_add(loop, (struct loop_watcher){ &admin->clients[i], client_wish, client_ready });
    return r;
}

static void remove_own(const struct admin *admin)
{
    struct stat facts;
    SCOPED(close_fd) int lock = lock_folder_of(admin->path);
    if (lstat(admin->path, &facts) == 0 && facts.st_dev == admin->device &&
        facts.st_ino == admin->number)
        unlink(admin->path);
}

void admin_deinit(struct admin *admin)
{
    for (size_t i = 0; i < ADMIN_PLACES && admin->owner.status; i++)
        close_client(&admin->clients[i]);
    if (admin->fd >= 0 && admin->owner.status) {
        remove_own(admin);
        close(admin->fd);
    }
    admin->fd = -1;
}
