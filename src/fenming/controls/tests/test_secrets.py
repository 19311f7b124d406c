import base64
import pickle
import re
import stat
import threading
from itertools import pairwise
from pathlib import Path
from time import process_time

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import assume, given
from hypothesis import strategies as st
from pytest_django import Settings

from fenming.controls import secrets
from fenming.controls.secrets import ALGORITHMS, Keyring, SecretError, Sm4Gcm, new_index, new_key

INDEX = new_index("hmac-sha256")
AES, SM4 = new_key("aes-256-gcm"), new_key("sm4-gcm")
RINGS = {"aes-256-gcm": Keyring(f"{INDEX}\n{AES}"), "sm4-gcm": Keyring(f"{INDEX}\n{AES}\n{SM4}")}
PHONE = "people.Employee.phone"

rings = st.sampled_from(list(RINGS.values()))
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=60) | st.sampled_from(
    ["", "110101199003070021", "👩‍👩‍👧", "林晓雯", "v1.k.x"]
)


# RFC 8998, appendix A.1
def test_sm4_gcm_gives_the_published_ciphertext_and_tag() -> None:
    cipher = Sm4Gcm(bytes.fromhex("0123456789ABCDEFFEDCBA9876543210"))
    nonce = bytes.fromhex("00001234567800000000ABCD")
    associated = bytes.fromhex("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2")
    plain = bytes.fromhex("AA" * 8 + "BB" * 8 + "CC" * 8 + "DD" * 8 + "EE" * 8 + "FF" * 8 + "EE" * 8 + "AA" * 8)
    sealed = cipher.encrypt(nonce, plain, associated)
    assert sealed[-16:].hex().upper() == "83DE3541E4C2B58177E065A9BF7B62EC"
    assert sealed[:-16].hex().upper() == (
        "17F399F08C67D5EE19D0DC9969C4BB7D5FD46FD3756489069157B282BB200735"
        "D82710CA5C22F0CCFA7CBF93D496AC15A56834CBCF98C397B4024A2691233B8D"
    )
    assert cipher.decrypt(nonce, sealed, associated) == plain


# McGrew and Viega, test case 16, as in NIST's validation
def test_aes_gcm_gives_the_published_tag() -> None:
    cipher = AESGCM(bytes.fromhex("feffe9928665731c6d6a8f9467308308" * 2))
    plain = bytes.fromhex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
    )
    associated = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    sealed = cipher.encrypt(bytes.fromhex("cafebabefacedbaddecaf888"), plain, associated)
    assert sealed[-16:].hex() == "76fc6ece0f4e1768cddf8853bb2d551b"


def test_sm3_gives_the_published_digest() -> None:
    digest = hashes.Hash(hashes.SM3())
    digest.update(b"abc")
    assert digest.finalize().hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


@given(rings, texts, st.text(max_size=20).filter(str.isprintable))
def test_what_was_encrypted_is_read_again(ring: Keyring, text: str, context: str) -> None:
    token = ring.encrypt(text, context)
    assert re.fullmatch(rf"v1\.{ring.primary}\.[\w-]+", token, re.ASCII)
    assert ring.decrypt(token, context) == text


@given(rings, texts)
def test_equal_texts_have_different_tokens(ring: Keyring, text: str) -> None:
    assert ring.encrypt(text, PHONE) != ring.encrypt(text, PHONE)


@given(rings, texts, st.data())
def test_a_token_with_any_bit_changed_is_refused(ring: Keyring, text: str, data: st.DataObject) -> None:
    token = ring.encrypt(text, PHONE)
    place = data.draw(st.integers(0, len(token) - 1))
    changed = token[:place] + chr(ord(token[place]) ^ 1 << data.draw(st.integers(0, 6))) + token[place + 1 :]
    with pytest.raises(SecretError):
        ring.decrypt(changed, PHONE)


def test_every_bit_of_the_nonce_the_text_and_the_tag_counts() -> None:
    for ring in RINGS.values():
        head, _, body = ring.encrypt("13812345678", PHONE).rpartition(".")
        whole = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
        for bit in range(len(whole) * 8):
            changed = bytearray(whole)
            changed[bit // 8] ^= 1 << bit % 8
            with pytest.raises(SecretError, match="does not open"):
                ring.decrypt(f"{head}.{base64.urlsafe_b64encode(changed).decode().rstrip('=')}", PHONE)


@given(rings, texts, texts, texts)
def test_another_context_does_not_open_a_token(ring: Keyring, text: str, context: str, other: str) -> None:
    assume(context != other)
    with pytest.raises(SecretError, match="does not open"):
        ring.decrypt(ring.encrypt(text, context), other)


@given(rings, texts, texts, st.sampled_from([PHONE, "people.Employee.id_number"]))
def test_blind_indexes_are_equal_exactly_for_equal_texts(ring: Keyring, one: str, other: str, context: str) -> None:
    assert (ring.blind(one, context) == ring.blind(other, context)) == (one == other)
    assert ring.blind(one, PHONE) != ring.blind(one, "people.Employee.id_number")


def test_blind_indexes_and_seals_outlive_the_encryption_keys() -> None:
    before, after = RINGS["aes-256-gcm"], Keyring(f"{INDEX}\n{SM4}")
    assert before.blind("13812345678", PHONE) == after.blind("13812345678", PHONE)
    assert after.check_seal(b"entry", before.seal(b"entry"))
    other = Keyring(f"{new_index('hmac-sha256')}\n{AES}")
    assert other.blind("13812345678", PHONE) != before.blind("13812345678", PHONE)
    assert not other.check_seal(b"entry", before.seal(b"entry"))


@given(rings, st.binary(max_size=60), st.binary(max_size=60))
def test_a_seal_holds_for_its_own_data_only(ring: Keyring, data: bytes, other: bytes) -> None:
    assert ring.check_seal(data, ring.seal(data))
    assert ring.check_seal(other, ring.seal(data)) == (data == other)


def test_a_seal_says_its_algorithm() -> None:
    assert RINGS["aes-256-gcm"].seal(b"").startswith("hmac-sha256.")
    assert RINGS["sm4-gcm"].seal(b"").startswith("hmac-sm3.")


@pytest.mark.parametrize("seal", ["", "hmac-sha256.", "md5.AAAA", "hmac-sha256.é", "hmac-sha256.A", "."])
def test_what_is_no_seal_does_not_hold(seal: str) -> None:
    assert not RINGS["aes-256-gcm"].check_seal(b"", seal)


def test_the_index_may_be_sm3() -> None:
    ring = Keyring(f"{new_index('hmac-sm3')}\n{SM4}")
    assert ring.blind("a", "b") == ring.blind("a", "b") != ring.blind("b", "b")


def test_an_older_key_reads_and_the_last_writes() -> None:
    token = RINGS["aes-256-gcm"].encrypt("6000.00", "people.Assignment.base")
    ring = RINGS["sm4-gcm"]
    assert ring.decrypt(token, "people.Assignment.base") == "6000.00"
    assert ring.encrypt("", "").split(".")[1] == SM4.split()[0] != token.split(".")[1]


def test_a_missing_key_is_named_and_the_value_is_not() -> None:
    token = RINGS["sm4-gcm"].encrypt("13812345678", PHONE)
    with pytest.raises(SecretError, match=SM4.split()[0]) as caught:
        RINGS["aes-256-gcm"].decrypt(token, PHONE)
    assert token not in str(caught.value)


def test_another_key_under_the_same_id_is_told() -> None:
    name = AES.split()[0]
    other = Keyring(f"{INDEX}\n{name} {new_key('aes-256-gcm').split(' ', 1)[1]}")
    with pytest.raises(SecretError, match="another one"):
        other.decrypt(RINGS["aes-256-gcm"].encrypt("13812345678", PHONE), PHONE)


@pytest.mark.parametrize("token", ["", "13812345678", "v1.k.", "v1..", "v2.k.AAAA", "v1.K.AAAA", "v1.k.é", "v1.k.AA=="])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(SecretError, match="none that Fenming encrypted"):
        RINGS["aes-256-gcm"].decrypt(token, PHONE)


@pytest.mark.parametrize("text", ["138\0", "\ud83d"])
def test_what_no_database_column_takes_is_refused(text: str) -> None:
    with pytest.raises(SecretError) as caught:
        RINGS["aes-256-gcm"].encrypt(text, PHONE)
    assert text not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"{INDEX}\nk1 aes-256-gcm", 2),
        (f"{INDEX}\nk1 aes-128-gcm {AES.split()[2]}", 2),
        (f"{INDEX}\nk1 sm4-gcm {AES.split()[2]}", 2),
        (f"{INDEX}\nk1 aes-256-gcm not-base64!", 2),
        (f"{INDEX}\nK_1 aes-256-gcm {AES.split()[2]}", 2),
        (f"# note\n{INDEX}\n\n{AES}\n{AES}", 5),
        (f"{INDEX}\n{INDEX}\n{AES}", 2),
        (f"index hmac-md5 {AES.split()[2]}", 1),
        (f"index hmac-sha256 {SM4.split()[2]}", 1),
    ],
    ids=lambda value: str(value) if isinstance(value, int) else "",
)
def test_a_line_that_cannot_be_used_is_named_without_its_key(text: str, line: int) -> None:
    with pytest.raises(SecretError, match=f"Line {line} ") as caught:
        Keyring(text)
    assert AES.split()[2] not in str(caught.value)


@pytest.mark.parametrize("text", ["", INDEX, AES, "# only a note"], ids=["empty", "index", "aes", "note"])
def test_a_file_without_both_kinds_of_key_is_refused(text: str) -> None:
    with pytest.raises(SecretError, match="backup"):
        Keyring(text)


def test_no_key_is_shown_or_pickled() -> None:
    ring = RINGS["aes-256-gcm"]
    assert repr(ring) == f"<Keyring {AES.split()[0]}>"
    with pytest.raises(TypeError):
        pickle.dumps(ring)


def test_ten_thousand_values_are_read_quickly(tmp_path: Path, settings: Settings) -> None:
    settings.DATA, settings.KEYS, settings.KEY_FILE = tmp_path, "", ""
    tokens = [secrets.encrypt(f"138{number:08}", PHONE) for number in range(10_000)]
    started = process_time()
    found = [secrets.decrypt(token, PHONE) for token in tokens]
    spent = process_time() - started
    assert found[-1] == "13800009999"
    assert spent < 0.5  # 0.05 s on a quiet machine


def test_the_keys_are_made_once_and_only_their_owner_reads_them(tmp_path: Path, settings: Settings) -> None:
    settings.DATA, settings.KEYS, settings.KEY_FILE = tmp_path, "", ""
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(secrets.keyring().primary)) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["keys"]
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o600
    assert secrets.keyring() is secrets.keyring()


def test_an_added_key_writes_at_once_and_the_old_one_still_reads(tmp_path: Path, settings: Settings) -> None:
    settings.DATA, settings.KEYS, settings.KEY_FILE = tmp_path, "", ""
    tokens = [secrets.encrypt("a", "b")]
    for algorithm in ("sm4-gcm", "aes-256-gcm"):
        added = secrets.add_key(algorithm)
        tokens.append(secrets.encrypt("a", "b"))
        assert tokens[-1].split(".")[1] == added
    assert {secrets.decrypt(one, "b") for one in tokens} == {"a"}
    assert list(secrets.keyring().algorithms.values()) == ["aes-256-gcm", "sm4-gcm", "aes-256-gcm"]
    assert [path.name for path in tmp_path.iterdir()] == ["keys"]
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o600


def test_of_two_that_add_at_once_neither_loses_a_key(tmp_path: Path, settings: Settings) -> None:
    settings.DATA, settings.KEYS, settings.KEY_FILE = tmp_path, "", ""
    secrets.keyring()
    added: list[str] = []
    refused: list[SecretError] = []

    def add() -> None:
        try:
            added.append(secrets.add_key("aes-256-gcm"))
        except SecretError as error:
            refused.append(error)

    threads = [threading.Thread(target=add) for _ in range(12)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(added) + len(refused) == 12
    assert added
    assert set(added) < set(secrets.keyring().algorithms)


def test_a_lock_that_was_left_is_named(tmp_path: Path, settings: Settings) -> None:
    settings.DATA, settings.KEYS, settings.KEY_FILE = tmp_path, "", ""
    secrets.keyring()
    (tmp_path / "keys.lock").touch()
    with pytest.raises(SecretError, match=r"keys\.lock"):
        secrets.add_key("aes-256-gcm")


def test_a_named_file_that_is_missing_is_not_made_by_reading(tmp_path: Path, settings: Settings) -> None:
    """A volume that was not mounted must not end in a second set of keys."""
    settings.KEYS, settings.KEY_FILE = "", str(tmp_path / "elsewhere")
    with pytest.raises(SecretError, match="FENMING_KEY_FILE"):
        secrets.keyring()
    assert list(tmp_path.iterdir()) == []
    assert secrets.add_key("sm4-gcm") == secrets.keyring().primary
    assert [line.split()[1] for line in (tmp_path / "elsewhere").read_text().splitlines()] == ["hmac-sm3", "sm4-gcm"]


def test_keys_of_the_environment_need_no_file(tmp_path: Path, settings: Settings) -> None:
    settings.DATA, settings.KEYS = tmp_path, f"{INDEX}\n{AES}"
    assert secrets.decrypt(secrets.encrypt("a", "b"), "b") == "a"
    with pytest.raises(SecretError, match="FENMING_KEYS"):
        secrets.add_key("aes-256-gcm")
    assert list(tmp_path.iterdir()) == []


def test_nonces_are_fresh() -> None:
    ring = RINGS["aes-256-gcm"]
    bodies = sorted(ring.encrypt("", "").split(".")[2][:16] for _ in range(2_000))
    assert all(one != other for one, other in pairwise(bodies))


def test_the_algorithms_are_those_of_the_documentation() -> None:
    assert {name: length for name, (length, _) in ALGORITHMS.items()} == {"aes-256-gcm": 32, "sm4-gcm": 16}
