# Names that lie in wait: whatever resolves one of them by search_path, or in pg_temp, runs mallory's code, which says so with a
# warning "trap …" and makes her superuser where it runs as one.
package PfTraps;
use strict;
use warnings;
use parent 'Exporter';
our @EXPORT = qw(set_traps set_temporary_traps sprung);

# A schema of mallory's with a function for every one of pg_catalog that she can write, an operator for every one with such a
# function, a domain for each type that is often cast to, and a view for each relation of pg_catalog and those named.
sub set_traps
{
	my ($node, $database, $schema, @relations) = @_;
	my $list = join(', ', map { "'$_'" } @relations, 'none');
	$node->safe_psql($database, <<"EOT");
SET client_min_messages = error;
CREATE SCHEMA $schema AUTHORIZATION mallory;
GRANT USAGE ON SCHEMA $schema TO PUBLIC;
SET ROLE mallory;
CREATE FUNCTION $schema.sprung(what text) RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog AS \$f\$
BEGIN
  RAISE WARNING 'trap % as %', what, current_user;
  BEGIN
    ALTER ROLE mallory SUPERUSER;
  EXCEPTION WHEN OTHERS THEN NULL;
  END;
  RETURN true;
END \$f\$;
SET search_path = pg_catalog;
DO \$do\$
DECLARE
  found record;
BEGIN
  FOR found IN SELECT DISTINCT ON (p.proname, p.proargtypes) p.proname, p.oid, p.proretset, p.prorettype::regtype AS returns,
                  (SELECT coalesce(string_agg(format_type(t, NULL), ', ' ORDER BY n), '') FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY a (t, n)) AS arguments
             FROM pg_proc p WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prorettype NOT IN ('internal'::regtype, 'cstring'::regtype, 'trigger'::regtype)
              AND NOT p.proargtypes::oid[] && ARRAY['internal'::regtype, 'cstring'::regtype, '"any"'::regtype]::oid[] LOOP
    BEGIN
      EXECUTE format('CREATE FUNCTION $schema.%I(%s) RETURNS %s%s LANGUAGE plpgsql AS %L', found.proname, found.arguments, CASE WHEN found.proretset THEN 'SETOF ' ELSE '' END, found.returns,
                     format('BEGIN PERFORM $schema.sprung(%L); RETURN%s; END', 'function ' || found.proname, CASE WHEN found.proretset OR found.returns = 'void'::regtype THEN '' ELSE ' NULL' END));
    EXCEPTION WHEN OTHERS THEN NULL;                   -- pseudo-types that PL/pgSQL does not take
    END;
  END LOOP;
  FOR found IN SELECT o.oprname, o.oprleft, o.oprright, f.proname
             FROM pg_operator o JOIN pg_proc f ON f.oid = o.oprcode
            WHERE o.oprnamespace = 'pg_catalog'::regnamespace
              AND EXISTS (SELECT FROM pg_proc t WHERE t.pronamespace = '$schema'::regnamespace AND t.proname = f.proname AND t.proargtypes = f.proargtypes) LOOP
    BEGIN
      EXECUTE format('CREATE OPERATOR $schema.%s (FUNCTION = $schema.%I%s%s)', found.oprname, found.proname,
                     CASE WHEN found.oprleft <> 0 THEN ', LEFTARG = ' || format_type(found.oprleft, NULL) ELSE '' END, ', RIGHTARG = ' || format_type(found.oprright, NULL));
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
  END LOOP;
  FOR found IN SELECT t.typname FROM unnest('{text,name,bool,int2,int4,int8,oid,numeric,float8,date,timestamp,timestamptz,interval,json,jsonb,bytea,uuid,xml,inet,daterange,regclass,regprocedure,regnamespace,regtype,regrole}'::text[]) t (typname) LOOP
    EXECUTE format('CREATE DOMAIN $schema.%I AS pg_catalog.%1\$I CHECK ($schema.sprung(%L))', found.typname, 'domain ' || found.typname);
  END LOOP;
  FOR found IN SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind IN ('r', 'v')
             AND has_table_privilege(c.oid, 'SELECT') AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.atttypid IN ('anyarray'::regtype)) LOOP
    EXECUTE format('CREATE VIEW $schema.%I AS SELECT * FROM pg_catalog.%1\$I WHERE $schema.sprung(%L)', found.relname, 'relation ' || found.relname);
  END LOOP;
  FOR found IN SELECT r.relname FROM unnest(ARRAY[$list]) r (relname) WHERE to_regtype(format('$schema.%I', r.relname)) IS NULL LOOP
    EXECUTE format('CREATE VIEW $schema.%I AS SELECT $schema.sprung(%L) AS id', found.relname, 'relation ' || found.relname);
  END LOOP;
END \$do\$;
EOT
	return;
}

# The statements that put traps of these names into pg_temp: relations are looked for there before everywhere else
sub set_temporary_traps
{
	my ($schema, @relations) = @_;
	return join('', map { "CREATE TEMP VIEW \"$_\" AS SELECT $schema.sprung('temporary $_') AS id;\n" } @relations);
}

# What was sprung, from the messages of a session, as somebody else than mallory
sub sprung
{
	my ($messages) = @_;
	my %seen = map { $_ => 1 } grep { !/ as mallory$/ } $messages =~ /WARNING:  (trap .*)$/mg;
	return join("\n", sort keys %seen);
}

1;
