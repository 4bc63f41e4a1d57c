/*
 * keep_plan.c
 *		Plans of statements that are the same every time.
 */
#include "pf.h"

#include "executor/spi.h"

/* Make the plan at the first use in this session; called between SPI_connect() and SPI_finish(). */
void
pf_keep_plan(struct _SPI_plan **plan, const char *sql, int nargs, const Oid *argtypes, int cursor_options)
{
	SPIPlanPtr	made;

	if (*plan != NULL)
		return;
	made = SPI_prepare_cursor(sql, nargs, unconstify(Oid *, argtypes), cursor_options);
	if (made == NULL)
		elog(ERROR, "could not prepare statement: %s", SPI_result_code_string(SPI_result));
	if (SPI_keepplan(made) != 0)
		elog(ERROR, "could not keep prepared statement");
	*plan = made;
}
