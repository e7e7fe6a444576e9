"""What the daemon does on its side of the socket, for the tests of workers."""

import json
import socket
import struct
import subprocess
import sys

import numpy as np

NAMES = {"bool": "BOOL", "uint8": "U8", "int8": "I8", "int64": "I64", "uint64": "U64"}
NAMES.update({"float32": "F32", "float64": "F64"})
DTYPES = {code: name for name, code in NAMES.items()}
# Puts the socket, and files where there are any, at the descriptors from 3 on.
STARTER = """
import fcntl, os, sys
given, command = sys.argv[1].split(","), sys.argv[2:]
kept = [fcntl.fcntl(int(each), fcntl.F_DUPFD_CLOEXEC, 10) for each in given]
for each in given:
    os.close(int(each))
for place, each in enumerate(kept, 3):
    os.dup2(each, place)
os.execvp(command[0], command)
"""


def encode(metadata, tensors):
    header, data = {"__metadata__": metadata}, b""
    for name, array in tensors.items():
        offsets = [len(data), len(data) + array.nbytes]
        header[name] = {"dtype": NAMES[array.dtype.name], "shape": array.shape, "data_offsets": offsets}
        data += array.tobytes()
    text = json.dumps(header).encode()
    body = struct.pack("<Q", len(text)) + text + data
    return struct.pack("<Q", len(body)) + body


def decode(body):
    """Checks each rule of safetensors on the way."""
    (length,) = struct.unpack_from("<Q", body)
    header = json.loads(body[8 : 8 + length])
    metadata, tensors, end = header.pop("__metadata__", {}), {}, 8 + length
    assert all(isinstance(value, str) for value in metadata.values())
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, until = (8 + length + offset for offset in entry["data_offsets"])
        assert set(entry) == {"dtype", "shape", "data_offsets"} and begin == end
        tensors[name] = np.frombuffer(body[begin:until], DTYPES[entry["dtype"]]).reshape(entry["shape"])
        end = until
    assert end == len(body)
    return metadata, tensors


class Worker:
    def __init__(self, command, cwd, *files):
        self.socket, theirs = socket.socketpair()
        self.socket.settimeout(60)
        given = [theirs.fileno(), *(file.fileno() for file in files)]
        start = [sys.executable, "-c", STARTER, ",".join(map(str, given)), *command]
        pipes = {"stdin": subprocess.DEVNULL, "stderr": subprocess.PIPE}
        self.process = subprocess.Popen(start, cwd=cwd, pass_fds=given, **pipes)
        theirs.close()

    def send(self, op, tensors=None, **words):
        text = {key: value if isinstance(value, str) else json.dumps(value) for key, value in words.items()}
        self.socket.sendall(encode({"op": op, **text}, tensors or {}))

    def receive(self):
        (length,) = struct.unpack("<Q", self._read(8))
        return decode(self._read(length))

    def ask(self, op, tensors=None, **words):
        self.send(op, tensors, **words)
        metadata, tensors = self.receive()
        assert "error" not in metadata, metadata["error"]
        return metadata, tensors

    def refused(self, op, tensors=None, **words):
        self.send(op, tensors, **words)
        metadata, tensors = self.receive()
        assert not tensors
        return metadata["kind"], metadata["error"], metadata.get("name")

    def make(self, id, handle=1, count=1, **kwargs):
        metadata, _ = self.ask("make", id=id, kwargs=kwargs, handle=handle, count=count)
        return {key: json.loads(value) for key, value in metadata.items()}

    def reset(self, seeds, handle=1, **words):
        return self.ask("reset", {"seed": np.array(seeds, np.uint64)}, handle=handle, **words)

    def step(self, actions, handle=1):
        return self.ask("step", {"action": np.asarray(actions)}, handle=handle)

    def end(self):
        self.socket.close()
        _, errors = self.process.communicate(timeout=30)
        return self.process.returncode, errors.decode()

    def _read(self, size):
        data = b""
        while len(data) < size:
            piece = self.socket.recv(size - len(data))
            assert piece, "the worker hung up: " + self.process.stderr.read().decode()
            data += piece
        return data
