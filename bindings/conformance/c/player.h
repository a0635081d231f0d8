/* SPDX-License-Identifier: MIT */
/* What the files of the player in C share. */
#ifndef PLAYER_H
#define PLAYER_H
#include <joinmem.h>

/* An object of the player: a memory, a queue or a set. */
typedef struct object
{
    struct object* next;
    char label[32];
    jm_handle handle;
    uint64_t size; /* bytes of an element, if it is a queue */
    int read_only; /* memory that a write would end with a SIGSEGV */
    void* room;    /* of the reservation that is open */
} object;

typedef struct
{
    const char* name;
    int words; /* that it has at least, with its name */
    void (*run) (char** words);
} command;

object* find (const char* label);
object* named (const char* label);
void keep (const char* label, jm_handle handle, uint64_t size);
void* grown (void* old, uint64_t size);

void reply_error (int error);
void reply_result (int64_t result); /* "ok", or the last error if it is negative */
void print_hex (const void* bytes, uint64_t count);
uint64_t from_hex (char* text); /* in place; returns the number of bytes */
uint64_t number (const char* word);
int64_t nanoseconds (const char* word);

void shm (char** words);
void local (char** words);
void write_bytes (char** words);
void read_bytes (char** words);
void placement (char** words);
void initialise (char** words);
void initialised (char** words);

void open_queue (char** words);
void push (char** words);
void pop (char** words);
void push_many (char** words);
void pop_many (char** words);
void reserve (char** words);
void fill (char** words);
void commit (char** words);
void peek (char** words);
void release (char** words);
void shut_down (char** words);
void info (char** words);
void stats (char** words);
void tag (char** words);
void await_element (char** words);
void await_room (char** words);
void flood (char** words);
void drain (char** words);

void open_set (char** words);
void add (char** words);
void modify (char** words);
void remove_queue (char** words);
void wait_set (char** words);
void wake (char** words);
void poll_set (char** words);

#endif
