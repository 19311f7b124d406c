"""Sensitive values at rest: encryption, keyed look-up and seals, with the keys of one small file.

The file has a line a key, ``id algorithm base64``. The line ``index hmac-sha256 …`` (or ``hmac-sm3``) is the stable
key, from which those of look-ups and seals are derived: it never changes. The others, ``aes-256-gcm`` or ``sm4-gcm``,
encrypt; the last line encrypts new values, those above it only read. Lines that begin with # are notes.
"""

import base64
import binascii
import os
import re
import secrets
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import NoReturn, Protocol

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from fenming.library.private import made_once, rewrite
from fenming.library.text import Refusal, Words

VERSION = "v1"
INDEX = "index"
NONCE_BYTES = 12
TAG_BYTES = 16
_ID = re.compile(r"[a-z0-9-]{1,32}")
_HASHES: dict[str, Callable[[], hashes.HashAlgorithm]] = {"hmac-sha256": hashes.SHA256, "hmac-sm3": hashes.SM3}


class SecretError(Refusal):
    """A key or a protected value that cannot be used. It never tells the value."""


class Aead(Protocol):
    """Authenticated encryption as ``cryptography`` shapes it: the tag stands at the end."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes, /) -> bytes: ...

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes, /) -> bytes: ...


class Sm4Gcm:
    """SM4 in GCM (RFC 8998), in the shape of AESGCM."""

    def __init__(self, key: bytes) -> None:
        self._key = algorithms.SM4(key)

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes, /) -> bytes:
        cipher = Cipher(self._key, modes.GCM(nonce)).encryptor()
        cipher.authenticate_additional_data(associated_data)
        return cipher.update(data) + cipher.finalize() + cipher.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes, /) -> bytes:
        cipher = Cipher(self._key, modes.GCM(nonce, data[-TAG_BYTES:])).decryptor()
        cipher.authenticate_additional_data(associated_data)
        return cipher.update(data[:-TAG_BYTES]) + cipher.finalize()


ALGORITHMS: dict[str, tuple[int, Callable[[bytes], Aead]]] = {"aes-256-gcm": (32, AESGCM), "sm4-gcm": (16, Sm4Gcm)}
"""Each algorithm's key length in bytes, and what makes a cipher of a key."""


class Keyring:
    """The keys of one file. Immutable, so threads share it."""

    def __init__(self, text: str) -> None:
        self.primary = ""
        self.algorithms: dict[str, str] = {}
        self._ciphers: dict[str, Aead] = {}
        self._stable: tuple[str, bytes] | None = None
        self._blinds: dict[str, hmac.HMAC] = {}
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip() and not line.lstrip().startswith("#"):
                self._read(line, number)
        if self._stable is None or not self.algorithms:
            raise _error(
                "密钥文件需要一行 index 密钥和至少一行加密密钥。用 fenming keys add 生成，或从备份恢复。",
                "The keys need one index line and at least one encryption key. "
                "Make them with fenming keys add, or bring them back from a backup.",
            )
        self.primary = list(self.algorithms)[-1]

    def __repr__(self) -> str:
        return f"<Keyring {', '.join(self.algorithms)}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("Keys are not pickled.")

    def _read(self, line: str, number: int) -> None:
        try:
            name, algorithm, encoded = line.split()
            key = base64.b64decode(encoded, validate=True)
        except ValueError:
            raise _unreadable(number) from None
        if name == INDEX:
            if self._stable is not None or algorithm not in _HASHES or len(key) < 32:
                raise _unreadable(number)
            self._stable = (algorithm, key)
            return
        length, make = ALGORITHMS.get(algorithm, (0, AESGCM))
        if not _ID.fullmatch(name) or name in self.algorithms or len(key) != length:
            raise _unreadable(number)
        self.algorithms[name] = algorithm
        self._ciphers[name] = make(key)

    def encrypt(self, text: str, context: str) -> str:
        """A token of the text that only decrypts with the same context."""
        if "\0" in text:
            raise _error("不能保存含有 NUL 字符的内容。", "A text with a NUL character cannot be kept.")
        try:
            data = text.encode()
        except UnicodeEncodeError:  # it would name the text
            raise _error("内容不是有效的 Unicode 文本。", "The text is not valid Unicode.") from None
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self._ciphers[self.primary].encrypt(nonce, data, _associated(self.primary, context))
        return f"{VERSION}.{self.primary}.{_encoded(nonce + sealed)}"

    def decrypt(self, token: str, context: str) -> str:
        """The text of a token."""
        name, data = _taken_apart(token)
        cipher = self._ciphers.get(name)
        if cipher is None:
            if not _ID.fullmatch(name):
                raise _foreign()
            raise _error(
                f"没有密钥“{name}”，无法解密。请把它的那一行放回密钥文件。",
                f"There is no key “{name}” to decrypt with. Put its line back into the key file.",
            )
        try:
            return cipher.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], _associated(name, context)).decode()
        except InvalidTag:
            raise _error(
                f"{context}：密文不能用密钥“{name}”解开：密钥不对，或内容被改动、移动过。",
                f"{context}: the value does not open with key “{name}”: "
                "the key is another one, or the value was changed or moved.",
            ) from None

    def blind(self, text: str, context: str) -> str:
        """A keyed index: equal for equal texts of one context, whichever key encrypts; it cannot be turned back."""
        found = self._blinds.get(context)
        if found is None:
            algorithm, _ = self._index
            found = self._blinds[context] = self._hmac(algorithm, f"blind {context}")
        mac = found.copy()
        mac.update(text.encode("utf-8", "surrogatepass"))
        return _encoded(mac.finalize())

    def seal(self, data: bytes) -> str:
        """A keyed digest of the data, ``algorithm.digest``: by SM3 where new values are encrypted by SM4."""
        algorithm = "hmac-sm3" if self.algorithms[self.primary] == "sm4-gcm" else "hmac-sha256"
        mac = self._sealing(algorithm)
        mac.update(data)
        return f"{algorithm}.{_encoded(mac.finalize())}"

    def check_seal(self, data: bytes, seal: str) -> bool:
        """Whether the seal is one of this data by these keys."""
        algorithm, _, digest = seal.partition(".")
        if algorithm not in _HASHES:
            return False
        mac = self._sealing(algorithm)
        mac.update(data)
        try:
            mac.verify(_decoded(digest))
        except (InvalidSignature, ValueError):
            return False
        return True

    def _sealing(self, algorithm: str) -> hmac.HMAC:
        return self._hmac(algorithm, "seal")

    @property
    def _index(self) -> tuple[str, bytes]:
        if self._stable is None:
            raise AssertionError("checked when the keys were read")
        return self._stable

    def _hmac(self, algorithm: str, purpose: str) -> hmac.HMAC:
        digest = _HASHES[algorithm]()
        derive = HKDF(algorithm=digest, length=digest.digest_size, salt=None, info=f"fenming {purpose}".encode())
        return hmac.HMAC(derive.derive(self._index[1]), digest)


def encrypt(text: str, context: str) -> str:
    return keyring().encrypt(text, context)


def decrypt(token: str, context: str) -> str:
    return keyring().decrypt(token, context)


def blind(text: str, context: str) -> str:
    return keyring().blind(text, context)


def seal(data: bytes) -> str:
    return keyring().seal(data)


def check_seal(data: bytes, sealed: str) -> bool:
    return keyring().check_seal(data, sealed)


Stamp = tuple[str, int, int, int]
_held: tuple[Stamp | str, Keyring] | None = None
_lock = Lock()


def keyring() -> Keyring:
    """The keys as they are now: a file that has changed is read again."""
    global _held
    path = settings.KEY_FILE or f"{settings.DATA}/keys"
    stamp = settings.KEYS or _stamp(path)
    held = _held
    if held is not None and held[0] == stamp:
        return held[1]
    with _lock:
        ring = Keyring(settings.KEYS or Path(path).read_text(encoding="utf-8"))
        _held = (stamp, ring)
        return ring


def key_file() -> Path:
    """Where the keys are; refused where the environment holds them."""
    if settings.KEYS:
        raise _error(
            "密钥来自环境变量 FENMING_KEYS：请在其中末尾加一行“编号 算法 base64 密钥”，或改用 FENMING_KEY_FILE。",
            "The keys come from FENMING_KEYS: add a line “id algorithm base64key” at its end, or use FENMING_KEY_FILE.",
        )
    return Path(settings.KEY_FILE or f"{settings.DATA}/keys")


def add_key(algorithm: str) -> str:
    """Write a new primary key at the end of the file, made where there is none; returns its id."""
    if algorithm not in ALGORITHMS:
        known = ", ".join(ALGORITHMS)
        raise _error(
            f"没有算法“{algorithm}”。可用：{known}。", f"There is no algorithm “{algorithm}”. There are: {known}."
        )
    path, line = key_file(), new_key(algorithm)
    try:
        if not path.exists():
            index = new_index("hmac-sm3" if algorithm == "sm4-gcm" else "hmac-sha256")
            made_once(path, lambda: f"{index}\n{line}\n")
        else:
            rewrite(path, lambda text: _checked(f"{text.rstrip()}\n{line}\n"))
    except OSError as error:
        raise _error(
            f"无法改写密钥文件 {path}：{error.strerror}。若 {path}.lock 是中断后留下的，请删除它。",
            f"The key file {path} cannot be written: {error.strerror}. "
            f"Delete {path}.lock if an interrupted command left it.",
        ) from None
    return line.split()[0]


def new_key(algorithm: str) -> str:
    """A line with a fresh key. Random ids, so that a key lost and one made later are never mistaken."""
    return f"k{secrets.token_hex(4)} {algorithm} {_fresh(ALGORITHMS[algorithm][0])}"


def new_index(algorithm: str) -> str:
    """A line with a fresh stable key."""
    return f"{INDEX} {algorithm} {_fresh(32)}"


def first_keys() -> str:
    return f"{new_index('hmac-sha256')}\n{new_key('aes-256-gcm')}\n"


def _stamp(path: str) -> Stamp:
    try:
        found = os.stat(path)  # noqa: PTH116 - once a value: a third of the time of Path's
    except FileNotFoundError:
        if settings.KEY_FILE:
            raise _error(
                f"找不到密钥文件 {path}（FENMING_KEY_FILE）。请恢复它；新站点用 fenming keys add 生成。",
                f"There is no key file {path} (FENMING_KEY_FILE). "
                "Bring it back; for a new site make it with fenming keys add.",
            ) from None
        made_once(Path(path), first_keys)
        found = os.stat(path)  # noqa: PTH116
    return path, found.st_mtime_ns, found.st_size, found.st_ino


def _checked(text: str) -> str:
    Keyring(text)
    return text


def _fresh(length: int) -> str:
    return base64.b64encode(secrets.token_bytes(length)).decode()


def _associated(name: str, context: str) -> bytes:
    return f"{VERSION}.{name}.{context}".encode()


def _taken_apart(token: str) -> tuple[str, bytes]:
    try:
        version, name, body = token.split(".")
        data = _decoded(body)
    except ValueError:
        raise _foreign() from None
    if version != VERSION or len(data) < NONCE_BYTES + TAG_BYTES:
        raise _foreign()
    return name, data


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    """Strict: one spelling for each value, so that any changed letter shows."""
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        data = b""
    if _encoded(data) != text:
        raise ValueError("not base64url")
    return data


def _foreign() -> SecretError:
    return _error(
        "这个值不是分明加密的：内容被改动过，或写入时没有加密。",
        "This value is none that Fenming encrypted: it was changed, or written without encryption.",
    )


def _unreadable(number: int) -> SecretError:
    return _error(
        f"密钥第 {number} 行不可用：应为“编号 算法 base64 密钥”，编号用小写字母、数字和连字符且不重复，"
        f"算法为 {'、'.join(ALGORITHMS)}，index 行为 {'、'.join(_HASHES)}。",
        f"Line {number} of the keys cannot be used: it should be “id algorithm base64key”, the id of small letters, "
        f"digits and hyphens and only once, the algorithm one of {', '.join(ALGORITHMS)}; "
        f"of {', '.join(_HASHES)} in the index line.",
    )


def _error(zh: str, en: str) -> SecretError:
    return SecretError(Words(zh=zh, en=en))
