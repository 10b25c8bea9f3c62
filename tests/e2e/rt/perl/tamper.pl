#!/usr/bin/perl
# Puts the connector's things in Request Tracker out of order, as an older version or an administrator's hand leaves them.
#   tamper.pl old-code | disable | enable | revoke | look
# And lets managers own tickets everywhere, as the simulators' desks do: tamper.pl managers-own
use strict;
use warnings;
use lib '/usr/local/share/request-tracker5/lib', '/usr/share/request-tracker5/lib';
use RT -init;

my $scrips = RT::Scrips->new( RT->SystemUser );
$scrips->FindAllRows;
$scrips->Limit( FIELD => 'Description', VALUE => 'Escalation connector webhook' );
my $scrip = $scrips->First;
my $group = RT::Group->new( RT->SystemUser );
$group->LoadUserDefinedGroup('Escalation Connector');

my $managers = RT::Group->new( RT->SystemUser );
$managers->LoadUserDefinedGroup('Managers');

my %acts = (
    'managers-own' => sub { $managers->PrincipalObj->GrantRight( Right => 'OwnTicket', Object => RT->System ) },
    'old-code' => sub { $scrip->SetCustomCommitCode("return 1;\n") },
    disable    => sub { $scrip->SetDisabled(1) },
    enable     => sub { $scrip->SetDisabled(0) },
    revoke     => sub { $group->PrincipalObj->RevokeRight( Right => 'ReassignTicket', Object => RT->System ) },
    look       => sub {
        print join( ' ', $scrips->Count, $scrip->Disabled ? 'disabled' : 'enabled', length $scrip->CustomCommitCode,
            $group->PrincipalObj->HasRight( Right => 'ReassignTicket', Object => RT->System ) ? 'may' : 'may not' ), "\n";
    },
);
$acts{$_}->() for @ARGV;
