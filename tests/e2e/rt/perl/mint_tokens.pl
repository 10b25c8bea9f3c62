#!/usr/bin/perl
# A REST token for every user who may act; printed as JSON. RT shows a token only once.
use strict;
use warnings;
use lib '/usr/local/share/request-tracker5/lib', '/usr/share/request-tracker5/lib';
use RT -init;
use RT::AuthToken;
use JSON;

my %tokens;
my $users = RT::Users->new( RT->SystemUser );
$users->LimitToEnabled;
while ( my $user = $users->Next ) {
    next if $user->Name =~ /^(?:RT_System|Nobody)$/;
    my ( $ok, $message, $token )
        = RT::AuthToken->new( RT->SystemUser )->Create( Owner => $user->id, Description => 'end-to-end tests' );
    die 'token for ' . $user->Name . ": $message\n" unless $ok;
    $tokens{ $user->Name } = $token;
}
print JSON->new->canonical->pretty->encode( \%tokens );
