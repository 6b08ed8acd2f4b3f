/* Lines to and from a daemon. */
#include "host/tool/admin_client.h"

#include <getopt.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "host/tool/tool.h"

#define DEFAULT_NAME "token"

static bool choose_path(const char *path, const char *name, struct sockaddr_un *out)
{
    size_t size = sizeof out->sun_path;
    const char *usual = getenv("GLASSHSM_SOCKET");
    int length;
    if (path || (usual && !name))
        length = snprintf(out->sun_path, size, "%s", path ? path : usual);
    else
        length = snprintf(out->sun_path, size, "/run/glasshsm/%s.sock", name ? name : DEFAULT_NAME);
    return length > 0 && (size_t)length < size;
}

/* For clients that are not quiet. */
#define complain(client, ...) ((client)->quiet ? 0 : tool_complain(0, __VA_ARGS__))

/* A quiet client does without an answer rather than wait until a card has finished its work. */
static bool be_patient(const struct admin_client *client, int fd)
{
    static const struct timeval patience = { .tv_usec = 300 * 1000 };
    return !client->quiet ||
           setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0;
}

bool admin_open(const char *path, const char *name, struct admin_client *out)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (!choose_path(path, name, &address)) {
        complain(out, "the path of the admin socket is too long");
        return false;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        complain(out, "no daemon at %s: %s; name its admin socket with --socket PATH",
                 address.sun_path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return false;
    }
    out->stream = be_patient(out, fd) ? fdopen(fd, "r+") : NULL;
    return out->stream != NULL;
}

void admin_close(struct admin_client *client)
{
    if (client->stream)
        fclose(client->stream);
    client->stream = NULL;
}

bool admin_ask(struct admin_client *client, json_t *request)
{
    bool sent = request && json_dumpf(request, client->stream, JSON_COMPACT) == 0 &&
                fputc('\n', client->stream) != EOF && fflush(client->stream) == 0;
    json_decref(request);
    if (!sent)
        complain(client, "the daemon went away");
    return sent;
}

static json_t *judged(const struct admin_client *client, json_t *answer)
{
    const char *error = json_string_value(json_object_get(answer, "error"));
    if (!error)
        return answer;
    complain(client, "the daemon says: %s", error);
    json_decref(answer);
    return NULL;
}

json_t *admin_answer(struct admin_client *client)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t size = getline(&line, &room, client->stream);
    json_t *answer = size > 0 ? json_loadb(line, (size_t)size, 0, NULL) : NULL;
    free(line);
    if (answer)
        return judged(client, answer);
    complain(client, size > 0
                         ? "the daemon's answer is not JSON"
                         : "the daemon closed the connection; it serves its own user and root");
    return NULL;
}

/* --- A question from the command line --- */

static const struct option options[] = {
    { "socket", required_argument, NULL, 's' },
    { "json", no_argument, NULL, 'j' },
    { "help", no_argument, NULL, 'h' },
    { 0 },
};

static json_t *ask_once(const struct admin_question *question)
{
    SCOPED(admin_close) struct admin_client client = { 0 };
    if (!admin_open(question->socket, question->name, &client) ||
        !admin_ask(&client, json_pack("{s:s}", "request", question->request)))
        return NULL;
    return admin_answer(&client);
}

int admin_question(int count, char **arguments, struct admin_question *question,
                   json_t **out_answer)
{
    *out_answer = NULL;
    for (int option; (option = getopt_long(count, arguments, "h", options, NULL)) != -1;) {
        if (option == 'h')
            return fputs(question->usage, stdout) < 0 ? TOOL_FAILED : TOOL_DONE;
        if (option == '?')
            return tool_misused(question->usage);
        if (option == 's')
            question->socket = optarg;
        if (option == 'j')
            question->as_json = true;
    }
    if (count - optind > 1)
        return tool_misused(question->usage);
    question->name = arguments[optind];
    *out_answer = ask_once(question);
    return *out_answer ? TOOL_DONE : TOOL_FAILED;
}
