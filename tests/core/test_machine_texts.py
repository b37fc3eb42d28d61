"""The texts by which Linux and a Pi tell of a machine, whole, cut off and made up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.machine_texts import (
    cpu_names,
    figures_in,
    listed_cameras,
    lock_holder,
    mount_of,
    mounts_in,
    os_name,
    package_versions,
    printable,
)
from doorstep.core.sampled_process import stat_of
from doorstep.core.throttling import BITS, throttled_word, throttling_remedy, throttling_words

MOUNTS = (
    "24 1 179:2 / / rw,noatime shared:1 - ext4 /dev/mmcblk0p2 rw,commit=600\n"
    "25 24 0:22 / /dev/shm rw,nosuid - tmpfs tmpfs rw,size=1942000k\n"
    "26 24 0:55 / /mnt/a\\040b rw - cifs //nas.example.net/door rw,username=anna,addr=192.0.2.77\n"
)


def test_a_mount_tells_how_it_is_used_and_neither_server_nor_user() -> None:
    system, memory, network = mounts_in(MOUNTS)
    assert (system.kind, system.told) == ("ext4", "rw,noatime,commit=600")
    assert memory.size == 1_942_000 * 1024
    assert (network.point, network.told, network.size) == ("/mnt/a b", "rw", None)


def test_a_folder_lies_on_the_longest_mount_that_leads_there() -> None:
    mounts = mounts_in(MOUNTS)
    found = [mount_of(folder, mounts) for folder in ("/mnt/a b/x", "/mnt/a bx", "/")]
    assert [mount.kind for mount in found if mount is not None] == ["cifs", "ext4", "ext4"]


def test_of_cpuinfo_the_serial_number_is_not_taken() -> None:
    told = cpu_names("Revision : c03114\nSerial : 10000000abcdef42\nModel : Pi 4\n", "")
    assert told == ("Pi 4", "", "c03114")
    assert cpu_names("Model : other", "Raspberry Pi 5 Model B Rev 1.0\0")[0] == "Raspberry Pi 5 Model B Rev 1.0"


def test_figures_are_bytes_where_they_are_told_in_kilobytes() -> None:
    assert figures_in("MemTotal:  8 kB\nvoluntary_ctxt_switches:\t7\nName:\tx\nnone:\n") == {
        "MemTotal": 8192,
        "voluntary_ctxt_switches": 7,
    }


def test_the_system_says_its_name() -> None:
    assert os_name('PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nVERSION_CODENAME=trixie\n')[1] == "trixie"


def test_cameras_are_listed_by_sensor_and_size_alone() -> None:
    first = "0 : imx708 [4608x2592 10-bit RGGB] (/base/axi/i2c@88000/imx708@1a)"
    printed = f"Available cameras\n---\n{first}\n1 : ov5647 [2592x1944 10-bit] (/x)\n"
    assert listed_cameras(printed) == ["0: imx708 4608x2592", "1: ov5647 2592x1944"]
    assert listed_cameras("No cameras available!\n") == []


def test_only_installed_packages_have_a_version() -> None:
    assert package_versions("ii  a 1.0-1\nun  b\nrc  c 2\n\n") == {"a": "1.0-1"}


def test_a_lock_is_found_by_its_file() -> None:
    locks = "1: POSIX  ADVISORY  WRITE 5 00:2d:77 0 EOF\n2: FLOCK  ADVISORY  WRITE 6 00:2d:77 0 EOF\n3: FLOCK\n"
    assert lock_holder(locks, 77) == 6
    assert lock_holder(locks, 7) is None


@given(st.text())
def test_no_text_is_an_error(text: str) -> None:
    mounts_in(text), figures_in(text), cpu_names(text, text), os_name(text), listed_cameras(text)
    package_versions(text), lock_holder(text, 1), stat_of(text), throttled_word(text)
    assert len(printable(text)) <= 120
    assert printable(text).isprintable()


@given(
    st.from_regex(r"[^\x00-\x1f\x7f\ud800-\udfff]{1,40}", fullmatch=True),
    *(st.integers(0, 2**40) for _ in range(3)),
)
def test_a_process_may_be_called_anything(name: str, parent: int, user: int, system: int) -> None:
    line = f"42 ({name}) S {parent} 1 1 0 -1 4194304 9 0 0 0 {user} {system} 0 0 20 0 2 0\n"
    stat = stat_of(line)
    assert stat is not None
    assert (stat.name, stat.parent, stat.ticks) == (name, parent, user + system)


@pytest.mark.parametrize(
    ("printed", "words"),
    [
        ("throttled=0x0\n", ["none"]),
        ("throttled=0x50000\n", ["under-voltage has happened", "it was throttled"]),
        (
            "throttled=0x50005\n",
            ["under-voltage now", "throttled now", "under-voltage has happened", "it was throttled"],
        ),
        ("50000\n", ["under-voltage has happened", "it was throttled"]),
        ("throttled=0x100000\n", ["unknown bits 0x100000"]),
    ],
)
def test_what_the_firmware_says_is_told_in_words(printed: str, words: list[str]) -> None:
    word = throttled_word(printed)
    assert word is not None
    assert throttling_words(word) == words


def test_words_that_are_no_bits_are_not_believed() -> None:
    assert throttled_word("VCHI initialization failed\n") is None
    assert throttled_word("") is None


@given(st.integers(0, 2**32 - 1))
def test_each_bit_is_told_once(word: int) -> None:
    told = throttling_words(word)
    assert [words for bit, words in BITS if word >> bit & 1] == [
        words for words in told if words in dict(BITS).values()
    ]
    assert (told == ["none"]) == (word == 0)
    assert ("power supply" in throttling_remedy(word)) == bool(word & 0x10001)
