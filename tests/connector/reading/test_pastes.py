"""What a program wrote becomes a count; what a person may have written stays."""

from __future__ import annotations

import pytest

from connector.reading.layout.pastes import collapsed, is_count

EVENT = """\
Log Name:      Application
Source:        Schannel
Event ID:      36871
Level:         Error
Computer:      SRV-9.acme.example
Description:
A fatal error occurred while creating a credential. The state is 10013."""

OUTPUTS = {
    "event details": EVENT,
    "event details whose blanks an editor took": "\n".join(" ".join(line.split()) for line in EVENT.splitlines()),
    "event details in German": (
        "Protokollname: System\nQuelle:        disk\nEreignis-ID:   7\nEbene:         Fehler\nBeschreibung:\n"
        "Das Gerät hat einen fehlerhaften Block."
    ),
    "values in a column": "Volume Label :  DATA\nFree Bytes   :  1024\nCluster Size :  4096",
    "list of properties": "TcpTestSucceeded       : False\nRemotePort             : 25\nInterfaceAlias         : LAN",
    "columns": "Proto  Local          Foreign       State\n-----  -----\nTCP    10.0.0.5:4971  52.1.2.3:443  OPEN\n"
    "TCP    10.0.0.5:4972  52.1.2.3:443  WAIT",
    "steps of Java": "java.net.ConnectException: Connection refused\n    at java.net.Socket.connect(S.java:9)\n"
    "    at com.acme.Export.run(Export.java:12)\n    ... 4 more\nCaused by: java.io.IOException: closed",
    "steps of .NET": "System.NullReferenceException: Object reference not set\n   at Acme.Sync.Run(String path)\n"
    "   at Acme.Main() in C:\\src\\Main.cs:line 12",
    "steps of Node": "TypeError: x is none\n    at Object.<anonymous> (/x.js:1:2)\n    at /app/y.js:10:5",
    "a trace's last line": 'Traceback (most recent call last):\n  File "x.py", line 1, in f\n    f()\nacme.Broken: no',
    "a script's error": "Get-Mailbox : It couldn't be done.\nAt line:1 char:1\n+ Get-Mailbox -Identity x\n"
    "+ ~~~~~~~~~~~~~~~~~~~~~\n    + CategoryInfo          : NotSpecified: (:) [], X",
    "log": "Jan  5 08:50:58 mail postfix/smtp[912]: timeout\nJan  5 08:50:59 mail postfix/smtp[912]: retry",
    "log with levels": "2026-01-15 08:51:02,113 ERROR [main] no\n2026-01-15 08:51:03 [main] retry",
    "one line of a log": "2026-01-15T08:51:02+00:00 fw01 charon[912]: giving up",
    "addresses": "Server:  dc01.acme.example\nAddress:  10.0.0.10\n\nNon-authoritative answer:\nName:    www.example\n"
    "Address:  93.184.216.34",
    "a route": "Tracing route to 10.0.0.1 over a maximum of 9 hops:\n\n  1    <1 ms    <1 ms    <1 ms  10.0.0.1\n"
    "  2     *        *        *     Request timed out.\n\nTrace complete.",
    "ping in German": "Ping wird ausgeführt für 10.0.0.1 mit 32:\nAntwort von 10.0.0.1: Bytes=32 Zeit=2ms TTL=63\n"
    "Zeitüberschreitung der Anforderung.",
    "what was typed with what came": "PS C:\\> Test-Connection x\n\nPinging x [10.0.0.1] with 32 bytes of data:",
    "deep paragraphs": "      [Advertising Check,DC03] failed:\n         CN=DC03,OU=DCs,DC=acme\n\n         Of two.",
    "a report of delivery": "Undelivered Mail Returned to Sender\n\nThis is the mail system at host mx.example.\n\n"
    "<a@partner.example>: host mx.partner.example said: 550 5.1.1 no such user\nReporting-MTA: dns; mx\n"
    "X-Queue: 4711\nArrival-Date: Thu\n  15 Jan\nSubject: hello",
    "markup": "<config>\n  <port>25</port>\n</config>",
    "values of JSON": '{\n  "port": 25,\n  "host": "mx"\n}',
}

PERSONS = {
    "a form in columns": "Issue:    prints blank\nDevice:   LaserJet\nSerial:   5CG1\nTried:    new roll",
    "fields": "Device: ThinkPad\nSystem: Windows 11\nRoom: 12\nVLAN: 20\nMTU: 1400",
    "a log by hand": "2026-01-15 09:02 Rebooted it\nJan 15 rebooted the server\nJan 15 09:10 moved it",
    "a log by hand to the second": "2026-01-15 09:02:10 Rebooted it\n2026-01-15 09:03:20 Moved it",
    "what was typed": "PS C:\\> Restart-Service Spooler\nC:\\> ipconfig /flushdns did not help",
    "a list": "- System.Error: x\n- Request timed out.\n+ new toner\n+ new drum",
    "a chat": "[10:33:12] Theo Three: try it\n[10:33:40] Tess Technician: did so",
    "a firewall's rule": "From: 10.20.0.0/16\nTo: any\nPort: 443\nAction: allow",
    "capitals": "ERROR: 49.4C02 ON DISPLAY\nRESULT: SAME\nDONE: CLEANED ROLLERS",
    "gaps": "Cable  -  ok\nSwitch port  -  ok\nPower supply  -  ok",
    "keys": "<F8> does nothing\n<F2> opens the setup\n<Enter>",
    "one exception": "ConnectionRefusedError: [Errno 111] Connection refused",
    "a report in one line": "Undeliverable: she has no idea why",
    "what is indented": "Read the docs:\n  nothing there\n  asked Theo",
    "few fields in a column": "Volume:  C\nBytes:   4",
    "a field without a blank": "Ratio:3\nLoad:4",
}


def read(text: str) -> list[str]:
    return list(collapsed(text.split("\n"), lambda line: line.startswith("Plan:")))


@pytest.mark.parametrize("text", OUTPUTS.values(), ids=OUTPUTS)
def test_output_becomes_one_item_and_what_is_said_around_it_stays(text):
    number = sum(1 for line in text.split("\n") if line.strip())
    count = f"- ({number} {'line' if number == 1 else 'lines'} of output)"
    assert read(text) == [count]
    assert read(f"Looked at it:\n{text}\nReplaced the disk") == [
        "Looked at it:",
        count,
        "Replaced the disk",
    ]
    said = [f"All of this was the same as before, {day}:" for day in ("first", "then")]
    assert read(f"{said[0]}\n{text}\n{said[1]}\n{text}") == [said[0], count, said[1], count]
    assert is_count(count[2:])


@pytest.mark.parametrize("text", PERSONS.values(), ids=PERSONS)
def test_what_a_person_may_have_written_stays(text):
    assert read(text) == text.split("\n")


def test_a_persons_fields_stay_beside_a_programs():
    assert read(f"Checked: the log\n{EVENT}") == ["Checked: the log", "- (7 lines of output)"]
    assert read(f"Checked:\n{EVENT}\nResult: again") == ["Checked:", "- (7 lines of output)", "Result: again"]


@pytest.mark.parametrize("event", [EVENT, OUTPUTS["event details whose blanks an editor took"]])
def test_a_sentence_with_a_colon_above_or_below_a_programs_fields_stays(event):
    above, below = "Chat with tier 3: restarted the spooler twice, no change", "Then asked Sam: he has seen it, too"
    fields = event.partition("Description")[0].strip()
    found = [*collapsed(f"{above}\n{fields}\n{below}".splitlines(), lambda _: False)]
    assert found == [above, "- (5 lines of output)", below]
    told = "I told her:"
    assert [*collapsed(f"{fields}\n{told}\nPlan: swap it".splitlines(), lambda _: False)][1:] == [told, "Plan: swap it"]


STEPS = 'Traceback (most recent call last):\n  File "x.py", line 1, in f\n    f()\n'


@pytest.mark.parametrize(
    "name",
    [
        *("ValueError: x", "OSError: [Errno 2]", "KeyError", "KeyboardInterrupt", "StopIteration", "UserWarning: x"),
        *("socket.timeout: x", "acme.Broken", "json.decoder.JSONDecodeError: x", "System.Net.WebException: x"),
    ],
)
def test_a_trace_ends_with_the_name_of_a_type(name):
    assert [*collapsed((STEPS + name).splitlines(), lambda _: False)] == ["- (4 lines of output)"]


@pytest.mark.parametrize(
    "line",
    [
        *("Plan: swap it", "Result: same", "dc01.acme.example: rebooted", "Waiting", "sam: call me"),
        *("PS: the scanner, too", "FYI: vendor called", "VPN: reset it", "OneDrive: signed out", "McAfee: removed it"),
        *("error: same again", "Error: same again", "PCs: rebooted both", "DC01: rebooted", "Sam.Senior: call me"),
    ],
)
def test_what_a_person_says_right_below_a_trace_stays(line):
    assert [*collapsed((STEPS + line).splitlines(), lambda _: False)] == ["- (3 lines of output)", line]


def test_what_begins_a_section_is_never_output():
    assert read("Jan  5 08:50:58 mail postfix[912]: x\nPlan: Request timed out.\n\nPlan:   x\nLog Name:   y") == [
        "- (1 line of output)",
        "Plan: Request timed out.",
        "",
        "Plan:   x",
        "Log Name:   y",
    ]


def test_nothing_of_a_persons_goes_with_a_report_of_delivery():
    begin, end = "Delivery has failed to these recipients:", "Generating server: mx.acme.example"
    count = "- (1 line of output)"
    assert read(f"{begin}\nPlan: call them\n{end}") == [count, "Plan: call them", count]
    assert read(f"{begin}\n{begin}") == [begin, begin]
