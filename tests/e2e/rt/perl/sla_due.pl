#!/usr/bin/perl
# Asks RT's own arithmetic of service agreements (RT::SLA over Business::Hours) for deadlines.
#   sla_due.pl LEVEL TYPE START...   TYPE: Response | Resolve; START: unix seconds. Prints START DUE a line.
use strict;
use warnings;
use lib '/usr/local/share/request-tracker5/lib', '/usr/share/request-tracker5/lib';
use RT -init;
use RT::SLA;

my ( $level, $type, @starts ) = @ARGV;
for my $start (@starts) {
    my $due = bless( {}, 'RT::SLA' )->Due( Level => $level, Type => $type, Time => $start );
    print "$start $due\n";
}
