"""The benchmark's application for Python uWSGI; hello.js is the same in JavaScript."""

import hashlib
import json
import os
import time

HELLO = b"<h1 style='color:blue'>Hello There!</h1>"
CHUNK = b'x' * 65536
BIG_CHUNKS = 1600
BODIES = {'/10k': b'x' * 10_000, '/1m': b'x' * 1_000_000}
WAIT_S = 0.005

# Rounds that take 20 ms of CPU, measured by the bench.
SLOW_ROUNDS = int(os.environ.get('BENCH_SLOW_ROUNDS', 40000))


def application(environ, start_response):
    path = environ['PATH_INFO']
    if path == '/':
        start_response('200 OK', [('Content-Type', 'text/html')])
        return [HELLO]
    return ROUTES[path](environ, start_response)


def slow(environ, start_response):
    """Burns 20 ms of this thread's CPU, however long that takes on a busy machine."""
    hashlib.pbkdf2_hmac('sha256', b'password', b'salt', SLOW_ROUNDS, 32)
    start_response('200 OK', [('Content-Type', 'text/html')])
    return [HELLO]


def burn(environ, start_response):
    """Keeps this thread busy for as many milliseconds as the query string says."""
    end = time.monotonic() + int(environ['QUERY_STRING']) / 1000
    while time.monotonic() < end:
        pass
    start_response('200 OK', [('Content-Type', 'text/html')])
    return [HELLO]


def big(environ, start_response):
    """100 MB in 64 KiB chunks."""
    length = str(BIG_CHUNKS * len(CHUNK))
    start_response('200 OK', [('Content-Type', 'application/octet-stream'), ('Content-Length', length)])
    return (CHUNK for _ in range(BIG_CHUNKS))


def upload(environ, start_response):
    """Reads the whole body and answers its length."""
    body = environ['wsgi.input']
    length = 0
    while chunk := body.read(65536):
        length += len(chunk)
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [str(length).encode()]


def body(environ, start_response):
    start_response('200 OK', [('Content-Type', 'application/octet-stream')])
    return [BODIES[environ['PATH_INFO']]]


def answer_json(environ, start_response):
    """What an API answers: made anew for every request."""
    start_response('200 OK', [('Content-Type', 'application/json')])
    items = [{'id': i, 'name': f'item {i}', 'price': i * 1.5} for i in range(10)]
    return [json.dumps({'path': environ['PATH_INFO'], 'items': items}).encode()]


def wait(environ, start_response):
    """As a handler that asks a database."""
    time.sleep(WAIT_S)
    start_response('200 OK', [('Content-Type', 'text/html')])
    return [HELLO]


ROUTES = {
    '/10k': body,
    '/1m': body,
    '/json': answer_json,
    '/wait': wait,
    '/slow': slow,
    '/burn': burn,
    '/big': big,
    '/upload': upload,
    '/upload-async': upload,
}
