/* SPDX-License-Identifier: Apache-2.0 */
/* Thirty-two clients at one token, all connected before the first of them begins: what each does in
 * its transactions is not mixed with what others do. Run as the command of `glasshsm run`.
 *
 * Each logs in, writes a file of its own, and reads it back. The last round's content is what the
 * parent finds in all files when everybody is done. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/failure.h"
#include "formats/apdu.h"
#include "host/client/client.h"

enum { CLIENTS = 32, ROUNDS = 10, PUBLIC_DATA = 0xCF, CONTENT_SIZE = 200, STATUS_SIZE = 2 };

static void require(bool works, const char *what)
{
    if (works)
        return;
    fprintf(stderr, "%s failed: %s\n", what, failure_last()->cause);
    _exit(EXIT_FAILURE);
}

struct client {
    struct reader_service service;
    struct reader_card card;
    uint8_t number;
    uint8_t bytes[CONTENT_SIZE + STATUS_SIZE];
    struct writer answer;
};

static void connect_client(struct client *client, uint8_t number)
{
    char name[READER_NAME_SIZE];
    *client = (struct client){ .number = number };
    client->answer = WRITER_OF(client->bytes);
    require(reader_service_open(&client->service) == 0, "reaching pcscd");
    require(reader_find(&client->service, "Glass HSM", name) == 0, "finding the reader");
    require(reader_connect(&client->service, name, &client->card) == 0, "connecting to the card");
}

static void disconnect_client(struct client *client)
{
    reader_disconnect(&client->card);
    reader_service_close(&client->service);
}

/* Commands of the client's own file: offset 0, and what follows. */
static uint16_t send(struct client *client, uint8_t ins, struct span content)
{
    uint8_t data_bytes[CONTENT_SIZE + 8], bytes[CONTENT_SIZE + 16];
    struct writer data = WRITER_OF(data_bytes), command = WRITER_OF(bytes);
    write_u32(&data, 0x54020000);
    if (content.size) {
        write_u16(&data, 0x5381);
        write_u8(&data, (uint8_t)content.size);
        write_span(&data, content);
    }
    const struct apdu apdu = { .ins = ins,
                               .p1 = PUBLIC_DATA,
                               .p2 = client->number,
                               .data = written(&data),
                               .le = content.size ? 0 : CONTENT_SIZE };
    apdu_write(&apdu, &command);
    write_trim(&client->answer, 0);
    require(reader_transmit(&client->card, written(&command), &client->answer) == 0, "a command");
    struct reader status = reader_of(
        span_part(written(&client->answer), client->answer.size - STATUS_SIZE, STATUS_SIZE));
    return read_u16(&status);
}

static void check_content(struct client *client, uint8_t round)
{
    uint8_t expected[CONTENT_SIZE];
    memset(expected, client->number ^ round, sizeof expected);
    require(send(client, 0xB1, (struct span){ 0 }) == 0x9000, "READ BINARY");
    require(span_equal(span_part(written(&client->answer), 0, CONTENT_SIZE), SPAN_OF(expected)),
            "finding one's own content");
}

static void play_round(struct client *client, uint8_t round)
{
    uint8_t content[CONTENT_SIZE];
    uint16_t sw;
    memset(content, client->number ^ round, sizeof content);
    require(reader_begin(&client->card) == 0, "beginning a transaction");
    require(client_verify(&client->card, span_of_text("648219"), &sw) == 0, "VERIFY");
    require(send(client, 0xD7, SPAN_OF(content)) == 0x9000, "UPDATE BINARY");
    check_content(client, round);
    reader_end(&client->card);
}

/* Tells by a byte that it is connected, and begins when the other pipe is closed. */
_Noreturn static void be_client(uint8_t number, int tell, int go)
{
    struct client client;
    uint8_t byte = 0;
    connect_client(&client, number);
    require(write(tell, &byte, 1) == 1 && read(go, &byte, 1) == 0, "waiting for the others");
    for (uint8_t round = 0; round < ROUNDS; round++)
        play_round(&client, round);
    disconnect_client(&client);
    _exit(EXIT_SUCCESS);
}

static void check_all_files(void)
{
    struct client client;
    connect_client(&client, 0);
    for (uint8_t number = 0; number < CLIENTS; number++) {
        client.number = number;
        check_content(&client, ROUNDS - 1);
    }
    disconnect_client(&client);
}

int main(void)
{
    int connected[2], go[2], status;
    uint8_t byte;
    require(pipe(connected) == 0 && pipe(go) == 0, "making pipes");
    for (uint8_t number = 0; number < CLIENTS; number++) {
        if (fork() != 0)
            continue;
        close(go[1]);
        be_client(number, connected[1], go[0]);
    }
    close(connected[1]); /* so that we notice when clients die */
    for (unsigned i = 0; i < CLIENTS; i++)
        require(read(connected[0], &byte, 1) == 1, "waiting for all clients to be connected");
    close(go[1]);
    for (unsigned i = 0; i < CLIENTS; i++)
        require(wait(&status) > 0 && status == 0, "one of the clients");
    check_all_files();
    return EXIT_SUCCESS;
}
