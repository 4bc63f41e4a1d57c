/*
 * fuzz_io.c
 *		One fuzz target for each input and each receive function of our types.
 *
 * Compiled once for each with -DTYPE=x, and -DBINARY for the receive function; -DSEEDS instead gives a
 * program that turns lines of text into files of binary input. Beside what the sanitizers find, a
 * target stops where the functions of a type do not agree: is_x, try_x, x_problem and the cast judge
 * as input does, output and send give what input and receive take back as the same value, and
 * nothing fails with an internal error.
 */
#include "postgres.h"

#include "fmgr.h"
#include "lib/stringinfo.h"

#include "shim.h"

#define PASTE_(a, b, c) a##b##c
#define PASTE(a, b, c) PASTE_(a, b, c)
#define FUNCTION(before, after) PASTE(before, TYPE, after)

typedef Datum (*Function) (FunctionCallInfo fcinfo);

extern Datum FUNCTION(pf_, _in) (PG_FUNCTION_ARGS);
extern Datum FUNCTION(pf_, _out) (PG_FUNCTION_ARGS);
extern Datum FUNCTION(pf_, _recv) (PG_FUNCTION_ARGS);
extern Datum FUNCTION(pf_, _send) (PG_FUNCTION_ARGS);
extern Datum FUNCTION(pf_, _from_text) (PG_FUNCTION_ARGS);
extern Datum FUNCTION(pf_, _to_text) (PG_FUNCTION_ARGS);
extern Datum FUNCTION(pf_is_, ) (PG_FUNCTION_ARGS);
extern Datum FUNCTION(pf_try_, ) (PG_FUNCTION_ARGS);
extern Datum FUNCTION(pf_, _problem_code) (PG_FUNCTION_ARGS);

int			LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Call a function of one argument; false if it raised an error, which must not be an internal one. */
static bool
call(Function function, Datum arg, Datum *result, bool *isnull)
{
	LOCAL_FCINFO(fcinfo, 1);
	FmgrInfo	flinfo = {0};

	InitFunctionCallInfoData(*fcinfo, &flinfo, 1, InvalidOid, NULL, NULL);
	fcinfo->args[0].value = arg;
	fcinfo->args[0].isnull = false;
	if (sigsetjmp(shim_catch, 0) != 0)
	{
		if (ERRCODE_TO_CATEGORY(shim_sqlstate) == ERRCODE_INTERNAL_ERROR)
			abort();
		return false;
	}
	*result = function(fcinfo);
	*isnull = fcinfo->isnull;
	return true;
}

/* The same, where neither an error nor NULL may come */
static Datum
must(Function function, Datum arg)
{
	Datum		result;
	bool		isnull;

	if (!call(function, arg, &result, &isnull) || isnull)
		abort();
	return result;
}

/* A copy that ends where a block of memory ends */
static char *
exact_copy(const void *data, size_t size)
{
	char	   *copy = palloc(size);

	memcpy(copy, data, size);
	return copy;
}

static Datum
as_text(const char *s, size_t len)
{
	text	   *t = palloc(len + VARHDRSZ);

	SET_VARSIZE(t, len + VARHDRSZ);
	memcpy(VARDATA(t), s, len);
	return PointerGetDatum(t);
}

static bool
receive(const void *data, size_t size, Datum *value)
{
	StringInfoData buf;
	bool		isnull;

	buf.data = exact_copy(data, size);
	buf.len = buf.maxlen = (int) size;
	buf.cursor = 0;
	/* the server refuses what the function leaves over */
	return call(FUNCTION(pf_, _recv), PointerGetDatum(&buf), value, &isnull) && buf.cursor == buf.len;
}

/* By value, so that equal values are equal datums; a type that is not must say here how to compare. */
static void
round_trip(Datum value)
{
	char	   *written = DatumGetCString(must(FUNCTION(pf_, _out), value));
	text	   *t = DatumGetTextPP(must(FUNCTION(pf_, _to_text), value));
	bytea	   *sent = DatumGetByteaPP(must(FUNCTION(pf_, _send), value));
	Datum		back;

	if (must(FUNCTION(pf_, _in), CStringGetDatum(exact_copy(written, strlen(written) + 1))) != value)
		abort();
	if (VARSIZE_ANY_EXHDR(t) != strlen(written) || memcmp(VARDATA_ANY(t), written, strlen(written)) != 0)
		abort();
	if (!receive(VARDATA_ANY(sent), VARSIZE_ANY_EXHDR(sent), &back) || back != value)
		abort();
}

static void
fuzz_text(const char *s, size_t len)
{
	Datum		value = 0;
	Datum		other = 0;
	bool		isnull = false;
	bool		taken = call(FUNCTION(pf_, _in), CStringGetDatum(exact_copy(s, len + 1)), &value, &isnull);

	if (call(FUNCTION(pf_, _from_text), as_text(s, len), &other, &isnull) != taken || other != value)
		abort();
	if (DatumGetBool(must(FUNCTION(pf_is_, ), as_text(s, len))) != taken)
		abort();
	if (!call(FUNCTION(pf_try_, ), as_text(s, len), &other, &isnull) || isnull == taken || (taken && other != value))
		abort();
	if (!call(FUNCTION(pf_, _problem_code), as_text(s, len), &other, &isnull) || isnull != taken)
		abort();
	if (taken)
		round_trip(value);
}

static void
fuzz_binary(const uint8_t *data, size_t size)
{
	Datum		value;

	if (receive(data, size, &value))
	{
		bytea	   *sent = DatumGetByteaPP(must(FUNCTION(pf_, _send), value));

		/* nothing but what the type would send is taken */
		if (VARSIZE_ANY_EXHDR(sent) != size || memcmp(VARDATA_ANY(sent), data, size) != 0)
			abort();
		round_trip(value);
	}
}

#ifdef SEEDS
/* fuzz_seeds FOLDER: each line of standard input as a file of binary input */
int
main(int argc, char **argv)
{
	char		line[1024];
	char		path[4096];

	for (int n = 0; fgets(line, sizeof(line), stdin); n++)
	{
		bytea	   *sent;
		FILE	   *file;

		line[strcspn(line, "\n")] = '\0';
		sent = DatumGetByteaPP(must(FUNCTION(pf_, _send), must(FUNCTION(pf_, _in), CStringGetDatum(line))));
		snprintf(path, sizeof(path), "%s/%d", argv[1], n);
		file = fopen(path, "wb");
		if (file == NULL || fwrite(VARDATA_ANY(sent), VARSIZE_ANY_EXHDR(sent), 1, file) != 1 || fclose(file) != 0)
			return 1;
		shim_reset();
	}
	return 0;
}
#endif

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
#ifdef BINARY
	fuzz_binary(data, size);
#else
	char	   *s = palloc(size + 1);

	/* input functions get text that is valid in the encoding: what is not is made ASCII */
	memcpy(s, data, size);
	s[size] = '\0';
	if (!shim_is_text(s, size))
		for (size_t i = 0; i < size; i++)
			s[i] = (s[i] & 0x7f) ? (s[i] & 0x7f) : '0';
	fuzz_text(s, size);
#endif
	shim_reset();
	return 0;
}
