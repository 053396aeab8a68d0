"""Verifies bundles with cbor2 and cryptography, knowing only RFC 9052, RFC 9162, RFC 9942 and C2SP signed-note.

    python3 bundle.py KEY.pem < lines of a bundle in hexadecimal       > lines of "size root" or "false why"
"""
import base64
import hashlib
import sys

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

with open(sys.argv[1], "rb") as file:
    KEY = serialization.load_pem_public_key(file.read())


def sha256(data):
    return hashlib.sha256(data).digest()


def check(condition, why):
    if not condition:
        raise ValueError(why)


def root_of(leaf, index, size, path):
    """RFC 9162 section 2.1.3.2."""
    check(index < size, "no such leaf")
    fn, sn, r = index, size - 1, sha256(b"\0" + leaf)
    for p in path:
        check(sn != 0, "path too long")
        if fn & 1 or fn == sn:
            r = sha256(b"\1" + p + r)
            while fn & 1 == 0 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = sha256(b"\1" + r + p)
        fn, sn = fn >> 1, sn >> 1
    check(sn == 0, "path too short")
    return r


def verify(data):
    bundle = cbor2.loads(data)
    text, lines = bundle["note"].rsplit("\n\n", 1)
    origin, size, root64 = text.split("\n")
    size, root = int(size), base64.b64decode(root64)
    name, blob = lines.split("\n")[0].removeprefix("\u2014 ").split(" ")
    check(name == origin, "key name")
    blob = base64.b64decode(blob)
    spki = KEY.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    check(blob[:4] == sha256(spki)[:4], "key id")
    KEY.verify(blob[4:], (text + "\n").encode(), ec.ECDSA(hashes.SHA256()))

    receipt = cbor2.loads(bundle["receipt"])
    check(receipt.tag == 18, "tag")
    protected, unprotected, payload, signature = receipt.value
    header = cbor2.loads(protected)
    check(payload is None and header[1] == -7 and header[395] == 1 and header[4] == sha256(spki), "header")
    check(header[15] == {2: origin, -65537: size}, "claims")
    to_be_signed = cbor2.dumps(["Signature1", protected, b"", root])
    r, s = (int.from_bytes(part, "big") for part in (signature[:32], signature[32:]))
    KEY.verify(encode_dss_signature(r, s), to_be_signed, ec.ECDSA(hashes.SHA256()))
    proofs = unprotected[396][-1]
    check(len(proofs) == len(bundle["leaves"]), "count")
    for leaf, proof in zip(bundle["leaves"], proofs):
        proof_size, index, path = cbor2.loads(proof)
        check(proof_size == size, "size of a proof")
        check(root_of(leaf, index, size, path) == root, f"leaf {index}")
        check(cbor2.loads(leaf)[0]["seq"] == index, f"seq of leaf {index}")
    return f"{size} {root.hex()}"


for line in sys.stdin:
    try:
        print(verify(bytes.fromhex(line.strip())))
    except InvalidSignature:
        print("false signature")
    except Exception as why:  # whatever is wrong with a damaged bundle is a refusal
        print(f"false {type(why).__name__} {why}".replace("\n", " "))
