"""What was looked up: the words that say so, links, numbers of articles. Pure.

What was installed is work, and so is a page of the client's that was opened: in the middle of work only what names a
source counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

_LONGEST = 2000
_MOST_CLAUSES = 40
_MOST_LINKS = 50
_NEAR = 90
_MAKER_WITHIN = 20
_WITHIN_A_FEW_WORDS = 40

_TIME = (
    r"(?:[\[(]?(?:\d{4}-\d\d-\d\d[ T,]{1,2})?\d{1,2}[:.h]\d\d(?:[:.]\d\d)?(?: ?[ap]\.?m\.?| uhr| h)?[\])]?"
    r"\s?[-–—:|]?\s?)?"
)
_LEAD = re.compile(
    rf"\s?{_TIME}(?:[→✓✗»›>*•·-]+\s)?(?:(?:i|we|have|had|just|then|also|again|so|and|later|briefly|quickly|already"
    rf"|tried"
    r"|ich|wir|habe|haben|hab|kurz|dann|auch|j['’]ai|nous|avons|on|a|puis|he|hemos|luego|se|ik|we|heb|hebben|even|toen"
    r"|ook)\s){0,4}",
    re.IGNORECASE,
)
"""What may stand before the words that count."""

_CLAUSE = re.compile(
    r"(?:[,;:.!?–—(]|\s-)\s?(?:(?:and|but|then|also|und|dann|et|puis|y|luego|en|aber|mais|pero|maar) )?"
    r"|\s(?:and|then|und|et|y|en)\s",
    re.IGNORECASE,
)

_ALONE = re.compile(
    r"(?:googl(?:ed?|ing)|googelte?|binged|duckduckgo['’]?e?d|web ?search(?:ed)?|internet ?search|online search"
    r"|search(?:ed|ing) (?:the )?(?:web|net|internet|online)|look(?:ed|ing) (?:[\w'’-]{1,20} ){1,4}?up\b|looked up"
    r"|looked online|read(?:ing)? up|did some (?:reading|research|digging)|asked (?:chat ?gpt|copilot|gemini|claude"
    r"|the ai)"
    r"|research(?:ed|ing)?(?! (?:department|cent(?:re|er)|group|team|lab|institute|servers?|share|folder|pcs?|vlan"
    r"|network"
    r"|users?|staff|data|building))|(?:searched|searching) (?:for|on) (?:[\w'’-]{1,20} ){0,4}?(?:errors?|messages?"
    r"|codes?"
    r"|symptoms?|fix(?:es)?|solutions?|workarounds?|known|issues?|problems?|event)"
    r"|ge-?googelt|recherchiert|recherche(?! (?:de|du|des|server))|nachgelesen|nachgeschlagen|eingelesen"
    r"|im (?:internet|netz|web) (?:gesucht|nachgeschaut|geschaut|gelesen|recherchiert|nachgesehen)"
    r"|cherché (?:sur|en ligne)|googlead[oa]|googleé|(?:busqué|buscado|búsqueda) (?:en|por) (?:google|internet|la web"
    r"|línea)"
    r"|investigu?[ée]|investigado|gegoogeld|opgezocht|nagezocht|ingelezen|gezocht op)(?!\w)",
    re.IGNORECASE,
)
"""Words that by themselves say that something was looked up."""

_LAST = re.compile(
    r"(?:[^\s.,;:]{1,30} ){1,6}(?:ge-?googelt|recherchiert|nachgelesen|nachgeschlagen|gegoogeld|opgezocht"
    r"|nagezocht)(?!\w)",
    re.IGNORECASE,
)
_LOOKED = re.compile(
    r"(?:check(?:ed|ing)|cross-?checked|look(?:ed|ing)|read|reading|re-?read|search(?:ed|ing)|consult(?:ed|ing)"
    r"|follow(?:ed|ing)|browsed|reviewed|studied|skimmed|scanned|combed|(?:went|gone|going|dug|worked|walked) through"
    r"|found|queried|referred to|verified (?:in|against|with)|compared (?:with|against)"
    r"|(?:nach|durch)?gelesen|geprüft|(?:durch)?(?:ge)?sucht|(?:nach)?geschaut|nachgesehen|nachgeschlagen|konsultiert"
    r"|durchgesehen|durchgearbeitet|befolgt|gefunden|bemüht"
    r"|(?:re)?cherché|recherche|consulté|consultation|(?:re)?lu|parcouru|suivi|vérifié|regardé|trouvé|lecture"
    r"|busqué|buscado|consultado|leí|leído|revisé|revisado|seguí|seguido|miré|mirado|encontré|encontrado"
    r"|(?:na)?gelezen|(?:door)?(?:ge)?zocht|geraadpleegd|bekeken|nagekeken|gevolgd|gevonden|doorgenomen)(?!\w)",
    re.IGNORECASE,
)
"""What somebody did who looked something up, if it was a source."""

_SOURCE = re.compile(
    r"(?<![\w-])(?:documentation|docs?|manuals?(?= (?:of|for|from|and|says?|on|page)|['’]|[^\w ]|$)|handbooks?|(?:user"
    r"|admin"
    r"|administration|setup|installation|vendor|support|deployment|configuration|migration|troubleshooting|how-?to"
    r"|best[- ]practices?|quick[- ]start) guides?|how-?tos?|knowledge ?bases?|kbs?|kba"
    r"|(?:kb[- ]?)?articles?(?! (?:number|no\.?)"
    r" of)|forums?|(?:forum |support )?threads?(?= (?:on|in|about|of|from|at)|[^\w ]|$)|(?:blog|forum|reddit"
    r"|community) posts?|blogs?"
    r"|release[- ]?notes|change ?logs?|wikis?|faqs?|read-?me|white ?papers?|data ?sheets?|tech ?notes?|advisor(?:y|ies)"
    r"|known (?:issues?|bugs?)|(?:bug|issue) trackers?|support (?:pages?|sites?|portal)|message cent(?:er|re)"
    r"|(?:vendor|manufacturer|product|microsoft)(?:['’]?s)?['’]? (?:pages?|(?:web ?)?sites?|documents?|notes?)"
    r"|help (?:pages?|cent(?:er|re)|files?)|community(?: (?:pages?|sites?))?|learn pages?|run ?books?|sops?|it ?glue"
    r"|hudu|confluence"
    r"|technet|(?:microsoft|ms) learn|stack ?overflow|server ?fault|super ?user|reddit|spiceworks|experts ?exchange"
    r"|google(?= (?:for|about)|[^\w ]|$)"
    r"|(?:hersteller|produkt|online|admin)?-?doku(?:mentation)?(?:en)?|[a-zäöü]{0,15}handb(?:uch|uchs|ücher)"
    r"|wissensdatenbank(?:en)?"
    r"|(?:kb-?)?artikel[ns]?|foren|(?:hersteller|installations)?-?anleitung(?:en)?|versionshinweisen?|herstellerseiten?"
    r"|(?:la|une|cette) notice|manuels?|guides?(?= (?:d['’]|de |du ))|bases? de connaissances?|fiches? (?:technique"
    r"|d['’]aide|de support)"
    r"|notes de (?:version|publication)|site (?:de l['’]éditeur|du (?:constructeur|fabricant|fournisseur))"
    r"|documentaci[oó]n|gu[ií]as?|bases? de conocimientos?|art[ií]culos?|foros?|notas de (?:la )?versi[oó]n"
    r"|p[aá]gina del (?:fabricante|proveedor)"
    r"|documentatie|handleiding(?:en)?|kennisbank(?:en)?|kennisartikel(?:en)?|artikelen|website van de (?:leverancier"
    r"|fabrikant))"
    r"(?!\w)(?![ -](?:servers?|services?|databases?|folders?|shares?|index|drives?|librar(?:y|ies)|permissions|backups?"
    r"|app|plugin"
    r"|vm|container|pool|rights|account|software|box)(?!\w))",
    re.IGNORECASE,
)
_ARTICLE = re.compile(
    r"(?<![\w-])(?:(?:(?:KB|knowledge ?base|support|help|vendor|technet)[ -]?)?(?:articles?|artikel|artículo)"
    r"(?: (?:no\.?|nr\.?|number|n[°º]|nummer|número))?[ :#]{0,2}[A-Z]{0,5}-?\d{2,12}"
    r"|KBA?[- ]\d{2,10}|KB0\d{3,9}|(?:doc(?:ument)? id|sap note|note id|tech ?note"
    r"|tid)[ :#-]{1,2}\d{3,12}(?:\.\d)?)(?!\w)",
    re.IGNORECASE,
)
_UPDATE = re.compile(r"(?<!\w)KB\d{6,7}(?!\w)", re.IGNORECASE)
"""An update's number: that of the article about it, and of what is installed."""

_MAKERS = re.compile(
    r"(?<!\w)(?:vendor|manufacturer|maker|microsoft|hersteller|éditeur|constructeur|fabricante?|fabrikant|leverancier)"
    r"(?:['’]?s)?(?!\w)",
    re.IGNORECASE,
)
_SAY = re.compile(
    r"(?:says?|said|states?|stated|mentions?|mentioned|suggests?|suggested|recommends?|describes?|described|lists?"
    r"|covers?"
    r"|explains?|has|have|had|names|confirms?|shows?|offers?|used|consulted|followed|checked|searched|read|gives?|led"
    r"|points?"
    r"|tells?|helped|didn['’]?t help|sagt|sagen|nennt|beschreibt|empfiehlt|schlägt|kennt|hat|zeigt|verweist"
    r"|ergab|gibt|dit|indique|mentionne|recommande|propose|décrit|conseille|précise|dice|indica|menciona|recomienda"
    r"|propone"
    r"|sugiere|zegt|noemt|beschrijft|adviseert|geeft|vermeldt|raadt)(?!\w)|\s?[:=]|\s?[–—-]\s",
    re.IGNORECASE,
)
_SPEAKS_OF = re.compile(
    r"(?:says?|states?|mentions?|describes?|lists?|names|covers?|explains?|sagt|beschreibt|nennt|dit|indique|décrit"
    r"|dice"
    r"|describe|indica|zegt|beschrijft|noemt)(?!\w)",
    re.IGNORECASE,
)
_PER = re.compile(
    r"(?:according to|as per|per|as described (?:in|by|on)|laut|gemäß|siehe|selon|d['’]après|voir|según|volgens|zie|see"
    r"|cf\.?"
    r"|sources?|references?|refs?\.?|nothing (?:\w{1,10} )?(?:in|on)|no (?:hits?|results?|match(?:es)?|mention|luck"
    r"|entry|solution"
    r"|fix|help) (?:\w{1,10} ){0,2}?(?:in|on|from)|nichts (?:dazu )?(?:in|im)|rien (?:dans|sur)|nada en|niets (?:in"
    r"|op))(?!\w):? ?",
    re.IGNORECASE,
)
_BY_SOURCE = re.compile(
    r"(?<= )(?:according to|as per|per|as described (?:in|by|on)|as (?:in|on)|following|laut|gemäß|wie in|selon"
    r"|d['’]après|comme dans"
    r"|según|como en|volgens|zoals in) (?=\w)",
    re.IGNORECASE,
)
"""What names the source of work, in the middle of a sentence about it."""

_ARTICLES = re.compile(
    r"(?:(?:the|our|their|its|a|an|official|online|own|microsoft['’]?s?|ms|vendor['’]?s?|product['’]?s?"
    r"|manufacturer['’]?s?|in|im"
    r"|der|die|das|dem|den|des|herstellers?|ein|eine|dans|sur|le|la|les|du|un|une|el|los|las|una|op|de|het|een) "
    r"|l['’]){0,4}",
    re.IGNORECASE,
)
_STOP = re.compile(r"[.,;:]")
_SENTENCE = re.compile(r"[.;]\s")

_LINK = re.compile(
    r"(?<![\w@./-])(?:(?:https?://|www\.)[^\s<>\"“”`|]{4,500}"
    r"|(?:docs?|kb|support|learn|help|community|forums?|wiki|knowledge)\.[a-z0-9-]{1,40}(?:\.[a-z0-9-]{1,40}){0,3}"
    r"(?:/[^\s<>\"“”`|]{0,300})?)",
    re.IGNORECASE,
)
_LINKS_END = ".,;:!?)]}>*_'’\""
_DOCUMENTS = re.compile(
    r"(?:^|[/.=_-])(?:docs?|documentation|kba?|knowledge(?:base|center|centre)?|support|learn|help|hilfe|community"
    r"|forums?|wiki"
    r"|articles?|blogs?|faq|manuals?|guides?|how-?to|fix|stackoverflow|serverfault|superuser|reddit|spiceworks|technet"
    r"|github"
    r"|gitlab|release-?notes|changelog|advisory|techcommunity|answers|questions|threads?|topics?|issues)(?=[/.=?#_-]|\d"
    r"|$)",
    re.IGNORECASE,
)
_NAMES_IT = re.compile(
    r"(?:from|per|see|read|following|followed|according to|as in|found(?: (?:at|in|on|here))?|sources?|reference|ref\.?"
    r"|article|guide"
    r"|(?:steps|described) (?:in|at|on|from)|fix(?:es)?|via|link|here|research|info|siehe|laut|aus|nach|quelle|voir"
    r"|selon"
    r"|d['’]après|según|fuente|zie|volgens|bron)[:\s(<\[*_-]{0,4}$",
    re.IGNORECASE,
)
_OPENS = re.compile(
    r"(?:open(?:ed|s|ing)?|visit(?:ed|ing|s)?|browsed? to|load(?:ed|s|ing)?|test(?:ed|ing)?|ping(?:ed)?"
    r"|log(?:ged)? ?(?:in|on)?(?:to| to| at)?"
    r"|reach(?:ed|es)?|access(?:ed)?|sign(?:ed)? in(?:to| to| at)?|goes to|redirects to|points to|check(?:ed)?"
    r"|uploaded to|resolves?|aufgerufen|ouvert"
    r"|ouvre|abierto|abrí|geopend)(?: [\w'’]{1,12}){0,2}[:\s(<\[*_-]{0,4}$",
    re.IGNORECASE,
)
_PERSONS = re.compile(
    r"\b(?:with (?:her|him|them|the (?:user|client|caller))|for (?:her|him|them)|login|log-?in|page (?:stays|is|was"
    r"|loads))\b",
    re.IGNORECASE,
)


def research_at(sentence: str) -> int | None:
    """Where in a sentence, its blanks single, something was looked up; None where nothing was.

    0: the sentence tells nothing else.
    """
    sentence = sentence[:_LONGEST]
    lead = _LEAD.match(sentence)
    start = lead.end() if lead else 0
    if _is_research(sentence, start) or (start and _is_research(sentence, 0)):
        return 0
    for clause in islice(_CLAUSE.finditer(sentence, start), _MOST_CLAUSES):
        if _is_research(sentence, clause.end()):
            return clause.end()
    for source in islice(_BY_SOURCE.finditer(sentence), _MOST_CLAUSES):
        if _names_source(sentence, source.end(), source.end() + _WITHIN_A_FEW_WORDS):
            return source.start()
    return None


def is_only_links(sentence: str) -> bool:
    """Whether a sentence is nothing but links."""
    return bool(_LINK.search(sentence)) and not any(map(str.isalnum, _LINK.sub("", sentence)))


def sources_in(sentence: str, own: str = "") -> Iterator[str]:
    """The links and articles that a sentence about work names as its source. ``own``: the client's name."""
    for link in islice(_LINK.finditer(sentence), _MOST_LINKS):
        if _is_source(sentence, link, own):
            yield link[0].rstrip(_LINKS_END)
    for article in islice(_ARTICLE.finditer(sentence), _MOST_LINKS):
        yield article[0]


def _is_source(sentence: str, link: re.Match[str], own: str) -> bool:
    before = sentence[max(0, link.start() - 40) : link.start()]
    address = re.sub(r"^https?://", "", link[0].casefold())
    if _OPENS.search(before):
        return (
            bool(_DOCUMENTS.match(address)) and not _PERSONS.search(sentence[:_LONGEST]) and not _is_own(address, own)
        )
    return bool(_NAMES_IT.search(before)) or (bool(_DOCUMENTS.search(address)) and not _is_own(address, own))


def _is_own(address: str, own: str) -> bool:
    host = address.partition("/")[0]
    return any(word in host for word in re.findall(r"\w{4,}", own.casefold()))


def _is_research(text: str, start: int) -> bool:
    """Whether at this place of a text it says that something was looked up."""
    if _ALONE.match(text, start) or _LAST.match(text, start):
        return True
    near = start + _NEAR
    if looked := _LOOKED.match(text, start):
        return _names_source(text, looked.end(), near)
    if per := _PER.match(text, start):
        articles = _ARTICLES.match(text, per.end())
        at = articles.end() if articles else per.end()
        return bool(_MAKERS.search(text, per.end(), at + _MAKER_WITHIN)) or _names_source(
            text, per.end(), min(near, at + 40)
        )
    articles = _ARTICLES.match(text, start)
    at = articles.end() if articles else start
    source = _SOURCE.match(text, at) or _ARTICLE.match(text, at)
    if source is None:
        update = _UPDATE.match(text, at)
        return bool(update and _says(text, update.end(), _SPEAKS_OF))
    is_all = text[source.end() : source.end() + 1] in ("", ",")
    return is_all or _says(text, source.end(), _SAY) or _is_looked_up(text, source.end())


def _is_looked_up(text: str, start: int) -> bool:
    """Whether the verb stands behind its source, as in German and Dutch."""
    stop = _STOP.search(text, start)
    return bool(_LOOKED.search(text, start, min(start + _NEAR, stop.start() if stop else len(text))))


def _names_source(text: str, start: int, end: int) -> bool:
    stop = _SENTENCE.search(text, start, end)
    end = stop.start() if stop else end
    return any(form.search(text, start, end) for form in (_SOURCE, _ARTICLE, _UPDATE))


def _says(text: str, at: int, words: re.Pattern[str]) -> bool:
    """Whether one of the next few words, or what comes right behind, says something."""
    for _ in range(4):
        if words.match(text, at) or words.match(text, at + 1):
            return True
        following = text.find(" ", at + 1)
        if following < 0 or text[following - 1] in ",.;":
            return False
        at = following
    return False
