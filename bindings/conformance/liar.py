#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A player that passes its commands to another one and lies in some replies: liar.py LIE COMMAND ...

planted.py proves with it that the scenarios notice each lie. A lie is a function (words, ask): it returns the reply, or
None if it does not concern this command; ask (*words) has the other player answer.
"""
import re
import subprocess
import sys
import time


def changed(command, change, when=lambda words, reply: reply.startswith("ok")):
    """Replies to this command are changed, if they succeed."""
    def lie(words, ask):
        if words[0] != command:
            return None
        reply = ask(*words)
        return change(reply) if when(words, reply) else reply
    return lie


def swallowed(command):
    """This command is not executed; the reply is ok."""
    return lambda words, _: "ok" if words[0] == command else None


def renamed(name, other):
    """One error has the name of another one, or is a success."""
    def lie(words, ask):
        reply = ask(*words)
        return other if reply == f"error {name}" else reply
    return lie


def replaced(command, index, value):
    """The command has another argument than the driver requested."""
    def lie(words, ask):
        if words[0] != command or words[index] == value:
            return None
        return ask(*words[:index], value, *words[index + 1:])
    return lie


def word(index, change):
    """Changes one word of a reply."""
    def apply(reply):
        words = reply.split()
        words[index] = str(change(words[index]))
        return " ".join(words)
    return apply


def last_digit(text):
    return text[:-1] + ("0" if text[-1] != "0" else "1")


def batch(change):
    """Changes the elements of a batch."""
    def apply(reply):
        _, count, text = reply.split()
        size = len(text) // max(1, int(count))
        parts = change([text[i:i + size] for i in range(0, len(text), size)]) if text != "-" else []
        return f"ok {len(parts)} {''.join(parts) or '-'}"
    return apply


def swap(parts):
    return parts[1::-1] + parts[2:]


def rounded(number):
    """As a language has it whose numbers are doubles."""
    return int(float(number))


def rounded_keys(reply):
    return re.sub(r"(\d+):", lambda found: f"{rounded(found.group(1))}:", reply)


def previous(command):
    """Each reply of this command is the one before it."""
    last = []

    def lie(words, ask):
        if words[0] != command:
            return None
        last.append(ask(*words))
        return last[-2] if len(last) > 1 and last[-1].startswith("ok") and last[-2].startswith("ok") else last[-1]
    return lie


def edges():
    """A set reports what it has not reported by its last wait."""
    last = [None]

    def lie(words, ask):
        if words[0] != "wait":
            return None
        reply = ask(*words)
        last[0], before = reply, last[0]
        return "error ETIMEDOUT" if reply == before and reply != "ok" else reply
    return lie


def no_partial(words, ask):
    """A batch that is done in part is an error."""
    if words[0] not in ("push_many", "pop_many"):
        return None
    reply = ask(*words)
    requested = words[2] if words[0] == "pop_many" else None
    return "error ETIMEDOUT" if requested and reply.startswith("ok") and reply.split()[1] != requested else reply


def hangs(words, _):
    if words[0] == "info":
        time.sleep(1000)


def dies(words, _):
    if words[0] == "info":
        sys.exit(3)


def bad_exit(words, ask):
    if words[0] == "quit":
        ask(*words)
        print("ok", flush=True)
        sys.exit(1)


LIES = {
    "no lie": lambda *_: None,
    "a wrong byte": changed("read", last_digit),
    "a lost write": swallowed("write"),
    "bytes past the end": renamed("ERANGE", "ok 00"),
    "created, although it existed": changed("shm", word(1, lambda _: 1)),
    "a wrong size": changed("shm", word(2, lambda size: int(size) + 1)),
    "no error for what exists": renamed("EEXIST", "ok 1 8192"),
    "another errno": renamed("ENOENT", "error EINVAL"),
    "a read-only write": swallowed("write"),
    "a name that stays": swallowed("unlink"),
    "no wait for the initialiser": lambda words, _: "ok 0" if words[0] == "initialise" else None,
    "two initialisers": changed("initialise", lambda _: "ok 1"),
    "a report without truth": changed("placement", lambda _: "ok null"),
    "a rounded tag": changed("tag", word(1, rounded)),
    "a wrong capacity": changed("info", word(3, lambda n: int(n) + 1)),
    "a type that is not checked": renamed("EINVAL", "ok 0"),
    "a lost element": changed("pop_many", batch(lambda parts: parts[1:])),
    "a swapped pair": changed("pop_many", batch(swap)),
    "an element twice": previous("pop"),
    "a torn element": changed("pop_many", last_digit, lambda words, reply: len(reply) > 200),
    "a wrong sum": changed("drain", word(1, lambda n: int(n) + 1)),
    "a lost push": swallowed("push"),
    "a push into a full queue": renamed("EAGAIN", "ok"),
    "no timeout": renamed("ETIMEDOUT", "error EAGAIN"),
    "no partial batches": no_partial,
    "a lost fill": swallowed("fill"),
    "a lost release": swallowed("release"),
    "a commit of all": renamed("EINVAL", "ok"),
    "a lost shutdown": swallowed("shutdown"),
    "no end": renamed("EPIPE", "error EAGAIN"),
    "no roles": renamed("EBUSY", "ok"),
    "no limit of producers": renamed("EUSERS", "ok"),
    "a pop that does not wait": replaced("pop", 2, "0"),
    "a push that does not wait": replaced("push", 3, "0"),
    "an amount that is ignored": replaced("await_element", 2, "1"),
    "a set that reports nothing": changed("wait", lambda _: "error ETIMEDOUT"),
    "edges": edges(),
    "rounded keys": changed("wait", rounded_keys),
    "a lost wake": swallowed("wake"),
    "a lost remove": swallowed("remove"),
    "a lost modify": swallowed("modify"),
    "a descriptor that is never readable": changed("poll", lambda _: "ok 0"),
    "a descriptor that is always readable": changed("poll", lambda _: "ok 1"),
    "another version": changed("version", lambda _: "ok 9.9.9"),
    "no unknown commands": lambda words, _: "ok" if words[0] == "nonsense" else None,
    "no closed objects": renamed("EBADF", "error EINVAL"),
    "long names": renamed("ENAMETOOLONG", "error EINVAL"),
    "no report of dead producers": renamed("EOWNERDEAD", "error ETIMEDOUT"),
    "no count of deaths": changed("stats", word(3, lambda _: 0)),
    "a hang": hangs,
    "a death": dies,
    "a bad exit": bad_exit,
}


def main(name, *command):
    lie = LIES[name]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as player:
        def ask(*words):
            print(*words, file=player.stdin, flush=True)
            return player.stdout.readline().rstrip("\n")

        for line in sys.stdin:
            words = line.split()
            reply = lie(words, ask)
            print(ask(*words) if reply is None else reply, flush=True)
            if words == ["quit"]:
                break


if __name__ == "__main__":
    main(*sys.argv[1:])
