"""Courtesies go, and nothing else: greetings, sign-offs with what belongs to them, adverts of mail programs."""

from __future__ import annotations

import pytest

from connector.reading.layout.signatures import without_courtesies

BY = "Tess Technician"


def read(text: str, by: str = BY) -> list[str]:
    return [line for line in without_courtesies(text.split("\n"), by) if line]


@pytest.mark.parametrize(
    "line",
    [
        *("Hi", "Hi all,", "Hello Theo,", "Hey team!", "Dear Mr Three,", "Good morning everyone", "Morning all,"),
        *("Hallo zusammen,", "Guten Tag Herr Drei,", "Sehr geehrte Damen und Herren,", "Liebe Kollegen,", "Moin,"),
        *("Bonjour à tous,", "Bonsoir", "Salut Théo,", "Madame, Monsieur,", "Chers collègues,"),
        *("Hola a todos,", "Buenos días,", "Estimado equipo:", "Buenas,"),
        *("Beste collega's,", "Goedemorgen allemaal,", "Dag Theo,", "Hoi,"),
        *("Sent from my iPhone", "Get Outlook for Android<https://aka.ms/x>", "Sent from Outlook for iOS"),
        *("Von meinem iPhone gesendet", "Gesendet mit der GMX Mail App", "Envoyé de mon iPhone"),
        *("Enviado desde mi iPhone", "Verzonden vanaf mijn iPhone", "Verstuurd vanaf mijn Samsung"),
        *("Thanks!", "Thank you.", "Cheers", "Regards,", "Thanks for your help", "Vielen Dank für die Hilfe!"),
        *("Thanks, Theo", "Thanks Theo", "Cheers, Tess", "Mit freundlichen Grüßen", "LG", "Cordialement,", "Saludos,"),
        *("Met vriendelijke groet,", "Bedankt!", "**Kind regards**"),
    ],
)
def test_a_courtesy_goes(line):
    assert read(f"Swapped the dock\n{line}\nThe screens are back") == ["Swapped the dock", "The screens are back"]


@pytest.mark.parametrize(
    "line",
    [
        *(
            "Hi-Path gateway restarted",
            "Hello packets arrive",
            "Hi Carla, please restart it",
            "Dear old switch replaced",
        ),
        *("Morning: replaced the fan", "Morning", "Beste Leistung auf Kanal 36", "Dag 3 van de storing", "Hello 3"),
        *("Thanks to the longer cable it works", "Best signal is on channel 36", "Regards the printer: works"),
        *("Cheers for nothing", "Thanks, Done", "Thanks, Rebooted", "Best Buy", "Thanks to Theo"),
        *("Sent from my phone's hotspot, works", "Get Outlook to start", "Sent to the vendor", "Grüße vom Router"),
        "x" * 200,
    ],
)
def test_what_is_said_about_the_ticket_stays(line):
    assert read(line) == [line]


@pytest.mark.parametrize(
    "signature",
    [
        "Thanks,\nTess Technician\nService Desk Technician\nMSP Example | 555-010-0142\nhttps://www.msp.example/book",
        "Best regards\n\nTess Technician\nTel. +44 20 7946 0142\nExample House, 1 Sample Street",
        "Thanks,\nTess Technician | Service Desk Technician | MSP Example | 555-010-0142 | www.msp.example",
        "Regards,\nTess\n\nMSP Example Ltd\nt: 0161 496 0142\n\nThis e-mail is confidential.",
        "Kind regards,\nT.",
        "Viele Grüße\nTess Technician\nIT-Support, Durchwahl 142\nBeispielstraße 1, 10115 Berlin",
        "Cordialement,\nTess Technician\nTechnicienne support, poste 142",
        "Un saludo,\nTess Technician\nTécnica de soporte, extensión 142",
        "Mvg,\nTess Technician\nMedewerker servicedesk, toestel 142",
        "Tess Technician\nService Desk\n0161 496 0142",
        "Tess",
        "Cheers\nTess\nSent from my iPhone",
    ],
)
def test_a_signature_goes_with_its_sign_off(signature):
    assert read(f"Swapped the dock, works.\n\n{signature}") == ["Swapped the dock, works."]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Regards,\nTess\n\nThen looked at the log", ["Then looked at the log"]),
        ("Regards,\nTess\nThen looked at the log", ["Then looked at the log"]),
        ("Cheers, Tess\n\nPS: the tray is broken", ["PS: the tray is broken"]),
        ("Thanks,\nRebooted the router", ["Rebooted the router"]),
        ("Thanks,\n\nDone", ["Done"]),
        ("Thanks\n\n\n\nTess Three", ["Tess Three"]),
        ("Thanks,\nTess\n\nRebooted Router\n555-010-0142", ["Rebooted Router", "555-010-0142"]),
        (
            "It is down\n--\nSwapped the cable\n--\nWorks now",
            ["It is down", "--", "Swapped the cable", "--", "Works now"],
        ),
        ("It is down\n\nAcme Server\n10.20.30.40 answers", ["It is down", "Acme Server", "10.20.30.40 answers"]),
        ("Asked\n\nTheo Three\n555-010-0142", ["Asked", "Theo Three", "555-010-0142"]),
        ("Carla", ["Carla"]),
        ("It works.\n--\nTess Technician\nMSP Example\ntess@msp.example", ["It works.", "--"]),
    ],
)
def test_below_a_sign_off_that_is_not_the_end_text_goes_on(text, said):
    assert read(text) == said


def test_who_signs_need_not_be_known():
    assert read("It works.\n\nCheers\nJo", by="") == ["It works."]
    assert read("It works.\n\nJo Doe\njo@msp.example", by="") == ["It works."]
    assert read("It works.\n\nJo", by="") == ["It works.", "Jo"]
