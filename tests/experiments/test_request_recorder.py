"""What the recorder of requests makes of what it reads."""

import struct

import pytest

from experiments.request_recorder import Frames, path_template


@pytest.mark.parametrize(
    ("target", "template"),
    [
        ("/hub/login?next=%2Fhub%2F", "/hub/login"),
        ("/hub/spawn-pending/ann", "/hub/spawn-pending/{name}"),
        ("/hub/api/users/ann/server/progress", "/hub/api/users/{name}/server/progress"),
        ("/hub/static/css/style.min.css?v=1", "/hub/static/{file}"),
        ("/user/ann/static/lab/main.js?v=1", "/user/{name}/static/lab/{file}"),
        ("/user/ann/kernelspecs/python3/logo-svg.svg", "/user/{name}/kernelspecs/{kernelspec}/{file}"),
        ("/user/ann/api/kernels/b1f/channels?session_id=1", "/user/{name}/api/kernels/{kernel}/channels"),
        ("/user/ann/api/contents/a/b.ipynb?content=0&hash=0", "/user/{name}/api/contents/{path}?content=0"),
        ("/user/ann/api/contents/a.ipynb/checkpoints", "/user/{name}/api/contents/{path}/checkpoints"),
        (
            "/user/ann/lab/api/settings/@lab/x:y?ids_only=true",
            "/user/{name}/lab/api/settings/{plugin}?ids_only=true",
        ),
    ],
)
def test_requests_of_a_kind_have_one_path(target: str, template: str) -> None:
    assert path_template(target) == template


def frame(size: int, *, masked: bool) -> bytes:
    """Return a binary frame of a websocket, as RFC 6455 has it."""
    mask = 0x80 if masked else 0
    if size < 126:
        length = struct.pack("!B", mask | size)
    elif size < 2**16:
        length = struct.pack("!BH", mask | 126, size)
    else:
        length = struct.pack("!BQ", mask | 127, size)
    return b"\x82" + length + (b"mask" if masked else b"") + bytes(size)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("piece", [1, 7, 1_000_000])
def test_frames_are_counted_however_they_arrive(masked: bool, piece: int) -> None:
    sizes = [0, 1, 125, 126, 65_535, 65_536]
    data = b"".join(frame(size, masked=masked) for size in sizes)
    frames = Frames()
    for begin in range(0, len(data), piece):
        frames.receive(data[begin : begin + piece])
    assert (frames.count, frames.payload_bytes) == (len(sizes), sum(sizes))


def test_a_frame_that_is_not_complete_does_not_count() -> None:
    frames = Frames()
    frames.receive(frame(200, masked=True)[:-1])
    assert frames.count == 0
