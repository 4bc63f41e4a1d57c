#!/usr/bin/env bash
# No function lends its owner's rights. Comments and quoted texts may speak of it.
perl -0777 -e '
  my $bad = 0;
  for my $file (@ARGV) {
    open(my $in, "<", $file) or die "$file: $!";
    my $sql = <$in>;
    # blank out comments, strings and dollar-quoted bodies, keeping the line numbers
    $sql =~ s{(--[^\n]*|/\*.*?\*/|\x27(?:[^\x27]|\x27\x27)*\x27|\$(\w*)\$.*?\$\2\$)}{my $t = $1; $t =~ s/[^\n]/ /g; $t}gse;
    while ($sql =~ /SECURITY\s+DEFINER/gi) {
      print "$file:", 1 + (substr($sql, 0, $-[0]) =~ tr/\n//), ": SECURITY DEFINER\n";
      $bad = 1;
    }
  }
  exit $bad;' sql/[0-9]*/*.sql $(ls sql/upgrade/*.sql 2>/dev/null)
