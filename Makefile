# pg_portfolio: variables, PGXS and a few rules.
EXTENSION      = control/pg_portfolio
EXTVERSION     = $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" control/pg_portfolio.control)
MODULE_big     = pg_portfolio
OBJS           = $(patsubst %.c,%.o,$(sort $(wildcard src/*.c src/*/*.c)))
PG_CPPFLAGS    = -I$(srcdir)/src/include -I$(srcdir)/src -DPF_VERSION='"$(EXTVERSION)"'
PG_CFLAGS      = -Wextra -Wshadow -Wno-unused-parameter -Wno-sign-compare
SQL_PARTS      = $(sort $(wildcard sql/[0-9]*/*.sql))
INSTALL_SQL    = sql/pg_portfolio--$(EXTVERSION).sql
DATA           = $(wildcard sql/upgrade/pg_portfolio--*--*.sql)
DATA_built     = $(INSTALL_SQL)
DOCS           = $(wildcard docs/*.md)
EXTRA_CLEAN    = $(INSTALL_SQL)
OUR_HEADERS    = $(wildcard src/*/*.h)
PG_CONFIG     ?= pg_config
# The two README commands set the machine up themselves, so they must not need PGXS to be there yet.
STANDALONE     = demo demo-stop test test-faults bench fresh matrix sanitize cvss hba fuzz check-table
ifeq ($(filter $(STANDALONE),$(MAKECMDGOALS)),)
PGXS          := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)
# Certificates are read by the OpenSSL that the server itself is linked with; other servers are asked by libpq.
SHLIB_LINK    += $(filter -lcrypto,$(LIBS)) $(libpq)
override CPPFLAGS += -I$(libpq_srcdir)
endif

# Rules come after PGXS, so that "all" stays the default goal.
$(INSTALL_SQL): $(SQL_PARTS) control/pg_portfolio.control Makefile
	awk 'BEGIN { print "\\echo Use \"CREATE EXTENSION pg_portfolio CASCADE\" to load this file. \\quit"; \
	             print "SET LOCAL search_path = pg_catalog, pg_temp;"; \
	             print "SET LOCAL quote_all_identifiers = off;" } \
	     FNR == 1 { printf "\n-- %s\n", FILENAME } { print }' $(SQL_PARTS) > $@

# Every object depends on every header: PGXS compiles each file twice, so a compiler's list would hold one of the two.
$(OBJS) $(OBJS:.o=.bc): $(OUR_HEADERS)

.PHONY: $(STANDALONE)
# make test [LAYERS="style regress pgtap isolation tap"] [TESTS="names in those layers"]
test:
	@contrib/ci/test.sh
# make test-faults [EVENTS=1000] [SEED=the day]: the scheduler through as many random kills, restarts, promotions, clock jumps
# and edits; make test has a short list of them.
test-faults:
	@PF_FAULT_EVENTS=$(or $(EVENTS),1000) PF_FAULT_SEED=$(or $(SEED),$$(date +%Y%m%d)) PF_PROGRESS=1 LAYERS=tap TESTS=380_scheduler_faults contrib/ci/test.sh
# make demo [DATA=../shared/data]
demo:
	@contrib/ci/demo.sh start "$(DATA)"
demo-stop:
	@contrib/ci/demo.sh stop
bench:
	@contrib/bench/bench.sh
# The two commands, twice, in a bare Debian made for the purpose.
fresh:
	@contrib/ci/fresh.sh
# The C against the headers of every PostgreSQL that Debian ships.
matrix:
	@contrib/ci/matrix.sh
# The tests with our library under UndefinedBehaviorSanitizer.
sanitize:
	@contrib/ci/sanitize.sh
# docs/security_checks.md from the checks that the extension ships; make test compares the two.
check-table:
	@contrib/ci/check_table.sh
# All 15,116,544 effective vectors of CVSS v4.0 against the slow scorer; make test has the base vectors of every version.
cvss:
	@PF_CVSS_ALL=1 LAYERS=tap TESTS=960_types_cvss contrib/ci/test.sh
# hba_match() against a slow reading of a million generated connections; make test has 100,000 of them.
hba:
	@PF_HBA_FILES=100 LAYERS=tap TESTS=521_security_hba_reference contrib/ci/test.sh
# make fuzz SECONDS=60 or RUNS=10000000: libFuzzer with sanitizers on every input and receive function, so long for each;
# then mutated input of every type that has one, inside a server. PF_FUZZ_START=n draws other numbers there.
fuzz:
	@contrib/ci/install-deps.sh test
	@PF_FUZZ_SECONDS=$(or $(SECONDS),60) PF_FUZZ_RUNS=$(RUNS) test/fuzz/fuzz.sh . tmp_check/fuzz
	@PF_FUZZ_ROUNDS=$${PF_FUZZ_ROUNDS:-1000000} LAYERS=tap TESTS=950_types_fuzz contrib/ci/test.sh
