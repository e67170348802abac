"""What the processes print, passed on."""

import asyncio
import io

from rich.console import Console

from sightline.cli.relay import LogTail, last_lines, line_printer, relay


def test_only_whole_new_lines_come_and_a_rotation_loses_none(tmp_path):
    """What was there before is not repeated; half a line waits for its end; a rotated file is read from its start."""
    log = tmp_path / "embed.log"
    log.write_text("old\n")
    tail = LogTail(log)
    with log.open("a") as file:
        file.write("one\ntw")
    assert tail.lines() == ["one"]
    with log.open("a") as file:
        file.write("o\n")
    assert tail.lines() == ["two"]
    log.rename(tmp_path / "embed.log.1")
    assert tail.lines() == []
    log.write_text("after\n")
    assert tail.lines() == ["after"]


async def test_lines_carry_their_process_and_no_colour_codes_into_files(tmp_path):
    """Each line comes after its process's name; written to a file, the services' colours are left out."""
    log = tmp_path / "match.log"
    page = io.StringIO()
    printing = asyncio.create_task(
        relay({"match": log}, line_printer(Console(file=page, width=20), ("match", "provision")))
    )
    await asyncio.sleep(0)
    log.write_text("\x1b[32mready\x1b[0m with [brackets] and a line that is longer than the console\n")
    async with asyncio.timeout(60):
        while not page.getvalue().endswith("\n"):
            await asyncio.sleep(0.05)
    printing.cancel()
    await asyncio.gather(printing, return_exceptions=True)
    assert page.getvalue() == "match     │ ready with [brackets] and a line that is longer than the console\n"


def test_the_last_words_of_a_process_are_plain(tmp_path):
    """The last lines of a log without colours; a process that never spoke has none."""
    log = tmp_path / "x.log"
    log.write_text("\n".join(f"\x1b[1mline {n}\x1b[0m" for n in range(20)))
    assert last_lines(log, 2) == ["line 18", "line 19"]
    assert last_lines(tmp_path / "none.log") == []
