# Whoever uses the extension among hostile names and on the tables of hostile owners runs no code of theirs: neither by names that lie
# on his search_path or in pg_temp, nor by what hangs on a table that a function of ours looks at. What a view does when it is read, it
# does to a plain SELECT too, and no more to us.
use strict;
use warnings;
use PfTraps;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('hostile_use');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'\nfsync = off\nmax_locks_per_transaction = 512\ntimezone = 'UTC'\n");
$node->start;
my $boss = $node->safe_psql('postgres', 'SELECT current_user');
$node->safe_psql('postgres', 'CREATE ROLE mallory LOGIN; CREATE DATABASE d; GRANT CREATE, TEMPORARY ON DATABASE d TO mallory');
$node->safe_psql('d', q{
SET client_min_messages = warning;
CREATE EXTENSION pg_portfolio CASCADE;
GRANT CREATE, USAGE ON SCHEMA public TO mallory;
SELECT portfolio.load_example();
SELECT portfolio.grant_profile('mallory', 'analyst');
CREATE ROLE anne LOGIN;
SELECT portfolio.grant_profile('anne', 'auditor'), portfolio.grant_profile('anne', 'analyst');
CREATE ROLE otto LOGIN;
SELECT portfolio.grant_profile('otto', 'operator');
});
sub is_harmless
{
	my ($name) = @_;
	is($node->safe_psql('postgres', q{SELECT rolsuper FROM pg_roles WHERE rolname = 'mallory'}), 'f', "$name: mallory is what she was");
	return;
}

# What mallory hangs on a table of her own: everything that PostgreSQL runs when the table is read or written
set_traps($node, 'd', 'trap', split /\n/, $node->safe_psql('d', q{SELECT DISTINCT relname FROM pg_class WHERE relnamespace = 'portfolio'::regnamespace AND relkind IN ('r', 'v')}));
$node->safe_psql('d', <<'EOT', extra_params => [ '-U', 'mallory' ]);
SET client_min_messages = error;
CREATE SCHEMA hers;
GRANT USAGE ON SCHEMA hers TO PUBLIC;
CREATE FUNCTION hers.at(what text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN PERFORM trap.sprung(what); RETURN what; END $$;
CREATE TYPE hers.mood AS ENUM ('good', 'bad');
CREATE TYPE hers.pair AS (a int, mood hers.mood);
CREATE FUNCTION hers.text_of(hers.mood) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN PERFORM trap.sprung('cast of an enum to text'); RETURN 'x'; END $$;
CREATE FUNCTION hers.json_of(hers.mood) RETURNS json IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN PERFORM trap.sprung('cast of an enum to json'); RETURN '1'; END $$;
CREATE FUNCTION hers.text_of(hers.pair) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN PERFORM trap.sprung('cast of a composite to text'); RETURN 'x'; END $$;
CREATE CAST (hers.mood AS text) WITH FUNCTION hers.text_of(hers.mood);
CREATE CAST (hers.mood AS json) WITH FUNCTION hers.json_of(hers.mood);
CREATE CAST (hers.pair AS text) WITH FUNCTION hers.text_of(hers.pair) AS IMPLICIT;
CREATE DOMAIN hers.word AS text CHECK (trap.sprung('domain'));
CREATE TABLE hers.plain (id int PRIMARY KEY, code text, name text, expression text, item text, mood hers.mood, moods hers.mood[], pair hers.pair, word hers.word, day date, n numeric);
INSERT INTO hers.plain SELECT g, 'C' || g % 40, 'Name ' || g % 7, 'n > 3', NULL, CASE WHEN g % 3 = 0 THEN 'bad' ELSE 'good' END::hers.mood, '{good}', ROW(g, 'bad')::hers.pair, 'w', date '2017-01-01' + g % 50, g % 9 FROM generate_series(1, 200) g;
CREATE TABLE hers.t (LIKE hers.plain INCLUDING ALL, twice text GENERATED ALWAYS AS (hers.at('generated column') || word) STORED, filled text DEFAULT hers.at('default'), CHECK (hers.at('check') IS NOT NULL));
INSERT INTO hers.t SELECT * FROM hers.plain;
CREATE INDEX ON hers.t (hers.at(code)) WHERE hers.at(name) IS NOT NULL;
CREATE STATISTICS hers.s ON (hers.at(code)), (hers.at(name)) FROM hers.t;
ALTER TABLE hers.t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY p ON hers.t USING (trap.sprung('policy'));
CREATE FUNCTION hers.fires() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM trap.sprung('trigger'); RETURN coalesce(NEW, OLD); END $$;
CREATE TRIGGER b BEFORE INSERT OR UPDATE OR DELETE ON hers.t FOR EACH ROW EXECUTE FUNCTION hers.fires();
CREATE TRIGGER s AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON hers.t FOR EACH STATEMENT EXECUTE FUNCTION hers.fires();
CREATE CONSTRAINT TRIGGER c AFTER INSERT OR UPDATE OR DELETE ON hers.t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hers.fires();
CREATE RULE r AS ON UPDATE TO hers.t DO ALSO SELECT trap.sprung('rule');
ANALYZE hers.t;
CREATE VIEW hers.v AS SELECT * FROM hers.plain WHERE trap.sprung('view');
GRANT SELECT ON ALL TABLES IN SCHEMA hers TO PUBLIC;
-- declared on a table of harmless types, which changes afterwards
CREATE TABLE hers.later (id int, mood text, n numeric);
INSERT INTO hers.later SELECT id, format('%s', mood), n FROM hers.plain;
SELECT portfolio.register_data_set('HERS', 'hers.t', '{id,mood}', period => 'to_char(day, ''YYYY'')', provider => 'code');
SELECT portfolio.add_rule('HERS', 'a', 'n > 3'), portfolio.add_rule('HERS', 'b', 'mood = ''good'''), portfolio.add_rule('HERS', 'c', 'unique(id, mood)'), portfolio.add_rule('HERS', 'd', 'rows(1)');
SELECT portfolio.register_data_set('TRACKED', 'hers.t', '{id,mood}', provider => 'code');
SELECT portfolio.add_rule('TRACKED', 'a', 'n > 3'), portfolio.add_rule('TRACKED', 'b', 'word IS NOT NULL');
SELECT portfolio.register_data_set('LATER', 'hers.later', '{id,mood}');
SELECT portfolio.add_rule('LATER', 'a', 'mood = ''good'''), portfolio.add_rule('LATER', 'b', 'n > 3');
ALTER TABLE hers.later ALTER COLUMN mood TYPE hers.mood USING mood::hers.mood;
GRANT SELECT ON hers.later TO PUBLIC;
EOT
is_harmless('her own tables, filled by herself');

# The calls, each with what it must do: run, or be refused. Names are qualified, and nothing in them is looked up.
my @on_table = (
	[ q{SELECT * FROM portfolio.score('%s', '{"n > 3"}', '{mood}')}, 'runs' ],
	[ q{SELECT * FROM portfolio.score('%s', '{"n > 3", "day < ''2017-02-01''"}', '{code}', 'n < 8')}, 'runs' ],
	[ q{SELECT * FROM portfolio.score('%s', '{"mood = ''good''"}')}, 'runs' ],
	[ q{SELECT * FROM portfolio.score('%s', '{"word IS NOT NULL"}', '{word}')}, 'runs' ],
	[ q{SELECT * FROM portfolio.score('%s', '{"mood::text = ''good''"}')}, 'refused' ],
	[ q{SELECT * FROM portfolio.score('%s', '{"(pair).a > 1"}')}, 'refused' ],
	[ q{SELECT * FROM portfolio.score('%s', '{"hers.at(code) = code"}')}, 'refused' ],
	[ q{SELECT * FROM portfolio.score('%s', '{"n > 3"}', '{pair}')}, 'runs' ],
	[ q{SELECT * FROM portfolio.profile('%s')}, 'runs' ],
	[ q{SELECT * FROM portfolio.suggest_rules('%s')}, 'runs' ],
	[ q{SELECT * FROM portfolio.import('service', '%s', '{"id": null, "mood": "description"}')}, 'runs' ],
	[ q{SELECT * FROM portfolio.import('service', '%s', '{"id": null, "pair": "description"}', dry_run => false)}, 'runs' ],
	[ q{SELECT * FROM portfolio.import_rules('HERS', '%s')}, 'runs' ],
	[ q{SELECT * FROM portfolio.import_gmpp('%s', true)}, 'any' ],
	[ q{SELECT * FROM portfolio.import_ods_practices('%s', true)}, 'any' ],
	[ q{SELECT * FROM portfolio.import_ods_memberships('%s', true)}, 'any' ],
	[ q{SELECT * FROM portfolio.import_api_catalogue('%s', true)}, 'any' ],
);
my @on_set = (
	[ q{SELECT * FROM portfolio.score_data_set('HERS')}, 'runs' ],
	[ q{SELECT * FROM portfolio.score_data_set('LATER')}, 'runs' ],
	[ q{SELECT * FROM portfolio.failing_rows('HERS')}, 'runs' ],
	[ q{SELECT * FROM portfolio.failing_rows('HERS', identify => true)}, 'runs' ],
	[ q{SELECT * FROM portfolio.failing_rows('LATER')}, 'runs' ],
	[ q{SELECT * FROM portfolio.explain_score('HERS', 'C1', '2017')}, 'runs' ],
	[ q{SELECT * FROM portfolio.compare_scores('HERS', '2017', '2017')}, 'runs' ],
	[ q{SELECT * FROM portfolio.try_rule('HERS', 'mood = ''good''')}, 'runs' ],
	[ q{SELECT * FROM portfolio.try_rule('LATER', 'mood = ''good'' OR n > 3')}, 'runs' ],
	[ q{SELECT * FROM portfolio.try_rule('HERS', 'references(code, hers.v(code))')}, 'refused' ],
	[ q{SELECT * FROM portfolio.check_whole_set('HERS')}, 'runs' ],
	[ q{SELECT * FROM portfolio.whole_set_failures('HERS', 'c')}, 'runs' ],
	[ q{SELECT * FROM portfolio.review_rules('HERS')}, 'runs' ],
	[ q{SELECT * FROM portfolio.dqmi()}, 'runs' ],
	[ q{SELECT portfolio.tally_sql('HERS')}, 'runs' ],
	[ q{SELECT portfolio.track_quality('TRACKED')}, 'runs' ],
	[ q{SELECT * FROM portfolio.current_score('TRACKED')}, 'runs' ],
	[ q{SELECT * FROM portfolio.verify_tracking('TRACKED')}, 'runs' ],
	[ q{SELECT portfolio.untrack_quality('TRACKED')}, 'runs' ],
	[ q{SELECT portfolio.provider_report('C1', '2017')}, 'runs' ],
);
my @on_server = map { [ $_, 'runs' ] } (
	q{SELECT * FROM portfolio.run_checks()},
	q{SELECT portfolio.posture_snapshot()},
	q{SELECT * FROM portfolio.posture_diff(0, 1)},
	q{SELECT * FROM portfolio.verify_posture()},
	q{SELECT * FROM portfolio.escalation_paths()},
	q{SELECT * FROM portfolio.hba_matrix()},
	q{SELECT * FROM portfolio.hba_match('d', 'mallory', '127.0.0.1', false)},
	q{SELECT * FROM portfolio.file_permissions()},
	q{SELECT * FROM portfolio.certificate_expiry()},
	q{SELECT * FROM portfolio.check_estate('security')},
	q{SELECT * FROM portfolio.remote_checks('security')},
	q{SELECT * FROM portfolio.role_passwords()},
	q{SELECT * FROM portfolio.weak_passwords('0 seconds')},
	(map { "SELECT * FROM portfolio.$_()" } qw(hba_file_lines ident_file_lines setting_file_lines user_mapping_options subscription_options sequence_positions)),
	q{SELECT * FROM portfolio.doctor()},
	q{SELECT * FROM portfolio.health()},
	q{SELECT * FROM portfolio.help()},
	q{SELECT portfolio.help('score')},
	q{SELECT * FROM portfolio.find('spine')},
	q{SELECT portfolio.describe('service:CHOICES')},
	q{SELECT * FROM portfolio.impact_of('service:CHOICES')},
	q{SELECT * FROM portfolio.dependencies_of('service:CHOICES')},
	q{SELECT * FROM portfolio.centrality('degree')},
	q{SELECT * FROM portfolio.cycles()},
	q{SELECT * FROM portfolio.my_work()},
	q{SELECT * FROM portfolio.transfer_candidates('2017-01-01')},
	q{SELECT * FROM portfolio.readiness('service:CHOICES')},
	q{SELECT * FROM portfolio.duplicates()},
	q{SELECT * FROM portfolio.orphans()},
	q{SELECT portfolio.export_archimate()},
	q{SELECT portfolio.to_mermaid('{service:CHOICES}'::pg_catalog.text[])},
	q{SELECT * FROM portfolio.export('service')},
	q{BEGIN; SELECT portfolio.relate('service:CHOICES', 'association', 'service:NHSMAIL2'); SELECT portfolio.rename_element('service:CHOICES', 'CHOICES_2');
		SELECT * FROM portfolio.delete_element('service:CHOICES_2'); SELECT * FROM portfolio.merge_elements('service:CHOICES_2', 'service:NHSMAIL2');
		SELECT portfolio.start_process('service:CHOICES_2', 'transfer-to-service-operations'); ROLLBACK},
	q{SET ROLE otto; SELECT portfolio.schedule_job('nightly', '@daily', 'SELECT 1'); TABLE portfolio.job_overview; SELECT portfolio.unschedule_job('nightly'); RESET ROLE},
	q{SELECT portfolio.next_run('0 2 * * *', '2017-01-01', 'Europe/London')},
	q{SELECT * FROM portfolio.import_findings('scan', 'rule,title,severity,location
R1,Open,high,/x', dry_run => false)},
	q{SELECT portfolio.use_types()},
);

# Runs calls as boss, all in one session after what comes before, and says what was sprung and which did not do as they must
sub run_calls
{
	my ($before, @calls) = @_;
	my (@sprung, @wrong);
	my ($rc, $out, $err) = $node->psql('d', "SET client_min_messages = warning;\n$before\n" . join("\n", map { "\\warn call $_\n$calls[$_][0];" } 0 .. $#calls),
		extra_params => ['-q'], on_error_stop => 0);
	my ($first, %said) = split /^call (\d+)(?:\n|\z)/m, $err, -1;
	push @wrong, $first if $first =~ /ERROR/;
	for my $i (0 .. $#calls)
	{
		my ($sql, $must) = @{ $calls[$i] };
		my $messages = $said{$i} // 'it was not called: ERROR';
		push @sprung, "$sql: " . sprung($messages) if sprung($messages) ne '';
		push @wrong, "$sql: $messages" if ($must eq 'runs' && $messages =~ /ERROR/) || ($must eq 'refused' && $messages !~ /ERROR/);
	}
	return (join("\n", @sprung), join("\n", @wrong));
}
my ($sprung, $wrong) = run_calls('', [ 'SELECT mood::text, to_json(mood), to_jsonb(mood), to_jsonb(pair), pair::text FROM hers.plain LIMIT 1', 'runs' ]);
is(scalar(() = $sprung =~ /cast of/g), 3, 'her casts do run as whoever casts') or diag($sprung);
$node->safe_psql('postgres', 'ALTER ROLE mallory NOSUPERUSER');

# Her tables
for my $table ('hers.t', 'hers.plain')
{
	($sprung, $wrong) = run_calls('', map { [ sprintf($_->[0], $table), $_->[1] ] } @on_table);
	is($sprung, '', "$table: nothing of hers is run by what looks at it");
	is($wrong, '', "$table: and all of it does what it should");
}
($sprung, $wrong) = run_calls('', @on_set);
is($sprung, '', 'nor by what looks at a data set of hers');
is($wrong, '', 'which does what it should');
is_harmless('her tables');
is($node->safe_psql('d', q{SELECT string_agg(DISTINCT group_label, ',' ORDER BY group_label) || (min(group_key::text)) FROM portfolio.score('hers.t', '{"n > 3"}', '{mood}')}),
	'bad,good{"mood": "bad"}', 'a value of hers is shown as its output function has it');
is($node->safe_psql('d', q{SELECT portfolio.plain_text(x), x::text, portfolio.plain_json(x), to_jsonb(x) FROM (SELECT true AS x) b}), 'true|true|true|true', 'one of the server as ever');
is($node->safe_psql('d', q{SELECT portfolio.plain_text('word'), portfolio.plain_json('word'), portfolio.plain_text(ROW (1, 'b')), portfolio.plain_json(ROW (1, 'b'))}), 'word|"word"|(1,b)|"(1,b)"', 'a word that has no type yet, and a row that has none');
is($node->safe_psql('d', q{SELECT portfolio.plain_text('a '::char(3)) = ('a '::char(3))::text AND portfolio.plain_text('10.0.0.1'::inet) = ('10.0.0.1'::inet)::text AND portfolio.plain_json('{1,2}'::int[]) = to_jsonb('{1,2}'::int[])
   AND portfolio.plain_json('{"a": 1}'::jsonb) = '{"a": 1}' AND portfolio.plain_text('943 476 5919'::portfolio.nhs_number) = ('943 476 5919'::portfolio.nhs_number)::text
   AND portfolio.plain_json(1.50) = to_jsonb(1.50) AND portfolio.plain_text(NULL::int) IS NULL AND portfolio.plain_json('{good}'::hers.mood[]) = '"{good}"' AND portfolio.plain_text('w'::varchar) = 'w'}), 't', 'casts of the server and of ours are used');

# A view and a policy run when they are read, for us as for SELECT, and for nobody else
for my $who ($boss, 'anne')
{
	my %by = map {
		my ($rc, $out, $err) = $node->psql('d', "SET client_min_messages = warning; $_->[1]", extra_params => [ '-U', $who ]);
		($_->[0] => sprung($err))
	} ([ select => 'SELECT id, n FROM hers.v' ], [ score => q{SELECT * FROM portfolio.score('hers.v', '{"n > 3"}')} ], [ profile => q{SELECT * FROM portfolio.profile('hers.v')} ],
		[ policy => 'SELECT id, n FROM hers.t' ], [ score_policy => q{SELECT * FROM portfolio.score('hers.t', '{"n > 3"}', '{mood}')} ], [ profile_policy => q{SELECT * FROM portfolio.profile('hers.t')} ]);
	is($by{select}, "trap view as $who", "$who: a view runs as whoever reads it");
	is($by{$_}, $by{select}, "$who: and so it does for $_()") for ('score', 'profile');
	is($by{policy}, $who eq $boss ? '' : "trap policy as $who", "$who: a policy likewise");
	is($by{"${_}_policy"}, $by{policy}, "$who: and so it does for $_()") for ('score', 'profile');
}
$node->safe_psql('postgres', 'ALTER ROLE mallory NOSUPERUSER');

# Names: before pg_catalog on the path, and in the temporary schema
my @names = split /\n/, $node->safe_psql('d', q{SELECT DISTINCT relname FROM pg_class WHERE (relnamespace = 'portfolio'::regnamespace AND relkind IN ('r', 'v', 'S', 'p') AND NOT relispartition)
   OR (relnamespace = 'pg_catalog'::regnamespace AND relkind IN ('r', 'v'))});
my $views = $node->safe_psql('d', q{SELECT string_agg(format('TABLE %s LIMIT 3;', c.oid::regclass), E'\n' ORDER BY c.oid) FROM pg_class c WHERE c.relkind = 'v' AND c.relnamespace IN ('portfolio'::regnamespace, 'portfolio_bi'::regnamespace)});
my @all = ((map { [ sprintf($_->[0], 'hers.plain'), $_->[1] ] } grep { $_->[1] ne 'refused' } @on_table), @on_set, @on_server, [ $views, 'runs' ]);
($sprung, $wrong) = run_calls(q{SET search_path = trap, pg_catalog, public;}, @all);
is($sprung, '', 'no function of ours looks a name up on the path of its caller');
is($wrong, '', 'and all of them do what they should');
# as an operator too: some of them ask as the owner of the extension
($sprung, $wrong) = run_calls('SET ROLE otto; SET search_path = trap, pg_catalog, public;', map { [ $_->[0] =~ s/RESET ROLE//r, 'runs' ] } grep { $_->[0] !~ /check_estate|relate/ } @on_server);
is($sprung, '', 'nor does what asks as somebody else');
is($wrong, '', 'and an operator may ask all of it');
($sprung, $wrong) = run_calls("SET client_min_messages = error;\n" . set_temporary_traps('trap', @names) . 'SET client_min_messages = warning;', @all);
is($sprung, '', 'nor in pg_temp');
is($wrong, '', 'where all of them do what they should, too');
is_harmless('names');

# Names that are no names: the checks, the posture and the ways to superuser are told of them, and are not led astray
$node->safe_psql('d', <<'EOT');
SET client_min_messages = error;
CREATE ROLE "o'brien; ALTER ROLE mallory SUPERUSER; --" LOGIN;
CREATE ROLE "%s%I%L ""quoted"" \ $1" LOGIN;
CREATE SCHEMA "a""b'c%I";
CREATE TABLE "a""b'c%I"."t, (SELECT 1) ; --" ("x"" y'z%s" int, "$1" text, ü text);
CREATE FUNCTION "a""b'c%I"."f()"(int) RETURNS int LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN RETURN 1; END';
CREATE VIEW "a""b'c%I"."line
break" AS SELECT 1 AS x;
ALTER TABLE "a""b'c%I"."t, (SELECT 1) ; --" ENABLE ROW LEVEL SECURITY;
CREATE TRIGGER "t'g""%s" BEFORE INSERT ON "a""b'c%I"."t, (SELECT 1) ; --" FOR EACH ROW EXECUTE FUNCTION hers.fires();
ALTER DATABASE d SET search_path = "a""b'c%I", public;
GRANT ALL ON "a""b'c%I"."t, (SELECT 1) ; --" TO PUBLIC, "o'brien; ALTER ROLE mallory SUPERUSER; --";
EOT
is($node->safe_psql('d', q{SET client_min_messages = error; SELECT string_agg(check_code || ' ' || outcome, ', ') FROM portfolio.run_checks() WHERE outcome <> 'ok'}), '', 'every check runs among hostile names');
$node->safe_psql('d', 'SELECT portfolio.posture_snapshot()');
is($node->safe_psql('d', q{SELECT count(*) > 0 FROM portfolio.posture_diff() WHERE name ~ 'brien'}), 't', 'the posture has them');
is($node->safe_psql('d', q{SELECT count(*) FROM portfolio.escalation_paths() WHERE role ~ 'brien' AND path IS NULL}), 0, 'and the ways to superuser are put together');
is_harmless('hostile names');
$node->stop;
done_testing();
