#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# page_test.py ROOT: what test/lib/page accepts and what it does not.
import pathlib
import subprocess
import sys
import tempfile

SHOWN = """<!-- run: one -->

    $ printf 'shop 4be91d2 at web-765d457b67-bdrx7\\n12m\\n'
    %s
"""
CASES = [  # name, page, block to run (None: check), the beginning of the error ("" none)
    ("as shown", SHOWN % "shop  75d6cf4 at web-66574bcccf-6w6s6\n    2s", "one", ""),
    ("any text", SHOWN % "shop ... at ...\n    ...", "one", ""),
    ("any lines", SHOWN % "...", "one", ""),
    ("another word", SHOWN % "shop 75d6cf4 at all\n    2s", "one", "page: block 'one': "),
    ("a line too few", SHOWN % "shop 75d6cf4 at web-66574bcccf-6w6s6", "one", "page: block 'one': "),
    ("nothing is compared", "<!-- run: one -->\n\n    $ echo a\n", "one", ""),
    ("the status", "<!-- run: one -->\n\n    $ false   # exit 1\n", "one", ""),
    ("another status", "<!-- run: one -->\n\n    $ false\n", "one", "page: block 'one': 'false' ended with status 1, not 0"),
    ("a better status", "<!-- run: one -->\n\n    $ true   # exit 4\n", "one", "page: block 'one': 'true   # exit 4' ended with status 0"),
    ("two lines of a command", "<!-- run: one -->\n\n    $ echo a \\\n      b\n    a b\n", "one", ""),
    ("a block without a mark", "text\n\n    $ rm -r x\n", None, "page: the code block that begins with '$ rm -r x'"),
    ("a fenced block without a mark", "```\n$ rm -r x\n```\n", None, "page: the code block that begins with"),
    ("a mark without a block", "<!-- run: one -->\n\ntext\n", None, "page: line 3: no code block follows"),
    ("one name twice", "<!-- run: one -->\n\n    $ ls\n\n<!-- run: one -->\n\n    $ ls\n", None, "page: two blocks"),
    ("a command that no block runs", "See `kzsync frobnicate`.\n", None, "page: `kzsync frobnicate` is named"),
    ("what does not stand there", "<!-- from: LICENSE -->\n\n    no such licence\n", None, "page: what the page shows of LICENSE"),
]


def main():
    page = pathlib.Path(sys.argv[1]) / "test/lib/page"
    failed = 0
    for name, text, block, want in CASES:
        with tempfile.NamedTemporaryFile("w", suffix=".md") as file:
            file.write(text)
            file.flush()
            arguments = ["run", file.name, block] if block else ["check", file.name]
            done = subprocess.run([page, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if (done.returncode == 0) != (want == "") or not done.stderr.startswith(want):
            failed += 1
            print(f"FAIL {name}: want '{want}', got status {done.returncode}, '{done.stderr}'")
    print(f"{len(CASES) - failed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
