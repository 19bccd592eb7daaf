"""A Python host: judges the certificate in a file and shows the report.

pip install wasmtime; python host.py phytoval.wasm certificate.xml
"""

import sys

from wasmtime import Engine, Instance, Module, Store

path, certificate = sys.argv[1:]
engine = Engine()
store = Store(engine)
# A fresh instance for each certificate; it needs nothing from its host.
exports = Instance(store, Module.from_file(engine, path), []).exports(store)
memory = exports["memory"]


def put(data):
    buffer = exports["phytoval_allocate"](store, len(data))
    if buffer == 0:
        sys.exit("the certificate is too long")
    memory.write(store, data, buffer)
    return buffer


with open(certificate, "rb") as file:
    content = put(file.read())
status = exports["phytoval_judge"](store, content, put(b"language=en\nprofile=ippc"))
start = exports["phytoval_answer"](store)
answer = memory.read(store, start, start + exports["phytoval_answer_length"](store)).decode()
if status != 0:
    sys.exit(answer)
sys.stdout.buffer.write(answer.encode() + b"\n")
