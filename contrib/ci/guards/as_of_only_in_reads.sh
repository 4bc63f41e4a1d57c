#!/usr/bin/env bash
# pg_portfolio.as_of moves reads only. Constraints, defaults, policies and triggers use the clock: a
# policy that asked as_of() would open closed rows to whoever sets it back.
perl -0777 -e '
  my $bad = 0;
  my $as_of = qr/\bas_of\s*\(|pg_portfolio\.as_of\b|\bpf_as_of\w*/;
  sub report { my ($file, $text, $at, $what) = @_; print "$file:", 1 + (substr($text, 0, $at) =~ tr/\n//), ": $what reads as_of\n"; $bad = 1; }
  for my $file (@ARGV) {
    open(my $in, "<", $file) or die "$file: $!";
    my $text = <$in>;
    if ($file =~ /\.c$/) {
      (my $code = $text) =~ s{/\*.*?\*/}{}gs;
      report($file, $text, 0, "a trigger function") if $code =~ /CALLED_AS_TRIGGER/ && $code =~ $as_of;
      next;
    }
    $text =~ s{(--[^\n]*|/\*.*?\*/)}{my $t = $1; $t =~ s/[^\n]/ /g; $t}gse;
    (my $ddl = $text) =~ s{(\x27(?:[^\x27]|\x27\x27)*\x27)}{my $t = $1; $t =~ s/[^\n]/ /g unless $t =~ /^\x27pg_portfolio\.as_of\x27$/; $t}gse;
    for ([qr/CREATE\s+(?:UNLOGGED\s+)?TABLE\b[^;]*;/i, "a constraint or default"], [qr/ALTER\s+TABLE\b[^;]*;/i, "a constraint or default"],
         [qr/CREATE\s+POLICY\b[^;]*;/i, "a policy"], [qr/CREATE\s+(?:CONSTRAINT\s+)?TRIGGER\b[^;]*;/i, "a trigger"]) {
      my ($statement, $what) = @$_;
      while ($ddl =~ /($statement)/g) { report($file, $ddl, $-[1], $what) if $1 =~ $as_of; }
    }
    while ($text =~ /(CREATE\s+FUNCTION\b(?:(?!CREATE\s+FUNCTION|COMMENT\s+ON).)*?RETURNS\s+trigger\b(?:(?!CREATE\s+FUNCTION|COMMENT\s+ON).)*)/gis) {
      report($file, $text, $-[1], "a trigger function") if $1 =~ $as_of;
    }
  }
  exit $bad;' sql/[0-9]*/*.sql src/*.c src/*/*.c
