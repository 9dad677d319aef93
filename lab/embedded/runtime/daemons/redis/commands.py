"""What clients ask of the keys: the commands that are played, with Redis' own errors."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable
from typing import Any, TypeAlias

from lab.embedded.runtime.daemons.redis.keys import Keys, Members
from lab.embedded.runtime.daemons.redis.resp import Failure, Reply, Status

Command: TypeAlias = Callable[[Keys, list[str]], Reply]
OK = Status("OK")
_NOT_A_NUMBER = "ERR value is not an integer or out of range"


def number(text: str) -> int:
    """A whole number.

    Raises:
        Failure: it is none.
    """
    try:
        value = int(text)
    except ValueError:
        raise Failure(_NOT_A_NUMBER) from None
    if not -(2**63) <= value < 2**63:
        raise Failure(_NOT_A_NUMBER)
    return value


def _set(keys: Keys, words: list[str]) -> Reply:
    key, value, *options = words
    ttl, only, keep, give = None, "", False, False
    while options:
        option = options.pop(0).upper()
        if option in ("EX", "PX") and options:
            ttl = number(options.pop(0)) / (1 if option == "EX" else 1000)
        elif option in ("NX", "XX"):
            only = option
        elif option in ("KEEPTTL", "GET"):
            keep, give = keep or option == "KEEPTTL", give or option == "GET"
        else:
            raise Failure("ERR syntax error")
    if ttl is not None and ttl <= 0:
        raise Failure("ERR invalid expire time in 'set' command")
    there = key in keys.alive()
    old = keys.text(key) if give else None
    if (only == "NX" and there) or (only == "XX" and not there):
        return old
    keys.put(key, value, keep=keep)
    if ttl is not None:
        keys.ends[key] = keys.now + ttl
    return old if give else OK


def _add(keys: Keys, key: str, by: int) -> Reply:
    value = number(keys.text(key) or "0") + by
    keys.put(key, str(value), keep=True)
    return value


def _delete(keys: Keys, words: list[str]) -> Reply:
    keys.alive()
    return sum(keys.remove(key) for key in words)


def _mset(keys: Keys, words: list[str]) -> Reply:
    if len(words) % 2:
        raise Failure("ERR wrong number of arguments for 'mset' command")
    for key, value in zip(words[::2], words[1::2], strict=True):
        keys.put(key, value)
    return OK


def _append(keys: Keys, words: list[str]) -> Reply:
    value = (keys.text(words[0]) or "") + words[1]
    keys.put(words[0], value, keep=True)
    return len(value)


def _expire(keys: Keys, words: list[str]) -> Reply:
    seconds = number(words[1])
    if words[0] not in keys.alive():
        return 0
    keys.ends[words[0]] = keys.now + seconds
    return 1


def _ttl(keys: Keys, words: list[str]) -> Reply:
    if words[0] not in keys.alive():
        return -2
    return round(keys.ends[words[0]] - keys.now) if words[0] in keys.ends else -1


def _type(keys: Keys, words: list[str]) -> Reply:
    value = keys.values.get(words[0]) if words[0] in keys.alive() else None
    kinds = {str: "string", list: "list", dict: "hash", Members: "set", type(None): "none"}
    return Status(kinds[type(value)])


def _keys(keys: Keys, words: list[str]) -> Reply:
    return [key for key in keys.alive() if fnmatch.fnmatchcase(key, words[0])]


def _scan(keys: Keys, words: list[str]) -> Reply:
    options = {name.upper(): value for name, value in zip(words[1::2], words[2::2], strict=False)}
    return ["0", _keys(keys, [options.get("MATCH", "*")])]


def _flush(keys: Keys, _words: list[str]) -> Reply:
    for key in list(keys.values):
        keys.remove(key)
    return OK


# -- lists, sets, hashes ------------------------------------------------------------------------------------


def _push(keys: Keys, words: list[str], *, left: bool) -> Reply:
    found = keys.row(words[0])
    for value in words[1:]:
        found.insert(0 if left else len(found), value)
        keys.used += len(value) + 16
    return len(found)


def _pop(keys: Keys, words: list[str], *, left: bool) -> Reply:
    found = keys.get(words[0], list)
    if not found:
        return None
    value: str = found.pop(0 if left else -1)
    keys.used -= len(value) + 16
    keys.tidy(words[0])
    return value


def _range(keys: Keys, words: list[str]) -> Reply:
    found = keys.get(words[0], list) or []
    first, last = number(words[1]), number(words[2])
    first = max(0, first + len(found)) if first < 0 else first
    last = last + len(found) if last < 0 else last
    return list(found[first : last + 1])


def _sadd(keys: Keys, words: list[str]) -> Reply:
    found = keys.members(words[0])
    before = len(found)
    found.update(dict.fromkeys(words[1:]))
    keys.used += sum(len(each) for each in words[1:])
    return len(found) - before


def _srem(keys: Keys, words: list[str]) -> Reply:
    return _taken_out(keys, keys.get(words[0], Members) or {}, words)


def _hset(keys: Keys, words: list[str]) -> Reply:
    if len(words) % 2 == 0:
        raise Failure("ERR wrong number of arguments for 'hset' command")
    found = keys.fields(words[0])
    before = len(found)
    found.update(zip(words[1::2], words[2::2], strict=True))
    keys.used += sum(len(each) for each in words[1:])
    return len(found) - before


def _hdel(keys: Keys, words: list[str]) -> Reply:
    return _taken_out(keys, keys.get(words[0], dict) or {}, words)


def _taken_out(keys: Keys, found: dict[str, Any], words: list[str]) -> int:
    """Take what the other words name out of the value of the first, which goes when it is empty."""
    gone = [each for each in dict.fromkeys(words[1:]) if each in found]
    for each in gone:
        del found[each]
    keys.tidy(words[0])
    return len(gone)


def _hgetall(keys: Keys, words: list[str]) -> Reply:
    return [each for pair in (keys.get(words[0], dict) or {}).items() for each in pair]


COMMANDS: dict[str, tuple[int, int, Command]] = {
    "ECHO": (1, 1, lambda _keys, words: words[0]),
    "SET": (2, 9, _set), "GET": (1, 1, lambda keys, words: keys.text(words[0])),
    "GETDEL": (1, 1, lambda keys, words: (keys.text(words[0]), keys.remove(words[0]))[0]),
    "SETNX": (2, 2, lambda keys, words: int(_set(keys, [*words, "NX"]) is not None)),
    "SETEX": (3, 3, lambda keys, words: _set(keys, [words[0], words[2], "EX", words[1]])),
    "MSET": (2, 999, _mset), "MGET": (1, 999, lambda keys, words: [
        keys.text(key) if isinstance(keys.values.get(key), str) else None for key in words]),
    "APPEND": (2, 2, _append), "STRLEN": (1, 1, lambda keys, words: len(keys.text(words[0]) or "")),
    "INCR": (1, 1, lambda keys, words: _add(keys, words[0], 1)),
    "DECR": (1, 1, lambda keys, words: _add(keys, words[0], -1)),
    "INCRBY": (2, 2, lambda keys, words: _add(keys, words[0], number(words[1]))),
    "DECRBY": (2, 2, lambda keys, words: _add(keys, words[0], -number(words[1]))),
    "DEL": (1, 999, _delete), "UNLINK": (1, 999, _delete),
    "EXISTS": (1, 999, lambda keys, words: sum(key in keys.alive() for key in words)),
    "EXPIRE": (2, 2, _expire), "TTL": (1, 1, _ttl), "TYPE": (1, 1, _type),
    "PERSIST": (1, 1, lambda keys, words: int(keys.ends.pop(words[0], None) is not None)),
    "KEYS": (1, 1, _keys), "SCAN": (1, 7, _scan), "DBSIZE": (0, 0, lambda keys, _words: len(keys.alive())),
    "FLUSHALL": (0, 1, _flush), "FLUSHDB": (0, 1, _flush),
    "LPUSH": (2, 999, lambda keys, words: _push(keys, words, left=True)),
    "RPUSH": (2, 999, lambda keys, words: _push(keys, words, left=False)),
    "LPOP": (1, 1, lambda keys, words: _pop(keys, words, left=True)),
    "RPOP": (1, 1, lambda keys, words: _pop(keys, words, left=False)),
    "LLEN": (1, 1, lambda keys, words: len(keys.get(words[0], list) or [])), "LRANGE": (3, 3, _range),
    "SADD": (2, 999, _sadd), "SREM": (2, 999, _srem),
    "SMEMBERS": (1, 1, lambda keys, words: list(keys.get(words[0], Members) or {})),
    "SISMEMBER": (2, 2, lambda keys, words: int(words[1] in (keys.get(words[0], Members) or {}))),
    "SCARD": (1, 1, lambda keys, words: len(keys.get(words[0], Members) or {})),
    "HSET": (3, 999, _hset), "HDEL": (2, 999, _hdel), "HGETALL": (1, 1, _hgetall),
    "HGET": (2, 2, lambda keys, words: (keys.get(words[0], dict) or {}).get(words[1])),
    "HKEYS": (1, 1, lambda keys, words: list(keys.get(words[0], dict) or {})),
    "HLEN": (1, 1, lambda keys, words: len(keys.get(words[0], dict) or {})),
}  # fmt: skip
"""Names, the fewest and the most arguments, and what they do."""
WRITING = frozenset(
    (
        "SET",
        "SETNX",
        "SETEX",
        "MSET",
        "APPEND",
        "INCR",
        "INCRBY",
        "DECR",
        "DECRBY",
        "LPUSH",
        "RPUSH",
        "SADD",
        "HSET",
    )
)
"""Those that may need memory, and fail when there is none left."""
_REAL = """
acl bgrewriteaof bgsave bitcount blpop brpop client cluster copy debug dump eval evalsha exec geoadd getex
getrange hello hincrby hmget hmset hscan hvals info latency lastsave linsert lrem lset ltrim memory module
monitor move multi discard object pexpire pfadd psubscribe pttl publish pubsub rename replicaof restore
role sdiff setbit setrange sinter slaveof slowlog sort spop srandmember sscan subscribe sunion swapdb sync
time touch wait watch xadd xlen xrange xread zadd zcard zincrby zrange zrank zrem zscore zscan
"""
REAL = frozenset(_REAL.split())
"""Commands that Redis has and the simulation does not."""


def run(keys: Keys, words: list[str]) -> Reply:
    """Carry out a command on the keys."""
    name = words[0].upper()
    if name not in COMMANDS:
        if name.lower() in REAL:
            return Failure(f"ERR the command '{name.lower()}' is not available in the simulation")
        shown = " ".join(f"'{each[:128]}'" for each in words[1:])
        return Failure(f"ERR unknown command '{words[0][:128]}', with args beginning with: {shown}")
    least, most, command = COMMANDS[name]
    if not least <= len(words) - 1 <= most:
        return Failure(f"ERR wrong number of arguments for '{name.lower()}' command")
    try:
        return command(keys, words[1:])
    except Failure as failure:
        return failure
