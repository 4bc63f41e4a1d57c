#!/usr/bin/perl
# A way to a server that takes time: delay.pl FROM TO MS
# Listens at one socket, connects each client to another, and hands on what either side says MS milliseconds later. It holds
# back what is said, not who says it: a connection may have as much on its way as it likes. Goes on in the background, once it
# listens, and prints its process id.
use strict;
use warnings;
use IO::Select;
use IO::Socket::UNIX;
use Time::HiRes qw(time);

my ($from, $to, $delay) = ($ARGV[0], $ARGV[1], $ARGV[2] / 1000);
unlink $from;
my $listener = IO::Socket::UNIX->new(Local => $from, Listen => 1000) or die "$from: $!";
defined(my $child = fork()) or die "cannot fork: $!";
if ($child) { print "$child\n"; exit 0; }
open $_->[0], $_->[1], '/dev/null' or die for [ \*STDIN, '<' ], [ \*STDOUT, '>' ], [ \*STDERR, '>' ];
my $readers = IO::Select->new($listener);
my (%peer, @waiting);    # who talks with whom; [when, to whom, what], in the order of time, since all wait equally long

sub leave
{
	my ($socket) = @_;
	my $peer = delete $peer{$socket} or return;
	$readers->remove($socket);
	close $socket;
	push @waiting, [ time + $delay, $peer, undef ];
	return;
}

while (1)
{
	my $wait = @waiting ? $waiting[0][0] - time : undef;
	for my $socket ($readers->can_read(defined $wait && $wait < 0 ? 0 : $wait))
	{
		if ($socket == $listener)
		{
			my $client = $listener->accept or next;
			my $server = IO::Socket::UNIX->new(Peer => $to) or do { close $client; next };
			@peer{ $client, $server } = ($server, $client);
			$readers->add($client, $server);
		}
		elsif (sysread $socket, my $said, 65536) { push @waiting, [ time + $delay, $peer{$socket}, $said ] if $peer{$socket}; }
		else { leave($socket); }
	}
	while (@waiting && $waiting[0][0] <= time)
	{
		my (undef, $socket, $said) = @{ shift @waiting };
		next unless $peer{$socket};
		if (!defined $said) { leave($socket); next; }
		my $sent = 0;
		while ($sent < length $said)
		{
			my $n = syswrite($socket, $said, length($said) - $sent, $sent);
			if (!defined $n) { leave($socket); last; }
			$sent += $n;
		}
	}
}
