"""Says which CBOR items fit a rule of a CDDL file (RFC 8610), for as much of CDDL as evidence.cddl uses.

    python3 cddl.py evidence.cddl < lines of "rule hex"       > lines of "true" or "false"
"""
import re
import sys

TOKEN = re.compile(r'\s+|;[^\n]*|(#6\.\d+|=>|\.\.|\.[a-z]+|"(?:[^"\\]|\\.)*"|-?\d+|[A-Za-z][\w-]*|[=/,:?*+()\[\]{}])')


class Parser:
    def __init__(self, text):
        self.tokens, at = [], 0
        while at < len(text):
            match = TOKEN.match(text, at)
            if not match:
                raise SyntaxError(f"cannot read {text[at:at + 20]!r}")
            if match.group(1):
                self.tokens.append(match.group(1))
            at = match.end()
        self.at = 0

    def peek(self, ahead=0):
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else ""

    def take(self, expected=None):
        token = self.peek()
        if not token or (expected and token != expected):
            raise SyntaxError(f"expected {expected}, found {token!r}")
        self.at += 1
        return token

    def rules(self):
        rules = {}
        while self.peek():
            name = self.take()
            self.take("=")
            if name in rules:
                raise SyntaxError(f"two rules {name}")
            rules[name] = self.type()
        return rules

    def type(self):
        choices = [self.type1()]
        while self.peek() == "/":
            self.take()
            choices.append(self.type1())
        return choices[0] if len(choices) == 1 else ("choice", choices)

    def type1(self):
        first = self.type2()
        if self.peek() == "..":
            self.take()
            return ("range", first[1], self.type2()[1])
        if self.peek() in (".size", ".regexp", ".cbor"):
            return (self.take(), first, self.type2())
        return first

    def type2(self):
        token = self.take()
        if token[0] == '"':
            return ("value", token[1:-1])
        if re.fullmatch(r"-?\d+", token):
            return ("value", int(token))
        if token.startswith("#6."):
            self.take("(")
            inner = self.type()
            self.take(")")
            return ("tag", int(token[3:]), inner)
        if token in "([{":
            entries = self.group({"(": ")", "[": "]", "{": "}"}[token])
            if token == "(":
                alone = len(entries) == 1 and entries[0][0] == "" and entries[0][1] is None
                return entries[0][2] if alone else ("group", entries)
            return ("array" if token == "[" else "map", entries)
        return ("name", token)

    def group(self, end):
        entries = []
        while self.peek() != end:
            occurrence = self.take() if self.peek() in ("?", "*", "+") else ""
            key = None
            if self.peek(1) == ":":
                self.take()
                self.take(":")
            kind = self.type()
            if self.peek() == "=>":
                self.take()
                key, kind = kind, self.type()
            entries.append((occurrence, key, kind))
            if self.peek() == ",":
                self.take()
        self.take(end)
        return entries


class Tag:
    def __init__(self, number, item):
        self.number, self.item = number, item


def decode(data, at=0):
    major, info = data[at] >> 5, data[at] & 31
    at += 1
    if info >= 24:
        length = 1 << (info - 24)
        info, at = int.from_bytes(data[at:at + length], "big"), at + length
    if major == 0:
        return info, at
    if major == 1:
        return -1 - info, at
    if major in (2, 3):
        raw = data[at:at + info]
        return (raw if major == 2 else raw.decode()), at + info
    if major == 4:
        items = []
        for _ in range(info):
            item, at = decode(data, at)
            items.append(item)
        return items, at
    if major == 5:
        pairs = {}
        for _ in range(info):
            key, at = decode(data, at)
            pairs[key], at = decode(data, at)
        return pairs, at
    if major == 6:
        item, at = decode(data, at)
        return Tag(info, item), at
    return {20: False, 21: True, 22: None}[info], at


class Matcher:
    def __init__(self, rules):
        self.rules = rules

    def fits(self, kind, item):
        tag = kind[0]
        if tag == "choice":
            return any(self.fits(k, item) for k in kind[1])
        if tag == "value":
            return type(item) is type(kind[1]) and item == kind[1]
        if tag == "range":
            return type(item) is int and kind[1] <= item <= kind[2]
        if tag == ".size":
            return self.fits(kind[1], item) and len(item) == kind[2][1]
        if tag == ".regexp":
            return self.fits(kind[1], item) and re.fullmatch(kind[2][1], item) is not None
        if tag == ".cbor":
            if not self.fits(kind[1], item):
                return False
            inner, end = decode(item)
            return end == len(item) and self.fits(kind[2], inner)
        if tag == "tag":
            return isinstance(item, Tag) and item.number == kind[1] and self.fits(kind[2], item.item)
        if tag == "array":
            return isinstance(item, list) and any(end == len(item) for end in self.sequence(kind[1], item, 0))
        if tag == "map":
            return isinstance(item, dict) and any(not rest for rest in self.members(kind[1], item))
        name = kind[1]
        if name in self.rules:
            return self.fits(self.rules[name], item)
        plain = {"tstr": str, "bstr": bytes, "bytes": bytes}
        if name in plain:
            return isinstance(item, plain[name])
        if name in ("int", "uint"):
            return type(item) is int and (name == "int" or item >= 0)
        if name in ("true", "false", "null"):
            return item is {"true": True, "false": False, "null": None}[name]
        raise SyntaxError(f"there is no rule {name}")

    def as_group(self, kind):
        if kind[0] == "name" and self.rules.get(kind[1], ("",))[0] == "group":
            kind = self.rules[kind[1]]
        return kind[1] if kind[0] == "group" else None

    # Where the sequence of entries can end when it begins at an item.
    def sequence(self, entries, items, at):
        if not entries:
            yield at
            return
        (occurrence, _, kind), rest = entries[0], entries[1:]
        once = [e for e in self.once(kind, items, at)]
        if occurrence in ("?", "*"):
            yield from self.sequence(rest, items, at)
        for end in once:
            yield from self.sequence(rest, items, end)
            if occurrence in ("*", "+") and end > at:
                yield from self.sequence([("+", None, kind)] + rest, items, end)

    def once(self, kind, items, at):
        group = self.as_group(kind)
        if group is not None:
            yield from self.sequence(group, items, at)
        elif at < len(items) and self.fits(kind, items[at]):
            yield at + 1

    # What can be left of the pairs once the entries have taken theirs. Keys here are values, so no pair has two takers.
    def members(self, entries, pairs):
        if not entries:
            yield pairs
            return
        (occurrence, key, kind), rest = entries[0], entries[1:]
        group = self.as_group(kind) if key is None else None
        if group is not None:
            for left in self.members(group, pairs):
                yield from self.members(rest, left)
            return
        if key[1] in pairs and self.fits(kind, pairs[key[1]]):
            yield from self.members(rest, {k: v for k, v in pairs.items() if k != key[1]})
        elif occurrence == "?" and key[1] not in pairs:
            yield from self.members(rest, pairs)


matcher = Matcher(Parser(open(sys.argv[1], encoding="utf-8").read()).rules())
for line in sys.stdin:
    rule, data = line.split()
    item, end = decode(bytes.fromhex(data))
    print("true" if end == len(data) // 2 and matcher.fits(("name", rule), item) else "false")
