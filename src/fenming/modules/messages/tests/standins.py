"""Servers on 127.0.0.1 that answer as the real ones do, and take only what those would take."""

import base64
import hashlib
import hmac
import json
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message as Mail
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

SECRET = "SEC-出门左转"
KEY = "693a91f6-7xxx"


@dataclass
class MailServer:
    """What an SMTP server took, and how it is to behave."""

    port: int = 0
    refused: dict[str, str] = field(default_factory=dict)  # address: answer to RCPT
    data_answer: str = "250 queued"
    hangs_up_after_data: bool = False
    letters: list[tuple[str, Mail]] = field(default_factory=list)
    greetings: int = 0
    password: tuple[str, str] | None = None


class Talk(socketserver.StreamRequestHandler):
    """The part of SMTP that smtplib speaks."""

    @property
    def state(self) -> MailServer:
        return self.server.state  # type: ignore[attr-defined,no-any-return]

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())

    def handle(self) -> None:
        self.state.greetings += 1
        self.say("220 stand-in")
        to = ""
        while line := self.rfile.readline().decode().strip():
            verb = line.upper()
            to = line.split("<")[1].split(">")[0] if verb.startswith("RCPT") else to
            if verb == "DATA":
                self.say("354 go on")
                if not self.take(to):
                    return
            else:
                self.say(self.answer(line, to))

    def answer(self, line: str, to: str) -> str:
        verb = line[:4].upper()
        if verb == "AUTH":
            given = base64.b64decode(line.split()[2]).decode().split("\0")[1:]
            return "235 welcome" if tuple(given) == self.state.password else "535 5.7.8 wrong password"
        if verb == "RCPT":
            return self.state.refused.get(to, "250 ok")
        return {
            "EHLO": "250-stand-in\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 AUTH PLAIN",
            "QUIT": "221 bye",
        }.get(verb, "250 ok")

    def take(self, to: str) -> bool:
        text = b""
        while (line := self.rfile.readline()) != b".\r\n":
            text += line.removeprefix(b".") if line.startswith(b"..") else line
        if self.state.data_answer.startswith("2"):
            self.state.letters.append((to, message_from_bytes(text, policy=default)))
        if self.state.hangs_up_after_data:
            return False
        self.say(self.state.data_answer)
        return True


@contextmanager
def mail_server() -> Iterator[MailServer]:
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk)
    server.state = MailServer()  # type: ignore[attr-defined]
    with _serving(server) as port:
        server.state.port = port  # type: ignore[attr-defined]
        yield server.state  # type: ignore[attr-defined]


@dataclass
class Platform:
    """What a robot platform took, and how it is to behave."""

    port: int = 0
    taken: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    status: int = 200
    answer: Any = None  # in place of the verdict
    location: str = ""
    slow: threading.Event = field(default_factory=threading.Event)
    is_slow: bool = False
    clock: float | None = None

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def address(self, kind: str) -> str:
        path = {
            "wecom_robot": f"/cgi-bin/webhook/send?key={KEY}",
            "dingtalk_robot": f"/robot/send?access_token={KEY}",
            "feishu_robot": f"/open-apis/bot/v2/hook/{KEY}",
        }[kind]
        return self.origin + path


@contextmanager
def platform() -> Iterator[Platform]:
    """All three robots at their own paths; every parameter is checked as the platform does."""
    state = Platform()

    class Robot(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Says nothing."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            state.asked.append(self.path)
            if state.is_slow:
                state.slow.wait(20)
            answer = state.answer if state.answer is not None else _verdict(state, self.path, body, self.headers)
            text = answer if isinstance(answer, bytes) else json.dumps(answer, ensure_ascii=False).encode()
            self.send_response(state.status)
            if state.location:
                self.send_header("Location", state.location)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Robot)
    with _serving(server) as port:
        state.port = port
        try:
            yield state
        finally:
            state.slow.set()


def _verdict(state: Platform, path: str, body: bytes, headers: Any) -> dict[str, Any]:
    parts = urlsplit(path)
    query = {name: values[0] for name, values in parse_qs(parts.query, strict_parsing=bool(parts.query)).items()}
    given = json.loads(body)
    if headers["Content-Type"].split(";")[0] != "application/json":
        return {"errcode": 43004, "errmsg": "wrong content type"}
    answer = {
        "/cgi-bin/webhook/send": _wecom,
        "/robot/send": _dingtalk,
        f"/open-apis/bot/v2/hook/{KEY}": _feishu,
    }.get(parts.path, lambda *_: {"code": 19001, "msg": "param invalid: incoming webhook access token invalid"})(
        query, given, body, state.clock or time.time()
    )
    if not [one for one in ("errcode", "code") if answer.get(one)]:
        state.taken.append(given)
    return answer


def _wecom(query: dict[str, str], given: dict[str, Any], _body: bytes, _now: float) -> dict[str, Any]:
    if query != {"key": KEY}:
        return {"errcode": 93000, "errmsg": "invalid webhook url, hint: [1]"}
    if set(given) != {"msgtype", "markdown"} or set(given["markdown"]) != {"content"}:
        return {"errcode": 40008, "errmsg": "invalid message type"}
    if len(given["markdown"]["content"].encode()) > 4096:
        return {"errcode": 40058, "errmsg": "markdown.content exceed max length 4096"}
    return {"errcode": 0, "errmsg": "ok"}


def _dingtalk(query: dict[str, str], given: dict[str, Any], body: bytes, now: float) -> dict[str, Any]:
    if set(query) != {"access_token", "timestamp", "sign"} or query["access_token"] != KEY:
        return {"errcode": 300001, "errmsg": "token is not exist"}
    if len(query["timestamp"]) != 13 or abs(int(query["timestamp"]) / 1000 - now) > 3600:
        return {"errcode": 310000, "errmsg": "invalid timestamp"}
    wanted = hmac.new(SECRET.encode(), f"{query['timestamp']}\n{SECRET}".encode(), hashlib.sha256).digest()
    if base64.b64decode(query["sign"]) != wanted:
        return {"errcode": 310000, "errmsg": "sign not match"}
    if set(given["markdown"]) != {"title", "text"} or given.get("at", {}).get("isAtAll"):
        return {"errcode": 400105, "errmsg": "unsupported msgtype"}
    if len(body) > 20_000:
        return {"errcode": 460101, "errmsg": "message too long"}
    return {"errcode": 0, "errmsg": "ok"}


def _feishu(query: dict[str, str], given: dict[str, Any], body: bytes, now: float) -> dict[str, Any]:
    stamp = given.get("timestamp", "")
    if len(stamp) != 10 or abs(int(stamp) - now) > 3600:
        return {"code": 19021, "msg": "sign match fail or timestamp is not within one hour from current time"}
    wanted = base64.b64encode(hmac.new(f"{stamp}\n{SECRET}".encode(), b"", hashlib.sha256).digest()).decode()
    if query or given.get("sign") != wanted:
        return {"code": 19021, "msg": "sign match fail or timestamp is not within one hour from current time"}
    if set(given) != {"timestamp", "sign", "msg_type", "content"} or len(body) > 20_480:
        return {"code": 9499, "msg": "Bad Request", "data": {}}
    lines = given["content"]["post"]["zh_cn"]["content"]
    if {part["tag"] for line in lines for part in line} - {"text", "a"}:
        return {"code": 9499, "msg": "Bad Request", "data": {}}
    return {"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"}


@contextmanager
def _serving(server: socketserver.TCPServer) -> Iterator[int]:
    server.daemon_threads = True  # type: ignore[attr-defined]
    server.block_on_close = False  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
