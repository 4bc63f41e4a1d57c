/*
 * csv_records.c
 *		portfolio.csv_records(): the records of a CSV document, as arrays of cells.
 *
 * As RFC 4180 has it: cells between commas, records between line ends (CR LF, LF or CR), a cell in
 * double quotes may hold all of those and quotes that are doubled. Blank lines are no records, a
 * byte order mark is left out. COPY reads the same, but from a file or a client only.
 */
#include "pf.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(pf_csv_records);

typedef struct CsvReader
{
	const char *at;
	const char *end;
	int64		line;			/* that `at` stands in, from 1 */
} CsvReader;

static void
refuse(int64 line, const char *why)
{
	ereport(ERROR,
			(errcode(ERRCODE_BAD_COPY_FILE_FORMAT),
			 errmsg("document is not valid CSV"),
			 errdetail("Line " INT64_FORMAT ": %s", line, why),
			 errhint("Put a cell that holds commas, quotes or line ends into double quotes, and double the quotes within.")));
}

/* Step over one line end, if there is one. */
static bool
take_line_end(CsvReader *reader)
{
	const char *begin = reader->at;

	if (reader->at < reader->end && *reader->at == '\r')
		reader->at++;
	if (reader->at < reader->end && *reader->at == '\n')
		reader->at++;
	if (reader->at == begin)
		return false;
	reader->line++;
	return true;
}

/* The rest of a cell whose opening quote has been read */
static void
read_quoted(CsvReader *reader, StringInfo cell)
{
	int64		began = reader->line;

	for (;;)
	{
		char		c;

		if (reader->at >= reader->end)
			refuse(began, "A quoted cell begins there and does not end.");
		c = *reader->at++;
		if (c == '"')
		{
			if (reader->at >= reader->end || *reader->at != '"')
				return;
			reader->at++;
		}
		else if (c == '\n')
			reader->line++;
		appendStringInfoChar(cell, c);
	}
}

/* Read one cell; true where another one of the same record follows. */
static bool
read_cell(CsvReader *reader, StringInfo cell)
{
	resetStringInfo(cell);
	if (reader->at < reader->end && *reader->at == '"')
	{
		reader->at++;
		read_quoted(reader, cell);
		if (reader->at < reader->end && strchr(",\r\n", *reader->at) == NULL)
			refuse(reader->line, "Something follows a quoted cell that is not a comma.");
	}
	else
	{
		size_t		len = 0;

		while (reader->at + len < reader->end && strchr(",\r\n", reader->at[len]) == NULL)
		{
			if (reader->at[len] == '"')
				refuse(reader->line, "A quote stands inside a cell that is not quoted.");
			len++;
		}
		appendBinaryStringInfo(cell, reader->at, len);
		reader->at += len;
	}
	if (reader->at < reader->end && *reader->at == ',')
	{
		reader->at++;
		return true;
	}
	take_line_end(reader);
	return false;
}

/* portfolio.csv_records(document text) */
Datum
pf_csv_records(PG_FUNCTION_ARGS)
{
	text	   *document = PG_GETARG_TEXT_PP(0);
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	CsvReader	reader = {VARDATA_ANY(document), VARDATA_ANY(document) + VARSIZE_ANY_EXHDR(document), 1};
	StringInfoData cell;

	pf_init_materialized_srf(fcinfo);
	initStringInfo(&cell);
	if (reader.end - reader.at >= 3 && memcmp(reader.at, "\xef\xbb\xbf", 3) == 0)
		reader.at += 3;
	while (reader.at < reader.end)
	{
		Datum		values[2];
		bool		nulls[2] = {false, false};
		ArrayBuildState *cells = NULL;
		bool		more;

		CHECK_FOR_INTERRUPTS();
		if (take_line_end(&reader))
			continue;
		values[0] = Int64GetDatum(reader.line);
		do
		{
			Datum		value;

			more = read_cell(&reader, &cell);
			value = PointerGetDatum(cstring_to_text_with_len(cell.data, cell.len));
			cells = accumArrayResult(cells, value, false, TEXTOID, CurrentMemoryContext);
		} while (more);
		values[1] = makeArrayResult(cells, CurrentMemoryContext);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}
