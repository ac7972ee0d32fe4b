"""Runs the cases, and says in one line each what is not as it should be."""

import argparse
import asyncio
import collections
import importlib.metadata
import pathlib
import time

from kosoku import FailureError, run_fuzzingclient

# permessage-deflate is not offered.
EXCLUDED = ["12.*", "13.*"]

# What RFC 6455 leaves open: whether a message of 256 KiB right before a Close is still answered, and what becomes
# of a Close with code 5000 or 65535.
OPEN = {"7.1.6", "7.13.1", "7.13.2"}

# A whole run takes some 15 seconds; a suite that hangs must not.
PATIENCE = 150

GROUPS = {
    "1": "framing", "2": "pings and pongs", "3": "reserved bits", "4": "opcodes", "5": "fragmentation",
    "6": "UTF-8", "7": "closing", "9": "limits", "10": "other",
}


def is_right(case):
    """OK twice, or left open by the RFC and none of the other things it may be."""
    verdict = {case.behavior.value, case.behavior_close.value}
    return verdict == {"OK"} or (case.case_id in OPEN and verdict <= {"OK", "INFORMATIONAL"})


def report(cases, path):
    groups = collections.defaultdict(list)
    for case in cases:
        groups[case.case_id.split(".")[0]].append(case)
    lines = []
    for number, name in GROUPS.items():
        group = groups[number]
        verdicts = collections.Counter(case.behavior.value for case in group)
        lines.append(f"| {number} | {name} | {len(group)} | {verdicts['OK']} | {verdicts['INFORMATIONAL']} | "
                     f"{sum(not is_right(case) for case in group)} |")
    head, _, rest = path.read_text().partition("<!-- cases -->\n")
    _, _, tail = rest.partition("<!-- end of cases -->\n")
    table = ["", "| group | about | cases | OK | left open by the RFC | failed |", "|---|---|---|---|---|---|", *lines, ""]
    path.write_text(head + "<!-- cases -->\n" + "\n".join(table) + "\n<!-- end of cases -->\n" + tail)


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("--report", type=pathlib.Path)
    arguments = parser.parse_args()
    start = time.monotonic()
    try:
        run = run_fuzzingclient(arguments.address, ["*"], EXCLUDED, concurrency=4)
        cases = await asyncio.wait_for(run, PATIENCE)
    except FailureError as error:
        cases = error.results
    wrong = [case for case in cases if not is_right(case)]
    for case in wrong:
        print(f"{case.case_id}: {case.behavior.value}, close {case.behavior_close.value} ({case.remote_close_code}): "
              f"{case.result} {case.result_close}")
    seconds = time.monotonic() - start
    version = importlib.metadata.version("kosoku")
    print(f"kosoku {version}, {len(cases)} cases, {seconds:.0f} s")
    print(f"  {len(cases) - len(wrong)} passed")
    print(f"  {len(wrong)} failed")
    if arguments.report:
        report(cases, arguments.report)
    # Every group but those for compression was there.
    complete = set(GROUPS) == {case.case_id.split(".")[0] for case in cases} and len(cases) >= 301
    if not complete:
        print("the suite did not run whole")
    raise SystemExit(0 if complete and not wrong else 1)


asyncio.run(main())
