"""The configuration file of a private Request Tracker: everything it writes is below one folder."""

from __future__ import annotations

from pathlib import Path

from tests.postgresql import USER, Cluster

NAME = "rt.test"
TIME_ZONE = "America/New_York"
"""The instance's zone, and its people's. Only the connector's account has UTC, as its README asks."""

_CONFIG = """\
use utf8;
# Generated. The paths are plain package variables, so that they can be set here.
$RT::VarPath         = '{home}/var';
$RT::MasonDataDir    = '{home}/cache/mason';
$RT::MasonSessionDir = '{home}/cache/session';
Set($rtname, '{name}');
Set($Organization, '{name}');
Set($Timezone, '{zone}');
Set($WebDomain, '127.0.0.1'); Set($WebPort, {port}); Set($WebPath, '');
{database}
Set($BcryptCost, 6);              # RT ships 12, which costs 0.2 s of CPU at every call
Set($MailCommand, 'mbox');        # what is mailed lands in var/*.mbox
Set($CorrespondAddress, 'support\\@{name}'); Set($CommentAddress, 'support-comment\\@{name}');
Set($UserSummaryExtraInfo, 'RealName, Name, EmailAddress, Organization');
Set($LogToSyslog, undef); Set($LogToSTDERR, 'warning');
Set($LogToFile, 'info'); Set($LogDir, '{home}/log'); Set($LogToFileNamed, 'rt.log');
Set($EscalationWebhookFile, '{home}/etc/webhook.json');
Set($EscalationWebhookSpool, '{home}/spool');
Set(%ServiceAgreements, (Levels => {{
    'office'  => {{ Response => {{ BusinessMinutes => 30 }}, Resolve => {{ BusinessMinutes => 60 }},
                   BusinessHours => 'Office', Timezone => 'America/New_York' }},
    'split'   => {{ Response => {{ BusinessMinutes => 30 }}, Resolve => {{ BusinessMinutes => 240 }},
                   BusinessHours => 'Split', Timezone => 'Europe/Berlin' }},
    'always'  => {{ Response => {{ RealMinutes => 30 }}, Resolve => {{ RealMinutes => 60 }} }},
}}));
Set(%ServiceBusinessHours, (
    Office => {{
        (map {{ $_ => {{ Name => $_, Start => '9:00', End => '17:00' }} }} 1 .. 5),
        (map {{ $_ => {{ Name => $_, Start => undef, End => undef }} }} 0, 6),
        holidays => [ '01-01', '12-25' ],
    }},
    Split => {{
        (map {{ $_ => {{ Name => $_, Start => '8:00', End => '18:00',
                       Breaks => [ {{ Start => '12:00', End => '13:00' }} ] }} }} 1 .. 4),
        5 => {{ Name => 5, Start => '8:00', End => '15:30' }},
        6 => {{ Name => 6, Start => '9:00', End => '12:00' }},
        0 => {{ Name => 0, Start => undef, End => undef }},
        holidays => [ '01-01', '05-01', '10-03', '12-25', '12-26' ],
    }},
));
1;
"""


def configuration(home: Path, port: int, cluster: Cluster | None) -> str:
    """The text of ``RT_SiteConfig.pm``."""
    if cluster is None:
        database = f"Set($DatabaseType, 'SQLite'); Set($DatabaseName, '{home}/var/rt.sqlite');"
    else:
        database = (
            f"Set($DatabaseType, 'Pg'); Set($DatabaseHost, '127.0.0.1'); Set($DatabasePort, '{cluster.port}');\n"
            f"Set($DatabaseName, 'rt'); Set($DatabaseUser, '{USER}'); Set($DatabasePassword, 'unused');"
        )
    return _CONFIG.format(home=home, name=NAME, zone=TIME_ZONE, port=port, database=database)
