# Every shipped security check finds its planted fault, and nothing on a clean server. What is planted is in test/plants, and
# the checks themselves come from the table: one without an entry there fails, unless it says why it cannot be planted.
# PF_PLANTS=REGEX plants those only whose code it matches.
use strict;
use warnings;
use IPC::Run ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# -- a server without faults
my $node = PostgreSQL::Test::Cluster->new('plants');
$node->init(allows_streaming => 1, extra => [ '--data-checksums' ]);
my $data = $node->data_dir;
$node->append_conf('postgresql.conf', slurp_file("$ENV{PF_STAGE}/test/plants/clean.conf"));
append_to_file("$data/plants.conf", '');
$node->append_conf('postgresql.conf', "log_directory = '" . $node->basedir . "/logs'");
$node->append_conf('postgresql.conf', "include 'plants.conf'");
system_or_bail('openssl', 'req', '-new', '-x509', '-nodes', '-days', '400', '-subj', '/CN=plants', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1',
	'-out', "$data/server.crt", '-keyout', "$data/server.key");
chmod 0600, "$data/server.key";
my %clean = (hba => slurp_file("$ENV{PF_STAGE}/test/plants/clean_hba.conf"), ident => '');
write_file($_, $clean{$_}) for 'hba', 'ident';
# the server's own, and nobody else's, whoever runs this
local $ENV{PGPASSFILE} = "$data/passwords";
local $ENV{PGSERVICEFILE} = "$data/services";
$node->start;
$node->safe_psql('postgres', $_) for grep { /\S/ } split /;\s*\n/, slurp_file("$ENV{PF_STAGE}/test/plants/clean.sql");

sub write_file
{
	my ($file, $text) = @_;
	unlink "$data/pg_$file.conf";
	append_to_file("$data/pg_$file.conf", $text);
	return;
}

sub reload_with
{
	my ($restart, @settings) = @_;
	unlink "$data/plants.conf";
	append_to_file("$data/plants.conf", join('', map { "$_\n" } @settings));
	if ($restart) { $node->restart; return; }
	my $before = $node->safe_psql('postgres', 'SELECT pg_conf_load_time(), pg_reload_conf()') =~ s/\|.*//r;
	$node->poll_query_until('postgres', "SELECT pg_conf_load_time() > '$before'") or die 'not reloaded';
	return;
}

# Sessions that have run their statements and stay, in a transaction or waiting for a lock.
sub begin_sessions
{
	my @sessions;
	for my $statement (@_)
	{
		my %s = (in => "$statement;\n", out => '', err => '');
		$s{run} = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres') . ' application_name=planted' ], '<', \$s{in}, '>', \$s{out}, '2>', \$s{err});
		IPC::Run::pump($s{run}) while length $s{in};
		push @sessions, \%s;
	}
	$node->poll_query_until('postgres', "SELECT count(*) = " . @_ . " FROM pg_stat_activity
		WHERE application_name = 'planted' AND (state = 'idle in transaction' OR state = 'active' AND wait_event_type = 'Lock')") or die 'the sessions did not begin';
	return @sessions;
}

sub end_sessions
{
	$node->safe_psql('postgres', q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'planted'});
	IPC::Run::finish($_->{run}) for @_;
	$node->poll_query_until('postgres', q{SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'planted')}) or die 'the sessions did not end';
	return;
}

# -- the plants
my (%plants, @order);
for my $file (sort glob "$ENV{PF_STAGE}/test/plants/*.plant")
{
	my ($check, $last);
	for my $line (split /\n/, slurp_file($file))
	{
		next if $line =~ /^\s*(#.*)?$/;
		if ($line =~ /^\s/ && $last) { $$last .= "\n$line"; next; }
		my ($what, $value) = $line =~ /^(\w+) (.*)$/ or die "$file: $line";
		if ($what eq 'check')
		{
			die "$file: $value is there twice" if $plants{$value};
			$check = $plants{$value} = { map { $_ => [] } qw(hba ident conf restart session sql undo finds quiet unquiet) };
			push @order, $value;
			next;
		}
		die "$file: $what is not known" unless $check->{$what};
		push @{ $check->{$what} }, $value;
		$last = \$check->{$what}[-1];
	}
}
my %checks = map { my ($code, $why) = split /\|/; ($code => $why) } split /\n/,
	$node->safe_psql('postgres', q{SELECT code, cannot_plant FROM portfolio.effective_check JOIN portfolio.check_definition USING (code)
		WHERE check_definition.area = 'security' AND check_definition.builtin AND applies});
is(join(', ', grep { !$plants{$_} && !$checks{$_} } sort keys %checks), '', 'every check has a planted fault, or says why it cannot have one');
is(join(', ', grep { $plants{$_} && $checks{$_} } sort keys %checks), '', 'and none has both');
my %other = map { $_ => 1 } split /\n/, $node->safe_psql('postgres', q{SELECT code FROM portfolio.effective_check WHERE NOT applies});
@order = grep { !$other{$_} } @order;
is(join(', ', grep { !exists $checks{$_} } @order), '', 'and every planted fault has a check');
cmp_ok(scalar(grep { $_ } values %checks), '<=', 10, 'no more than ten cannot be planted');
is($node->safe_psql('postgres', q{SELECT string_agg(code, ', ') FROM portfolio.check_definition WHERE area = 'security' AND builtin
	AND (question IS NULL OR description IS NULL OR remediation IS NULL OR NOT refs ?& '{iso,ndg}')}), '', 'each has a question, a reason, a remedy and its references');

sub findings
{
	my ($codes) = @_;
	my @lines = split /\n/, $node->safe_psql('postgres', "SELECT 'outcome ' || check_code || ': ' || outcome FROM portfolio.run_checks(codes => '{$codes}') WHERE outcome <> 'ok';
		SELECT replace(subject, E'\\n', ' ') FROM portfolio.open_finding WHERE check_code = ANY ('{$codes}') ORDER BY subject COLLATE \"C\"");
	return @lines;
}
my $all = join ',', sort keys %checks;
is(join("\n", findings($all)), '', 'nothing is found on the clean server');

my $only = $ENV{PF_PLANTS} // '';
for my $code (grep { /$only/ } @order)
{
	my $plant = $plants{$code};
	my $files = @{ $plant->{hba} } || @{ $plant->{ident} };
	my $settings = @{ $plant->{conf} } || @{ $plant->{restart} };

	if (@{ $plant->{quiet} })
	{
		$node->safe_psql('postgres', $_) for @{ $plant->{quiet} };
		is(join("\n", findings($code)), '', "$code: silent about what is like it");
		$node->safe_psql('postgres', $_) for @{ $plant->{unquiet} };
	}
	for my $file ('hba', 'ident')
	{
		write_file($file, join('', map { "$_\n" } @{ $plant->{$file} }) . $clean{$file}) if @{ $plant->{$file} };
	}
	reload_with(scalar @{ $plant->{restart} }, @{ $plant->{conf} }, @{ $plant->{restart} }) if $settings;
	my @sessions = @{ $plant->{session} } ? begin_sessions(@{ $plant->{session} }) : ();
	$node->safe_psql('postgres', join('', map { "$_;\n" } @{ $plant->{sql} })) if @{ $plant->{sql} };
	my @found = findings($code);
	my @missing = grep { my $wanted = $_; !grep { $wanted =~ m{^/(.*)/$} ? /$1/ : $_ eq $wanted } @found } @{ $plant->{finds} };
	ok(@{ $plant->{finds} } && !@missing && @found == @{ $plant->{finds} }, "$code: found when it is planted")
	  or diag("found:\n" . join("\n", @found) . "\nwanted:\n" . join("\n", @{ $plant->{finds} }));
	end_sessions(@sessions) if @sessions;
	$node->safe_psql('postgres', join('', map { "$_;\n" } @{ $plant->{undo} })) if @{ $plant->{undo} };
	for my $file ('hba', 'ident')
	{
		write_file($file, $clean{$file}) if @{ $plant->{$file} };
	}
	reload_with(scalar @{ $plant->{restart} }) if $settings;
	is(join("\n", findings($code)), '', "$code: gone when it is taken away");
}
is(join("\n", findings($all)), '', 'and nothing at the end');
$node->stop;
done_testing();
