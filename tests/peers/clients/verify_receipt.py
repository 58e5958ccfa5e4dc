"""Checks a receipt of Ringfence with none of its code: `verify_receipt.py RECEIPT KEY [ARGUMENTS]`.

ARGUMENTS is a file with the arguments of the call; the receipt must then say that they are those.

Written from RFC 9162 section 2.1.3.2, C2SP signed-note and tlog-checkpoint, and RFC 8785. Prints JSON; exits with 1 where the
receipt does not prove what it says.
"""

import base64
import hashlib
import hmac
import json
import sys

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def checkpoint(note, key):
    """The size and root that the key has signed."""
    name, key_id, encoded = key.split("+", 2)
    public = base64.b64decode(encoded)
    assert public[0] == 1, "an Ed25519 key"
    expected = sha256(name.encode(), b"\n", public)[:4]
    assert expected.hex() == key_id, "the id is that of name and key"
    text, _, signatures = note.rpartition("\n\n")
    text += "\n"
    for line in signatures.splitlines():
        dash, signer, signature = line.split(" ")
        raw = base64.b64decode(signature)
        if (dash, signer, raw[:4]) == ("\u2014", name, expected):
            Ed25519PublicKey.from_public_bytes(public[1:]).verify(raw[4:], text.encode())
            origin, size, root = text.splitlines()
            assert origin == name, "the checkpoint is of this log"
            return int(size), base64.b64decode(root)
    raise AssertionError("no signature of this key")


def root_of(index, size, leaf, proof):
    """RFC 9162 section 2.1.3.2."""
    assert index < size, "the entry is in the tree"
    first, last, root = index, size - 1, leaf
    for part in proof:
        assert last != 0, "the proof is no longer than the tree is high"
        if first & 1 or first == last:
            root = sha256(b"\x01", part, root)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            root = sha256(b"\x01", root, part)
        first, last = first >> 1, last >> 1
    assert last == 0, "the proof is as long as the tree is high"
    return root


def main(file, key, arguments=None):
    receipt = json.load(open(file, encoding="utf-8"))
    assert receipt["format"] == "ringfence.receipt/1" and receipt["entries"]
    size, root = checkpoint(receipt["checkpoint"], key)
    for proven in receipt["entries"]:
        leaf = sha256(b"\x00", rfc8785.dumps(proven["entry"]))
        proof = [base64.b64decode(part, validate=True) for part in proven["proof"]]
        assert root_of(proven["index"], size, leaf, proof) == root, "the entry is in the log"
        assert proven["entry"]["call"] == receipt["call"], "the entry is of the call"
    if arguments is not None:
        opening = bytes.fromhex(receipt["openings"]["arguments"])
        value = sha256(open(arguments, "rb").read())
        commitment = hmac.new(opening, value, "sha256").hexdigest()
        said = [proven["entry"]["arguments"] for proven in receipt["entries"] if "arguments" in proven["entry"]]
        assert said and all(one == commitment for one in said), "these were the arguments"
    print(json.dumps({"valid": True, "call": receipt["call"], "size": size}))


try:
    main(*sys.argv[1:])
except (AssertionError, InvalidSignature, ValueError, KeyError, TypeError) as error:
    print(json.dumps({"valid": False, "reason": repr(error)}))
    sys.exit(1)
