"""A server of files with the habits, good and bad, that servers of model files have."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from onnx import TensorProto, helper


class FileHandler(BaseHTTPRequestHandler):
    """Serves `server.files`; what it does otherwise stands on its server."""

    def do_GET(self):
        server, path = self.server, self.path
        server.asked.append((path, self.headers.get("Range"), self.headers.get("If-Range")))
        if path in server.redirects:
            return self.answer(302, b"", Location=server.redirects[path])
        body = server.files.get(path)
        if body is None:
            return self.answer(server.status, b"not here")
        start = self.first_byte()
        if start is None:
            return self.answer(200, body, **self.version())
        if start >= len(body):
            return self.answer(416, b"")
        content_range = f"bytes {start}-{len(body) - 1}/{len(body)}"
        return self.answer(206, body[start:], **{"Content-Range": content_range}, **self.version())

    def version(self):
        return {"ETag": self.server.etag} if self.server.etag else {}

    def first_byte(self):
        asked, condition = self.headers.get("Range"), self.headers.get("If-Range")
        is_same = condition in {None, self.server.etag}
        return int(asked[6:-1]) if asked and self.server.has_ranges and is_same else None

    def answer(self, status, body, **headers):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        # A connection that breaks off says nothing: the body is shorter than promised.
        cut = self.server.cuts.pop(0) if self.server.cuts and status < 300 else len(body)
        self.wfile.write(body[:cut])
        self.close_connection = True

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def file_server():
    """A server: `files` by path, `cuts` (bytes until each answer breaks off), `redirects`, `etag`, `has_ranges`."""
    with ThreadingHTTPServer(("127.0.0.1", 0), FileHandler) as server:
        server.files, server.redirects, server.cuts, server.asked = {}, {}, [], []
        server.etag, server.has_ranges, server.status = '"v1"', True, 404
        server.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def _graph(inputs, outputs):
    """An ONNX file of these shapes that computes nothing; nothing here runs it."""
    values = [[helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in each] for each in (inputs, outputs)]
    return helper.make_model(helper.make_graph([], "g", *values)).SerializeToString()


@pytest.fixture
def scrfd_model():
    """A function that makes a file with the inputs and outputs of an SCRFD."""

    def make(outputs=9, sides=("h", "w")):
        levels = 3 if outputs in {6, 9} else 5
        return _graph([("x", (1, 3, *sides))], [(f"o{i}", ("a", (1, 4, 10)[i // levels])) for i in range(outputs)])

    return make


@pytest.fixture
def chip_model():
    """A function that makes a file with the input and output of an ArcFace-style network, or of SFace."""
    return lambda dimension=512: _graph([("x", ("n", 3, 112, 112))], [("y", ("n", dimension))])
