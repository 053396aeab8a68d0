"""Independent verifier for the evidence of a gateway, written from its README and evidence.cddl alone by somebody who had seen nothing else of it.

    verifier.py KEY.pem < lines          KEY.pem holds the trusted public keys; each line of input gives one line of output

    batch HEX          one or several batches, may be packed         -> verified SIZE ROOT     (of the largest)
    bundle HEX         a bundle as CBOR, may be packed               -> verified SIZE ROOT     (of its note)
    json HEX           the bytes of a bundle as JSON                 -> verified SIZE ROOT
    leaf HEX           a single leaf: its form and layout            -> leaf SEQ TYPE
    consistency OLDER OLDROOT NEWER NEWROOT [HASH,HASH,...]          -> verified NEWER NEWROOT
    anything that does not hold                                      -> refused REASON

Where the text left a choice this takes the stricter one. CBOR is read by what has to stand there, not into a tree
of objects first: so neither depth nor memory depends on who wrote the input, and only labels unknown to us are read generically.
"""
import base64
import hashlib
import json
import re
import sys
import zlib
from collections import namedtuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

MAX_INPUT = 32 << 20
MIN_LEAF, MAX_LEAF = 54, 65_535
MAX_NOTE = 65_536
MAX_NESTING = 16        # the README sets no limit; the deepest thing it defines is 5


class Refused(Exception):
    """The input is not what it has to be; the message says why."""


def require(holds, reason):
    if not holds:
        raise Refused(reason)


# ---- CBOR, deterministic (RFC 8949 §4.2.1) ------------------------------------------------------------------------------------------

UINT, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE = range(8)
SIMPLES = {20: False, 21: True, 22: None}
Tagged = namedtuple("Tagged", "number value")


class Reader:
    def __init__(self, data, pos=0):
        self.data, self.pos = data, pos

    def at_end(self):
        return self.pos == len(self.data)

    def end(self, what):
        require(self.at_end(), f"bytes behind the {what}")

    def take(self, count):
        require(count <= len(self.data) - self.pos, "CBOR ends too early")
        self.pos += count
        return self.data[self.pos - count:self.pos]

    def head(self):
        first = self.take(1)[0]
        major, info = first >> 5, first & 31
        if info < 24:
            argument = info
        else:
            # 31 is indefinite length, 28 to 30 are reserved; with major type 7 all longer forms are floats or needless simple values
            require(info <= 27 and major != SIMPLE, "CBOR head that is not deterministic")
            argument = int.from_bytes(self.take(1 << (info - 24)), "big")
            require(argument >= (24, 1 << 8, 1 << 16, 1 << 32)[info - 24], "CBOR integer or length is not the shortest")
        require(major != SIMPLE or argument in SIMPLES, "CBOR simple value that is not false, true or null")
        return major, argument

    def expect(self, major):
        found, argument = self.head()
        require(found == major, f"CBOR major type {found} where {major} belongs")
        return argument

    def uint(self):
        return self.expect(UINT)

    def integer(self):
        major, argument = self.head()
        require(major in (UINT, NEGATIVE), "integer expected")
        return argument if major == UINT else -1 - argument

    def bytes(self, size=None):
        found = self.take(self.expect(BYTES))
        require(size is None or len(found) == size, f"byte string is not {size} bytes")
        return found

    def text(self):
        try:
            return self.take(self.expect(TEXT)).decode("utf-8")
        except UnicodeDecodeError:
            raise Refused("text is not UTF-8") from None

    def array(self, count=None):
        found = self.expect(ARRAY)
        require(count is None or found == count, f"array is not of {count}")
        return range(found)

    def some(self, what):
        """An array that would be absent if it were empty."""
        found = self.array()
        require(len(found) > 0, f"{what} is empty")
        return found

    def labels(self, depth=0):
        """The labels of a map, one by one; the caller reads the value of each before it asks for the next."""
        before = b""
        for _ in range(self.expect(MAP)):
            start = self.pos
            label = self.value(depth)
            encoded = self.data[start:self.pos]
            require(encoded > before, "map labels do not ascend")
            before = encoded
            yield label

    def value(self, depth=0):
        """Anything. A map becomes a list of pairs, as its labels can be of any type."""
        require(depth < MAX_NESTING, "nested too deep")
        major = self.data[self.pos] >> 5 if not self.at_end() else UINT
        if major in (UINT, NEGATIVE):
            return self.integer()
        if major == BYTES:
            return self.bytes()
        if major == TEXT:
            return self.text()
        if major == ARRAY:
            return [self.value(depth + 1) for _ in self.array()]
        if major == MAP:
            return [(label, self.value(depth + 1)) for label in self.labels(depth + 1)]
        argument = self.head()[1]
        return Tagged(argument, self.value(depth + 1)) if major == TAG else SIMPLES[argument]


class Encoded(bytes):
    """CBOR that stands as it is."""


def encode_head(major, argument):
    if argument < 24:
        return bytes([major << 5 | argument])
    size = next(size for size in range(4) if argument < 1 << (8 << size))
    return bytes([major << 5 | 24 + size]) + argument.to_bytes(1 << size, "big")


def encode(item):
    if isinstance(item, Encoded):
        return item
    if isinstance(item, int):
        return encode_head(UINT, item) if item >= 0 else encode_head(NEGATIVE, -1 - item)
    if isinstance(item, bytes):
        return encode_head(BYTES, len(item)) + item
    if isinstance(item, str):
        return encode_head(TEXT, len(item.encode())) + item.encode()
    if isinstance(item, list):
        return encode_head(ARRAY, len(item)) + b"".join(map(encode, item))
    pairs = sorted((encode(label), encode(value)) for label, value in item.items())
    return encode_head(MAP, len(pairs)) + b"".join(label + value for label, value in pairs)


# ---- Keys and signatures ------------------------------------------------------------------------------------------------------------

Key = namedtuple("Key", "public digest")        # digest: SHA-256 of the SPKI


def make_key(public):
    require(isinstance(public, ec.EllipticCurvePublicKey) and isinstance(public.curve, ec.SECP256R1), "key is not on P-256")
    spki = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return Key(public, hashlib.sha256(spki).digest()), spki


def load_trusted(pem):
    blocks = re.findall(rb"-----BEGIN PUBLIC KEY-----.+?-----END PUBLIC KEY-----", pem, re.S)
    found = [make_key(serialization.load_pem_public_key(block))[0] for block in blocks]
    require(found, "no public key in the file of trusted keys")
    return {key.digest.hex(): key for key in found}


def load_spki(spki):
    try:
        public = serialization.load_der_public_key(spki)
    except Exception:       # the library raises several kinds, also for algorithms it does not know
        raise Refused("key is no SPKI") from None
    key, canonical = make_key(public)
    require(canonical == spki, "SPKI is not in its only form")
    return key


def verify_der(key, signature, message, what):
    try:
        # Some libraries take BER, too: only what comes out again as it went in is DER.
        require(encode_dss_signature(*decode_dss_signature(signature)) == signature, f"signature of the {what} is not DER")
        key.public.verify(signature, message, ec.ECDSA(hashes.SHA256()))
    except ValueError:
        raise Refused(f"signature of the {what} is not DER") from None
    except InvalidSignature:
        raise Refused(f"signature of the {what} does not verify") from None


# ---- Tree (RFC 9162 §2.1) -----------------------------------------------------------------------------------------------------------

def leaf_hash(leaf):
    return hashlib.sha256(b"\0" + leaf).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def append(edge, size, added):
    while size & 1:
        added = node_hash(edge.pop(), added)
        size >>= 1
    edge.append(added)


def root_of(edge):
    root = edge[-1]
    for left in reversed(edge[:-1]):
        root = node_hash(left, root)
    return root


def climb(fn, sn, path, step):
    """The walk that both proofs share: step(hash, is_left) for each hash of the path, which must have just as many as the tree asks for."""
    for sibling in path:
        require(sn > 0, "path is too long")
        is_left = fn & 1 == 1 or fn == sn
        step(sibling, is_left)
        while is_left and fn & 1 == 0 and fn:
            fn, sn = fn >> 1, sn >> 1
        fn, sn = fn >> 1, sn >> 1
    require(sn == 0, "path is too short")


def root_from_inclusion(root, index, size, path):
    def step(sibling, is_left):
        nonlocal root
        root = node_hash(sibling, root) if is_left else node_hash(root, sibling)

    require(index < size, "index is not in the tree")
    climb(index, size - 1, path, step)
    return root


def verify_consistency(older, older_root, size, root, path):
    def step(sibling, is_left):
        nonlocal fr, sr
        if is_left:
            fr = node_hash(sibling, fr)
        sr = node_hash(sibling, sr) if is_left else node_hash(sr, sibling)

    require(1 <= older <= size, "sizes are not in order")
    if older == size:
        return require(not path and older_root == root, "roots of one size differ, or a path where none belongs")
    if older & (older - 1) == 0:
        path = [older_root] + path
    require(path, "path is too short")
    fn, sn = older - 1, size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    climb(fn, sn, path[1:], step)
    require(fr == older_root and sr == root, "roots are not consistent")


# ---- Leaf ---------------------------------------------------------------------------------------------------------------------------

Leaf = namedtuple("Leaf", "seq type records hash")


def is_uint(value):
    return is_int(value) and value >= 0


def is_int(value):
    return type(value) is int and -1 << 63 <= value < 1 << 63       # isinstance would take true for 1


def is_text(value):
    return type(value) is str


def decimal(value):
    """(exponent, mantissa) of a decimal fraction, else None."""
    if type(value) is Tagged and value.number == 4 and type(value.value) is list and len(value.value) == 2 and all(map(is_int, value.value)):
        return tuple(value.value)
    return None


def is_number(value):
    return is_int(value) or decimal(value) is not None and decimal(value)[0] != 0 and abs(decimal(value)[0]) <= 30


def is_time(value):
    if is_int(value):
        ms = value * 1000
    elif decimal(value) is not None and decimal(value)[0] == -3 and decimal(value)[1] % 1000 != 0:
        ms = decimal(value)[1]
    else:
        return False
    return -62_135_596_800_000 <= ms < 253_402_300_800_000      # the years 1 to 9999


def is_name(value):
    # RFC 8428 §4.5.1: ASCII, and the first character is a letter or a digit
    return is_text(value) and re.fullmatch(r"[A-Za-z0-9][-A-Za-z0-9:./_]*", value) is not None


RECORD_LABELS = {
    0: is_name,
    1: is_text,
    2: is_number,
    3: is_text,
    6: is_time,
    8: lambda value: type(value) is bytes,
    "q": lambda value: is_uint(value) and 1 <= value < 1 << 31,
    "cls": is_text,
}
HEAD_LABELS = {
    "seq": is_uint,
    "typ": is_text,
    "ts": lambda value: is_text(value) and value in ("U", "I", "S", "R"),
    "bc": is_uint,
    "mc": is_uint,
    "salt": lambda value: type(value) is bytes and len(value) == 16,
}
EXTRA_LABELS = {
    "at": is_time,
    "grp": is_text,
    "cfg": is_uint,
    "fct": is_uint,
    "of": lambda value: type(value) is list and value and all(map(is_uint, value)) and all(a < b for a, b in zip(value, value[1:])),
    "sim_": lambda value: value is True,
}
# SenML's base fields would change what the other records mean; in resolved form there are none (RFC 8428 §4.6).
BASE_LABELS = range(-6, 0)

# What a record holds besides its name. q, cls and a time of its own: only where MEASURED says so.
KINDS = {
    "text": lambda r: r.keys() == {3},
    "data": lambda r: r.keys() == {8},
    "count": lambda r: r.keys() == {2} and is_uint(r[2]),
    "instant": lambda r: r.keys() == {1, 2} and r[1] == "s" and is_time(r[2]),
    "quantity": lambda r: r.keys() == {1, 2},
    "either": lambda r: r.keys() in ({1, 2}, {3}),
    "statement": lambda r: r.keys() in ({2}, {1, 2}, {3}),
    "account": lambda r: r.keys() == {3} or r.keys() == {1, 2} and r[1] == "kg" and (decimal(r[2]) or [0])[0] == -9,
    "state": lambda r: r.keys() == {3} and r[3] in ("began", "ended"),
}
MEASURED = {"register": "either", "stand": "quantity"}
NAMES = {"<meter>": r"[^/]+/[^/]+", "<path>": r"[^/]+/.+", "<any>": r".+"}

# type: labels of its first record, records in their order (? may be absent, * any number)
ENTERED = "from:instant to:instant amount:quantity by:text ?document:text ?sha256:data *<path>:statement"
LAYOUTS = {
    "genesis": ("?sim_", "origin:text device:text key:data ?cert:data"),
    "boot": ("", "boot-id:text"),
    "start": ("", "version:text registers-from-file:count *<path>:either"),
    "config": ("grp", "group:text class:text *<meter>:text"),
    "factors": ("", "set:text version:text validFrom:text validUntil:text *<path>:text"),
    "reading": ("?at grp cfg", "<meter>:register *<meter>:register"),
    "carbon": ("?fct ?of", "<any>:account from:instant to:instant method:text *<any>:statement"),
    "flow": ("?of", "from:instant to:instant ?previous:count method:text slot:instant tolerance:quantity ?efficiency:quantity ?reason:text"
             " ?residual:quantity ?found:quantity *<path>:either"),
    "gap": ("?grp", "cause:text ?meter:text from:instant to:instant ?lost:count ?log:text ?witnessed:count ?recorded:count"),
    "calibration": ("grp", "meter:text correction:text ?calibrated:instant ?by:text ?reference:text ?uncertainty:text before:text"),
    "exchange": ("?at grp", "meter:text reading:text read:instant *<meter>:stand"),
    "clockstep": ("", "step:instant"),
    "manual": ("?grp", "kind:text subject:text " + ENTERED),
    "instrument": ("?grp", "kind:text id:text " + ENTERED),
    "intensity": ("", "series:text source:text minutes:count *<path>:text"),
    "correction": ("?grp", "supersedes:count reason:text by:text *<any>:statement"),
    "alarm": ("?grp", "alarm:text state:state ?meter:text ?text:text"),
    "keyrot": ("", "key:data ?cert:data until:instant"),
}


def read_record(reader, is_first):
    """The known labels of a record, each with a value of its type."""
    record = {}
    for label in reader.labels():
        # Only of these is length-first order the same as the order of bytes.
        require(is_text(label) or type(label) is int and -24 <= label < 24, "label that is neither one byte nor text")
        value = reader.value(1)
        known = RECORD_LABELS.get(label) or HEAD_LABELS.get(label) or EXTRA_LABELS.get(label)
        if known is None:
            require(not (is_text(label) and label.endswith("_")), "label that must be understood and is not")
            require(label not in BASE_LABELS, "base label: not in resolved form")
            require(is_text(label), "number as a label that is none of the format")
            continue
        require(label in RECORD_LABELS or is_first, f"{label} on a record that is not the first")
        require(known(value), f"value of label {label}")
        record[label] = value
    require(0 in record, "record without a name")
    require(sum(label in record for label in (2, 3, 8)) == 1, "record without exactly one value")
    return record


def fits(record, name, kind):
    if not re.fullmatch(NAMES.get(name) or re.escape(name), record[0]):
        return False
    value = {label: record[label] for label in record if label in RECORD_LABELS and label != 0}
    if kind in MEASURED:
        value = {label: value[label] for label in value if label not in (6, "q", "cls")}
    return KINDS[MEASURED.get(kind, kind)](value)


def check_layout(kind, records):
    labels, layout = LAYOUTS[kind]
    first = dict(records[0])
    for entry in labels.split():
        label = entry.lstrip("?")
        require(label in first or entry != label, f"{kind} without {label}")
        first.pop(label, None)
    # Labels we know, but not there, are no labels to pass over: the layout is another.
    surplus = first.keys() & EXTRA_LABELS.keys()
    require(not surplus, f"{kind} with {', '.join(sorted(surplus))}")
    del first[6]        # the leaf's time; on a further record it is that record's own
    rest = [first] + records[1:]
    for entry in layout.split():
        name, _, wanted = entry.lstrip("?*").partition(":")
        if entry[0] == "*":
            while rest and fits(rest[0], name, wanted):
                rest.pop(0)
        elif rest and fits(rest[0], name, wanted):
            rest.pop(0)
        else:
            require(entry[0] == "?", f"{kind} is laid out otherwise: no {name} where it belongs")
    require(not rest, f"{kind} is laid out otherwise: {rest and rest[0][0]}")


def read_leaf(data):
    require(MIN_LEAF <= len(data) <= MAX_LEAF, "size of a leaf")
    reader = Reader(data)
    records = [read_record(reader, number == 0) for number in reader.some("leaf")]
    reader.end("leaf")
    first = records[0]
    for label in (6, *HEAD_LABELS):
        require(label in first, f"leaf without {label}")
    require(len({record[0] for record in records}) == len(records), "two records of one name")
    if first["typ"] in LAYOUTS:
        check_layout(first["typ"], records)
    else:
        require("sim_" not in first, "sim_ on a leaf that is not genesis")       # understood, but not there
    require(first["typ"] != "genesis" or first["seq"] == 0, "genesis that is not leaf 0")
    return Leaf(first["seq"], first["typ"], records, leaf_hash(data))


def read_leaf_at(data, index, origin):
    leaf = read_leaf(data)
    require(leaf.seq == index, "seq is not the index of the leaf")
    require((index == 0) == (leaf.type == "genesis"), "leaf 0, and no other, is genesis")
    if index == 0:
        require(leaf.records[0][3] == origin, "genesis of another log")
        require(("sim_" in leaf.records[0]) == origin.startswith("sim/"), "sim_ does not agree with the origin")
    return leaf


# ---- Checkpoint: note and COSE ------------------------------------------------------------------------------------------------------

Checkpoint = namedtuple("Checkpoint", "origin size root key")
Cose = namedtuple("Cose", "protected proofs signature")
Proof = namedtuple("Proof", "size index path")


def canonical_base64(text):
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise Refused("base64") from None
    require(base64.b64encode(data).decode() == text, "base64 is not the canonical spelling")
    return data


def read_note(note, trusted):
    require(len(note) <= MAX_NOTE, "note is too long")
    require(not re.search(r"[\x00-\x09\x0b-\x1f]", note), "control character in the note")
    require(note.endswith("\n"), "note does not end with a newline")
    lines = note[:-1].split("\n")
    require(len(lines) >= 5 and lines[3] == "", "note is not three lines, an empty one and signatures")
    origin, size, root = lines[:3]

    # Lower case; the epoch in decimal without leading zeros
    match = re.fullmatch(r"(?:sim/)?([0-9a-f]{64})/(?:0|[1-9][0-9]{0,18})", origin)
    require(match, "origin is not in its form")
    require(re.fullmatch(r"[1-9][0-9]{0,19}", size) and int(size) < 1 << 64, "size is not in its form")
    root = canonical_base64(root)
    require(len(root) == 32, "root is not 32 bytes")

    key = trusted.get(match[1])     # the device id is the digest of its key, so there is only one that can have signed
    require(key, "device is not trusted")
    text = "".join(line + "\n" for line in lines[:3]).encode()
    found = False
    for line in lines[4:]:
        parts = re.fullmatch(r"\u2014 ([^ +]+) ([A-Za-z0-9+/=]+)", line)
        require(parts, "line that is no signature line")
        blob = canonical_base64(parts[2])
        require(len(blob) > 4, "signature line without a signature")
        if parts[1] == origin and blob[:4] == key.digest[:4]:
            verify_der(key, blob[4:], text, "note")
            found = True
    require(found, "note is not signed by the trusted key")
    return Checkpoint(origin, int(size), root, key)


def read_proof(data):
    reader = Reader(data)
    reader.array(3)
    proof = Proof(reader.uint(), reader.uint(), [reader.bytes(32) for _ in reader.array()])
    reader.end("proof")
    return proof


def read_cose(reader, is_receipt):
    require(reader.head() == (TAG, 18), "COSE_Sign1 is not tagged 18")
    reader.array(4)
    protected = reader.bytes()
    proofs = []
    require(reader.expect(MAP) == (1 if is_receipt else 0), "unprotected header")
    if is_receipt:
        require(reader.integer() == 396 and reader.expect(MAP) == 1 and reader.integer() == -1, "receipt without inclusion proofs")
        proofs = [read_proof(reader.bytes()) for _ in reader.some("list of proofs")]
    require(reader.head() == (SIMPLE, 22), "payload is not detached")
    return Cose(protected, proofs, reader.bytes(64))


def read_receipt(data):
    reader = Reader(data)
    receipt = read_cose(reader, is_receipt=True)
    reader.end("receipt")
    return receipt


def verify_cose(cose, checkpoint):
    claims = {2: checkpoint.origin, -65537: checkpoint.size}
    protected = encode({1: -7, 4: checkpoint.key.digest, 15: claims, 395: 1})
    require(cose.protected == protected, "protected header is not that of the checkpoint")
    r, s = (int.from_bytes(half, "big") for half in (cose.signature[:32], cose.signature[32:]))
    verify_der(checkpoint.key, encode_dss_signature(r, s), encode(["Signature1", protected, b"", checkpoint.root]), "COSE_Sign1")


# ---- Batch --------------------------------------------------------------------------------------------------------------------------

Batch = namedtuple("Batch", "checkpoint first edge hashes")


def read_batch(reader, trusted):
    start = reader.pos
    reader.array(5)
    checkpoint = read_note(reader.text(), trusted)
    verify_cose(read_cose(reader, is_receipt=False), checkpoint)
    first = reader.uint()
    before = [reader.bytes(32) for _ in reader.array(first.bit_count())]
    elements = reader.some("batch")
    require(first + len(elements) == checkpoint.size, "first and the elements do not make up the size")
    edge, found = list(before), []
    for index in range(first, checkpoint.size):
        if not reader.at_end() and reader.data[reader.pos] >> 5 == ARRAY:       # withheld
            reader.array(1)
            found.append(reader.bytes(32))
        else:
            found.append(read_leaf_at(reader.bytes(), index, checkpoint.origin).hash)
        append(edge, index, found[-1])
    require(root_of(edge) == checkpoint.root, "elements do not make up the root")
    require(reader.pos - start <= MAX_INPUT, "batch is too large")
    return Batch(checkpoint, first, before, found)


def verify_series(batches):
    """Several batches of one log: no gap, and one history. Gives the hashes of each log, from the first index that is there."""
    logs = {}
    for batch in sorted(batches, key=lambda batch: (batch.first, batch.checkpoint.size)):
        origin = batch.checkpoint.origin
        start, at, edge, known = logs.get(origin) or (batch.first, batch.first, list(batch.edge), [])
        require(batch.first <= start + len(known), "gap between batches")
        # Go on with the first batch's edge to where this one begins. Also where they only touch: what it begins with must be what was.
        for index in range(at, batch.first):
            append(edge, index, known[index - start])
        require(edge == batch.edge, "root before the batch differs")
        overlap = known[batch.first - start:]
        require(all(a == b for a, b in zip(overlap, batch.hashes)), "batches that overlap differ")
        logs[origin] = start, batch.first, edge, known + batch.hashes[len(overlap):]
    return {origin: (start, known) for origin, (start, _, _, known) in logs.items()}


def unpack(data):
    """(content, rest) of data that begins with a zlib frame."""
    inflater = zlib.decompressobj()
    try:
        content = inflater.decompress(data, MAX_INPUT + 1)
    except zlib.error:
        raise Refused("packed data is damaged") from None
    require(len(content) <= MAX_INPUT, "packed data is too large")
    require(inflater.eof, "packed data ends too early")
    return content, inflater.unused_data


def verify_batches(data, trusted):
    batches, total = [], 0
    while data:     # of a file with several batches each may be packed, or all of them together
        content, data = unpack(data) if data[0] == 0x78 else (data, b"")
        total += len(content)
        require(total <= MAX_INPUT, "batches are too large")
        reader = Reader(content)
        require(content, "packed nothing")
        while not reader.at_end() and reader.data[reader.pos] != 0x78:
            batches.append(read_batch(reader, trusted))
        require(reader.at_end() or not data, "bytes behind the batch")
        data = data or content[reader.pos:]
        require(not data or batches, "packed twice")
    require(batches, "no batch")
    verify_series(batches)
    return max((batch.checkpoint for batch in batches), key=lambda checkpoint: checkpoint.size)


# ---- Bundle -------------------------------------------------------------------------------------------------------------------------

def verify_keys(keys, checkpoint):
    """Each keyrot leaf is in the log by a receipt of the key before it. Begins with the trusted key and only checks; a note signed
    by a later key stays refused, as §6 wants the device id to be the digest of the key that signed."""
    key, before = checkpoint.key, -1
    for data, receipt in keys:
        require(len(receipt.proofs) == 1, "receipt of a key without exactly one proof")
        size, index, path = receipt.proofs[0]
        leaf = read_leaf_at(data, index, checkpoint.origin)
        require(leaf.type == "keyrot" and index > before, "keys are not keyrot leaves, ascending")
        root = root_from_inclusion(leaf.hash, index, size, path)
        verify_cose(receipt, Checkpoint(checkpoint.origin, size, root, key))
        key, before = load_spki(leaf.records[0][8]), index


def verify_bundle(data, trusted):
    if data[:1] == b"\x78":
        data, rest = unpack(data)
        require(not rest, "bytes behind the bundle")
    require(len(data) <= MAX_INPUT, "bundle is too large")
    reader = Reader(data)
    bundle = {}
    for label in reader.labels():
        if label == "v":
            bundle[label] = reader.uint()
        elif label == "note":
            bundle[label] = read_note(reader.text(), trusted)
        elif label == "receipt":
            bundle[label] = read_receipt(reader.bytes())
        elif label == "batches":
            bundle[label] = [read_batch(reader, trusted) for _ in reader.some(label)]
        elif label == "keys":
            bundle[label] = [(reader.array(2), reader.bytes(), read_receipt(reader.bytes()))[1:] for _ in reader.some(label)]
        elif label in ("crl", "tsr", "chain", "leaves"):
            bundle[label] = [reader.bytes() for _ in reader.some(label)]
        else:
            raise Refused("label that is not in the list")
    reader.end("bundle")
    require(bundle.get("v") == 1, "version of the bundle")
    require("note" in bundle, "bundle without a note")
    require(("leaves" in bundle) == ("receipt" in bundle), "leaves without a receipt, or a receipt without leaves")
    require("leaves" in bundle or "batches" in bundle, "bundle without leaves and batches")
    checkpoint = bundle["note"]
    verify_keys(bundle.get("keys", []), checkpoint)

    single = {}
    if "receipt" in bundle:
        receipt = bundle["receipt"]
        verify_cose(receipt, checkpoint)
        require(len(receipt.proofs) == len(bundle["leaves"]), "not one proof for each leaf")
        for data, (size, index, path) in zip(bundle["leaves"], receipt.proofs):
            require(size == checkpoint.size, "size of a proof is not that of the header")
            require(index not in single, "leaf that is there twice")
            single[index] = read_leaf_at(data, index, checkpoint.origin).hash
            require(root_from_inclusion(single[index], index, size, path) == checkpoint.root, "leaf is not in the log")

    for batch in bundle.get("batches", []):
        origin, size, root, _ = batch.checkpoint
        require(origin == checkpoint.origin and size <= checkpoint.size, "batch of another log, or larger than the note")
        require(size < checkpoint.size or root == checkpoint.root, "batch and note have one size and two roots")
    for start, known in verify_series(bundle.get("batches", [])).values():
        for index, found in single.items():
            require(not 0 <= index - start < len(known) or known[index - start] == found, "leaf is another one in a batch")
    return checkpoint


def json_object(pairs):
    require(len({name for name, _ in pairs}) == len(pairs), "member that is there twice")
    return dict(pairs)


def json_integer(digits):
    require(re.fullmatch(r"0|[1-9][0-9]{0,19}", digits) and int(digits) < 1 << 64, "number that is no unsigned integer")
    return int(digits)


def json_refuse(_):
    raise Refused("number that is no unsigned integer")


def verify_json(data, trusted):
    """Writes the bundle as CBOR and verifies that: so one rule holds for both. What has no place is refused there."""
    require(len(data) <= MAX_INPUT, "bundle is too large")
    depth = deepest = 0
    for bracket in re.findall(rb"[][{}]", re.sub(rb'"(?:[^"\\]|\\.)*"', b"", data, flags=re.S)):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    require(deepest <= MAX_NESTING, "nested too deep")
    try:
        bundle = json.loads(data.decode("utf-8"), object_pairs_hook=json_object, parse_int=json_integer, parse_float=json_refuse,
                            parse_constant=json_refuse)
    except ValueError:
        raise Refused("not JSON") from None

    def text(item):
        require(is_text(item) and not re.search("[\ud800-\udfff]", item), "text expected")
        return item

    def binary(item):
        return canonical_base64(text(item))

    def number(item):
        require(is_uint(item), "unsigned integer expected")
        return item

    def array(of, count=None):
        def convert(item):
            require(type(item) is list and count in (None, len(item)), "array expected")
            return [of(part) for part in item]
        return convert

    def element(item):
        return array(binary, 1)(item) if type(item) is list else binary(item)

    def batch(item):
        note, cose, first, edge, elements = array(lambda part: part, 5)(item)
        cose = Reader(binary(cose))
        read_cose(cose, is_receipt=False)       # or else what follows it could be taken for the members after it
        cose.end("COSE_Sign1")
        return [text(note), Encoded(cose.data), number(first), array(binary)(edge), array(element)(elements)]

    members = {"v": number, "crl": array(binary), "tsr": array(binary), "keys": array(array(binary, 2)), "note": text,
               "chain": array(binary), "leaves": array(binary), "batches": array(batch), "receipt": binary}
    require(type(bundle) is dict and bundle.keys() <= members.keys(), "not an object with the members of a bundle")
    return verify_bundle(encode({name: members[name](value) for name, value in bundle.items()}), trusted)


# ---- Lines --------------------------------------------------------------------------------------------------------------------------

def unhex(text, size=None):
    try:
        data = bytes.fromhex(text)
    except ValueError:
        raise Refused("not hexadecimal") from None
    require(size is None or len(data) == size, f"not {size} bytes")
    return data


def consistency_line(older, older_root, size, root, path=""):
    for digits in (older, size):
        require(re.fullmatch(r"[0-9]{1,20}", digits), "size is no number")
    hashes_ = [unhex(part, 32) for part in path.split(",")] if path else []
    verify_consistency(int(older), unhex(older_root, 32), int(size), unhex(root, 32), hashes_)
    return f"verified {int(size)} {root.lower()}"


def answer(line, trusted):
    try:
        command, *arguments = line.decode("ascii").split() or [""]
        if command == "consistency" and len(arguments) in (4, 5):
            return consistency_line(*arguments)
        require(command in ("batch", "bundle", "json", "leaf") and len(arguments) < 2, "line that is not understood")
        data = unhex("".join(arguments))
        if command == "leaf":
            leaf = read_leaf(data)
            # The type is any text: it must not write lines of its own.
            return f"leaf {leaf.seq} {leaf.type if re.fullmatch('[!-~]+', leaf.type) else ascii(leaf.type)}"
        verify = {"batch": verify_batches, "bundle": verify_bundle, "json": verify_json}[command]
        checkpoint = verify(data, trusted)
        return f"verified {checkpoint.size} {checkpoint.root.hex()}"
    except Refused as refusal:
        return f"refused {ascii(str(refusal))[1:-1]}"
    except Exception as error:      # a fault of this program, but never a verdict in favour of the input
        return f"refused internal error: {type(error).__name__}"


def main():
    with open(sys.argv[1], "rb") as file:
        trusted = load_trusted(file.read())
    for line in sys.stdin.buffer:
        print(answer(line, trusted), flush=True)


if __name__ == "__main__":
    main()
