/*
 * row.h
 *		Columns of the rows that the last statement gave, by number; NULL is false, 0 or DT_NOBEGIN.
 */
#ifndef PF_ROW_H
#define PF_ROW_H

#include "pf.h"

#include "datatype/timestamp.h"
#include "executor/spi.h"
#include "utils/timestamp.h"

static inline Datum
column(uint64 row, int number, bool *null)
{
	return SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, number, null);
}

static inline bool
bool_column(uint64 row, int number)
{
	bool		null;

	return DatumGetBool(column(row, number, &null)) && !null;
}

static inline int64
int64_column(uint64 row, int number)
{
	bool		null;

	return DatumGetInt64(column(row, number, &null));
}

static inline TimestampTz
time_column(uint64 row, int number)
{
	bool		null;
	Datum		value = column(row, number, &null);

	return null ? DT_NOBEGIN : DatumGetTimestampTz(value);
}

#endif							/* PF_ROW_H */
