"""An ONVIF camera: answers WS-Discovery and the four questions that lead to a stream, well or badly.

A script of the standard library, so that it runs in a network namespace:
python onvif_camera.py --address 198.18.0.2 --main rtsp://198.18.0.2/stream1.  It says "ready PORT" once it listens.
"""

import argparse
import base64
import hashlib
import re
import socket
import struct
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

GROUP, PORT = "239.255.255.250", 3702
ENVELOPE = (
    '<?xml version="1.0"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope"'
    ' xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:trt="http://www.onvif.org/ver10/media/wsdl"'
    ' xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing"'
    ' xmlns:ter="http://www.onvif.org/ver10/error"'
    ' xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery">{head}<SOAP-ENV:Body>{body}</SOAP-ENV:Body>'
    "</SOAP-ENV:Envelope>"
)
MATCH = (
    "<d:ProbeMatches><d:ProbeMatch><d:Types>dn:NetworkVideoTransmitter</d:Types><d:Scopes>{scopes}</d:Scopes>"
    "<d:XAddrs>{addresses}</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion></d:ProbeMatch></d:ProbeMatches>"
)
BOMB = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
)
NOT_ALLOWED = (
    "<SOAP-ENV:Fault><SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:Sender</SOAP-ENV:Value><SOAP-ENV:Subcode>"
    "<SOAP-ENV:Value>ter:NotAuthorized</SOAP-ENV:Value></SOAP-ENV:Subcode></SOAP-ENV:Code></SOAP-ENV:Fault>"
)


def scopes(name: str) -> str:
    return f"onvif://www.onvif.org/name/{name} onvif://www.onvif.org/hardware/DS-2CD onvif://www.onvif.org/Profile/S"


def answers(options: argparse.Namespace, message_id: str) -> list[bytes]:  # noqa: PLR0911 - a case each
    """What comes back for one probe."""
    own = f"http://{options.address}:{options.http}/onvif/device_service"

    def answer(addresses: str, to: str = message_id, name: str = options.name) -> bytes:
        head = f"<SOAP-ENV:Header><wsa:RelatesTo>{to}</wsa:RelatesTo></SOAP-ENV:Header>"
        body = MATCH.format(scopes=scopes(name), addresses=addresses)
        return ENVELOPE.format(head=head, body=body).encode()

    match options.discovery:
        case "metadata":
            return [answer("http://169.254.169.254/latest/meta-data/")]
        case "other-host":
            return [answer("http://192.0.2.77/onvif http://localhost/onvif"), answer(f"rtsp://{options.address}/x")]
        case "wrong-id":
            return [answer(own, to="urn:uuid:somebody-elses"), answer(own, to="")]
        case "giant":
            return [answer(own + " " * 60_000)]
        case "bomb":
            return [(BOMB + "]><x>&j;</x>").encode(), b"<" * 5000, b"", b"\xff\xfe\x00" * 50]
        case "thousand":
            return [answer(f"http://192.0.2.{number % 250}/onvif") for number in range(1000)]
        case "silent":
            return []
        case _:
            return [answer(f"http://[fe80::1]/onvif {own}"), answer(own)]


def discover(options: argparse.Namespace) -> None:
    """For ever."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        ear.bind(("", PORT))
        membership = struct.pack("4s4s", socket.inet_aton(GROUP), socket.inet_aton(options.address))
        ear.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth:
            mouth.bind((options.address, 0))
            while True:
                question, asker = ear.recvfrom(65_535)
                found = re.search(rb"MessageID>([^<]*)<", question)
                if found and b"NetworkVideoTransmitter" in question:
                    for each in answers(options, found[1].decode()):
                        mouth.sendto(each, asker)


class Answer(BaseHTTPRequestHandler):
    """One question by SOAP."""

    options: argparse.Namespace

    def do_POST(self) -> None:
        question = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        print(f"asked {re.findall(r'Body><[a-z]+:([A-Za-z]+)', question)[0]}", file=sys.stderr, flush=True)
        self.close_connection = True
        if not self._misbehaves():
            self._answer(question)

    def _misbehaves(self) -> bool:
        match self.options.http_trouble:
            case "redirect":
                self.send_response(302)
                self.send_header("Location", "http://169.254.169.254/latest/")
                self.end_headers()
            case "drip":
                self.send_response(200)
                self.end_headers()
                for _ in range(600):
                    self.wfile.write(b" ")
                    self.wfile.flush()
                    time.sleep(0.1)
            case "giant":
                self._send(200, b"<a>" + b"x" * 5_000_000)
            case "bomb":
                self._send(200, (BOMB + "]><x>&j;</x>").encode())
            case "packed":
                self.send_response(200)
                self.send_header("Content-Encoding", "gzip")
                self.end_headers()
                self.wfile.write(b"\x1f\x8b" + bytes(1000))
            case "page":
                self._send(200, b"<!DOCTYPE html><html><body>Hello</body></html>")
            case _:
                return False
        return True

    def _answer(self, question: str) -> None:
        o = self.options
        now = datetime.now(UTC) + timedelta(seconds=o.skew)
        if "GetSystemDateAndTime" in question:
            body = (
                "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:UTCDateTime>"
                f"<tt:Time><tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute>"
                f"<tt:Second>{now.second}</tt:Second></tt:Time><tt:Date><tt:Year>{now.year}</tt:Year>"
                f"<tt:Month>{now.month}</tt:Month><tt:Day>{now.day}</tt:Day></tt:Date></tt:UTCDateTime>"
                "</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
            )
        elif not self._is_allowed(question, now):
            self._send(400, ENVELOPE.format(head="", body=NOT_ALLOWED).encode())
            return
        elif "GetCapabilities" in question:
            host = "192.0.2.9" if o.http_trouble == "foreign-media" else f"{o.address}:{o.http}"
            body = (
                "<tds:GetCapabilitiesResponse><tds:Capabilities><tt:Media>"
                f"<tt:XAddr>http://{host}/onvif/media</tt:XAddr></tt:Media></tds:Capabilities>"
                "</tds:GetCapabilitiesResponse>"
            )
        elif "GetProfiles" in question:
            body = "<trt:GetProfilesResponse>" + self._profiles() + "</trt:GetProfilesResponse>"
        else:
            uri = o.sub if ">sub<" in question else o.main
            uri = "rtsp://user:secret@192.0.2.9/stream" if o.http_trouble == "foreign-stream" else uri
            body = (
                "<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>"
                f"{uri.replace('&', '&amp;')}</tt:Uri></trt:MediaUri></trt:GetStreamUriResponse>"
            )
        self._send(200, ENVELOPE.format(head="", body=body).encode())

    def _profiles(self) -> str:
        sizes = [("main", 1280, 720), ("tiny", 0, 0)] + ([("sub", 640, 360)] if self.options.sub else [])
        return "".join(
            f'<trt:Profiles token="{token}" fixed="true"><tt:Name>{token}</tt:Name><tt:VideoEncoderConfiguration '
            f'token="v"><tt:Encoding>H264</tt:Encoding><tt:Resolution><tt:Width>{width}</tt:Width>'
            f"<tt:Height>{height}</tt:Height></tt:Resolution></tt:VideoEncoderConfiguration></trt:Profiles>"
            for token, width, height in sizes
        )

    def _is_allowed(self, question: str, now: datetime) -> bool:
        """By the digest of the UsernameToken profile; a time that is off by more than five seconds is refused."""
        if not self.options.user:
            return True
        words = {name: value for name, value in re.findall(r"<[wu]:(\w+)[^>]*>([^<]*)<", question) if value}
        if set(words) < {"Username", "Password", "Nonce", "Created"}:
            return False
        created = datetime.strptime(words["Created"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        proof = base64.b64decode(words["Nonce"]) + words["Created"].encode() + self.options.password.encode()
        wanted = base64.b64encode(hashlib.sha1(proof).digest()).decode()  # noqa: S324 - as the profile says
        is_now = abs((created - now).total_seconds()) <= 5
        return is_now and words["Username"] == self.options.user and words["Password"] == wanted

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/soap+xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *words: object) -> None:  # noqa: A002 - http.server calls it so
        """Say nothing."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--http", type=int, default=0)
    parser.add_argument("--name", default="Front%20Camera")
    parser.add_argument("--main", default="rtsp://127.0.0.1/stream1")
    parser.add_argument("--sub", default="")
    parser.add_argument("--user", default="")
    parser.add_argument("--password", default="")
    parser.add_argument("--skew", type=float, default=0.0)
    parser.add_argument("--discovery", default="")
    parser.add_argument("--http-trouble", default="")
    options = parser.parse_args()
    Answer.options = options
    server = ThreadingHTTPServer((options.address, options.http), Answer)
    server.daemon_threads = True
    options.http = server.server_address[1]
    if options.discovery != "none":
        threading.Thread(target=discover, args=(options,), daemon=True).start()
    print(f"ready {options.http}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
