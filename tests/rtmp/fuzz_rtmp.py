"""Throws bytes at both ends of RTMP and at what makes items of it; only documented errors may come out.

    python tests/rtmp/fuzz_rtmp.py [--runs 1000000] [--seed 1] [--atheris]

Mutates whole conversations (our own, and FFmpeg's where it is installed) and single payloads.  With `--atheris`, where
that is installed, coverage guides; other options are its own.  Ends at the first finding, kept in `rtmp-finding.bin`.
"""

import argparse
import importlib
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2] / "src")]

from doorstep.core.errors import MediaInvalid
from doorstep.core.media import AudioFormat, AudioPacket, Codec, Packet, StreamItem, VideoFormat
from doorstep.rtmp import amf0, flv
from doorstep.rtmp.aac import read_aac_config
from doorstep.rtmp.chunk_reader import ChunkReader
from doorstep.rtmp.client_session import ClientSession
from doorstep.rtmp.events import PlayAsked, PublishAsked, VideoConfig, VideoFrame
from doorstep.rtmp.limits import KNOWN
from doorstep.rtmp.server_session import ServerSession, State
from doorstep.sources.rtmp_items import RtmpItems

HANDSHAKE = b"\x03" + bytes(2 * 1536)
SPS = bytes.fromhex("6742c00dd901416fe4c04400000fa40003a9803c50a480")
PPS = bytes.fromhex("68cb83cb20")
RECORD = b"\x01" + SPS[1:4] + b"\xff\xe1" + len(SPS).to_bytes(2) + SPS + b"\x01" + len(PPS).to_bytes(2) + PPS
FORMAT = VideoFormat(Codec.H264, 320, 240, 1000, RECORD, AudioFormat(44_100, 1, b"\x12\x08"))
SLOWEST_SECONDS = 5.0
INTERESTING = (0, 1, 2, 3, 127, 128, 255, 0xC4, 0xC6, 0xFFFFFF, 0xFFFFFFFF, 0x7FFFFFFF, 0x80000000)

Target = Callable[[bytes], None]


# ------------------------------------------------------------------------------------------------------------ targets


def to_server(wire: bytes) -> None:
    """A conversation behind the handshake with a server that lets everybody in, in pieces that its first byte tells."""
    server, items = ServerSession(), RtmpItems(audio=True)
    server.receive(HANDSHAKE)
    server.to_send()
    sent = 0
    for piece in pieces(wire):
        for event in server.receive(piece):
            if isinstance(event, PublishAsked | PlayAsked) and server.state in {State.PUBLISH_ASKED, State.PLAY_ASKED}:
                server.accept()
            elif not isinstance(event, PublishAsked | PlayAsked):
                check_items(list(items.take(event, 0.0)))  # type: ignore[arg-type]  # Gone is passed over
        server.send(FORMAT)
        sent += len(server.to_send())
    assert sent <= 20_000 + 300 * len(wire), "an answer far larger than the question"


def check_items(items: Sequence[StreamItem]) -> None:
    for item in items:
        if isinstance(item, Packet | AudioPacket):
            assert item.duration >= 1
            assert item.data


def to_client(wire: bytes) -> None:
    """The same with a client that plays."""
    client = ClientSession("rtmp://host/live", "live", "key", publish=False)
    client.receive(HANDSHAKE)
    for piece in pieces(wire):
        client.receive(piece)
        client.to_send()


def to_reader(wire: bytes) -> None:
    reader = ChunkReader()
    reader.limits = KNOWN
    for piece in pieces(wire):
        for message in reader.read(piece):
            assert len(message.payload) <= KNOWN.message
    held = sum(len(stream.body) for stream in reader._streams.values())
    assert held == reader._unfinished <= len(wire)


def to_values(payload: bytes) -> None:
    amf0.encode(amf0.decode(payload))


def to_items(payload: bytes) -> None:
    """A record, then pictures of whatever bytes, some of them key frames with parameter sets of their own."""
    items = RtmpItems(audio=True)
    size = payload[0] if payload else 0
    record, rest = (payload[1 : 1 + size], payload[1 + size :]) if size % 2 else (RECORD, payload[1:])
    check_items(list(items.take(VideoConfig(record), 0.0)))
    for number in range(0, len(rest), 64):
        unit = rest[number : number + 64]
        whole = unit if unit[:1] < b"\x10" else len(unit).to_bytes(4) + unit
        frame = VideoFrame(int.from_bytes(unit[-4:]), len(unit) - 40, key=unit[0] % 2 == 0, payload=whole)
        check_items(list(items.take(frame, 0.0)))


def to_payloads(payload: bytes) -> None:
    for read in (
        lambda: flv.read_video(payload, 0),
        lambda: flv.read_audio(payload, 0),
        lambda: read_aac_config(payload),
    ):
        try:
            read()
        except MediaInvalid:
            continue


TARGETS: tuple[Target, ...] = (to_server, to_server, to_client, to_reader, to_values, to_items, to_payloads)


def pieces(wire: bytes) -> list[bytes]:
    step = (wire[0] if wire else 0) * 8 + 1
    return [wire[begin : begin + step] for begin in range(1, len(wire), step)]


def one(chosen: bytes) -> None:
    """The first byte chooses the target.  Raises whatever is a finding."""
    if not chosen:
        return
    try:
        TARGETS[chosen[0] % len(TARGETS)](chosen[1:])
    except MediaInvalid:  # RtmpInvalid is one
        return


# -------------------------------------------------------------------------------------------------------------- seeds


def conversation(name: str, *, publish: bool) -> tuple[bytes, bytes]:
    """What a client and a server say to each other, behind the handshake."""
    server, client = ServerSession(), ClientSession("rtmp://host/live", "live", name, publish=publish)
    said, answered, asked = b"", b"", False
    while (question := client.to_send()) + (answer := server.to_send()):
        said, answered = said + question, answered + answer
        events = server.receive(question)
        client.receive(answer)
        if events and not asked:
            asked = True
            server.accept()
        elif asked and len(said) + len(answered) < 20_000:
            for item in items(len(said)):
                (client if publish else server).send(item)
    return said[len(HANDSHAKE) :], answered[len(HANDSHAKE) :]


def captured_from_ffmpeg() -> list[bytes]:
    """What it says behind the handshake when it publishes, and when it plays."""
    from fakes.rtmp_programs import QUIET, pushing  # noqa: PLC0415 - pytest is its condition, a campaign may lack it

    said = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(10)
        to = f"rtmp://127.0.0.1:{listening.getsockname()[1]}/live/key"
        for command in (
            pushing(to, seconds=1, b_frames=2, sound=True, real_time=False),
            [*QUIET, "-i", to, "-f", "null", "-"],
        ):
            with subprocess.Popen(command, stderr=subprocess.DEVNULL) as program:
                said.append(listen(listening)[len(HANDSHAKE) :])
                program.kill()
    return said


def listen(listening: socket.socket) -> bytes:
    """Everything that one client says, or its first 100 kB."""
    said, server = bytearray(), ServerSession()
    peer, _ = listening.accept()
    peer.settimeout(2)
    with peer:
        try:
            while len(said) < 100_000 and (received := peer.recv(65536)):
                said += received
                if any(isinstance(event, PublishAsked | PlayAsked) for event in server.receive(received)):
                    server.accept()
                peer.sendall(server.to_send())
        except OSError:  # a player that gets nothing falls silent
            return bytes(said)
    return bytes(said)


def items(begin: int) -> list[StreamItem]:
    unit = len(SPS).to_bytes(4) + SPS + len(PPS).to_bytes(4) + PPS + b"\x00\x00\x01\x2c" + b"\x65" * 300
    first = [FORMAT] if begin < 4000 else []
    return [
        *first,
        *(Packet(unit, 40 * n, 40 * n, 40, key=n % 5 == 0, arrived=0.0) for n in range(begin, begin + 7)),
        *(AudioPacket(b"sound" * 9, 1024 * n, 1024, 0.0) for n in range(3)),
    ]


def seeds(captured: Sequence[bytes] = ()) -> list[bytes]:
    """Good inputs for every target."""
    published, _ = conversation("key", publish=True)
    asked, played = conversation("front?token=abc", publish=False)
    wires = [published, asked, *captured]
    found = [bytes([target, step]) + wire for wire in wires for target in (0, 1, 3) for step in (5, 255)]
    found += [bytes([2, step]) + played for step in (5, 255)]
    found += [bytes([4]) + amf0.encode(["connect", 1.0, {"app": "live", "list": [1.0, None, True, "x"]}])]
    found += [bytes([5, len(RECORD) | 1]) + RECORD + SPS * 20, bytes([5, 0]) + (b"\x67" + SPS[1:]) * 20]
    found += [bytes([6]) + flv.write_video(RECORD, 40, key=True), bytes([6]) + flv.write_audio_config(b"\x12\x08")]
    return found


def mutated(seed: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """A few changes such as wires and attackers make."""
    made = bytearray(seed)
    for _ in range(1 + chance.getrandbits(2)):
        at = chance.randrange(1, len(made) + 1)
        span = 1 + chance.getrandbits(chance.randrange(1, 8))
        match chance.randrange(7):
            case 0:
                made[at : at + 1] = bytes([chance.getrandbits(8)])
            case 1:
                del made[at : at + span]
            case 2:
                made[at:at] = made[at : at + span] * (1 + chance.getrandbits(3))
            case 3:
                made[at:at] = chance.randbytes(span)
            case 4:
                size = chance.choice((1, 2, 3, 4))
                value = chance.choice(INTERESTING) & ((1 << 8 * size) - 1)
                made[at : at + size] = value.to_bytes(size, chance.choice(("big", "little")))
            case 5:
                other = chance.choice(others)
                begin = chance.randrange(len(other))
                made[at : at + span] = other[begin : begin + span]
            case _:
                del made[at:]
    return bytes(made)


# ----------------------------------------------------------------------------------------------------------- campaign


def campaign(runs: int, seed: int, captured: Sequence[bytes] = (), *, longest: int = 6000) -> int:
    """So many inputs, the same for the same seed; how many raised a documented error or none: all, or it raises."""
    chance = random.Random(seed)
    corpus = [found[:longest] for found in seeds(captured)]
    for number in range(runs):
        chosen = mutated(chance.choice(corpus), corpus, chance)
        began = time.perf_counter()
        try:
            one(chosen)
            assert time.perf_counter() - began < SLOWEST_SECONDS, "an input that holds up the loop"
        except Exception:
            Path("rtmp-finding.bin").write_bytes(chosen)
            print(f"run {number} of seed {seed}: kept in rtmp-finding.bin", file=sys.stderr)
            raise
    return runs


def guided(arguments: Sequence[str], corpus: Sequence[bytes]) -> None:
    """With libFuzzer's coverage; never returns."""
    atheris = importlib.import_module("atheris")
    for name in ("amf0", "chunk_reader", "server_session", "client_session", "flv", "wire", "aac", "message"):
        module = importlib.import_module(f"doorstep.rtmp.{name}")
        instrument(atheris.instrument_func, module)
    for path in ("doorstep.sources.rtmp_items", "doorstep.media.packetize", "doorstep.media.parameter_sets"):
        instrument(atheris.instrument_func, importlib.import_module(path))
    with tempfile.TemporaryDirectory() as folder:
        for number, found in enumerate(corpus):
            (Path(folder) / str(number)).write_bytes(found[:6000])
        atheris.Setup([sys.argv[0], *arguments, folder], one)
        atheris.Fuzz()


def instrument(trace: Callable[[object], object], module: object) -> None:
    for holder in [module, *(value for value in vars(module).values() if isinstance(value, type))]:
        for value in list(vars(holder).values()):
            own = getattr(value, "__module__", "") == getattr(module, "__name__", getattr(holder, "__module__", ""))
            if own and callable(value) and hasattr(value, "__code__"):
                trace(value)


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--runs", type=int, default=1_000_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--atheris", action="store_true")
    chosen, further = options.parse_known_args()
    captured = captured_from_ffmpeg() if shutil.which("ffmpeg") is not None else []
    if chosen.atheris:
        guided([f"-atheris_runs={chosen.runs}", f"-seed={chosen.seed}", "-max_len=6000", *further], seeds(captured))
    began = time.perf_counter()
    campaign(chosen.runs, chosen.seed, captured)
    print(f"{chosen.runs} inputs in {time.perf_counter() - began:.0f} s, nothing found")


if __name__ == "__main__":
    main()
