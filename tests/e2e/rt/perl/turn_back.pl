#!/usr/bin/perl
# Rules of Request Tracker that move tickets from Tier 3 back to First Touch.
#   turn_back.pl rules SUBJECT OTHER    a scrip that does so at once: with every ticket of the subject as RT_System, with
#                                       every one of the other in the name of whoever moved it there
#   turn_back.pl now TICKET             once, as RT_System, as a scheduled rule would
use strict;
use warnings;
use lib '/usr/local/share/request-tracker5/lib', '/usr/share/request-tracker5/lib';
use RT -init;

my ( $act, $what, $other ) = @ARGV;
my ( $ok, $message );
if ( $act eq 'rules' ) {
    ( $ok, $message ) = RT::Scrip->new( RT->SystemUser )->Create(
        Description            => 'Turns tickets back',
        Queue                  => 0,
        ScripCondition         => 'User Defined',
        ScripAction            => 'User Defined',
        Template               => 'Blank',
        CustomIsApplicableCode => <<"PERL",
return 0 unless ( \$self->TransactionObj->Field // '' ) eq 'Queue';
return 0 unless \$self->TicketObj->Subject =~ /^(?:\Q$what\E|\Q$other\E)\$/;
my \$queue = RT::Queue->new( RT->SystemUser );
\$queue->Load( \$self->TransactionObj->NewValue );
return \$queue->Name eq 'Tier 3';
PERL
        CustomPrepareCode => 'return 1;',
        CustomCommitCode  => <<"PERL",
my \$mover = RT::CurrentUser->new( \$self->TransactionObj->Creator );
my \$ticket = RT::Ticket->new( \$self->TicketObj->Subject eq '$other' ? \$mover : RT->SystemUser );
\$ticket->Load( \$self->TicketObj->id );
my (\$ok) = \$ticket->SetQueue('First Touch');
return \$ok;
PERL
    );
} else {
    my $ticket = RT::Ticket->new( RT->SystemUser );
    $ticket->Load($what);
    ( $ok, $message ) = $ticket->SetQueue('First Touch');
}
die "$message\n" unless $ok;
