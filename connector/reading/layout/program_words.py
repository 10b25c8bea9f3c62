"""Lines that only programs write, known by their form or their words. Pure.

``CERTAIN`` ones are a program's wherever they stand, ``LIKELY`` ones beside others, ``BOUNCE`` ones with what stands
between them. The names that programs give to values, and those that people do, tell the lines with a colon apart.
"""

from __future__ import annotations

import re

_LEVEL = r"(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|ERR|CRIT|CRITICAL|ALERT|FATAL|SEVERE)"
_DAY = r"(?:\d{4}[-/.]\d\d[-/.]\d\d|\d\d[-/.]\d\d[-/.]\d{4})"
_TIME = r"\d\d:\d\d:\d\d[^\s]{0,16}"
_SENDER = r"[\w.-]{1,60} [\w./()-]{1,60}(?:\[\d{1,9}\])?:\s"

CERTAIN = re.compile(
    # logs
    rf"(?:<\d{{1,3}}>)?[A-Z][a-z]{{2}} {{1,2}}\d{{1,2}} {_TIME} {_SENDER}"
    rf"|{_DAY}T{_TIME} {_SENDER}"
    rf"|\[?{_DAY}[T ,]{{1,2}}{_TIME}[^a-z\n]{{0,40}}\b{_LEVEL}\b"
    rf"|\[?{_DAY}[T ,]{{1,2}}{_TIME}\s{{1,4}}\[[^\[\]]{{1,60}}\]"
    r"|\S{1,60} \S{1,30} \S{1,30} \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:"
    # stack traces
    r"|Traceback \(most recent call last\):|\s*File \"[^\"]{1,300}\", line \d"
    r"|\s{1,20}(?:at|bei|à|en|in|bij) (?:async )?[\w$<>`]{1,99}(?:[./][\w$<>`\[\],+-]{1,99}){1,20} ?\("
    r"|\s{1,20}at [^\n]{0,200}\.\w{1,6}:\d{1,6}(?::\d{1,6})?\)?$"
    r"|\s*\.\.\. \d{1,4} (?:more|common frames)|Caused by: [\w.$]{3,200}|\s*--- End of (?:inner )?(?:exception )?stack"
    # PowerShell
    r"|\s*\+ (?:CategoryInfo|FullyQualifiedErrorId)\b|\s*\+\s{1,400}~"
    r"|(?:At|In|Au|En|Op)\s[^\n]{1,300}\b(?:char|Zeichen|caractère|carácter|teken)\s?:\s?\d"
    # ping and traces of routes
    r"|(?:Reply from|Antwort von|Réponse de|Respuesta desde|Antwoord van) [\w.:%]{2,60}\s?: \w"
    r"|\d{1,5} bytes from \S|Pinging \S{1,200}(?: \[[^\]]{1,60}\])? with \d|\d{1,6} packets transmitted"
    r"|Ping wird ausgeführt für|Envoi d.une requête .?ping|Haciendo ping a|Pingen naar"
    r"|Ping statistics for|Ping-Statisti\w{1,3} (?:für|voor)|Statistiques Ping pour|Estadísticas de ping para"
    r"|\s*(?:Packets: Sent|Pakete: Gesendet|Paquets\s?: envoyés|Paquetes: enviados|Pakketten: verzonden) ="
    r"|\s*(?:Minimum|Mínimo|Minimum\s) = \d{1,6}\s?ms|rtt min/avg"
    r"|\s*\d{1,2}\s{1,9}(?:(?:<?\d{1,5} ms|\*)\s{1,9}){3}"
    r"|Address(?:es)?:\s{2,9}[\da-f]{1,4}[.:][\da-f.:]{3,40}$"
    # values behind leading dots, identifiers, dumps
    r"|\s*[^.:\n]{2,60}(?:\s?\.){4,60}\s{0,9}:|\s*\.{9,60} \S|\s*[\w ]{1,40}: \{[0-9a-fA-F-]{36}\}"
    r"|[0-9a-fA-F]{4,16}:?\s{1,4}(?:[0-9a-fA-F]{2,4}\s){7}"
    # heads of mails, reports of their delivery
    r"|Received: (?:from \S{1,200} (?:\(|by )|by \S{1,200} (?:with|\())|X-[A-Z][\w-]{2,60}: |DKIM-Signature: "
    r"|ARC-\w[\w-]{2,40}: "
    r"|(?:Authentication-Results|Received-SPF|Content-Type|Content-Transfer-Encoding|MIME-Version|Final-Recipient"
    r"|Original-Recipient|Diagnostic-Code|Reporting-MTA|Remote-MTA|Received-From-MTA|Arrival-Date): "
    r"|(?:Message-ID|Return-Path): ?<",
)

LIKELY = re.compile(
    r"\s*[\w$]{1,60}(?:\.[\w$]{1,60}){0,9}(?:Error|Exception)\b(?::|$|\s\(0x)"
    r"|[A-Z][a-z]{1,20}-[A-Z]\w{1,60} : "
    r"|Request timed out\.$|Zeitüberschreitung der Anforderung\.$|Délai d.attente de la demande dépassé\.$"
    r"|Tiempo de espera agotado|Time-out bij opdracht"
    r"|Approximate round trip|Ca\. Zeitangaben|Durée approximative|Tiempos aproximados|De gemiddelde tijd"
    r"|Tracing route to|Routenverfolgung zu|Détermination de l.itinéraire|Traza a la dirección|Bezig met het traceren"
    r"|(?:over a maximum of|über maximal|avec un maximum de|sobre un máximo de) \d|Trace complete\.|traceroute to \S"
    r"|(?:Ethernet|Wireless LAN|Tunnel|PPP|Unknown|Bluetooth)[- ][Aa]dapter\s[^:\n]{1,80}:$|Windows[- ]IP[- ]\w"
    r"|Ethernet-Adapter\s[^:\n]{1,80}:$|Drahtlos-LAN-Adapter|Carte \w{3,20}\s[^:\n]{1,80}:$|Adaptador de \w"
    r"|Draadloos LAN-adapter|Configura\w{3,5} IP de Windows"
    r"|[\w ]{1,40}: \[\d{1,4}\] \w|(?:Writer|Provider) name: '"
    r"|[^\n]{0,120}\b(?:DC=\w{1,40},DC=|CN=[^,\n]{1,60},(?:OU|CN|DC)=)"
    r"|\s{2,40}\[[^\[\],\n]{2,60},[^\[\]\n]{1,60}\] \S|\s{2,40}Starting test: |\s{0,40}Testing server: "
    r"|Doing (?:initial required|primary) tests"
    r"|\s{2,40}[^\n]{5,120} \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.?$"
    r"|(?:Server|Name|Aliases):\s{2,9}\S|Non-authoritative answer:|\*\*\* (?:Can't find|Request to|\S{1,80} can't find)"
    r"|\s*[\]}]{1,3},?$|\s*[\[{]{1,3}$|\s*\"[^\"\n]{1,80}\"\s?:\s"
    r"|\s*<[A-Za-z/!?][^<>\n]{0,300}>(?:[^<>\n]{0,200}</[\w:.-]{1,60}>)?$"
    r"|Msg \d{1,6}, Level \d|Event\[\d{1,6}\]:|[^\n]{1,80} line protocol is (?:up|down)\b|[A-Z]{2,20}_[A-Z_]{1,40}: \S"
    r"|[2-5]\d\d[ -]\d\.\d{1,3}\.\d{1,3}\b|(?:EHLO|HELO) \S|MAIL FROM:\s?<|RCPT TO:\s?<"
    rf"|\[?{_DAY}[T ,]{{1,2}}{_TIME}\s[^\n]{{0,120}}(?:\[[^\]\n]{{1,60}}\]|\b\d{{1,3}}(?:\.\d{{1,3}}){{3}}\b|\w=\S)"
    rf"|\[{_LEVEL}\]\s"
    r"|Deployment Image Servicing|Windows Resource Protection|Beginning (?:system scan|verification phase)"
    r"|Verification \d{1,3}% complete|The (?:operation|command) completed successfully\.$|Image Version: \d"
    r"|Successfully flushed the DNS|Active Connections$|Updating policy\.\.\.|(?:Computer|User) Policy update has"
    r"|Stage \d: Examining|CHKDSK is |The type of the file system is|\s{1,20}\d[\d ,.]{0,20} (?:KB|file records"
    r"|indexes|bytes) "
    r"|[A-Z][^.:\n]{2,60}(?:\s{0,2}\.){1,60} :(?:\s|$)"
    r"|vssadmin \d|\(C\) Copyright \d{4}",
)

BOUNCE = re.compile(
    r"Delivery (?:has failed to these|to the following|Status Notification)|The following (?:address(?:es)? (?:had"
    r"|failed)"
    r"|recipients? (?:could|cannot|failed)|message to )|Diagnostic information for administrators|Generating server: "
    r"|Remote [Ss]erver returned|Original message headers|This is the mail system at host|I'm sorry to have to"
    r" inform you"
    r"|Undelivered Mail Returned|Undeliverable: |Your message (?:to \S{1,99} )?(?:wasn.t|couldn.t be|could not be"
    r"|was not"
    r"|hasn.t been|has not been) delivered|The (?:response from the remote|error that the other) server|For"
    r" assistance, send"
    r"|Message (?:blocked|not delivered)$|Address not found$|Final-Recipient: |Reporting-MTA: |Action: (?:failed"
    r"|delayed)$"
    r"|Status: [245]\.\d{1,3}\.\d|Diagnostic-Code: |Remote-MTA: |Received: (?:from|by) |<\S{3,99}>: (?:host |\d{3})"
    r"|Fehler bei der Nachrichtenzustellung|Diagnoseinformationen für|Generierender Server|Ihre Nachricht (?:wurde"
    r" nicht|konnte)"
    r"|Ursprüngliche Nachrichtenkopfzeilen|Der Remoteserver hat|Remoteserver hat"
    r"|Échec de la remise|Informations de diagnostic pour|Serveur de génération|Votre message n.a pas"
    r"|En-têtes du message d.origine|Le serveur distant a"
    r"|Error de entrega a|No se pudo entregar|Información de diagnóstico para|Servidor de generación|Su mensaje no"
    r"|Encabezados del mensaje original|El servidor remoto"
    r"|Het bezorgen bij|Kan het bericht niet|Diagnostische (?:informatie|gegevens) voor|Genererende server|Uw"
    r" bericht (?:kan|kon|is)"
    r"|Oorspronkelijke berichtkoppen|De externe server"
)
"""Lines of reports that a mail was not delivered; between two of them all is theirs."""

BOUNCE_BEGIN = re.compile(
    r"Delivery (?:has failed|Status Notification)|Undelivered Mail|Undeliverable: |Fehler bei der Nachrichtenzustellung"
    r"|Échec de la remise|Error de entrega a|Het bezorgen bij"
)
MAIL_HEAD = re.compile(r"[A-Z][\w-]{1,40}: |\s{1,8}\S")

MORE = re.compile(r"\s{0,20}\+ ")
"""Lines that go on with the output above them."""

TRACE_END = re.compile(
    r"(?:(?:[A-Za-z_]\w{0,60}\.){1,9}\w{0,60}(?:Error|Exception|error|timeout|exception)"
    r"|(?:[a-z_]\w{0,60}\.){1,9}[A-Z]\w{0,60}"
    r"|[A-Z]\w{1,60}(?:Error|Exception|ExceptionGroup|Warning|Exit|Interrupt|Iteration))(?:: |$)"
)
"""The line that names the exception, below the steps that lead to it: a type with the module that it is of, or one
without that ends as the language's own do. "PS:" and "OneDrive:" look like a type and begin a person's line.
"""


PROMPT = re.compile(
    r"(?:PS )?[A-Z]:\\[^<>|?*\n]{0,200}>|[\w.-]{1,40}@[\w.-]{1,60}[: ][^\s#$]{0,100}[#$] \S"
    r"|\[\w[\w.-]{0,40}@[^\]]{1,80}\][#$] "
    r"|[\w.-]{1,40}(?:\([\w-]{1,20}\))?[#>]\s?(?:show?|ping|traceroute|debug|display|diagnose|execute|get)\b"
)

FIELD = re.compile(r"\s{0,80}([^\W\d_][^:=\n]{0,48}?)\s{0,40}:(\s{0,80})")
"""A name with a colon; in the second group what stands between that and the value."""

COLUMN = re.compile(r"(?:\s{2,80}|\t)(?=\S)")
"""The gap before a column."""

_PERSONS = (
    "action actions answer caller cause cause(s) checked client comment comments conclusion contact customer details"
    " did"
    " done fault finding findings fix fixed follow-up fu impact info issue mitigation next note notes outcome plan"
    " problem"
    " question reason remark remarks reported request requested resolution result results solution step steps summary"
    " symptom symptoms tested tests todo tried troubleshooting update verification verified workaround"
    " anliegen ergebnis erledigt geprüft getan getestet grund kunde kundin lösung massnahme massnahmen maßnahme"
    " maßnahmen"
    " meldung notiz störung ursache versucht"
    " cliente causa comprobado hecho notas probado problema pruebas resultado síntoma solución"
    " constat essayé fait problème remarque résultat symptôme testé vérifié"
    " gecontroleerd gedaan geprobeerd getest klant melding oorzaak oplossing probleem resultaat"
)
_EITHERS = (
    "address asset company computer date department device email gateway host hostname id ip location mail mobile model"
    " name office os pc phone printer priority room serial server site software status system tag tel time type user"
    " username vendor version abteilung benutzer datum gerät modell ort raum standort telefon zeit"
    " appareil bureau heure lieu modèle nom poste salle utilisateur"
    " equipo fecha hora lugar modelo nombre sala teléfono usuario"
    " apparaat gebruiker kamer locatie naam tijd"
)
_PROGRAMS = (
    "log name,event id,eventid,task category,level,keywords,opcode,logged,log,event source,provider name,event data"
    ",faulting application name,faulting application path,faulting module name,faulting module path,exception code"
    ",fault offset,faulting process id,report id,bucket id,problem signature,problem event name,application name"
    ",protokollname,ereignis-id,aufgabenkategorie,ebene,schlüsselwörter,quelle"
    ",nom du journal,id de l'événement,id d'événement,catégorie de la tâche,niveau,mots clés"
    ",nombre de registro,id. del evento,id del evento,categoría de la tarea,nivel,palabras clave,origen"
    ",logboeknaam,gebeurtenis-id,taakcategorie,trefwoorden,bron"
    ",os name,os version,os manufacturer,os configuration,os build type,system boot time,system manufacturer"
    ",system model,system type,bios version,windows directory,total physical memory,logon server,product id"
    ",display name,displayname,service name,start type,starttype,binary path name,process id,image path,image name"
    ",physical address,dhcp enabled,ipv4 address,ipv6 address,subnet mask,default gateway,dhcp server,dns servers"
    ",lease obtained,lease expires,link-local ipv6 address,ssid,bssid,radio type,authentication,cipher,channel"
    ",receive rate (mbps),transmit rate (mbps),signal,profile,interface,interface name,state"
    ",subject name,issuer,thumbprint,serial number,valid from,valid to,signature algorithm"
    ",security id,account name,account domain,logon id,logon type,failure reason,sub status,source network address"
    ",caller process name,workstation name,logon process,authentication package,transited services,key length"
    ",device model,device id,firmware version,smart overall-health self-assessment test result,model family"
    ",writer name,writer id,writer instance id,last error,shadow copy id,original volume"
    ",source,computer,user,description"
)
_PERSONS_WORDS = frozenset(_PERSONS.split())
_EITHERS_WORDS = frozenset(_EITHERS.split())
_PROGRAMS_NAMES = frozenset(_PROGRAMS.split(","))


def is_persons(name: str) -> bool:
    """Whether people call a field so in a note of their own."""
    words = name.casefold().split()
    return bool(words) and (words[0] in _PERSONS_WORDS or words[-1] in _PERSONS_WORDS)


def is_eithers(name: str) -> bool:
    """Whether people as well as programs call a field so."""
    return any(word in _EITHERS_WORDS for word in name.casefold().split())


def is_programs(name: str) -> bool:
    """Whether well-known programs call a value so."""
    return name.casefold() in _PROGRAMS_NAMES
