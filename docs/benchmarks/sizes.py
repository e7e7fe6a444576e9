"""What each library adds to the program's size, from the linker's map of it.

`make bench-size` links the program once more, with a map, and runs this.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from harness import machine, publish

# A piece of the map that comes from a file: its section, which may stand on a line of its own, address, size, file.
PIECE = re.compile(r"^ (\S*)\s+0x[0-9a-f]+\s+0x([0-9a-f]+) (\S.*)$")
# What takes no room in the file of a stripped program.
WITHOUT = (".bss", ".tbss", "COMMON", ".debug", ".comment", ".lldb")
# The first that fits a file's path names whose it is.
LIBRARIES = [
    (re.compile(r"lib_FoundationICU\.a"), "ICU, which Foundation brings"),
    (re.compile(r"lib(dispatch|BlocksRuntime|swiftDispatch)\.a"), "Dispatch, which Foundation brings"),
    (re.compile(r"lib_?\w*Foundation\w*\.a"), "Foundation"),
    (re.compile(r"swift_static|swiftrt\.o"), "Swift's runtime and standard library"),
    (re.compile(r"/GRDB\.build/"), "GRDB"),
    (re.compile(r"/(CYaml|Yams)\.build/"), "Yams"),
    (re.compile(r"/ArgumentParser\w*\.build/"), "ArgumentParser"),
    (re.compile(r"/Logging\.build/"), "Logging"),
]
LEAST = 100_000
OURS = re.compile(r"/(\w+)\.build/")


def owner(file: str) -> str:
    for pattern, name in LIBRARIES:
        if pattern.search(file):
            return name
    found = OURS.search(file)
    return f"lamd: {found[1]}" if found else "the C compiler's start and the like"


def sizes(map_file: Path) -> Counter[str]:
    """Bytes of the stripped program by owner."""
    found: Counter[str] = Counter()
    section = ""
    for line in map_file.read_text(errors="replace").split("\nMemory map\n", 1)[1].splitlines():
        if len(words := line.split()) == 1:
            section = words[0]
        elif piece := PIECE.match(line):
            section = piece[1] or section
            if not section.startswith(WITHOUT):
                found[owner(piece[3])] += int(piece[2], 16)
    return found


def stripped(program: Path) -> int:
    with tempfile.NamedTemporaryFile() as copy:
        subprocess.run(["strip", "-o", copy.name, program], check=True)
        return Path(copy.name).stat().st_size


def needed(program: Path) -> Counter[str]:
    """The system's libraries that the program itself asks for, and the bytes of their files."""
    asked = subprocess.run(["readelf", "-d", program], capture_output=True, text=True, check=True).stdout
    found = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    places = dict(re.findall(r"(\S+) => (\S+)", found))
    names = re.findall(r"\(NEEDED\).*\[(.*)\]", asked)
    return Counter({name: Path(places[name]).stat().st_size for name in names if name in places})


def gathered(bytes_by_owner: Counter[str]) -> Counter[str]:
    """The same, with what is hardly anything taken together."""
    found: Counter[str] = Counter()
    for owner, size in bytes_by_owner.items():
        found[owner if size >= LEAST else "others"] += size
    return found


def table(name: str, title: str, note: str, bytes_by_owner: Counter[str]) -> dict[str, Any]:
    rows: list[list[Any]] = [[owner, size / 1e6] for owner, size in gathered(bytes_by_owner).most_common()]
    rows.append(["together", bytes_by_owner.total() / 1e6])
    columns = [{"title": "of whom"}, {"title": "MB", "digits": 2}]
    return {"name": name, "title": title, "note": note, "columns": columns, "rows": rows}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lamd", type=Path, required=True)
    parser.add_argument("--map", type=Path, required=True)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    inside = sizes(options.map)
    inside["the linker's tables: symbols, relocations, unwinding"] = stripped(options.lamd) - inside.total()
    tables = [
        table("size", "What each library adds to the program", "Of the stripped program, by the linker's map.", inside),
        table("needed", "What it asks the system for", "Sizes of the shared libraries' files.", needed(options.lamd)),
    ]
    publish({"command": "sizes", "machine": machine(), "tables": tables}, options.json)


if __name__ == "__main__":
    main()
