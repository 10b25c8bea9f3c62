#!/usr/bin/perl
# Comments on a ticket inside a transaction of the database, and holds it open: prints the transaction's id, waits for
# a line, then commits or rolls back as that line says.
#   hold_open.pl TICKET
use strict;
use warnings;
use lib '/usr/local/share/request-tracker5/lib', '/usr/share/request-tracker5/lib';
use RT -init;

$| = 1;
my $ticket = RT::Ticket->new( RT->SystemUser );
$ticket->Load( $ARGV[0] );
RT->DatabaseHandle->BeginTransaction;
my ( $id, $message ) = $ticket->Comment( Content => 'held open' );
die "$message\n" unless $id;
print "$id\n";
my $wish = <STDIN> // '';
if   ( $wish =~ /^commit/ ) { RT->DatabaseHandle->Commit }
else                        { RT->DatabaseHandle->Rollback }
print "done\n";
