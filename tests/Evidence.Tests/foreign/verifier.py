"""A verifier of a gateway's evidence, written from gateway/Evidence/README.md alone.

    python3 verifier.py KEY.pem < lines of "batch HEX", "bundle HEX", "json HEX", "leaf HEX" or "consistency OLDER ROOT NEWER ROOT HASH,HASH"
                                 > lines of "verified SIZE ROOT", "leaf SEQ TYPE" or "refused WHY"
"""
import base64
import hashlib
import json
import re
import sys
import zlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

LIMIT = 32 * 1024 * 1024
DEPTH = 16


class Refused(Exception):
    pass


def need(condition, why):
    if not condition:
        raise Refused(why)


def sha256(data):
    return hashlib.sha256(data).digest()


# --- Deterministic CBOR: shortest integers, definite lengths, ascending labels, no floats, nothing after the end ----------------------

class Tag:
    def __init__(self, number, item):
        self.number, self.item = number, item


def read_head(data, at):
    need(at < len(data), "cut short")
    major, info = data[at] >> 5, data[at] & 31
    at += 1
    if info < 24:
        return major, info, at
    need(info <= 27, "indefinite length or reserved")
    length = 1 << (info - 24)
    need(at + length <= len(data), "cut short")
    value = int.from_bytes(data[at:at + length], "big")
    need(major == 7 or value >= (24 if length == 1 else 1 << (4 * length)), "not the shortest form")
    return major, value, at + length


def read_item(data, at, depth=0):
    need(depth < DEPTH, "nested too deeply")
    start = at
    major, value, at = read_head(data, at)
    if major == 0:
        return value, at
    if major == 1:
        return -1 - value, at
    if major in (2, 3):
        need(at + value <= len(data), "cut short")
        raw = data[at:at + value]
        return (bytes(raw) if major == 2 else bytes(raw).decode("utf-8")), at + value
    if major == 4:
        items = []
        need(value <= len(data) - at, "more items than bytes")
        for _ in range(value):
            item, at = read_item(data, at, depth + 1)
            items.append(item)
        return items, at
    if major == 5:
        pairs, last = {}, None
        for _ in range(value):
            began = at
            key, at = read_item(data, at, depth + 1)
            spelled = bytes(data[began:at])
            need(last is None or (len(last), last) < (len(spelled), spelled), "labels do not ascend")
            need(isinstance(key, (int, str)), "label of another kind")
            last = spelled
            pairs[key], at = read_item(data, at, depth + 1)
        return pairs, at
    if major == 6:
        item, at = read_item(data, at, depth + 1)
        return Tag(value, item), at
    need(data[start] in (0xF4, 0xF5, 0xF6), "a float or another simple value")
    return {0xF4: False, 0xF5: True, 0xF6: None}[data[start]], at


def read_whole(data):
    item, end = read_item(data, 0)
    need(end == len(data), "bytes follow the end")
    return item


def write_head(major, value):
    if value < 24:
        return bytes([major << 5 | value])
    length = next(n for n in (1, 2, 4, 8) if value < 1 << (8 * n))
    return bytes([major << 5 | {1: 24, 2: 25, 4: 26, 8: 27}[length]]) + value.to_bytes(length, "big")


def write_bytes(data):
    return write_head(2, len(data)) + data


def is_uint(value):
    return type(value) is int and value >= 0


# --- Leaf (section 1) -----------------------------------------------------------------------------------------------------------------

HEAD = {"seq", "typ", "ts", "at", "bc", "mc", "salt", "grp", "cfg", "fct", "of", "sim_"}
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-:._/]*")
METER = re.compile(r"[^/]+/[^/]+")
TOPIC = re.compile(r"[^/]+/.+")

# Records in their order: name, form, whether it may be absent. Then which names may follow, and in which form.
TEXT, COUNT, INSTANT, QUANTITY, AMOUNT, ANY, DATA = "text", "count", "instant", "quantity", "quantity or reason", "statement", "data"
ENTERED = [("from", INSTANT, 0), ("to", INSTANT, 0), ("amount", QUANTITY, 0), ("by", TEXT, 0), ("document", TEXT, 1), ("sha256", DATA, 1)]
LAYOUT = {
    "genesis": ([("origin", TEXT, 0), ("device", TEXT, 0), ("key", DATA, 0), ("cert", DATA, 1)], None),
    "boot": ([("boot-id", TEXT, 0)], None),
    "start": ([("version", TEXT, 0), ("registers-from-file", COUNT, 0)], (TOPIC, AMOUNT)),
    "config": ([("group", TEXT, 0), ("class", TEXT, 0)], (METER, TEXT)),
    "factors": ([("set", TEXT, 0), ("version", TEXT, 0), ("validFrom", TEXT, 0), ("validUntil", TEXT, 0)], (TOPIC, TEXT)),
    "reading": ([], (METER, AMOUNT)),
    "carbon": ([(None, AMOUNT, 0), ("from", INSTANT, 0), ("to", INSTANT, 0), ("method", TEXT, 0)], (NAME, ANY)),
    "gap": ([("cause", TEXT, 0), ("meter", TEXT, 1), ("from", INSTANT, 0), ("to", INSTANT, 0), ("lost", COUNT, 1), ("log", TEXT, 1),
             ("witnessed", COUNT, 1), ("recorded", COUNT, 1)], None),
    "calibration": ([("meter", TEXT, 0), ("correction", TEXT, 0), ("calibrated", INSTANT, 1), ("by", TEXT, 1), ("reference", TEXT, 1),
                     ("uncertainty", TEXT, 1), ("before", TEXT, 0)], None),
    "exchange": ([("meter", TEXT, 0), ("reading", TEXT, 0), ("read", INSTANT, 0)], (METER, QUANTITY)),
    "clockstep": ([("step", INSTANT, 0)], None),
    "manual": ([("kind", TEXT, 0), ("subject", TEXT, 0)] + ENTERED, (TOPIC, ANY)),
    "instrument": ([("kind", TEXT, 0), ("id", TEXT, 0)] + ENTERED, (TOPIC, ANY)),
    "correction": ([("supersedes", COUNT, 0), ("reason", TEXT, 0), ("by", TEXT, 0)], (NAME, ANY)),
    "alarm": ([("alarm", TEXT, 0), ("state", TEXT, 0), ("meter", TEXT, 1), ("text", TEXT, 1)], None),
    "keyrot": ([("key", DATA, 0), ("cert", DATA, 1), ("until", INSTANT, 0)], None),
}
WITH_GROUP = {"config", "reading", "calibration", "exchange"}
MAY_HAVE_GROUP = {"gap", "manual", "instrument", "correction", "alarm"}


def check_number(value):
    if type(value) is int:
        return 0
    need(isinstance(value, Tag) and value.number == 4 and isinstance(value.item, list) and len(value.item) == 2, "a number of another kind")
    exponent, mantissa = value.item
    need(type(exponent) is int and type(mantissa) is int and exponent != 0 and abs(exponent) <= 30, "a decimal fraction in another form")
    need(-2**63 <= mantissa < 2**63, "a mantissa beyond 64 bits")
    return exponent


def check_time(value):
    exponent = check_number(value)
    need(exponent == 0 or (exponent == -3 and value.item[1] % 1000 != 0), "a time in another form")


def check_record(record, first):
    need(isinstance(record, dict), "a record is no map")
    for label, value in record.items():
        if isinstance(label, int):
            need(label in (0, 1, 2, 3, 6, 8), f"label {label}")
        elif label == "q":
            need(is_uint(value) and 0 < value < 2**31, "q")
        elif label == "cls":
            need(isinstance(value, str), "cls")
        elif label in HEAD:
            need(first, f"label {label} on a later record")
        else:
            need(not label.endswith("_"), f"label {label} must be understood")
    need(isinstance(record.get(0), str) and NAME.fullmatch(record[0]), "a name")
    need(1 not in record or isinstance(record[1], str), "a unit")
    need(sum(label in record for label in (2, 3, 8)) == 1, "not exactly one value")
    need(3 not in record or isinstance(record[3], str), "vs")
    need(8 not in record or isinstance(record[8], bytes), "vd")
    if 2 in record:
        check_number(record[2])
    if 6 in record:
        check_time(record[6])


def check_head(head):
    for label in ("seq", "bc", "mc"):
        need(is_uint(head.get(label)) and head[label] < 2**63, label)
    need(isinstance(head.get("typ"), str) and head.get("ts") in ("U", "I", "S", "R"), "typ or ts")
    need(isinstance(head.get("salt"), bytes) and len(head["salt"]) == 16, "salt")
    need(6 in head, "no time")
    if "at" in head:
        check_time(head["at"])
    need("grp" not in head or isinstance(head["grp"], str), "grp")
    for label in ("cfg", "fct"):
        need(label not in head or is_uint(head[label]), label)
    need(head.get("sim_", True) is True, "sim_")
    if "of" in head:
        of = head["of"]
        need(isinstance(of, list) and of and all(is_uint(i) for i in of) and all(a < b for a, b in zip(of, of[1:])), "of")


def check_form(record, form, measured, first):
    unit, number = record.get(1), record.get(2)
    good = {
        TEXT: 3 in record and unit is None,
        COUNT: type(number) is int and number >= 0 and unit is None,
        INSTANT: number is not None and unit == "s" and check_number(number) in (0, -3),
        QUANTITY: number is not None and unit is not None,
        AMOUNT: (number is not None) == (unit is not None) and 8 not in record,
        ANY: 8 not in record and (number is not None or unit is None),
        DATA: 8 in record and unit is None,
    }[form]
    need(good, f"{record[0]} is not a {form}")
    if not measured:
        need("q" not in record and "cls" not in record, f"{record[0]} has a quality or class")
        need(6 not in record or (first and "at" not in record), f"{record[0]} has a time of its own")


def check_layout(records):
    head = records[0]
    kind = head["typ"]
    need(len({r[0] for r in records}) == len(records), "two records of one name")
    if kind not in LAYOUT:
        return
    need(("grp" in head) if kind in WITH_GROUP else kind in MAY_HAVE_GROUP or "grp" not in head, "grp")
    need(("cfg" in head) == (kind == "reading"), "cfg")
    need(kind == "carbon" or ("fct" not in head and "of" not in head), "fct or of")
    first, rest = LAYOUT[kind]
    at = 0
    for name, form, optional in first:
        if at < len(records) and name in (None, records[at][0]):
            check_form(records[at], form, False, at == 0)
            at += 1
        else:
            need(optional, f"no {name}")
    for record in records[at:]:
        need(rest is not None and rest[0].fullmatch(record[0]), f"{record[0]} is not a record of {kind}")
        check_form(record, rest[1], kind in ("reading", "exchange"), record is head)


def read_leaf(data):
    need(54 <= len(data) <= 65535, "the length of a leaf")
    records = read_whole(data)
    need(isinstance(records, list) and records, "a leaf is an array of records")
    for i, record in enumerate(records):
        check_record(record, i == 0)
    check_head(records[0])
    check_layout(records)
    return records


def check_leaf(data, index, origin):
    records = read_leaf(data)
    head = records[0]
    need(head["seq"] == index, f"leaf {index} says that it is {head['seq']}")
    need((head["typ"] == "genesis") == (index == 0), "genesis")
    need("sim_" not in head or index == 0, "sim_")
    if index == 0:
        need(records[0][3] == origin, "genesis of another log")
        need(("sim_" in head) == origin.startswith("sim/"), "simulated or not")


# --- Tree (section 2) -----------------------------------------------------------------------------------------------------------------

def leaf_hash(leaf):
    return sha256(b"\0" + leaf)


def node(left, right):
    return sha256(b"\1" + left + right)


def append(size, edge, entry):
    n = size
    while n & 1:
        entry = node(edge.pop(), entry)
        n >>= 1
    edge.append(entry)


def root_of_edge(edge):
    root = edge[-1]
    for left in reversed(edge[:-1]):
        root = node(left, root)
    return root


def root_of_path(entry, index, size, path):
    need(index < size, "no such leaf")
    fn, sn, r = index, size - 1, entry
    for p in path:
        need(sn > 0, "path too long")
        if fn & 1 or fn == sn:
            r = node(p, r)
            while fn & 1 == 0 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node(r, p)
        fn, sn = fn >> 1, sn >> 1
    need(sn == 0, "path too short")
    return r


def check_consistency(older, older_root, size, root, path):
    need(1 <= older <= size, "sizes")
    if older == size:
        need(not path and older_root == root, "not the same")
        return
    if older & (older - 1) == 0:
        path = [older_root] + path
    need(path, "path too short")
    fn, sn = older - 1, size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        need(sn > 0, "path too long")
        if fn & 1 or fn == sn:
            fr, sr = node(c, fr), node(c, sr)
            while fn & 1 == 0 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node(sr, c)
        fn, sn = fn >> 1, sn >> 1
    need(sn == 0 and fr == older_root and sr == root, "not a continuation")


# --- Checkpoint (section 3) -----------------------------------------------------------------------------------------------------------

ORIGIN = re.compile(r"(sim/)?([0-9a-f]{64})/([1-9][0-9]*)")


def unbase64(text):
    data = base64.b64decode(text, validate=True)
    need(base64.b64encode(data).decode() == text, "base64 is not canonical")
    return data


class Verifier:
    def __init__(self, pem):
        self.key = serialization.load_pem_public_key(pem)
        need(isinstance(self.key.curve, ec.SECP256R1), "a key on another curve")
        self.key_hash = sha256(self.key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo))

    def check_signature(self, der, data):
        r, s = utils.decode_dss_signature(der)
        need(utils.encode_dss_signature(r, s) == der, "a signature that is not DER")
        self.key.verify(der, data, ec.ECDSA(hashes.SHA256()))

    def read_note(self, note):
        need(isinstance(note, str) and len(note) <= 65536 and note.endswith("\n") and "\n\n" in note, "a note")
        text, lines = note.rsplit("\n\n", 1)
        parts = text.split("\n")
        need(len(parts) == 3, "three lines")
        origin, size, root = parts[0], parts[1], unbase64(parts[2])
        need(re.fullmatch(r"0|[1-9][0-9]{0,18}", size) and len(root) == 32, "size or root")
        match = ORIGIN.fullmatch(origin)
        need(match, "origin")
        signed = False
        need(lines, "no signature line")
        for line in lines[:-1].split("\n"):
            mark, name, blob = line.split(" ")
            need(mark == "\u2014" and name and "+" not in name, "a signature line")
            data = unbase64(blob)
            need(len(data) > 4, "a signature line")
            if name == origin and data[:4] == self.key_hash[:4] and not signed:
                self.check_signature(data[4:], (text + "\n").encode())
                signed = True
        need(signed, "not signed by the trusted key")
        need(match.group(2) == self.key_hash.hex(), "another device's log")
        return origin, int(size), root

    def check_cose(self, envelope, origin, size, root):
        """envelope: the four parts of a COSE_Sign1."""
        protected, _, payload, signature = envelope
        name = origin.encode()
        expected = (b"\xa4\x01\x26\x04" + write_bytes(self.key_hash) + b"\x0f\xa2\x02" + write_head(3, len(name)) + name
                    + write_head(1, 65536) + write_head(0, size) + b"\x19\x01\x8b\x01")
        need(protected == expected, "the protected header")
        need(payload is None and isinstance(signature, bytes) and len(signature) == 64, "payload or signature")
        to_be_signed = b"\x84\x6aSignature1" + write_bytes(protected) + b"\x40" + write_bytes(root)
        der = utils.encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
        self.key.verify(der, to_be_signed, ec.ECDSA(hashes.SHA256()))

    # --- Batch (section 4) ------------------------------------------------------------------------------------------------------------

    def batch(self, parts):
        need(isinstance(parts, list) and len(parts) == 5, "a batch has five parts")
        note, cose, first, edge, elements = parts
        origin, size, root = self.read_note(note)
        envelope = self.envelope(cose)
        need(envelope[1] == {}, "the unprotected header of a checkpoint")
        self.check_cose(envelope, origin, size, root)
        need(is_uint(first) and isinstance(edge, list) and isinstance(elements, list) and elements and first + len(elements) == size, "first and size")
        need(all(isinstance(h, bytes) and len(h) == 32 for h in edge) and len(edge) == bin(first).count("1"), "the edge")
        grown = list(edge)
        for i, element in enumerate(elements):
            if isinstance(element, list):
                need(len(element) == 1 and isinstance(element[0], bytes) and len(element[0]) == 32, "an element")
                entry = element[0]
            else:
                need(isinstance(element, bytes) and len(element) >= 54, "an element")
                entry = leaf_hash(element)
            append(first + i, grown, entry)
        need(root_of_edge(grown) == root, "the root")
        for i, element in enumerate(elements):
            if isinstance(element, bytes):
                check_leaf(element, first + i, origin)
        return origin, size, root

    @staticmethod
    def envelope(cose):
        need(isinstance(cose, Tag) and cose.number == 18 and isinstance(cose.item, list) and len(cose.item) == 4, "COSE_Sign1")
        need(isinstance(cose.item[0], bytes), "COSE_Sign1")
        return cose.item

    # --- Bundle (section 5) -----------------------------------------------------------------------------------------------------------

    def bundle(self, parts):
        need(isinstance(parts, dict) and parts.get("v") == 1 and type(parts["v"]) is int, "version")
        need(set(parts) <= {"v", "crl", "tsr", "keys", "note", "chain", "leaves", "batches", "receipt"}, "an unknown member")
        for label in ("crl", "tsr", "chain", "leaves"):
            need(label not in parts or (isinstance(parts[label], list) and parts[label] and all(isinstance(b, bytes) for b in parts[label])), label)
        for label in ("keys", "batches"):
            need(label not in parts or (isinstance(parts[label], list) and parts[label]), label)
        for change in parts.get("keys", []):
            need(isinstance(change, list) and len(change) == 2 and all(isinstance(b, bytes) for b in change), "keys")
        need("leaves" in parts or "batches" in parts, "neither leaves nor batches")
        need(("leaves" in parts) == ("receipt" in parts), "leaves without their receipt")
        origin, size, root = self.read_note(parts.get("note"))
        if "receipt" in parts:
            self.receipt(parts["receipt"], parts["leaves"], origin, size, root)
        for batch in parts.get("batches", []):
            batch_origin, batch_size, batch_root = self.batch(batch)
            need(batch_origin == origin and batch_size <= size and (batch_size < size or batch_root == root), "a batch of another history")
        return origin, size, root

    def receipt(self, data, leaves, origin, size, root):
        need(isinstance(data, bytes), "receipt")
        envelope = self.envelope(read_whole(data))
        proofs = envelope[1]
        need(isinstance(proofs, dict) and set(proofs) == {396} and isinstance(proofs[396], dict) and set(proofs[396]) == {-1}, "the unprotected header")
        proofs = proofs[396][-1]
        need(isinstance(proofs, list) and len(proofs) == len(leaves), "one proof for each leaf")
        seen = set()
        for leaf, proof in zip(leaves, proofs):
            need(isinstance(proof, bytes), "a proof")
            parts = read_whole(proof)
            need(isinstance(parts, list) and len(parts) == 3 and is_uint(parts[1]) and isinstance(parts[2], list), "a proof")
            proof_size, index, path = parts
            need(proof_size == size, "the size of a proof")
            need(all(isinstance(h, bytes) and len(h) == 32 for h in path), "a path")
            need(root_of_path(leaf_hash(leaf), index, size, path) == root, "the root of a proof")
            need(index not in seen, "a leaf twice")
            seen.add(index)
            check_leaf(leaf, index, origin)
        self.check_cose(envelope, origin, size, root)


def from_json(text):
    def once(pairs):
        need(len({k for k, _ in pairs}) == len(pairs), "a member twice")
        return dict(pairs)

    def refuse(_):
        raise Refused("a number of another kind")

    parts = json.loads(text.decode("utf-8"), object_pairs_hook=once, parse_float=refuse, parse_constant=refuse)
    need(isinstance(parts, dict), "an object")
    raw = lambda value: unbase64(value) if isinstance(value, str) else refuse(value)
    many = lambda values: [raw(v) for v in values]
    read = {
        "crl": many, "tsr": many, "chain": many, "leaves": many, "receipt": raw,
        "keys": lambda changes: [many(c) for c in changes],
        "batches": lambda batches: [
            [b[0], read_whole(raw(b[1])), b[2], many(b[3]), [many(e) if isinstance(e, list) else raw(e) for e in b[4]]] for b in batches if len(b) == 5 or refuse(b)],
    }
    return {name: read[name](value) if name in read else value for name, value in parts.items()}


def unpack(data):
    if data[:1] != b"\x78":
        return data
    stream = zlib.decompressobj()
    whole = stream.decompress(data, LIMIT)
    need(stream.eof and not stream.unused_data, "packed bytes cut short, followed by others, or too many")
    return whole


def answer(verifier, line):
    kind, *rest = line.split()
    if kind == "consistency":
        older, older_root, size, root = int(rest[0]), bytes.fromhex(rest[1]), int(rest[2]), bytes.fromhex(rest[3])
        check_consistency(older, older_root, size, root, [bytes.fromhex(h) for h in rest[4].split(",")] if len(rest) > 4 else [])
        return f"verified {size} {root.hex()}"
    data = unpack(bytes.fromhex(rest[0] if rest else ""))
    need(len(data) <= LIMIT, "too large")
    if kind == "leaf":
        head = read_leaf(data)[0]
        return f"leaf {head['seq']} {head['typ']}"
    if kind == "batch":
        _, size, root = verifier.batch(read_whole(data))
    else:
        _, size, root = verifier.bundle(from_json(data) if kind == "json" else read_whole(data))
    return f"verified {size} {root.hex()}"


def main():
    with open(sys.argv[1], "rb") as file:
        verifier = Verifier(file.read())
    for line in sys.stdin:
        try:
            print(answer(verifier, line))
        except InvalidSignature:
            print("refused a signature does not verify")
        except (Refused, ValueError, TypeError, KeyError, IndexError, RecursionError, zlib.error) as why:
            print(f"refused {why}".replace("\n", " "))


main()
