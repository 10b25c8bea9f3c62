"""The words of mail in many languages and programs: rules, reply markers, headers, attributions, days. Pure data.

What they mean together is for ``heads`` to decide.
"""

from __future__ import annotations

import re

# Rules between an answer and what is answered

_SEPARATOR_WORDS = (
    r"(?:original|forwarded|quoted|replied|previous)[ -](?:message|e?-?mail|appointment|text|meeting request)",
    r"(?:ursprüngliche|weitergeleitete|original)[ -]?(?:e-?mail|nachricht|termin)|originaltermin",
    r"(?:message|courriel|e-?mail) (?:d['’ ]origine|original|initial|transféré|transmis|réexpédié)",
    r"(?:mensaje|correo) (?:original|reenviado)",
    r"messaggio (?:originale|originario|inoltrato)",
    r"mensagem (?:original|encaminhada|reencaminhada)",
    r"(?:oorspronkelijk|origineel|doorgestuurd|doorgezonden) (?:bericht|e-?mail)",
    r"(?:oryginalna|pierwotna|przekazana|przesłana) wiadomość|wiadomość (?:oryginalna|źródłowa|przekazana|przesłana)"
    r"|treść przekazanej wiadomości",
    r"(?:oprindelig|original|videresendt|opprinnelig|opprinneleg) (?:meddelelse|besked|melding|e-?mail|e-?post)",
    r"(?:ursprungligt|vidarebefordrat) (?:meddelande|mejl)|originalmeddelande",
    r"(?:alkuperäinen|välitetty|edelleenlähetetty) viesti",
    r"(?:původní|přeposlaná|předaná|pôvodná|preposlaná) (?:zpráva|správa|e-?mail)",
    r"(?:исходное|пересылаемое|перенаправленное|пересланное|оригинальное|переадресованное) (?:сообщение|письмо)",
    r"(?:вихідне|оригінальне|переслане) повідомлення|(?:αρχικό|προωθημένο) μήνυμα",
    r"元のメッセージ|転送(?:された)?メッセージ|オリジナルメッセージ|転送メール",
    r"(?:eredeti|továbbított) (?:üzenet|levél)",
    r"(?:özgün|orijinal|asıl|iletilen|iletilmiş|yönlendirilen|yönlendirilmiş) (?:ileti|mesaj|e-?posta)",
    r"mesaj(?:ul)? (?:original|inițial|redirecționat|transmis)",
    r"原始(?:邮件|郵件|訊息)|邮件原件|原邮件|转发的?(?:邮件|消息)|轉寄的?(?:郵件|訊息)",
    r"원본 (?:메시지|이메일)|전달된 메시지",
)
_IS_SEPARATOR = re.compile(
    rf"[-–—_=]{{2,}}\s*(?:(?:{'|'.join(_SEPARATOR_WORDS)})\s*+:?\s*+(?:[-–—_=]{{2,}}|$)"
    r"|(?:forwarded by|message from|weitergeleitet von|réexpédié par|nachricht von)\s.{1,150}[-–—_=]{2}$)",
    re.IGNORECASE,
).match
FORWARDED = re.compile(
    r"forward|weitergel|transf|transmis|réexp|reenv|inoltr|encamin|doorge|przek|przes|viderese|vidarebe|välit|edelleen"
    r"|přepos|předan|prepos|перес|перен|переад|προω|転送|továb|ilet|yönlen|redirec|转发|轉寄|전달",
    re.IGNORECASE,
)
_BEGINS_FORWARDED = re.compile(
    r"(?:begin forwarded message|anfang der weitergeleiteten (?:nachricht|e-?mail)"
    r"|début du (?:message|courriel|mail) (?:réexpédié|transféré|transmis)|inicio del mensaje reenviado"
    r"|inizio (?:del )?messaggio inoltrato|início da mensagem (?:reencaminhada|encaminhada)"
    r"|begin doorgestuurd bericht|początek przekazywanej wiadomości"
    r"|(?:start på )?videresendt (?:besked|melding|meddelelse)"
    r"|(?:påbörjar |början på |start på )?vidarebefordrat (?:mejl|brev|meddelande)"
    r"|(?:alkaa |edelleen ?lähetetty |välitetty )(?:välitetty )?viesti(?: alkaa)?|začátek přeposlané zprávy"
    r"|začiatok preposlanej správy|начало (?:переадресованного|пересылаемого|пересланного) (?:сообщения|письма)"
    r"|転送されたメッセージ|továbbított levél kezdete|iletilen ileti başlangıcı|başlangıç ?: ?iletilen ileti"
    r"|începutul mesajului redirecționat|开始转发的邮件|以下是转发的邮件|開始轉寄郵件|전달된 메시지 시작)\s*:",
    re.IGNORECASE,
).fullmatch


def is_separator(line: str) -> bool:
    """Whether a line says that a mail begins below it."""
    return bool(_IS_SEPARATOR(line) or _BEGINS_FORWARDED(line))


# "Reply above this line"

ABOVE = re.compile(
    r"\babove (?:this|the|that|these) (?:line|dashes|dotted line|separator|delimiter|marker|text)\b"
    r"|\b(?:oberhalb|über) (?:dieser|diese|der|die) (?:linie|zeile|markierung)\b"
    r"|\b(?:au[ -]dessus de|par[ -]dessus) (?:cette|la) ligne\b"
    r"|\b(?:encima|arriba) de (?:esta|la) l[ií]nea\b|\bsopra (?:a )?(?:questa|la) (?:riga|linea)\b"
    r"|\bacima d(?:esta|essa|a) linha\b|\bboven (?:deze|de) (?:lijn|regel|streep)\b"
    r"|\b(?:powyżej|ponad|nad) t(?:ej|ą) lini(?:i|ą)\b|\bover denne (?:linjen?|streken?)\b"
    r"|\b(?:ovanför|över) (?:den här|denna) (?:rad|raden|linje|linjen)\b|\btämän (?:rivin|viivan) yläpuolelle\b"
    r"|\bnad (?:tento|tuto|túto|tento) (?:řádek|řádku|čáru|linku|riadok|čiaru)\b"
    r"|\b(?:над|выше) эт(?:ой|ого|им) (?:черт(?:ой|ы)|строк(?:ой|и)|лини(?:ей|и))\b"
    r"|この(?:行|線)(?:より|の)上|\be(?:zen)? (?:a )?(?:sor|vonal) (?:fölé|felett)\b"
    r"|\bbu satırın (?:üst|yukarı)\w*|\bdeasupra acest(?:ei|ui) (?:linii|rând)\b"
    r"|此(?:行|线|線)之?以?上|이 (?:줄|선) 위",
    re.IGNORECASE,
)
SAYS_ABOVE = re.compile(
    r"(?:please )?(?:reply|respond|answer) above(?: here)?"
    r"|(?:please )?(?:do not|don['’]t) (?:write|type|edit|reply|change|remove)\b.{0,40}"
    r" below this (?:line|text|marker)",
    re.IGNORECASE,
).fullmatch
"""Markers that say it in other ways; only where they are framed."""

ANSWER = re.compile(
    r"\b(?:reply|replies|respon|answer|comment|type|write|antwort|répon|réponse|respuesta|respond|rispo|resposta"
    r"|antwoord|reactie|odpowied|odpisz|svar|vasta|odpov|ответ|відпов|válasz|yanıt|răspun)|返信|回信|回复|回覆|답장|회신",
    re.IGNORECASE,
)
IS_REQUEST = re.compile(
    r"(?:please|kindly|bitte|veuillez|merci|s['’]il vous plaît|por favor|per favore|si prega|alstublieft|prosz|prosím"
    r"|vänligen|venligst|vennligst|пожалуйста|kérjük|lütfen|vă rugăm"
    r"|reply|respond|answer|type|write|enter|add|antworten|répon|écriv|escrib|rispond|scriv|typ|antwoord|beantwoord"
    r"|skriv|svar|kirjoita|vastaa|wpisz|odpowiedz|napisz|napište|odpově|ответьте|введите|напишите|この|请|請)",
    re.IGNORECASE,
).match

# Headers

FROM, SENT, TO, SUBJECT = "from", "sent", "to", "subject"
_HEADER_WORDS = """
from = from, sender, von, absender, de, de la, expéditeur, emisor, remitente, da, mittente,
    remetente, van, afzender, od, nadawca, fra, avsender, afsender, från, avsändare,
    lähettäjä, odesílatel, odosielateľ, от, от кого, отправитель, від, από, 差出人, 送信者,
    feladó, kimden, gönderen, expeditor, 发件人, 寄件者, 寄件人, 發件人, 보낸 사람, 보낸사람, 발신
sent = sent, sent on, sent at, sent date, date sent, date, date/time, gesendet, gesendet am,
    datum, envoyé, envoyé le, date d'envoi, date d’envoi, enviado, enviado el, enviado em,
    enviada em, enviada, fecha, fecha de envío, data, data de envio, inviato, inviato il,
    data invio, verzonden, verzonden op, verstuurd, wysłano, data wysłania, sendt, sendt
    den, dato, skickat, skickat den, lähetetty, lähetysaika, päivämäärä, päiväys, pvm,
    odesláno, dátum, odoslané, отправлено, дата, надіслано, дата отправки, στάλθηκε,
    ημερομηνία, 送信日時, 日時, 日付, elküldve, küldve, küldés ideje, gönderildi, gönderilme tarihi,
    gönderme tarihi, tarih, trimis, trimisă, dată, 发送时间, 发送日期, 日期, 时间, 寄件日期, 傳送時間, 보낸 날짜,
    날짜, 日期时间
to = to, an, empfänger, à, destinataire, a, para, destinatario, destinatário, aan, do, til,
    till, vastaanottaja, komu, pro, кому, προς, 宛先, címzett, kime, alıcı, către, la, 收件人,
    收件者, 받는 사람, 받는사람, 수신
subject = subject, betreff, betr, objet, sujet, asunto, oggetto, assunto, onderwerp, temat,
    emne, ämne, aihe, otsikko, předmět, predmet, věc, тема, θέμα, 件名, tárgy, konu, subiect,
    主题, 主旨, 主題, 제목
further = cc, bcc, kopie, kopie an, copie, copie à, copia, cópia, kopia, kopi, kopio, copy,
    kopi til, копия, копія, másolatot kap, bilgi, 抄送, 副本, 참조, reply-to, reply to, antwort
    an, importance, priority, wichtigkeit, priorität, attachments, anlagen, anhänge, pièces
    jointes, adjuntos, allegati, anexos, bijlagen, załączniki, bilagor, message-id,
    organization, mailing-list, list-id, x-mailer, sent by, gesendet von, envoyé par, user-agent, signed by, security
"""
KIND_OF = {
    word: kind
    for kind, words in (
        line.split(" = ") for line in _HEADER_WORDS.casefold().replace("\n    ", " ").strip().splitlines()
    )
    for word in words.split(", ")
}

# Attributions

WROTE = re.compile(
    r"(?<!\w)(?:(?:wrote|writes|has written)(?: the following| in (?:an?|his|her|their) (?:e-?mail|mail|message))?|said"
    r"|(?:has )?updated (?:this|the) (?:ticket|request|case)|added an? (?:public |private |new )?(?:comment|reply|note)"
    r"|schrieb|schreibt|geschrieben"
    r"|(?:a |ont )?[ée]crit|escribi[óo]|ha escrito"
    r"|ha scritto|scrive|escreveu|escreve|schreef|schrijft|geschreven|napisał(?:\(a\)|a)?|pisze"
    r"|skrev|skrifaði|kirjoitti"
    r"|kirjutas|napsal(?:\(a\)|a)?|nap[ií]sal(?:\(a\)|a)?|píše|написал(?:\(а\)|а)?|писал(?:\(а\)|а)?|пишет"
    r"|написав|написала|пише"
    r"|írta|ezt írta|yazdı|a scris|έγραψε|je napisao|je napisala|va escriure|đã viết|menulis|rašė|rakstīja)(?!\w)"
    r"|写道|寫道|写到|のメール|書きました|님이 작성|작성|쓴 글|썼습니다|כתב|كتب",
    re.IGNORECASE,
)
QUOTING = re.compile(
    r"(?:quoting|zitat von|citando|citat (?:von|från|fra)|citation de|cytat|cituji)\s", re.IGNORECASE
).match
DONE = re.compile(
    r"(?<!\w)(?:(?:e-?)?mailed|sent|forwarded|called|rang|phoned|texted|messaged|pinged|contacted|spoke|talked|chatted"
    r"|asked|told|informed|advised|reminded|chased|wrote to|replied|answered|responded|cc'?d|habe|gemailt|angerufen"
    r"|angeschrieben|geantwortet)(?!\w)",
    re.IGNORECASE,
)
"""What a technician did himself, who need not say that it was he."""

OWN_FIRST = re.compile(r"wrote|writes|has written|said|updated|has updated|added", re.IGNORECASE).match
"""Verbs of languages in which the writer stands before them: where nobody does, the author means himself."""

PARTICIPLE = re.compile(r"geschrieben|geschreven", re.IGNORECASE).match
HAS = re.compile(r"(?<!\w)(?:hat|haben|heeft|hebben)(?!\w)", re.IGNORECASE).search
"""Without this a participle tells what its author has done."""

TO_SOMEBODY = re.compile(r"\s*(?:[Tt]o|an|à|al?|aan|til|till|do)\s+(?:[A-ZÀ-Þ<]|\S{1,80}@)").match
_DAY_WORDS = """
jan/uary feb/ruary mar/ch apr/il may jun/e jul/y aug/ust sep/tember sept oct/ober nov/ember dec/ember mon/day
tue/sday tues wed/nesday thu/rsday thur thurs fri/day sat/urday sun/day yesterday jän/ner januar februar märz
mär mrz mai juni juli okt/ober dez/ember mon/tag dienstag mittwoch donnerstag freitag samstag sonntag sonnabend
janv/ier févr/ier fév mars avr/il juin juil/let août sept/embre oct/obre déc/embre lun/di mar/di mer/credi
jeu/di ven/dredi sam/edi dim/anche ene/ro feb/rero mar/zo abr/il may/o jun/io jul/io ago/sto sep/tiembre
oct/ubre nov/iembre dic/iembre lunes martes mié/rcoles jue/ves vie/rnes sáb/ado dom/ingo gen/naio febbraio
aprile mag/gio giu/gno lug/lio set/tembre ott/obre dic/embre lunedì martedì mercoledì gio/vedì venerdì sab/ato
domenica janeiro fev/ereiro março maio junho julho set/embro out/ubro novembro dezembro seg/unda ter/ça qua/rta
qui/nta sex/ta segunda-feira terça-feira quarta-feira quinta-feira sexta-feira januari februari mrt maart mei
augustus augusti ma/andag di/nsdag wo/ensdag do/nderdag vr/ijdag za/terdag zo/ndag sty/cznia lut/ego mar/ca
kwi/etnia maj/a cze/rwca lip/ca sie/rpnia wrz/eśnia paź/dziernika lis/topada gru/dnia pon/iedziałek wto/rek
śro/da czw/artek pią/tek sob/ota niedz/iela nie marts des/ember man/dag tir/sdag tirs ons/dag tor/sdag tors
fre/dag lør/dag søn/dag mån/dag tis/dag lör/dag sön/dag tammik/uuta helmik/uuta maalisk/uuta huhtik/uuta
toukok/uuta kesäk/uuta heinäk/uuta elok/uuta syysk/uuta lokak/uuta marrask/uuta jouluk/uuta maanantai tiistai
keskiviikko torstai perjantai lauantai sunnuntai led/na únor/a března dub/na květ/na června července srp/na září
říj/na listop/adu pros/ince pondělí úterý středa čtvrtek pátek sobota neděle čt út pá янв/аря фев/раля февр
мар/та апр/еля мая май июн/я июл/я авг/уста сен/тября сент окт/ября ноя/бря дек/абря понедельник вторник среда
четверг пятница суббота воскресенье січ/ня лют/ого бер/езня квіт/ня трав/ня черв/ня лип/ня серп/ня вер/есня
жовт/ня лист/опада груд/ня понеділок вівторок середа четвер januári január február febr márc/ius ápr/ilis máj/us
jún/ius júl/ius augusztus szept/ember október hétfő kedd szerda csüt/örtök péntek szombat vasárnap oca/k şub/at
mart nis/an mayıs haz/iran tem/muz ağu/stos eyl/ül eki/m kas/ım ara/lık pazartesi salı çarşamba perşembe cuma
cumartesi pazar pzt sal çar per cum cmt paz ian/uarie februarie martie aprilie iun/ie iul/ie septembrie
octombrie noi/embrie decembrie luni marți miercuri joi vineri sâmbătă duminică ιαν φεβ μαρ απρ μαΐ ιουν ιουλ αυγ
σεπ οκτ νοε δεκ δευ τρί τετ πέμ παρ σάβ κυρ
"""
"""Months and days of the week, long and, up to the stroke, short."""

DAYS = frozenset(
    word for long in _DAY_WORDS.casefold().split() for word in (long.replace("/", ""), long.partition("/")[0])
)
_SMALL_WORDS = """
on at am um uhr le la à a el las los il giorno alle ore em às op om den kl v ve dne w dniu o godz
klo kello в г года de del di da do van von der des du et y e i and und via per for of af av fra från
from by behalf im auftrag użytkownik пользователь odesílatel uživatel het volgende heeft hat ha has
følgende följande folgendes lo siguiente ci-dessous tarihinde şunu şunları ezt időpont pm utc gmt
est pst cet cest h m s os as το στις là vào lúc ngày thg pada pukul dňa dana u во je ma ti ke to pe
su mo mi fr so wo vr za zo wt śr pt po st ne gio sab пн вт ср чт пт сб вс sze cs szo
no dia wiadomość napisana przez keltezéssel št 이 가 ο χρήστης μ.μ π.μ
"""
SMALL = frozenset(_SMALL_WORDS.casefold().split())
"""Words that stand around a date or a name in an attribution, and short names of days."""

_FIRST_PERSON_WORDS = "I We Ich Wir ich wir Habe habe Hab J'ai J’ai Je Nous Yo Nosotros Io Noi Eu Nós Ik ik Wij Heb heb"
FIRST_PERSON = frozenset(_FIRST_PERSON_WORDS.split())
_OTHERS_WORDS = "He She They It You we he she they it you"
SELF = FIRST_PERSON.union(_OTHERS_WORDS.split())

ON_BEHALF = re.compile(
    r"(?:on behalf of|im auftrag von|de la part de|por cuenta de|namens|per conto di|em nome de|w imieniu)\b",
    re.IGNORECASE,
)
ARTICLE = re.compile(r"\s*(?:der|die|das|ein|eine|het|een|the|le|la|les|un|une)\s", re.IGNORECASE).match
"""What stands before a thing that wrote something, and before no person."""
