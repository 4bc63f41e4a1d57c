# Every query of contrib/monitoring, as a member of pg_monitor and nothing else, gives what its reader expects.
use strict;
use warnings;
use PfScheduler;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_server('monitoring');
new_operator($node, 'work', 'ann');
$node->safe_psql('work', 'CREATE ROLE monitor LOGIN; GRANT pg_monitor TO monitor');
sub ask { my ($sql, @more) = @_; return $node->safe_psql('work', $sql, extra_params => [ '-U', 'monitor', @more ]); }
sub text { my ($name) = @_; return slurp_file("$ENV{PF_STAGE}/contrib/monitoring/$name"); }

# one job that goes well, one that fails
$node->safe_psql('work', "SELECT portfolio.schedule_job('$_->[0]', '0 0 29 2 *', '$_->[1]'); SELECT portfolio.run_job('$_->[0]')", extra_params => [ '-U', 'ann' ])
  foreach ([ 'good', 'SELECT 1' ], [ 'bad', 'SELECT 1/0' ]);
wait_for($node, 'work', q{SELECT count(*) = 2 FROM portfolio.job_run WHERE finished_at IS NOT NULL}, 'both have run');

# postgres_exporter
my ($name, $query, @metrics, %seen);
my $check = sub {
	return unless defined $name;
	my ($head, @rows) = split /\n/, ask($query, '-P', 'tuples_only=off', '-P', 'footer=off');
	is($head, join('|', map { $_->[0] } @metrics), "$name: its columns are its metrics");
	cmp_ok(scalar @rows, '>', 0, "$name: it has rows");
	foreach my $row (@rows)
	{
		my @values = split /\|/, $row, -1;
		foreach my $i (0 .. $#metrics)
		{
			next if $metrics[$i][1] eq 'LABEL';
			$seen{"$name.$metrics[$i][0]"} += $values[$i] if like($values[$i], qr/^-?\d+(\.\d+)?$/, "$name: $metrics[$i][0] is a number");
		}
	}
	@metrics = ();
};
foreach my $line (split /\n/, text('queries.yaml'))
{
	if ($line =~ /^(\w+):$/) { $check->(); $name = $1; }
	elsif ($line =~ /^  query: "(.*)"$/) { $query = $1; }
	elsif ($line =~ /^    - (\w+): \{usage: "(LABEL|GAUGE|COUNTER)", description: "[^"]+"\}$/) { push @metrics, [ $1, $2 ]; }
	elsif ($line !~ /^(#|  metrics:$)/) { fail("not understood: $line"); }
}
$check->();
is($seen{'pg_portfolio_jobs.jobs'}, 2, 'two jobs');
is($seen{'pg_portfolio_jobs.failing'}, 1, 'one of which fails');
is($seen{'pg_portfolio_job.failed'}, 1, 'by its own row too');
is($seen{'pg_portfolio_slots.jobs_out_of_balance'}, 0, 'no slot is lost');

# Nagios: the text without its comment, as the command line there has it
my $nagios = join "\n", grep { !/^--/ } split /\n/, text('nagios.sql');
is(ask($nagios), '1|0', 'Nagios: a failing job is a notice, and no problem');
$node->safe_psql('work', q{UPDATE portfolio.job SET state = 'broken', state_reason = 'No key.' WHERE name = 'good'});
is(ask($nagios), '2|1', 'Nagios: a broken job is critical');

# Zabbix
my %parameter = text('zabbix.conf') =~ /^UserParameter=pg_portfolio\.(\w+)\[\*\],psql -qAtX -d "\$1" -U monitor -c "(.*)"$/mg;
is(join(' ', sort keys %parameter), 'health next_due out_of_balance', 'Zabbix: all parameters are understood');
like(ask($parameter{health}), qr/^\{"state":"problem",.*"jobs":2,"jobs_held":0,"jobs_failing":1,/, 'Zabbix: health is one JSON object');
is(ask($parameter{out_of_balance}), '0', 'Zabbix: no slot is lost');
like(ask($parameter{next_due}), qr/^\d+$/, 'Zabbix: seconds until the next slot');
$node->stop;
done_testing();
