"""What a file or a value of bytes is by its first bytes: containers to open, and what is known to hold no training text.

Covers formats by fixed marks only; text is told apart in ``sniff`` and its encoding in ``encodings``.
"""

from __future__ import annotations

GZIP, ZSTD, XZ, BZIP2 = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ\0", b"BZh"
ZIP, ZIP_EMPTY, SEVEN_ZIP = b"PK\x03\x04", b"PK\x05\x06", b"7z\xbc\xaf\x27\x1c"
POINTERS = (b"version https://git-lfs.github.com/spec/", b"version https://hawser.github.com/spec/", b"/annex/objects/")
PAGES = (b"<!doctype html", b"<html", b"<?xml", b"<error>")
_TAR_PLACE, _TAR = 257, b"ustar"
# Pictures, sound, films, fonts and programs.
_MEDIA = (
    *(b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"\0\0\x01\0", b"8BPS", b"\xff\x4f\xff\x51"),
    *(b"ID3", b"OggS", b"fLaC", b"MThd", b"\xff\xfb", b"\xff\xf3", b"\x1a\x45\xdf\xa3", b"#!AMR", b"FORM"),
    *(b"wOFF", b"wOF2", b"OTTO", b"\0\x01\0\0\0", b"ttcf"),
    *(b"\x7fELF", b"MZ", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\0asm", b"!<arch>"),
)
_RIFF = (b"WAVE", b"WEBP", b"AVI ")
# What systems and tools leave beside data.
LITTER = frozenset({".DS_Store", "Thumbs.db", "desktop.ini", ".gitattributes", ".gitignore", ".gitkeep", ".localized"})
TOOL_FOLDERS = frozenset(
    {
        *(".git", ".hg", ".svn", ".dvc", ".venv", ".tox", ".nox", ".idea", ".vscode", ".cache", ".pytest_cache", ".mypy_cache"),
        *(".ruff_cache", ".hypothesis", ".eggs", ".terraform", ".ipynb_checkpoints"),
    }
)


def compression_of(start: bytes) -> str:
    """The compression that a file begins with, else empty."""
    if start[:4] == ZSTD or (len(start) >= 8 and start[1:4] == b"\x2a\x4d\x18" and start[0] >> 4 == 5):  # or a frame to skip
        return "zst"
    if start[:3] == BZIP2 and start[3:4].isdigit() and start[4:10] in (b"1AY&SY", b"\x17rE8P\x90"):
        return "bz2"
    return "gz" if start[:2] == GZIP else "xz" if start[:6] == XZ else ""


def archive_of(start: bytes) -> str:
    """The archive that a file is, else empty."""
    if start[:4] in (ZIP, ZIP_EMPTY):
        return "zip"
    if start[:6] == SEVEN_ZIP:
        return "7z"
    return "tar" if start[_TAR_PLACE : _TAR_PLACE + len(_TAR)] == _TAR else ""


def is_media(start: bytes) -> bool:
    """Whether bytes that are not UTF-8 are a picture, sound, film, font or program: known to be no text."""
    riff, film, bytecode = start[:4] == b"RIFF" and start[8:12] in _RIFF, start[4:8] == b"ftyp", start[2:4] == b"\r\n"
    return start.startswith(_MEDIA) or riff or film or bytecode


def is_pointer(start: bytes) -> bool:
    """Whether a file only stands for one that lies elsewhere (git-lfs, git-annex)."""
    return start.startswith(POINTERS[:2]) or (POINTERS[2] in start[:512] and len(start) < 512 and b"\n" not in start.strip())


def is_page(start: bytes) -> bool:
    """Whether a file is HTML or XML, as servers send where they have an error instead of the data."""
    return start.lstrip(b"\xef\xbb\xbf \t\r\n")[:16].lower().startswith(PAGES)
