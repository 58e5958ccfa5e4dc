"""A witness with none of Ringfence's code: `witness.py STATE LOG_KEY`.

Written from C2SP tlog-witness, tlog-cosignature and RFC 9162 section 2.1.4.2. Keeps in the folder STATE where the log stood
(`size`, `root`), and puts there its address (`url`) and its key (`vkey`).
"""

import base64
import hashlib
import os
import struct
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

STATE, LOG = sys.argv[1:]
NAME = "witness.example/peer"


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


KEY = Ed25519PrivateKey.from_private_bytes(sha256(b"a key of a test"))
PUBLIC = b"\x04" + KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
KEY_ID = sha256(NAME.encode(), b"\n", PUBLIC)[:4]


def keep(name, text):
    with open(os.path.join(STATE, name + ".new"), "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(os.path.join(STATE, name + ".new"), os.path.join(STATE, name))


def kept(name, otherwise):
    try:
        return open(os.path.join(STATE, name), encoding="utf-8").read()
    except FileNotFoundError:
        return otherwise


def opened(note):
    """Size, root and text of a checkpoint that the log signed."""
    name, key_id, encoded = LOG.split("+", 2)
    text, _, signatures = note.rpartition("\n\n")
    text += "\n"
    for line in signatures.splitlines():
        _, signer, signature = line.split(" ")
        raw = base64.b64decode(signature)
        if signer == name and raw[:4].hex() == key_id:
            Ed25519PublicKey.from_public_bytes(base64.b64decode(encoded)[1:]).verify(raw[4:], text.encode())
            origin, size, root = text.splitlines()
            assert origin == name
            return int(size), base64.b64decode(root), text
    raise InvalidSignature


def consistent(first, first_root, second, second_root, proof):
    """RFC 9162 section 2.1.4.2."""
    if first == second:
        return not proof and first_root == second_root
    if first == 0:
        return not proof
    if first & (first - 1) == 0:
        proof = [first_root] + proof
    if not proof:
        return False
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = proof[0]
    for c in proof[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = sha256(b"\x01", c, fr), sha256(b"\x01", c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = sha256(b"\x01", sr, c)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == first_root and sr == second_root


class Witness(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        status, answer, kind = self.answer(body) if self.path == "/add-checkpoint" else (404, "", "text/plain")
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(answer.encode())))
        self.end_headers()
        self.wfile.write(answer.encode())

    def answer(self, body):
        head, _, note = body.partition("\n\n")
        old, *proof = head.split("\n")
        old, proof = int(old.removeprefix("old ")), [base64.b64decode(line) for line in proof]
        try:
            size, root, text = opened(note)
        except (InvalidSignature, ValueError, AssertionError):
            return 403, "not signed by the log\n", "text/plain"
        if old > size:
            return 400, "old is larger\n", "text/plain"
        known, known_root = int(kept("size", "0")), base64.b64decode(kept("root", ""))
        if known != old or (known == size and known > 0 and known_root != root):
            return 409, f"{known}\n", "text/x.tlog.size"
        if not consistent(known, known_root, size, root, proof):
            return 422, "not consistent\n", "text/plain"
        keep("root", base64.b64encode(root).decode())
        keep("size", str(size))
        now = int(time.time())
        signed = KEY.sign(f"cosignature/v1\ntime {now}\n{text}".encode())
        line = base64.b64encode(KEY_ID + struct.pack(">Q", now) + signed).decode()
        return 200, f"\u2014 {NAME} {line}\n", "text/plain"

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Witness)
keep("vkey", f"{NAME}+{KEY_ID.hex()}+{base64.b64encode(PUBLIC).decode()}")
keep("url", f"http://127.0.0.1:{server.server_port}")
server.serve_forever()
